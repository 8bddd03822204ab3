//! A full disk, by a limit on the size of files. PostgreSQL gets EFBIG instead of ENOSPC; nothing else differs.

use super::{Deployment, SERVERS, asks_to_come_back, gate, tokio};

const ROWS: &str = "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM audit)";
/// Longer than a file of PostgreSQL's own log, which must still be written.
const FILL: &str = "INSERT INTO audit (at, event, actor, reason) \
                    SELECT 0, 'signed-in', 'zhangsan', repeat(md5(i::TEXT), 20) FROM generate_series(1, 3000) i";

#[tokio::test]
async fn where_there_is_no_room_live_sessions_go_on_and_no_sign_in_is_half_written() {
    let Some(mut deployment) = Deployment::of_two_servers().await else { return };
    deployment.postgres.psql(FILL);
    let full = deployment.postgres.psql("SELECT pg_relation_size('audit')");
    assert!(full.parse::<u64>().unwrap() > 1 << 20);
    deployment.postgres.has_room_for(&full);

    // Until the last page of the trail is full. One person has no more than fifty sessions.
    let mut is_refused = false;
    for attempt in 0..40 {
        let mut phone = deployment.newcomer(attempt % SERVERS);
        let before = deployment.postgres.psql(ROWS);
        let answer = phone.signs_in().await;
        if answer.status != 200 {
            asks_to_come_back(&answer, "unavailable");
            assert_eq!(deployment.postgres.psql(ROWS), before, "nothing of it is written");
            assert_eq!(gate(&mut phone).await, 401);
            is_refused = true;
            break;
        }
    }
    assert!(is_refused, "there was room for everybody");
    assert_eq!(deployment.gates().await, [200; SERVERS]);

    deployment.postgres.has_room_for("unlimited");
    deployment.all_goes_on().await;
}
