//! The fifteen pitfalls that people fall into with DingTalk, each brought about against the simulated platform, and each
//! named by what the employee sees, by the log, and by doctor.

mod client;
mod codes;
mod signature;

use miandeng::users::{Change, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin,
    harness::{Answer, App, CORP, PUBLIC_URL, Phone, log_line},
};

/// As the client shows the page.
fn shown() -> String {
    format!("{PUBLIC_URL}/?corpid={CORP}")
}

/// A deployment that works so far, with an administrator who is signed in.
struct Deployment {
    app: App,
    admin: Phone,
}

impl Deployment {
    async fn start() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(change: impl FnOnce(&mut Value)) -> Self {
        let app = App::with(|settings| {
            settings["default_locale"] = json!("en");
            change(settings);
        })
        .await;
        app.db_change("zhangsan", Change { role: Some(Role::Admin), ..Change::default() }).await;
        let admin = admin::admin(&app).await;
        Self { app, admin }
    }

    /// Before it goes wrong, doctor says nothing of it; afterwards it names it, in both languages.
    async fn doctor_says(&mut self, english: &[&str], chinese: &str) {
        // No report is made twice a minute.
        self.app.clock.advance(61);
        admin::posts(&mut self.admin, "/admin/doctor", &[]).await;
        for (language, parts) in [("en", english), ("zh-CN", &[chinese])] {
            let request = self.admin.request(Method::GET, "/admin/doctor").header("Accept-Language", language);
            let page = self.admin.sends(request.header("Accept", "text/html")).await;
            for part in parts {
                assert!(page.body.contains(part), "{part}: {}", page.body);
            }
        }
    }

    /// The page's script reports what the client or its script said, and the answer goes into the part of the page that is
    /// for administrators.
    async fn client_says(&self, kind: &str, message: &str) -> Answer {
        let mut phone = self.app.phone("zhangsan");
        let page = phone.opens_app().await;
        reports(&mut phone, &page, kind, message).await
    }
}

async fn reports(phone: &mut Phone, page: &Answer, kind: &str, message: &str) -> Answer {
    let config = page.config();
    let text = |name: &str| config[name].as_str().unwrap().to_owned();
    let (signed, state) = (text("url"), text("state"));
    let fields = [("kind", kind), ("message", message), ("signed", &signed), ("state", &state), ("corpid", CORP)];
    let report =
        phone.form("/signin/report", &fields).header("Accept", "application/json").header("Accept-Language", "en");
    let report = phone.sends(report).await;
    assert_eq!(report.status, 200, "{}", report.body);
    report
}

#[track_caller]
fn log_says(answer: &Answer, parts: &[&str]) {
    let line = log_line(answer.request_id());
    for part in parts {
        assert!(line.contains(part), "{part}: {line}");
    }
}

/// What the page shows administrators of a report.
#[track_caller]
fn page_explains(report: &Answer, title: &str, advice: &str) {
    let told = report.json();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    assert_eq!(text("title"), title);
    assert!(text("advice").contains(advice), "{advice}: {told}");
}

#[track_caller]
fn page_says(answer: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
}
