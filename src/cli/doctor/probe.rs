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

use super::{
    forgery::{self, FORGED, Proxy},
    told,
};
use crate::{
    cli::Deployment,
    doctor::{Check, Fact, Finding, reach},
    forward_auth::header_names::{ODD, taken_for},
    i18n::probe::{ProbeFact, ProxyFix},
    ids::{CorpId, DingUserId},
    probe::{PASS_HEADER, PROXY_PATH, Passes, RECIPE, Reached},
    sessions::{self, Token, cookie},
    signing_keys,
    users::{self, Filter, Role, Status, User},
};

/// Servers take a hundred headers or so.
const PORTION: usize = 40;

/// Somebody and their corp, as the command line names them.
type Named<'a> = Option<(&'a DingUserId, Option<&'a CorpId>)>;

pub(super) async fn check(deployment: &Deployment, address: &Url, person: Named<'_>) -> Vec<Finding> {
    let prepared = async {
        let echo = echo_address(deployment, address)?;
        let key = signing_keys::state_key(&deployment.pools, &deployment.clock).await;
        let key = key.map_err(|error| broken(&error.into()))?;
        let http =
            reach::client().map_err(|error| failed(ProbeFact::NoHttpClient { why: reach::why(error).english }))?;
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
        return Err(failed(ProbeFact::NotOurAddress { address: address.to_string() }));
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
        let (echo, forged) = (self.echo.to_string(), !headers.is_empty());
        let ours = format!("{}{}/?", self.deployment.config.public_url.origin(), self.deployment.config.base_path);
        let fact = match self.ask(headers, None).await? {
            Led::Elsewhere { status: 302 | 303, location } if location.starts_with(&ours) => {
                return Ok(good(ProbeFact::StrangerSentToSignIn { forged }));
            }
            Led::Elsewhere { status: status @ 401, .. } => {
                return Ok(good(ProbeFact::StrangerRefused { status, forged }));
            }
            // What the gate says to names such as Remote.User that the proxy shows it.
            Led::Elsewhere { status: status @ 400, .. } if forged => {
                return Ok(good(ProbeFact::StrangerRefused { status, forged }));
            }
            Led::Elsewhere { status: 300..=399, location } => ProbeFact::StrangerSentElsewhere { echo, location, ours },
            Led::Elsewhere { status: status @ 500.., .. } => ProbeFact::GateSilent { echo, status },
            Led::Elsewhere { status: 403, .. } => ProbeFact::EverybodyRefused { echo },
            Led::Elsewhere { status, .. } => ProbeFact::StrangerAnswered { echo, status, forged },
            Led::Echo(..) => ProbeFact::OpenToStrangers { echo, forged },
        };
        Err(failed(fact))
    }

    async fn with_session(&self, user: &User, token: &Token) -> Result<Vec<Finding>, Finding> {
        let (plain, proxy) = self.reaches_the_echo(user, token).await?;
        let mut findings = vec![recipe(&plain)];
        findings.extend(self.identity_arrives(user, &plain));
        findings.extend(self.own_cookie(&plain));
        let (plain, disguised) = (forgery::plain(), forgery::disguised());
        let (mut arrived, mut refused) = (Vec::new(), 0);
        for portion in plain.chunks(PORTION).chain(disguised.chunks(PORTION)) {
            let headers = forged(portion);
            match self.ask(headers.clone(), Some(token)).await? {
                Led::Echo(reached, _) => arrived.extend(names_of_forged(&reached)),
                Led::Elsewhere { status: status @ 200..=299, .. } => {
                    return Err(failed(ProbeFact::OtherAnswer { headers: portion.len(), status }));
                }
                Led::Elsewhere { .. } => refused += portion.len(),
            }
            self.refuses_strangers(headers).await?;
        }
        if refused > 0 {
            findings.push(good(ProbeFact::ForgedRefused { headers: refused }));
        }
        findings.extend(verdict(&arrived, proxy));
        Ok(findings)
    }

    /// A signed-in request without anything odd about it must end at our echo.
    async fn reaches_the_echo(&self, user: &User, token: &Token) -> Result<(Reached, Proxy), Finding> {
        let echo = self.echo.to_string();
        Err(failed(match self.ask(HeaderMap::new(), Some(token)).await? {
            Led::Echo(reached, proxy) => return Ok((reached, proxy)),
            Led::Elsewhere { status: 403, .. } => ProbeFact::PersonRefused { echo, userid: user.userid.to_string() },
            Led::Elsewhere { status: 301..=303 | 401, .. } => ProbeFact::SignedInRefused { echo },
            Led::Elsewhere { status, .. } => ProbeFact::NotTheEcho { echo, status, path: PROXY_PATH },
        }))
    }

    /// The app must be told once who is signed in.
    fn identity_arrives(&self, user: &User, reached: &Reached) -> Vec<Finding> {
        let sets = self.deployment.config.identity_headers;
        let wanted = [(sets.remote, "Remote-User"), (sets.x_auth_request, "X-Auth-Request-User")];
        let wanted = wanted.into_iter().filter_map(|(is_wanted, name)| is_wanted.then_some(name));
        let each = wanted.chain(["X-Corp-Id"]).map(|name| {
            let named = reached.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            match named.map(|(_, value)| value.as_str()).collect::<Vec<_>>()[..] {
                [""] | [] => failed(ProbeFact::HeaderMissing { name, userid: user.userid.to_string() }),
                [_] => good(ProbeFact::HeaderArrives { name }),
                _ => failed(ProbeFact::HeaderTwice { name }),
            }
        });
        each.collect()
    }

    /// The session is the visitor's key to every app: the app behind the proxy need not have it.
    fn own_cookie(&self, reached: &Reached) -> Option<Finding> {
        let name = cookie::name(&self.deployment.config);
        let arrives = reached.cookies.iter().any(|cookie| cookie == name);
        arrives
            .then(|| Finding::warning(Check::Proxy, Fact::Probe(ProbeFact::CookieArrives { name: name.to_string() })))
    }

    async fn ask(&self, headers: HeaderMap, session: Option<&Token>) -> Result<Led, Finding> {
        let pass = self.passes.issue();
        let mut request = self.http.get(self.echo.clone()).header("Accept", "text/html").header(PASS_HEADER, &pass);
        if let Some(token) = session {
            request = request.header("Cookie", format!("{}={}", cookie::name(&self.deployment.config), token.expose()));
        }
        let answer = request.headers(headers).send().await.map_err(|error| {
            let (echo, why) = (self.echo.to_string(), reach::why(error.without_url()));
            failed(ProbeFact::Unreachable { echo, why })
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
        let failed = |fact| Finding::failed(Check::People, fact);
        let found = async {
            let mut reader = self.deployment.pools.read().await?;
            let filter = Filter { status: Some(Status::Active), ..Filter::default() };
            users::list(&mut reader, &filter).await
        };
        let mut people = found.await.map_err(|error| failed(Fact::UsersUnreadable { error: error.to_string() }))?;
        let configured = self.deployment.corps();
        people.retain(|user| configured.contains(&user.corp_id));
        if let Some((userid, corp_id)) = named {
            let corp = self.deployment.corp(corp_id.cloned()).map_err(|error| failed(told(&error)))?;
            let person = people.into_iter().find(|user| user.userid == *userid && user.corp_id == corp);
            let fact = ProbeFact::MayNotSignIn { userid: userid.to_string() };
            return person.ok_or_else(|| failed(Fact::Probe(fact)));
        }
        let administrator = people.iter().position(|user| user.role == Role::Admin);
        match people.is_empty() {
            true => Err(failed(Fact::Probe(ProbeFact::NobodyMaySignIn))),
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
        started.await.map_err(|error| broken(&error))
    }

    async fn end_session(&self, token: &Token) -> Result<(), Finding> {
        let ended = async {
            let mut transaction = self.deployment.write().await?;
            sessions::end(&mut transaction, token).await?;
            anyhow::Ok(transaction.commit().await?)
        };
        ended.await.map_err(|error| {
            let fact = ProbeFact::SessionNotEnded { error: error.to_string() };
            Finding::failed(Check::Database, Fact::Probe(fact))
        })
    }
}

/// The recipe's own path tells its version.
fn recipe(reached: &Reached) -> Finding {
    match reached.from.recipe {
        Some(version) if version >= RECIPE => good(ProbeFact::RecipeCurrent { version }),
        version => Finding::warning(Check::Proxy, Fact::Probe(ProbeFact::RecipeOld { version, current: RECIPE })),
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
    if arrived.is_empty() {
        let sent = forgery::plain().len() + forgery::disguised().len();
        return vec![good(ProbeFact::NoneArrives { sent })];
    }
    let mut by_fix: BTreeMap<(bool, Vec<ProxyFix>), Vec<&String>> = BTreeMap::new();
    for name in arrived {
        let place = (!forgery::claims_identity(name), forgery::fixes(proxy, name));
        by_fix.entry(place).or_default().push(name);
    }
    let findings = by_fix.into_iter().map(|((is_harmless, fixes), names)| {
        let fact = arrive(&names, fixes);
        if is_harmless { Finding::warning(Check::Proxy, Fact::Probe(fact)) } else { failed(fact) }
    });
    findings.collect()
}

fn arrive(names: &[&String], fixes: Vec<ProxyFix>) -> ProbeFact {
    const NAMED: usize = 5;
    let first = names.first().filter(|name| name.contains(ODD));
    ProbeFact::ForgedArrive {
        names: names.iter().take(NAMED).map(|name| (*name).clone()).collect(),
        more: names.len().saturating_sub(NAMED),
        taken_for: first.and_then(|name| taken_for(name)),
        fixes,
    }
}

fn good(fact: ProbeFact) -> Finding {
    Finding::ok(Check::Proxy, Fact::Probe(fact))
}

fn failed(fact: ProbeFact) -> Finding {
    Finding::failed(Check::Proxy, Fact::Probe(fact))
}

fn broken(error: &anyhow::Error) -> Finding {
    Finding::failed(Check::Database, told(error))
}
