//! What `doctor --probe` finds at the proxy in front.

use super::io::IoFailure;

/// `echo` is the probed address; `forged`: with forged headers too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeFact {
    NotOurAddress {
        address: String,
    },
    NoHttpClient {
        why: String,
    },
    Unreachable {
        echo: String,
        why: IoFailure,
    },
    StrangerSentToSignIn {
        forged: bool,
    },
    StrangerRefused {
        status: u16,
        forged: bool,
    },
    StrangerSentElsewhere {
        echo: String,
        location: String,
        ours: String,
    },
    StrangerAnswered {
        echo: String,
        status: u16,
        forged: bool,
    },
    OpenToStrangers {
        echo: String,
        forged: bool,
    },
    GateSilent {
        echo: String,
        status: u16,
    },
    EverybodyRefused {
        echo: String,
    },
    PersonRefused {
        echo: String,
        userid: String,
    },
    SignedInRefused {
        echo: String,
    },
    NotTheEcho {
        echo: String,
        status: u16,
        path: &'static str,
    },
    /// A request with forged headers got another answer than the echo's.
    OtherAnswer {
        headers: usize,
        status: u16,
    },
    /// How many headers the refused requests had.
    ForgedRefused {
        headers: usize,
    },
    NoneArrives {
        sent: usize,
    },
    ForgedArrive {
        /// The first of them.
        names: Vec<String>,
        more: usize,
        /// Which header some programs take the first for, where it is another.
        taken_for: Option<&'static str>,
        fixes: Vec<ProxyFix>,
    },
    HeaderArrives {
        name: &'static str,
    },
    HeaderMissing {
        name: &'static str,
        userid: String,
    },
    HeaderTwice {
        name: &'static str,
    },
    RecipeCurrent {
        version: u32,
    },
    RecipeOld {
        /// Older ones than the second do not say.
        version: Option<u32>,
        current: u32,
    },
    CookieArrives {
        name: String,
    },
    MayNotSignIn {
        userid: String,
    },
    NobodyMaySignIn,
    SessionNotEnded {
        error: String,
    },
}

/// A line for a proxy's settings, and where it belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProxyFix {
    NginxLocation(String),
    NginxHttp(&'static str),
    CaddyRoute(String),
    TraefikMiddleware(String),
    TraefikNoList,
    EnvoyMutation(String),
    EnvoyListener(&'static str),
    EnvoyAllowedHeaders(&'static str),
    HaproxyFrontend(String),
    ApacheForget(String),
}
