//! What is wrong with a setting, and what to write instead.

use super::io::IoFailure;
use crate::ids::InvalidId;

/// Where a setting has its value from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    File(String),
    Environment,
    Default,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadSetting {
    NoSettings,
    /// The file, and where in it.
    Syntax {
        file: Option<String>,
        place: Option<String>,
    },
    Unknown {
        closest: Option<String>,
        known: Vec<String>,
    },
    /// What belongs there, as the parser says it; the same for the next.
    WrongType(String),
    WrongValue(String),
    NoTable,
    /// Of the variable `ROCKET_MIANDENG`.
    NoTableInVariable,
    /// What `ROCKET_CONFIG` names.
    NamedFileUnreadable(IoFailure),
    FileUnreadable(IoFailure),
    DatabaseFolder,
    PublicUrlMissing,
    PublicUrl,
    PublicUrlHasPath,
    BasePath,
    HomeIsSignIn,
    Home,
    AdminPath,
    Host,
    Origin,
    Network,
    CookieDomainOfAddress,
    /// The host of `public_url`.
    CookieDomain(String),
    Duration,
    IdleTooLong,
    IdentityHeaders,
    IdentityEncoding,
    UnknownUsers,
    Bootstrap,
    DefaultLocale,
    DingtalkAddress,
    JsapiUrl,
    JsapiFile(IoFailure),
    /// The proxy.
    SecretsInTheClear(String),
    /// The most characters.
    ShortText(usize),
    Contact,
    /// What the parser says.
    ContactAddress(String),
    LogoFile(IoFailure),
    LogoTooLarge,
    LogoPixels,
    LogoDamaged,
    LogoNamespace,
    LogoKind,
    NoApps,
    NameMissing,
    Name,
    NameTaken,
    CorpIdMissing,
    CorpId(InvalidId),
    AgentIdMissing,
    AgentId,
    /// By the app of this name.
    AgentIdTaken(String),
    Signature,
    Kind,
    ClientIdMissing,
    ClientIdForStream,
    ClientSecretMissing,
    ChannelSecretMissing,
    ChannelSecretOfMicroApp,
    TwoCredentials,
    /// The setting's own key.
    SetTwice(String),
    SecretFile(IoFailure),
    Secret,
    SyncEvery,
    SyncDisableAtMost,
    Events,
    EventAesKey,
    EventSecretMissing,
    ClientName,
    OidcClientIdMissing,
    OidcClientId,
    OidcClientIdOfHost,
    /// By the client of this name.
    OidcClientIdTaken(String),
    RedirectUrisMissing,
    ClientAddress,
    SigningAlg,
    ClientRules,
    HomeUrl,
    ClientProtocol,
    /// A setting of OpenID Connect at a client of CAS.
    NotForCas,
    OnlyForCas,
    ServiceUrlsMissing,
    /// By the client of this name.
    ServiceUrlTaken(String),
}
