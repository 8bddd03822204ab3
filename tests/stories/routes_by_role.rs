//! Every route × who asks × every method, from one table: a route that is missing there fails the story.

use miandeng::users::{Change, Role, Status};
use reqwest::Method;
use serde_json::json;

use crate::{
    cas, handover,
    harness::{Answer, App, CORP, PUBLIC_URL, Phone, log_line},
    oidc, web_login,
};

/// HTTP's methods and unknown ones; those that may end the session come last.
const METHODS: [&str; 11] =
    ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH", "get", "POST"];
const WHO: [Who; 4] = [Who::Nobody, Who::Employee, Who::Disabled, Who::Admin];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Employee,
    /// The session was live until the row was disabled.
    Disabled,
    Admin,
}

/// What a route answers to its own methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    /// 2xx for everybody, without anything personal.
    Public,
    /// 303 for everybody: to DingTalk's page, or on from a form that changes something only for a signed-in person.
    Redirect,
    /// The sign-in page, or 303 for a signed-in person.
    Entrance,
    /// 2xx for a signed-in person, 303 to the sign-in page for others.
    Personal,
    /// For proxies: 200 for a signed-in person, 401 or 3xx for others.
    Admins,
    AdminsForm,
    Gate,
    /// 4xx for everybody: the request proves nothing.
    Refused,
}

struct Row {
    /// As Rocket names it.
    route: &'static str,
    methods: &'static [&'static str],
    path: &'static str,
    is: Is,
}

const fn row(route: &'static str, methods: &'static [&'static str], path: &'static str, is: Is) -> Row {
    Row { route, methods, path, is }
}

const GET: &[&str] = &["GET", "HEAD"];
const POST: &[&str] = &["POST"];
/// A proxy may ask by any method.
const ANY: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

const TABLE: [Row; 70] = [
    row("/", GET, "/", Is::Entrance),
    row("/userinfo", &["GET", "HEAD", "POST"], "/userinfo?code=x&state=y", Is::Refused),
    row("/signin/report", POST, "/signin/report", Is::Refused),
    row("/login/dingtalk", GET, "/login/dingtalk?return_to=/x", Is::Redirect),
    row("/login/dingtalk/callback", GET, "/login/dingtalk/callback?code=x&state=y", Is::Refused),
    row("/home/open-in-browser", POST, "/home/open-in-browser", Is::Personal),
    row("/handover", GET, "/handover?token=x", Is::Refused),
    row("/handover", POST, "/handover", Is::Refused),
    row("/home", GET, "/home", Is::Personal),
    row("/logout", POST, "/logout", Is::Redirect),
    row("/home/sessions/<id>/sign-out", POST, "/home/sessions/999/sign-out", Is::Redirect),
    row("/home/sign-out-elsewhere", POST, "/home/sign-out-elsewhere", Is::Redirect),
    row("/jsapi/config", &["GET", "HEAD", "OPTIONS"], "/jsapi/config?url=https://app.example.com/x", Is::Public),
    row("/jsapi/dingtalk.js", GET, "/jsapi/dingtalk.js", Is::Refused),
    row("/auth/nginx", ANY, "/auth/nginx", Is::Gate),
    row("/auth/nginx/refusal", GET, "/auth/nginx/refusal?problem=not-allowed", Is::Refused),
    row("/auth/traefik", ANY, "/auth/traefik", Is::Gate),
    row("/auth/caddy", ANY, "/auth/caddy", Is::Gate),
    row("/auth/envoy/<path..>", ANY, "/auth/envoy/x", Is::Gate),
    row("/.well-known/jwks.json", &["GET", "HEAD", "OPTIONS"], "/.well-known/jwks.json", Is::Public),
    row(
        "/.well-known/openid-configuration",
        &["GET", "HEAD", "OPTIONS"],
        "/.well-known/openid-configuration",
        Is::Public,
    ),
    row(
        "/.well-known/oauth-authorization-server",
        &["GET", "HEAD", "OPTIONS"],
        "/.well-known/oauth-authorization-server",
        Is::Public,
    ),
    row("/oauth2/authorize", &["GET", "HEAD", "POST"], "/oauth2/authorize", Is::Refused),
    row("/oauth2/token", POST, "/oauth2/token", Is::Refused),
    row("/oauth2/token", &["OPTIONS"], "/oauth2/token", Is::Public),
    row("/oauth2/userinfo", &["GET", "HEAD", "POST"], "/oauth2/userinfo", Is::Refused),
    row("/oauth2/userinfo", &["OPTIONS"], "/oauth2/userinfo", Is::Public),
    row("/oauth2/revoke", POST, "/oauth2/revoke", Is::Refused),
    row("/oauth2/revoke", &["OPTIONS"], "/oauth2/revoke", Is::Public),
    row("/oauth2/introspect", POST, "/oauth2/introspect", Is::Refused),
    row("/oauth2/logout", &["GET", "POST"], "/oauth2/logout", Is::Personal),
    row("/cas/login", &["GET"], "/cas/login", Is::Redirect),
    row("/cas/logout", &["GET", "POST"], "/cas/logout", Is::Redirect),
    row("/cas/validate", &["GET"], "/cas/validate?service=x&ticket=ST-x", Is::Public),
    row("/cas/serviceValidate", &["GET"], "/cas/serviceValidate?service=x&ticket=ST-x", Is::Public),
    row("/cas/p3/serviceValidate", &["GET"], "/cas/p3/serviceValidate?service=x&ticket=ST-x", Is::Public),
    row("/cas/login", &["GET"], "/cas/login?service=https%3A%2F%2Fevil.example%2F", Is::Refused),
    row("/dingtalk/events/<app>", POST, "/dingtalk/events/oa", Is::Refused),
    row("/probe/echo", GET, "/probe/echo", Is::Refused),
    row("/probe/echo/<recipe>", GET, "/probe/echo/2", Is::Refused),
    row("/admin", GET, "/admin", Is::Admins),
    row("/admin/refused", GET, "/admin/refused?q=x&page=9", Is::Admins),
    row("/admin/refused/add", POST, "/admin/refused/add", Is::AdminsForm),
    row("/admin/sync", GET, "/admin/sync?stale=yes", Is::Admins),
    row("/admin/sync/plan", POST, "/admin/sync/plan", Is::AdminsForm),
    row("/admin/sync/insist", GET, "/admin/sync/insist?plan=x", Is::Admins),
    row("/admin/sync/apply", POST, "/admin/sync/apply", Is::AdminsForm),
    row("/admin/audit", GET, "/admin/audit?q=x&event=refused&since=2026-11-02", Is::Admins),
    row("/admin/audit.csv", GET, "/admin/audit.csv?q=x", Is::Admins),
    row("/admin/doctor", GET, "/admin/doctor", Is::Admins),
    row("/admin/doctor", POST, "/admin/doctor", Is::AdminsForm),
    row("/admin/people", GET, "/admin/people?q=x&page=9", Is::Admins),
    row("/admin/people/add", GET, "/admin/people/add", Is::Admins),
    row("/admin/people/add", POST, "/admin/people/add", Is::AdminsForm),
    row("/admin/people/import", GET, "/admin/people/import", Is::Admins),
    row("/admin/people/import", POST, "/admin/people/import", Is::AdminsForm),
    row("/admin/people/import-apply", POST, "/admin/people/import-apply", Is::AdminsForm),
    row("/admin/people/template.xlsx", GET, "/admin/people/template.xlsx", Is::Admins),
    row("/admin/people/template.csv", GET, "/admin/people/template.csv", Is::Admins),
    row("/admin/people/<corp_id>/<userid>", GET, "/admin/people/dingsamplecorp00000001/zhangsan", Is::Admins),
    row("/admin/people/<corp_id>/<userid>", POST, "/admin/people/dingsamplecorp00000001/zhangsan", Is::AdminsForm),
    row(
        "/admin/people/<corp_id>/<userid>/<act>",
        GET,
        "/admin/people/dingsamplecorp00000001/zhangsan/disable",
        Is::Admins,
    ),
    row(
        "/admin/people/<corp_id>/<userid>/<act>",
        POST,
        "/admin/people/dingsamplecorp00000001/zhangsan/disable",
        Is::AdminsForm,
    ),
    row(
        "/admin/people/<corp_id>/<userid>/sessions/<session>/end",
        POST,
        "/admin/people/dingsamplecorp00000001/zhangsan/sessions/1/end",
        Is::AdminsForm,
    ),
    row("/logo", GET, "/logo", Is::Refused),
    row("/static/<path..>", GET, "/static/js/jsapi.js", Is::Public),
    row("/static/<path..>", GET, "/static/js/none.js", Is::Refused),
    row("/healthz", GET, "/healthz", Is::Public),
    row("/readyz", GET, "/readyz", Is::Public),
    row("/metrics", GET, "/metrics", Is::Refused),
];

impl Is {
    fn allows(self, who: Who, status: u16) -> bool {
        let is_in = matches!(who, Who::Employee | Who::Admin);
        match self {
            Self::Public => (200..300).contains(&status),
            Self::Redirect => status == 303,
            Self::Entrance => status == if is_in { 303 } else { 200 },
            Self::Personal => status == if is_in { 200 } else { 303 },
            Self::Admins | Self::AdminsForm if !is_in => status == 303,
            Self::Admins if who == Who::Admin => matches!(status, 200 | 303),
            Self::AdminsForm if who == Who::Admin => matches!(status, 400 | 403),
            Self::Admins | Self::AdminsForm => status == 403,
            Self::Gate if is_in => status == 200,
            Self::Gate => matches!(status, 302 | 303 | 401),
            Self::Refused => (400..500).contains(&status),
        }
    }
}

/// Each has a session of their own, since some routes end it.
async fn arrives(app: &App, who: Who) -> Phone {
    let userid = if who == Who::Admin { "lisi" } else { "zhangsan" };
    app.db_change(userid, Change { status: Some(Status::Active), ..Change::default() }).await;
    let mut phone = app.phone(userid);
    if who != Who::Nobody {
        phone.is_signed_in().await;
    }
    if who == Who::Disabled {
        app.db_disable(userid).await;
    }
    phone
}

async fn deployment() -> App {
    let app = App::with(|settings| {
        settings["signed_identity"] = json!(true);
        settings["clients"] = json!([oidc::clients().as_array().unwrap().clone(), cas::clients()].concat());
    })
    .await;
    app.db_add("lisi", "李四").await;
    app.db_change("lisi", Change { role: Some(Role::Admin), ..Change::default() }).await;
    app
}

/// As our own page does, with everything that any proxy sends.
async fn asks(phone: &mut Phone, method: &str, path: &str, body: Option<&str>) -> Answer {
    let mut request = phone
        .request(Method::from_bytes(method.as_bytes()).unwrap(), path)
        .header("Accept", "text/html")
        .header("Origin", PUBLIC_URL)
        .header("Sec-Fetch-Site", "same-origin")
        .header("X-Original-Method", "GET")
        .header("X-Original-URL", "https://app.example.com/x")
        .header("X-Forwarded-Method", "GET")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "app.example.com")
        .header("X-Forwarded-Uri", "/x");
    if path.starts_with("/auth/envoy") {
        request = request.header("Host", "app.example.com");
    }
    if let Some(body) = body {
        request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body.to_owned());
    }
    phone.sends(request).await
}

fn sets_a_session(answer: &Answer) -> bool {
    let name = |cookie: &&str| cookie.starts_with("__Host-miandeng=") || cookie.starts_with("miandeng=");
    answer.all("set-cookie").into_iter().filter(name).any(|cookie| !cookie.contains("=;"))
}

/// `None`: no route takes this.
fn expected(path: &str, method: &str) -> Option<Is> {
    TABLE.iter().find(|row| row.path == path && row.methods.contains(&method)).map(|row| row.is)
}

fn check(who: Who, row: &Row, method: &str, answer: &Answer) {
    let is = expected(row.path, method);
    let case = format!("{who:?} {method} {}: {}, but it is {is:?}", row.path, answer.status);
    assert!(!sets_a_session(answer), "{case}, and sets a session");
    let fits = match is {
        Some(is) => is.allows(who, answer.status),
        None => (400..500).contains(&answer.status),
    };
    assert!(fits, "{case}");
}

#[tokio::test]
async fn no_route_is_missing_from_the_table() {
    let app = deployment().await;
    for (path, method) in &app.routes {
        // CONNECT opens a tunnel at a proxy; to a server it is malformed.
        let is_listed = TABLE.iter().any(|row| row.route == path && row.methods.contains(&method.as_str()));
        assert!(is_listed || method == "CONNECT", "{method} {path} is in no row: who may what there?");
    }
    for row in &TABLE {
        for method in row.methods.iter().filter(|method| **method != "HEAD") {
            let is_mounted = app.routes.iter().any(|(path, other)| path == row.route && other == method);
            assert!(is_mounted, "{method} {} is no route", row.route);
        }
    }
}

#[tokio::test]
async fn every_route_answers_everybody_and_every_method_as_the_table_says() {
    let app = deployment().await;
    for who in WHO {
        for row in &TABLE {
            let mut phone = arrives(&app, who).await;
            let cookies = phone.cookies.clone();
            for method in METHODS {
                phone.cookies.clone_from(&cookies);
                let answer = asks(&mut phone, method, row.path, None).await;
                check(who, row, method, &answer);
            }
        }
    }
}

/// The row's path, or where a GET spends something, one with a fresh code, state or link.
async fn loaded(app: &App, phone: &mut Phone, row: &Row) -> String {
    match row.route {
        "/userinfo" => {
            let state = phone.opens_app().await.state();
            format!("/userinfo?corpid={CORP}&code={}&state={state}", phone.code())
        }
        "/login/dingtalk/callback" => web_login::is_sent_back(phone, "/login/dingtalk").await,
        "/oauth2/authorize" => oidc::GRAFANA.request(&[]),
        "/cas/login" => cas::login(cas::WIKI, &[]),
        "/handover" => {
            let mut elsewhere = app.phone("zhangsan");
            elsewhere.is_signed_in().await;
            handover::makes_a_link(&mut elsewhere).await.0
        }
        _ => row.path.to_owned(),
    }
}

/// The status of the first GET that spends it.
fn is_spent_by_get(row: &Row) -> Option<u16> {
    match row.route {
        "/userinfo" | "/handover" => Some(200),
        "/login/dingtalk/callback" | "/oauth2/authorize" | "/cas/login" => Some(303),
        _ => None,
    }
}

#[tokio::test]
async fn head_changes_no_row_spends_nothing_and_sets_no_cookie() {
    let app = deployment().await;
    // DingTalk's token and ticket are fetched once and kept.
    app.phone("zhangsan").opens_app().await;
    for signed_in in [false, true] {
        for row in TABLE.iter().filter(|row| row.methods.contains(&"GET")) {
            let mut phone = app.phone("zhangsan");
            let path = loaded(&app, &mut phone, row).await;
            if signed_in {
                // In another tab: nothing may happen to this sign-in either.
                phone.is_signed_in().await;
            }
            let (rows, mut robot) = (app.db_rows().await, phone.clone());
            for _ in 0..3 {
                let answer = asks(&mut robot, "HEAD", &path, None).await;
                assert!(answer.all("set-cookie").is_empty(), "{path}: {:?}", answer.headers);
                assert_eq!(answer.body, "", "{path}");
                // The proxy logs what the gate lets pass.
                let is_logged = row.is != Is::Gate || answer.status != 200;
                assert!(!is_logged || log_line(answer.request_id()).contains("method=\"HEAD\""), "{path}");
            }
            assert_eq!(app.db_rows().await, rows, "{path}");
            if let Some(status) = is_spent_by_get(row) {
                let answer = asks(&mut phone, "GET", &path, None).await;
                assert_eq!(answer.status, status, "{path}: HEAD has spent it: {}", answer.body);
            }
        }
    }
}

/// Rocket would take the form's first field `_method` for the method.
#[tokio::test]
async fn a_form_that_names_another_method_is_answered_as_posted() {
    let app = deployment().await;
    for who in WHO {
        for row in &TABLE {
            let mut phone = arrives(&app, who).await;
            let cookies = phone.cookies.clone();
            for method in ["GET", "get", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "nonsense"] {
                phone.cookies.clone_from(&cookies);
                let body = format!("_method={method}&token=x&code=x&state=x");
                let answer = asks(&mut phone, "POST", row.path, Some(&body)).await;
                check(who, row, "POST", &answer);
                phone.cookies.clone_from(&cookies);
                let answer = asks(&mut phone, "GET", row.path, Some("_method=POST")).await;
                check(who, row, "GET", &answer);
            }
        }
    }
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing_wherever_it_is_sent() {
    let app = deployment().await;
    let mut phone = arrives(&app, Who::Employee).await;
    for row in TABLE.iter().filter(|row| row.methods.contains(&"POST") && row.is != Is::Gate) {
        for (name, value) in [("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")]
        {
            for first in ["a", "get", "HEAD", "delete"].map(|method| ("_method", method)) {
                let form =
                    phone.request(Method::POST, row.path).form(&[first, ("token", "x"), ("code", "x"), ("state", "x")]);
                let answer = phone.sends(form.header(name, value)).await;
                // Apps post to these from their own sites, and no cookie counts there.
                let is_for_apps = row.path.starts_with("/oauth2/");
                assert!(answer.status == 403 || is_for_apps, "{} {name} {value} {first:?}", row.path);
                assert_eq!(answer.all("set-cookie").len(), 0, "{}", row.path);
            }
        }
    }
    assert_eq!(phone.gets("/home").await.status, 200, "still signed in");
}
