//! What `doctor --probe` finds.

use crate::i18n::{
    doctor::{Said, says},
    probe::{ProbeFact, ProxyFix},
};

pub(super) fn fact(fact: &ProbeFact) -> Said {
    match fact {
        ProbeFact::NotOurAddress { address } => {
            says(format!("{address} is neither on public_url nor on a host in allowed_return_hosts"))
                .cure("probe the address that employees use; the probe's session is sent nowhere else")
        }
        ProbeFact::NoHttpClient { why } => says(why),
        ProbeFact::Unreachable { echo, why } => says(format!("{echo} cannot be reached: {}", why.english))
            .cure("check the name, the certificate, the firewall, and that the proxy is running"),
        ProbeFact::StrangerSentToSignIn { forged } => {
            says(format!("a visitor who is not signed in is sent to the sign-in page{}", also(*forged)))
        }
        ProbeFact::StrangerRefused { status, forged } => {
            says(format!("a visitor who is not signed in is refused ({status}){}", also(*forged)))
        }
        ProbeFact::StrangerSentElsewhere { echo, location, ours } => {
            says(format!("{echo} leads a visitor who is not signed in to {location:?}, not to {ours}")).cure(OPEN)
        }
        ProbeFact::StrangerAnswered { echo, status, forged } => {
            says(format!("{echo} answers {status} to a visitor who is not signed in{}", also(*forged))).cure(OPEN)
        }
        ProbeFact::OpenToStrangers { echo, forged } => {
            says(format!("{echo} is open to visitors who are not signed in{}", also(*forged))).cure(OPEN)
        }
        ProbeFact::GateSilent { echo, status } => {
            says(format!("{echo} answers {status}: the proxy gets no answer from the gate that it understands")).cure(
                "is the server running where the recipe says, and does its log show a request to /auth/…? A 400 there means \
                 that the proxy's address is not in trusted_proxies or that it sends other headers, a 403 that this host is \
                 not in allowed_return_hosts",
            )
        }
        ProbeFact::EverybodyRefused { echo } => says(format!("{echo} answers 403 to everybody"))
            .cure("is this host in allowed_return_hosts? The server's log says why"),
        ProbeFact::PersonRefused { echo, userid } => {
            says(format!("{echo} does not let {userid} pass: check the rules in the proxy's block"))
                .cure("use --as to name somebody who may")
        }
        ProbeFact::SignedInRefused { echo } => says(format!("{echo} refuses a visitor who is signed in")).cure(
            "does the gate's block pass Cookie on and name the original address, and does the server use this database?",
        ),
        ProbeFact::NotTheEcho { echo, status, path } => {
            says(format!("{echo} leads not to miandeng but to something that answers {status}")).cure(format!(
                "add the recipe's block for {path} (deploy/, \"doctor\"); nothing forged was sent until then"
            ))
        }
        ProbeFact::OtherAnswer { headers, status } => says(format!(
            "a request with {headers} forged headers does not get the answer of miandeng's echo ({status})"
        ))
        .cure(
            "either it reached the app, or something in between changes answers: probe an address with nothing but your \
             proxy in front",
        ),
        ProbeFact::ForgedRefused { headers } => {
            says(format!("requests with {headers} of the forged headers are refused entirely"))
        }
        ProbeFact::NoneArrives { sent } => {
            says(format!("none of {sent} forged headers reaches the app, in any spelling"))
        }
        ProbeFact::ForgedArrive { names, more, taken_for, fixes } => {
            says(arrive(names, *more, *taken_for)).cure(fixes.iter().map(fix).collect::<Vec<_>>().join("\n"))
        }
        ProbeFact::HeaderArrives { name } => says(format!("{name} reaches the app")),
        ProbeFact::HeaderMissing { name, userid } => {
            says(format!("{name} does not reach the app although {userid} is signed in"))
                .cure(format!("copy {name} from the gate's answer, as the recipe in deploy/ does"))
        }
        ProbeFact::HeaderTwice { name } => {
            says(format!("{name} reaches the app more than once")).cure("set it instead of appending it")
        }
        ProbeFact::RecipeCurrent { version } => says(format!("the proxy's recipe is version {version}, as it should be")),
        ProbeFact::RecipeOld { version, current } => {
            let version = version.map_or_else(|| "an older version".to_owned(), |version| format!("version {version}"));
            says(format!("the proxy's recipe is {version}; this program comes with version {current}")).cure(
                "install all files of the recipe again (deploy/, and CHANGELOG.md says why); in one of your own, lead \
                 /_miandeng/echo to /probe/echo/2 once it does what the recipe does",
            )
        }
        ProbeFact::CookieArrives { name } => says(format!(
            "the app receives the session cookie {name}: anyone who can read its log or memory can act as its visitors"
        ))
        .cure("the recipes for nginx, Caddy, HAProxy and Apache remove it from Cookie; Traefik and Envoy cannot"),
        ProbeFact::MayNotSignIn { userid } => says(format!("{userid} may not sign in")).cure("name somebody who may"),
        ProbeFact::NobodyMaySignIn => {
            says("nobody may sign in, so nobody can pass the gate").cure("miandeng users add …")
        }
        ProbeFact::SessionNotEnded { error } => says(format!("the probe's session could not be ended: {error}"))
            .cure("miandeng sessions list shows it as \"miandeng doctor\"; end it with miandeng sessions revoke"),
    }
}

const OPEN: &str = "your proxy does not ask the gate about this address, and perhaps not about the app either: compare its \
                    block with the recipe in deploy/";

fn also(forged: bool) -> &'static str {
    if forged { ", also with forged headers" } else { "" }
}

fn arrive(names: &[String], more: usize, taken_for: Option<&str>) -> String {
    let reach = if names.len() == 1 { "reaches" } else { "reach" };
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let list = format!("{}{more}", names.join(", "));
    match (names.first(), taken_for) {
        (Some(first), Some(header)) => format!(
            "a visitor's own {list} {reach} the app; a program behind WSGI, CGI, Rack or PHP takes {first} for {header}"
        ),
        _ => format!("a visitor's own {list} {reach} the app, which may believe it"),
    }
}

pub(super) fn fix(fix: &ProxyFix) -> String {
    match fix {
        ProxyFix::NginxLocation(line) => {
            format!("nginx: {line}  in the app's location (include miandeng/identity.conf)")
        }
        ProxyFix::NginxHttp(line) => format!("nginx: {line}  inside http {{ … }} (include miandeng/http.conf)"),
        ProxyFix::CaddyRoute(line) => format!("Caddy: {line}  inside the route, before forward_auth"),
        ProxyFix::TraefikMiddleware(line) => {
            format!("Traefik: {line}  in customRequestHeaders of a middleware before forwardAuth")
        }
        ProxyFix::TraefikNoList => {
            "Traefik: no authRequestHeaders in forwardAuth, so that the gate sees the header and refuses it".into()
        }
        ProxyFix::EnvoyMutation(line) => format!("Envoy: {line}  in a header_mutation filter before ext_authz"),
        ProxyFix::EnvoyListener(line) => format!("Envoy: {line}"),
        ProxyFix::EnvoyAllowedHeaders(line) => {
            format!("Envoy: {line}  in allowed_headers, so that the gate refuses it")
        }
        ProxyFix::HaproxyFrontend(line) => format!("HAProxy: {line}  in the frontend, before lua.miandeng"),
        ProxyFix::ApacheForget(line) => format!("Apache: {line}  in FORGET of miandeng.lua"),
    }
}
