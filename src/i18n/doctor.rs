//! What `doctor` finds, as values. A new finding is a variant here and a text in each language (`en::doctor`,
//! `zh_cn::doctor`), or two where something is to be done.

use super::{Locale, io::IoFailure, probe::ProbeFact, setting::Source};
use crate::{
    catalogue::{Evidence, Trouble},
    clock::UnixSeconds,
    db::Advice,
};

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    Settings,
    Database,
    People,
    Clock,
    /// The variables that name a proxy.
    Proxies,
    /// What holds secrets.
    Files,
    /// Where the name of `public_url` leads.
    Name,
    Certificate,
    PublicUrl,
    /// What the proxy in front says of visitors.
    Forwarded,
    Dingtalk,
    /// By the app's name; as for the next four.
    App(String),
    CorpId(String),
    AgentId(String),
    /// What the app may read of the directory.
    Directory(String),
    /// How DingTalk tells an app of changes.
    Events(String),
    /// The probe of the proxy in front.
    Proxy,
    /// What DingTalk's console must be told of an app, by its name.
    Console(String),
    /// The same of this machine.
    EgressIp,
    /// By the app's name, or "" where no app was meant.
    SignIns(String),
}

impl Check {
    /// Stable, for programs.
    pub fn word(&self) -> String {
        match self {
            Self::Settings => "settings".into(),
            Self::Database => "database".into(),
            Self::People => "people".into(),
            Self::Clock => "clock".into(),
            Self::Proxies => "proxies".into(),
            Self::Files => "files".into(),
            Self::Name => "name".into(),
            Self::Certificate => "certificate".into(),
            Self::PublicUrl => "public_url".into(),
            Self::Forwarded => "forwarded".into(),
            Self::Dingtalk => "dingtalk".into(),
            Self::App(name) => format!("dingtalk {name}"),
            Self::CorpId(name) => format!("corp_id {name}"),
            Self::AgentId(name) => format!("agent_id {name}"),
            Self::Directory(name) => format!("directory {name}"),
            Self::Events(name) => format!("events {name}"),
            Self::Proxy => "proxy".into(),
            Self::Console(name) => format!("console {name}"),
            Self::EgressIp => "egress_ip".into(),
            Self::SignIns(name) if name.is_empty() => "sign-ins".into(),
            Self::SignIns(name) => format!("sign-ins {name}"),
        }
    }

    pub fn label(&self, locale: Locale) -> String {
        (locale.texts().check)(self)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    SettingsRead {
        public_url: String,
        apps: Vec<String>,
    },
    /// Keys, with the values that are set.
    SettingsFrom {
        source: Source,
        keys: Vec<String>,
    },
    FilesClosed {
        files: usize,
    },
    FileReadable {
        file: String,
        mode: u32,
    },
    FileWritable {
        file: String,
        mode: u32,
    },
    PeopleOfNoApp {
        corp_id: String,
        people: i64,
    },
    /// By the client's name.
    ClientOfNobody {
        client: String,
    },
    /// By their names.
    ClientsOfEveryCorp {
        clients: Vec<String>,
    },
    /// Some of them.
    AlikeUserids {
        userids: Vec<String>,
    },
    LeadsTo {
        host: String,
        addresses: Vec<String>,
    },
    LeadsInside {
        host: String,
        addresses: Vec<String>,
    },
    LeadsNowhere {
        host: String,
        why: IoFailure,
    },
    CertificateGood {
        host: String,
        days: i64,
        at: UnixSeconds,
    },
    CertificateEnds {
        host: String,
        days: i64,
        at: UnixSeconds,
    },
    CertificateExpired {
        host: String,
        at: UnixSeconds,
    },
    /// As the TLS library says it.
    CertificateRefused {
        host: String,
        why: String,
    },
    /// Until when, it does not say.
    CertificateAccepted {
        host: String,
    },
    NoCertificate {
        host: String,
        why: IoFailure,
    },
    ClaimBelieved {
        peer: String,
    },
    ProxyNotTrusted {
        peer: String,
    },
    VisitorsUnnamed {
        peer: String,
    },
    VisitorsNamed {
        client: String,
        peer: String,
    },
    NoProxy {
        client: String,
    },
    PlainHttp {
        origin: String,
    },
    /// `trusted_proxies` has a network of all addresses.
    EverybodyTrusted {
        network: String,
    },
    DatabaseGood {
        url: String,
    },
    DatabaseNotWritable {
        error: String,
        advice: Advice,
    },
    /// Others could read a file of the database until it was opened.
    DatabaseRepaired {
        file: String,
        old_mode: u32,
    },
    UsersUnreadable {
        error: String,
    },
    /// So nobody can sign in.
    NobodyListed,
    /// Each employee is added at the first sign-in.
    NobodyYet,
    MaySignIn {
        people: i64,
    },
    /// What has gone wrong lately with sign-ins.
    Troubled {
        trouble: Trouble,
        times: i64,
        last_at: UnixSeconds,
        evidence: Option<Evidence>,
    },
    TroublesUnreadable {
        error: String,
    },
    ClockAgrees,
    ClockOff {
        /// Negative: behind.
        seconds_ahead: i64,
    },
    ProxyVariables {
        set: Vec<String>,
        /// The setting, the address, and the proxy in between.
        ways: Vec<(&'static str, String, Option<String>)>,
    },
    Answers {
        address: String,
    },
    AnswersOddly {
        address: String,
        status: String,
    },
    DoesNotAnswer {
        address: String,
        why: IoFailure,
    },
    NoHttpClient {
        why: String,
    },
    DingtalkWorks {
        is_channel: bool,
    },
    DingtalkFails {
        failure: DingtalkFailure,
        /// Of DingTalk's own code.
        meaning: Option<Trouble>,
        /// What DingTalk's words tell beyond the code.
        evidence: Option<Evidence>,
    },
    SeesNoDepartment,
    SeesDepartments {
        departments: Vec<i64>,
    },
    CorpIsOurs {
        corp_id: String,
    },
    CorpIsNotOurs {
        corp_id: String,
        failure: DingtalkFailure,
    },
    CorpUnchecked {
        corp_id: String,
        failure: DingtalkFailure,
    },
    AgentUnchecked {
        agent_id: String,
    },
    /// Fields that are kept as they are, by the console's names.
    DirectoryReadable {
        hidden: Vec<String>,
    },
    /// By the console's names; the server itself does not sync.
    SyncWouldLack {
        missing: Vec<String>,
    },
    RangeTooSmall {
        name: String,
        departments: Vec<i64>,
    },
    PermissionMissing {
        name: String,
        /// What it is for, by its word (`RightsTexts::purpose`).
        need: &'static str,
        failure: Option<DingtalkFailure>,
    },
    /// Times are in milliseconds since 1970.
    EventsConnected {
        since_ms: i64,
        last_ms: Option<i64>,
    },
    EventsNotConnected {
        why: Option<String>,
    },
    EventsArrive {
        last_ms: i64,
    },
    NoEventYet,
    /// No server runs, or it cannot write.
    EventsUnseen,
    Probe(ProbeFact),
    ConsoleAddresses {
        home_page: String,
        redirect_url: Option<String>,
    },
    /// What can be known here of 服务器出口IP.
    EgressIp {
        address: Option<String>,
        is_private: bool,
    },
    /// An error that is said in both languages where it belongs.
    Error {
        en: String,
        zh_cn: String,
    },
}

/// A call to DingTalk that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DingtalkFailure {
    pub kind: FailureKind,
    /// As the log says it.
    pub english: String,
    /// The call and DingTalk's words, or what came instead.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    CodeInvalid,
    TokenInvalid,
    NoSuchUser,
    Throttled,
    Busy,
    Failed,
    Refused,
    Banned,
    Unreachable,
    Unexpected,
}

/// What is found, and what to do about it where that does not say so itself ("").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub says: String,
    pub cure: String,
}

impl Fact {
    pub fn said(&self, locale: Locale) -> Said {
        (locale.texts().fact)(self)
    }
}

impl Said {
    pub(super) fn cure(self, cure: impl Into<String>) -> Self {
        Self { cure: cure.into(), ..self }
    }
}

pub(super) fn says(text: impl Into<String>) -> Said {
    Said { says: text.into(), cure: String::new() }
}
