//! What ends a session, but for the logout of each protocol.

use miandeng::users::{Change, Status};

use super::{App, CORP, Phone};

pub const SESSION_ENDS: [&str; 6] = ["logout", "revoked", "command", "disabled", "expired", "somebody else"];

/// 张三's session on this phone ends in this way.
pub async fn session_ends(app: &App, phone: &mut Phone, end: &str) {
    match end {
        "logout" => drop(phone.posts("/logout", &[]).await),
        "revoked" => {
            let mut another = app.phone("zhangsan");
            another.is_signed_in().await;
            another.posts("/home/sign-out-elsewhere", &[]).await;
        }
        "command" => app.db_revoke_all().await,
        "disabled" => {
            app.db_change("zhangsan", Change { status: Some(Status::Disabled), ..Change::default() }).await;
        }
        "expired" => {
            for _ in 0..61 {
                app.clock.advance(8 * 60);
                app.jobs.run("sweep").await.expect("the old are swept");
            }
        }
        "somebody else" => {
            app.db_add("lisi", "李四").await;
            phone.userid = "lisi".to_owned();
            let page = phone.gets(&format!("/?again=1&corpid={CORP}")).await;
            let code = phone.code();
            assert_eq!(phone.sends_code(&code, &page.state()).await.status, 200);
        }
        other => panic!("nothing ends a session by {other}"),
    }
}
