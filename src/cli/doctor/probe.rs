//! `--probe`: sends forged headers through the operator's real proxy and looks at what reaches the app's side.
//!
//! No step is taken before another has shown that it is harmless: the gate must refuse a stranger before a session is
//! sent, and a plain signed-in request must end at our echo before anything forged is sent.

use std::collections::BTreeMap;

use reqwest::{
    Client, Response,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use url::Url;

use super::forgery::{self, FORGED, Proxy};
use crate::{
    cli::Deployment,
    doctor::{Finding, reach},
    forward_auth::header_names::{ODD, taken_for},
    ids::{CorpId, DingUserId},
    probe::{PASS_HEADER, PROXY_PATH, Passes, Reached},
    sessions::{self, Token, cookie},
    signing_keys,
    users::{self, Filter, Role, Status, User},
};

const CHECK: &str = "proxy";
/// Servers take a hundred headers or so.
const PORTION: usize = 40;

/// Somebody and their corp, as the command line names them.
type Named<'a> = Option<(&'a DingUserId, Option<&'a CorpId>)>;

pub(super) async fn check(deployment: &Deployment, address: &Url, person: Named<'_>) -> Vec<Finding> {
    let prepared = async {
        let echo = echo_address(deployment, address)?;
        let key = signing_keys::state_key(&deployment.pools, &deployment.clock).await;
        let key = key.map_err(|error| Finding::failed("database", error.to_string(), ""))?;
        let http = reach::client().map_err(|error| Finding::failed(CHECK, reach::causes(error), ""))?;
        Ok(Probe { deployment, http, passes: Passes::new(&key, deployment.clock.clone()), echo })
    };
    match prepared.await {
        Err(finding) => vec![finding],
        Ok(probe) => match probe.in_steps(person).await {
            Ok(findings) => findings,
            Err(finding) => vec![finding],
        },
    }
}

/// The echo's address, on a host that a session of ours may be sent to.
fn echo_address(deployment: &Deployment, address: &Url) -> Result<Url, Finding> {
    let config = &deployment.config;
    if !config.leads_to_us(address) {
        let says = format!("{address} is neither on public_url nor on a host in allowed_return_hosts");
        let cure = "probe the address that employees use; the probe's session is sent nowhere else";
        return Err(Finding::failed(CHECK, says, cure));
    }
    let mut echo = address.clone();
    if matches!(echo.path(), "" | "/") {
        echo.set_path(PROXY_PATH);
    }
    echo.set_query(None);
    echo.set_fragment(None);
    Ok(echo)
}

struct Probe<'a> {
    deployment: &'a Deployment,
    http: Client,
    passes: Passes,
    echo: Url,
}

enum Led {
    /// To our echo, past a proxy.
    Echo(Reached, Proxy),
    Elsewhere {
        status: u16,
        location: String,
    },
}

impl Probe<'_> {
    async fn in_steps(&self, person: Named<'_>) -> Result<Vec<Finding>, Finding> {
        let mut findings = vec![self.refuses_strangers(HeaderMap::new()).await?];
        let user = self.person(person).await?;
        let token = self.start_session(&user).await?;
        // Whatever comes of it, the session ends.
        let probed = self.with_session(&user, &token).await;
        let ended = self.end_session(&token).await;
        findings.extend(probed?);
        ended?;
        Ok(findings)
    }

    /// A visitor without a session must be turned away by our gate, whatever they claim.
    async fn refuses_strangers(&self, headers: HeaderMap) -> Result<Finding, Finding> {
        let forged = if headers.is_empty() { "" } else { ", also with forged headers" };
        let ours = format!("{}{}/?", self.deployment.config.public_url.origin(), self.deployment.config.base_path);
        let open = "your proxy does not ask the gate about this address, and perhaps not about the app either: compare \
                    its block with the recipe in deploy/";
        match self.ask(headers, None).await? {
            Led::Elsewhere { status: 302 | 303, location } if location.starts_with(&ours) => {
                Ok(Finding::ok(CHECK, format!("a visitor who is not signed in is sent to the sign-in page{forged}")))
            }
            Led::Elsewhere { status: 401, .. } => {
                Ok(Finding::ok(CHECK, format!("a visitor who is not signed in is refused (401){forged}")))
            }
            // What the gate says to names such as Remote.User that the proxy shows it.
            Led::Elsewhere { status: 400, .. } if !forged.is_empty() => {
                Ok(Finding::ok(CHECK, format!("a visitor who is not signed in is refused (400){forged}")))
            }
            Led::Elsewhere { status: 300..=399, location } => {
                let says = format!("{} leads a visitor who is not signed in to {location:?}, not to {ours}", self.echo);
                Err(Finding::failed(CHECK, says, open))
            }
            Led::Elsewhere { status: status @ 500.., .. } => {
                let says = format!(
                    "{} answers {status}: the proxy gets no answer from the gate that it understands",
                    self.echo
                );
                let cure = "is the server running where the recipe says, and does its log show a request to /auth/…? A 400 \
                            there means that the proxy's address is not in trusted_proxies or that it sends other headers, a \
                            403 that this host is not in allowed_return_hosts";
                Err(Finding::failed(CHECK, says, cure))
            }
            Led::Elsewhere { status: 403, .. } => {
                let says = format!("{} answers 403 to everybody", self.echo);
                Err(Finding::failed(CHECK, says, "is this host in allowed_return_hosts? The server's log says why"))
            }
            Led::Elsewhere { status, .. } => {
                let says = format!("{} answers {status} to a visitor who is not signed in{forged}", self.echo);
                Err(Finding::failed(CHECK, says, open))
            }
            Led::Echo(..) => {
                let says = format!("{} is open to visitors who are not signed in{forged}", self.echo);
                Err(Finding::failed(CHECK, says, open))
            }
        }
    }

    async fn with_session(&self, user: &User, token: &Token) -> Result<Vec<Finding>, Finding> {
        let (plain, proxy) = self.reaches_the_echo(user, token).await?;
        let mut findings = self.identity_arrives(user, &plain);
        findings.extend(self.own_cookie(&plain));
        let (plain, disguised) = (forgery::plain(), forgery::disguised());
        let (mut arrived, mut refused) = (Vec::new(), 0);
        for portion in plain.chunks(PORTION).chain(disguised.chunks(PORTION)) {
            let headers = forged(portion);
            match self.ask(headers.clone(), Some(token)).await? {
                Led::Echo(reached, _) => arrived.extend(names_of_forged(&reached)),
                Led::Elsewhere { status: status @ 200..=299, .. } => {
                    let says = format!(
                        "a request with {} forged headers does not get the answer of miandeng's echo ({status})",
                        portion.len()
                    );
                    let cure = "either it reached the app, or something in between changes answers: probe an address with \
                                nothing but your proxy in front";
                    return Err(Finding::failed(CHECK, says, cure));
                }
                Led::Elsewhere { .. } => refused += portion.len(),
            }
            self.refuses_strangers(headers).await?;
        }
        if refused > 0 {
            let says = format!("requests with {refused} of the forged headers are refused entirely");
            findings.push(Finding::ok(CHECK, says));
        }
        findings.extend(verdict(&arrived, proxy));
        Ok(findings)
    }

    /// A signed-in request without anything odd about it must end at our echo.
    async fn reaches_the_echo(&self, user: &User, token: &Token) -> Result<(Reached, Proxy), Finding> {
        match self.ask(HeaderMap::new(), Some(token)).await? {
            Led::Echo(reached, proxy) => Ok((reached, proxy)),
            Led::Elsewhere { status: 403, .. } => {
                let says = format!(
                    "{} does not let {} pass: check the rules in the proxy's block",
                    self.echo,
                    user.userid.as_str()
                );
                Err(Finding::failed(CHECK, says, "use --as to name somebody who may"))
            }
            Led::Elsewhere { status: 301..=303 | 401, .. } => {
                let says = format!("{} refuses a visitor who is signed in", self.echo);
                let cure = "does the gate's block pass Cookie on and name the original address, and does the server use this \
                            database?";
                Err(Finding::failed(CHECK, says, cure))
            }
            Led::Elsewhere { status, .. } => {
                let says = format!("{} leads not to miandeng but to something that answers {status}", self.echo);
                let cure = format!(
                    "add the recipe's block for {PROXY_PATH} (deploy/, \"doctor\"); nothing forged was sent until then"
                );
                Err(Finding::failed(CHECK, says, cure))
            }
        }
    }

    /// The app must be told once who is signed in.
    fn identity_arrives(&self, user: &User, reached: &Reached) -> Vec<Finding> {
        let sets = self.deployment.config.identity_headers;
        let wanted = [(sets.remote, "Remote-User"), (sets.x_auth_request, "X-Auth-Request-User")];
        let wanted = wanted.into_iter().filter_map(|(is_wanted, name)| is_wanted.then_some(name));
        let each = wanted.chain(["X-Corp-Id"]).map(|name| {
            let named = reached.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            match named.map(|(_, value)| value.as_str()).collect::<Vec<_>>()[..] {
                [""] | [] => Finding::failed(
                    CHECK,
                    format!("{name} does not reach the app although {} is signed in", user.userid.as_str()),
                    format!("copy {name} from the gate's answer, as the recipe in deploy/ does"),
                ),
                [_] => Finding::ok(CHECK, format!("{name} reaches the app")),
                _ => Finding::failed(
                    CHECK,
                    format!("{name} reaches the app more than once"),
                    "set it instead of appending it",
                ),
            }
        });
        each.collect()
    }

    /// The session is the visitor's key to every app: the app behind the proxy need not have it.
    fn own_cookie(&self, reached: &Reached) -> Option<Finding> {
        let name = cookie::name(&self.deployment.config);
        let says = format!(
            "the app receives the session cookie {name}: anyone who can read its log or memory can act as its visitors"
        );
        let cure = "the recipes for nginx and Caddy remove it from Cookie; Traefik and Envoy cannot";
        reached.cookies.iter().any(|cookie| cookie == name).then(|| Finding::warning(CHECK, says, cure))
    }

    async fn ask(&self, headers: HeaderMap, session: Option<&Token>) -> Result<Led, Finding> {
        let pass = self.passes.issue();
        let mut request = self.http.get(self.echo.clone()).header("Accept", "text/html").header(PASS_HEADER, &pass);
        if let Some(token) = session {
            request = request.header("Cookie", format!("{}={}", cookie::name(&self.deployment.config), token.expose()));
        }
        let answer = request.headers(headers).send().await.map_err(|error| {
            let says = format!("{} cannot be reached: {}", self.echo, reach::causes(error.without_url()));
            Finding::failed(CHECK, says, "check the name, the certificate, the firewall, and that the proxy is running")
        })?;
        Ok(self.read(&pass, answer).await)
    }

    /// Only an answer with our own seal is the echo's, and only as it was given.
    async fn read(&self, pass: &str, answer: Response) -> Led {
        let text = |name: &str| {
            let values = answer.headers().get_all(name).iter();
            values.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect::<Vec<_>>()
        };
        let status = answer.status().as_u16();
        let (servers, location) = (text("server"), text("location").join(", "));
        let servers: Vec<_> = servers.iter().map(String::as_str).collect();
        let proxy = Proxy::named(&servers);
        match answer.json::<Reached>().await {
            Ok(reached) if self.passes.vouch_for(&reached, pass) => Led::Echo(reached, proxy),
            _ => Led::Elsewhere { status, location },
        }
    }

    async fn person(&self, named: Named<'_>) -> Result<User, Finding> {
        let failed = |says: String, cure: &str| Finding::failed("people", says, cure);
        let found = async {
            let mut reader = self.deployment.pools.read().await?;
            let filter = Filter { status: Some(Status::Active), ..Filter::default() };
            users::list(&mut reader, &filter).await
        };
        let mut people = found.await.map_err(|error| failed(error.to_string(), ""))?;
        let configured = self.deployment.corps();
        people.retain(|user| configured.contains(&user.corp_id));
        if let Some((userid, corp_id)) = named {
            let corp = self.deployment.corp(corp_id.cloned()).map_err(|error| failed(error.to_string(), ""))?;
            let person = people.into_iter().find(|user| user.userid == *userid && user.corp_id == corp);
            return person
                .ok_or_else(|| failed(format!("{} may not sign in", userid.as_str()), "name somebody who may"));
        }
        let administrator = people.iter().position(|user| user.role == Role::Admin);
        match people.is_empty() {
            true => Err(failed("nobody may sign in, so nobody can pass the gate".into(), "miandeng users add …")),
            false => Ok(people.swap_remove(administrator.unwrap_or_default())),
        }
    }

    /// The probe's session: a person's, because the gate knows no other, and good for the echo's address alone, because
    /// the probed host's owner gets its cookie.
    async fn start_session(&self, user: &User) -> Result<Token, Finding> {
        let app = self.deployment.config.apps.iter().find(|app| app.corp_id == user.corp_id);
        let app = app.map_or("", |app| app.name.as_str());
        let from = sessions::Origin { address: "127.0.0.1".into(), user_agent: "miandeng doctor --probe".into() };
        let now = self.deployment.clock.now();
        let started = async {
            let mut transaction = self.deployment.write().await?;
            let token = sessions::start_for(&mut transaction, user, app, &from, self.echo.as_str(), now).await?;
            transaction.commit().await?;
            anyhow::Ok(token)
        };
        started.await.map_err(|error| Finding::failed("database", error.to_string(), ""))
    }

    async fn end_session(&self, token: &Token) -> Result<(), Finding> {
        let ended = async {
            let mut transaction = self.deployment.write().await?;
            sessions::end(&mut transaction, token).await?;
            anyhow::Ok(transaction.commit().await?)
        };
        let cure = "miandeng sessions list shows it as \"miandeng doctor\"; end it with miandeng sessions revoke";
        ended.await.map_err(|error| {
            Finding::failed("database", format!("the probe's session could not be ended: {error}"), cure)
        })
    }
}

fn forged(names: &[String]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in names {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            headers.append(name, HeaderValue::from_static(FORGED));
        }
    }
    headers
}

fn names_of_forged(reached: &Reached) -> impl Iterator<Item = String> + '_ {
    let forged = reached.headers.iter().filter(|(_, value)| value.contains(FORGED));
    forged.map(|(name, _)| name.clone())
}

/// What the app would have believed, by what keeps it outside.
fn verdict(arrived: &[String], proxy: Proxy) -> Vec<Finding> {
    let sent = forgery::plain().len() + forgery::disguised().len();
    if arrived.is_empty() {
        let says = format!("none of {sent} forged headers reaches the app, in any spelling");
        return vec![Finding::ok(CHECK, says)];
    }
    let mut by_cure: BTreeMap<(bool, String), Vec<&str>> = BTreeMap::new();
    for name in arrived {
        let place = (!forgery::claims_identity(name), forgery::cure(proxy, name));
        by_cure.entry(place).or_default().push(name);
    }
    let findings = by_cure.into_iter().map(|((is_harmless, cure), names)| {
        let says = says_of_arrived(&names);
        if is_harmless { Finding::warning(CHECK, says, cure) } else { Finding::failed(CHECK, says, cure) }
    });
    findings.collect()
}

fn says_of_arrived(names: &[&str]) -> String {
    const NAMED: usize = 5;
    let mut list = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        list = format!("{list} and {} more", names.len() - NAMED);
    }
    let reach = if names.len() == 1 { "reaches" } else { "reach" };
    match names.first().and_then(|name| Some((name, taken_for(name)?))) {
        Some((name, header)) if name.contains(ODD) => format!(
            "a visitor's own {list} {reach} the app; a program behind WSGI, CGI, Rack or PHP takes {name} for {header}"
        ),
        _ => format!("a visitor's own {list} {reach} the app, which may believe it"),
    }
}
