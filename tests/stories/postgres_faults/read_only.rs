//! Managed PostgreSQL is made read-only when its disk is nearly full.

use super::{Deployment, SERVERS, gate, join_all, tokio, until};

#[tokio::test]
async fn a_database_that_takes_no_writes_lets_those_pass_who_are_signed_in() {
    let Some(mut deployment) = Deployment::of_two_servers().await else { return };
    let pages = deployment.opened_pages().await;
    let sets = |to: &str| format!("ALTER DATABASE miandeng {to}");
    deployment.postgres.psql_at("postgres", &sets("SET default_transaction_read_only = on"));
    deployment.postgres.cuts_connections();

    until("its tables are read again", async || deployment.gates().await == [200; SERVERS]).await;
    let not_ready = async |server: usize| deployment.newcomer(server).gets("/readyz").await.body.contains("no writes");
    for server in 0..SERVERS {
        until("it is known", async || not_ready(server).await).await;
    }
    for why in deployment.says_that_it_is_not_ready().await {
        assert!(why.contains("default_transaction_read_only"), "{why}");
    }
    Deployment::nobody_signs_in(pages).await;
    for mut phone in deployment.signed_in.clone() {
        let mut kept = phone.clone();
        let answer = phone.posts("/logout", &[]).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
        assert_eq!(gate(&mut kept).await, 200, "nobody is told that they are out who are not");
    }
    assert_eq!(deployment.gates().await, [200; SERVERS]);
    let outsiders = join_all(deployment.outsiders.iter_mut().map(gate)).await;
    assert_eq!(outsiders, [401; 2 * SERVERS], "the tables say who they are not");

    // Nobody cuts the connections that were made meanwhile.
    deployment.postgres.psql_at("postgres", &sets("RESET default_transaction_read_only"));
    deployment.all_goes_on().await;
}
