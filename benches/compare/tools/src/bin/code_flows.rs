//! `code_flows KIND SERVER SECONDS AT_ONCE AUTHORIZE TOKEN USERINFO CALLBACK [COOKIES]`: what an app of OpenID Connect asks of a
//! provider, for so many seconds over so many connections, each somebody's own browser; one line of JSON.
//!
//! KIND is `flows` (request, code, tokens, userinfo, by whoever is signed in already), `refreshes` (new tokens for a refresh
//! token) or `userinfo`. COOKIES is a file with a `Cookie` header on each line; without it the first request signs in.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use miandeng_compare::{Connection, argument, between};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// `bench:bench-secret`.
const CLIENT: &str = "Basic YmVuY2g6YmVuY2gtc2VjcmV0";
const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Clone)]
struct Provider {
    server: String,
    authorize: String,
    token: String,
    userinfo: String,
    callback: String,
}

struct Browser {
    provider: Provider,
    connection: Connection,
    cookies: Vec<(String, String)>,
}

struct Tokens {
    access: String,
    refresh: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (kind, seconds, at_once) = (argument(1)?, argument(3)?.parse()?, argument(4)?.parse()?);
    let provider = Provider {
        server: argument(2)?,
        authorize: argument(5)?,
        token: argument(6)?,
        userinfo: argument(7)?,
        callback: argument(8)?,
    };
    let cookies = argument(9).ok().map(fs::read_to_string).transpose()?;
    let mut cookies = cookies.iter().flat_map(|text| text.lines());
    let mut browsers = Vec::new();
    for _ in 0..at_once {
        let mut browser = Browser::new(&provider, cookies.next()).await?;
        let tokens = browser.flow().await?;
        browsers.push((browser, tokens));
    }
    let started = Instant::now();
    let end = started + Duration::from_secs(seconds);
    let tasks = browsers.into_iter().map(|(mut browser, mut tokens)| {
        let kind = kind.clone();
        tokio::spawn(async move {
            let mut took = Vec::new();
            while Instant::now() < end {
                let began = Instant::now();
                match kind.as_str() {
                    "flows" => drop(browser.flow().await?),
                    "refreshes" => tokens = browser.refresh(&tokens.refresh).await?,
                    "userinfo" => browser.userinfo(&tokens.access).await?,
                    _ => bail!("KIND is flows, refreshes or userinfo"),
                }
                took.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            anyhow::Ok(took)
        })
    });
    let mut took = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        took.extend(task.await??);
    }
    let seconds = started.elapsed().as_secs_f64();
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!(
        r#"{{"done": {}, "per_second": {:.1}, "p50_ms": {:.2}, "p99_ms": {:.2}, "max_ms": {:.2}}}"#,
        took.len(),
        took.len() as f64 / seconds,
        at(0.5),
        at(0.99),
        at(1.0)
    );
    Ok(())
}

impl Browser {
    async fn new(provider: &Provider, cookie: Option<&str>) -> anyhow::Result<Self> {
        let connection = Connection::to(&provider.server).await?;
        let cookies = cookie.and_then(|cookie| cookie.split_once('='));
        let cookies = cookies.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Self { provider: provider.clone(), connection, cookies })
    }

    /// Everything from the app's request to the person's name.
    async fn flow(&mut self) -> anyhow::Result<Tokens> {
        let (authorize, callback) = (&self.provider.authorize, escaped(&self.provider.callback));
        let mut there = format!(
            "{authorize}?client_id=bench&redirect_uri={callback}&response_type=code&state=state-1&nonce=nonce-1\
             &scope=openid%20profile%20email%20offline_access&code_challenge={CHALLENGE}&code_challenge_method=S256"
        );
        for _ in 0..5 {
            there = self.follow(&there).await?;
            if there.starts_with(&self.provider.callback) {
                let code = between(&format!("{there}&"), "code=", "&").context("no code")?.to_owned();
                let form = format!(
                    "grant_type=authorization_code&code={code}&redirect_uri={callback}&code_verifier={VERIFIER}"
                );
                let tokens = self.tokens(&form).await?;
                self.userinfo(&tokens.access).await?;
                return Ok(tokens);
            }
        }
        bail!("no code, but {there}")
    }

    async fn follow(&mut self, there: &str) -> anyhow::Result<String> {
        let path = there.split_once("://").map_or(there, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookie = if cookies.is_empty() { String::new() } else { format!("Cookie: {}\r\n", cookies.join("; ")) };
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\n{cookie}\r\n", self.provider.server);
        let answer = self.connection.ask(request.as_bytes()).await?;
        let said = String::from_utf8_lossy(answer.body);
        let location =
            answer.header("location").with_context(|| format!("{path}: {} {said}", answer.status))?.to_owned();
        for line in answer.head.lines().filter_map(|line| line.split_once(':')) {
            if line.0.eq_ignore_ascii_case("set-cookie")
                && let Some((name, value)) = line.1.split(';').next().and_then(|pair| pair.trim().split_once('='))
            {
                self.cookies.retain(|(known, _)| known != name);
                if !value.is_empty() {
                    self.cookies.push((name.to_owned(), value.to_owned()));
                }
            }
        }
        Ok(location)
    }

    async fn refresh(&mut self, token: &str) -> anyhow::Result<Tokens> {
        self.tokens(&format!("grant_type=refresh_token&refresh_token={token}")).await
    }

    async fn tokens(&mut self, form: &str) -> anyhow::Result<Tokens> {
        let Provider { server, token, .. } = &self.provider;
        let request = format!(
            "POST {token} HTTP/1.1\r\nHost: {server}\r\nAuthorization: {CLIENT}\r\nContent-Type: {FORM}\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let answer = self.connection.ask(request.as_bytes()).await?;
        let said = std::str::from_utf8(answer.body)?;
        ensure!(answer.status == 200, "tokens: {} {said}", answer.status);
        let field = |name: &str| between(said, &format!("\"{name}\":\""), "\"").map(str::to_owned);
        ensure!(field("id_token").is_some(), "no ID token: {said}");
        Ok(Tokens {
            access: field("access_token").context("no access token")?,
            refresh: field("refresh_token").context("no refresh token")?,
        })
    }

    async fn userinfo(&mut self, token: &str) -> anyhow::Result<()> {
        let Provider { server, userinfo, .. } = &self.provider;
        let request = format!("GET {userinfo} HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {token}\r\n\r\n");
        let answer = self.connection.ask(request.as_bytes()).await?;
        let said = String::from_utf8_lossy(answer.body);
        ensure!(answer.status == 200 && said.contains("\"name\":"), "userinfo: {} {said}", answer.status);
        Ok(())
    }
}

fn escaped(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}
