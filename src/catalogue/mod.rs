//! What can go wrong with a sign-in, as one list: DingTalk's errcodes, the errors of its client, our own refusals. Each
//! language explains every entry (`i18n`), or does not compile.
//!
//! From the Open Platform's table of global error codes (open.dingtalk.com, 全局错误码, read 2026-08-22), from the package
//! dingtalk-jsapi 3.2.9, and from answers seen from DingTalk's new host and its clients.

mod address;
mod evidence;
mod lookup;
mod redact;

pub use self::{
    address::{Difference, Part},
    evidence::{Evidence, Hash, Signed, seen_address},
    lookup::{Found, code_in, find, of_sentence},
    redact::redact,
};

/// Where a code comes from. Some numbers mean one thing to the server and another to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// DingTalk's server.
    Errcode,
    /// The DingTalk client, its script, or our page's script beside it.
    Client,
    /// Miandeng itself: the `type` of a problem, or its reason in the trail.
    Problem,
}

/// Who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Responsible {
    Employee,
    /// Whoever manages the organisation and its app in DingTalk's consoles.
    Admin,
    /// Whoever runs this server, or the app behind it.
    Operator,
}

/// What a name stands for. Numbers are DingTalk's; words are the new host's, our own, or a part of a client's sentence.
struct Row {
    source: Source,
    responsible: Responsible,
    numbers: &'static [i64],
    words: &'static [&'static str],
    console: Option<&'static str>,
}

macro_rules! troubles {
    ($($(#[$doc:meta])* $name:ident: $source:ident $responsible:ident [$($number:literal),*] [$($word:literal),*] $($console:literal)?;)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Trouble {
            $($(#[$doc])* $name,)+
            /// DingTalk's code is in no list of ours.
            Unknown,
        }

        impl Trouble {
            /// All but [`Trouble::Unknown`].
            pub const KNOWN: &[Self] = &[$(Self::$name),+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        source: Source::$source,
                        responsible: Responsible::$responsible,
                        numbers: &[$($number),*],
                        words: &[$($word),*],
                        console: troubles!(@console $($console)?),
                    },)+
                    Self::Unknown => Row {
                        source: Source::Errcode,
                        responsible: Responsible::Operator,
                        numbers: &[],
                        words: &[],
                        console: None,
                    },
                }
            }
        }
    };
    (@console) => { None };
    (@console $console:literal) => { Some($console) };
}

troubles! {
    /// DingTalk's own trouble. 88 is the gateway's, and means this only if it wraps no other code.
    Busy: Errcode Employee [-1, 15, 88] ["systemBusy", "isp.top-remote-connection-timeout"];
    /// Our address is barred for five minutes after more than 10,000 calls in 20 seconds.
    AddressBarred: Errcode Operator [1111] [];
    NoSuchCall: Errcode Operator [22, 404] [];
    /// Used, cut short, of another kind or of another app.
    InvalidCode: Errcode Employee [40078, 40029] ["invalidParameter.authCode.notFound", "invalidCode"];
    CodeExpired: Errcode Employee [40102, 42008] [];
    /// The access token. 33001: the corp is not the token's.
    InvalidToken: Errcode Operator [40014, 40001, 42001, 33001]
        ["InvalidAuthentication", "AuthenticationFailed.MissingParameter"];
    CredentialType: Errcode Operator [40002] ["unsupported.grant.type"];
    InvalidCredentials: Errcode Operator [40096, 40089]
        ["invalidClientIdOrSecret", "invalid.client", "authFailed"] "凭证与基础信息";
    InvalidCorpId: Errcode Operator [40013, 52010] ["unauthorized.client"] "开发者后台首页";
    NoSuchUser: Errcode Admin [33012, 60121] ["invalidParameter.user.notFound"];
    /// A parameter or the method was lost on the way.
    IncompleteCall: Errcode Operator
        [40035, 400002, 41001, 41002, 41004, 41009, 41011, 43001, 43002, 43003, 43007] [];
    /// A code of the admin console's sign-in.
    AdminCode: Errcode Operator [41007, 41026] [];
    NoPermission: Errcode Admin [60011] ["AccessTokenPermissionDenied"] "权限管理";
    IpNotAllowed: Errcode Admin [60020] ["IpNotInWhiteList"] "开发配置 > 安全设置 > 服务器出口IP";
    /// The app may not see the person or department.
    OutOfScope: Errcode Admin [50002, 50004, 40079] [] "可见范围、通讯录权限范围";
    AppDisabled: Errcode Admin [50003] [] "管理后台 > 工作台";
    RedirectNotAllowed: Errcode Admin [50001] [] "开发配置 > 安全设置 > 重定向URL";
    Throttled: Errcode Operator
        [45009, 90001, 90003, 90004, 90005, 90006, 90007, 90008, 90009, 90010, 90011, 90012, 90013, 90014, 90017, 90018]
        ["QpsLimitForAppkeyAndApi", "QpmLimitForAppkeyAndApi"];
    /// The whole platform's limit for one call.
    PlatformThrottled: Errcode Operator [90002] ["QpsLimitForApi"];
    QuotaUsedUp: Errcode Admin [90020] ["ApiCountLimitForOrg"];
    /// The client does not find the ticket of the signature among the corp's.
    UnknownTicket: Errcode Operator [52011] [];
    SignatureMismatch: Errcode Operator [52013, 52012] [];
    /// A field of `dd.config`: address, nonce, signature, list of APIs, time.
    InvalidPageConfig: Errcode Operator [52014, 52015, 52016, 52017, 52018] [];
    /// AgentId and key are not one app's.
    WrongAgent: Errcode Operator [52019, 40056, 70003, 70004] [] "凭证与基础信息";
    /// A micro-app's `dd.config` in a service window, or the other way round.
    WrongKind: Errcode Operator [52020, 52021, 52022, 52023] [];
    /// The app's tag, a secure micro-app, its address.
    SecureApp: Errcode Admin [52024, 52025, 52026] [];
    NoSuchDepartment: Errcode Operator [60003] [];
    DirectoryUnreadable: Errcode Operator [60019] [];
    /// DingTalk cannot deliver events to our address.
    CallbackUnreachable: Errcode Operator [71006, 71007, 71008, 71009, 71010, 71011, 71012, 71013] [];
    /// Key, signature, encryption or owner of an event.
    CallbackCrypto: Errcode Operator [900004, 900005, 900006, 900007, 900008, 900009, 900010] ["返回字段值"];

    Cancelled: Client Employee [-1] ["PC_1011"];
    NoSuchApi: Client Employee [1] ["API NOT EXIST"];
    /// The client passes on a sentence of DingTalk's server, which has no name here.
    ClientSays: Client Operator [3, 9] ["client-refused"];
    NoAppOnDomain: Client Admin [] ["域名微应用"] "应用首页地址；开发配置 > 安全设置 > 端内免登地址";
    NotInCorp: Client Employee [] ["uid is not in employee"];
    InsecureRedirect: Client Admin [] ["domain is not secure domain"] "开发配置 > 安全设置 > 重定向URL";
    ClientCorpId: Client Operator [] ["corpId不合法", "PC_1005", "PC_1008"] "开发者后台首页";
    /// A field is blank or malformed.
    ClientField: Client Operator []
        ["corpId or redirectURI is blank", "PC_1002", "PC_1004", "PC_1006", "PC_1009", "PC_1012", "PC_1013"];
    ApiNotAuthorised: Client Operator [7] ["PC_1007"];
    ClientFailed: Client Employee [] ["PC_1003", "PC_1010"];
    NotInDingtalk: Client Employee [4040] [];
    NotOnPlatform: Client Employee [4050] [];
    NotRegistered: Client Operator [4060] [];
    BridgeBroken: Client Employee [5010, 5020] [];
    ConfiguredTwice: Client Operator [1040] [];
    NoBridge: Client Employee [] ["no-bridge"];
    ScriptFailed: Client Operator [] ["script-failed"];
    ServerSilent: Client Operator [] ["server-silent"];

    InvalidRequest: Problem Operator [] ["invalid-request"];
    CorpidPlaceholder: Problem Employee [] ["$CORPID$"] "应用首页地址、PC端首页地址";
    UnknownApp: Problem Operator [] ["unknown-app"] "应用首页地址、PC端首页地址";
    StateMismatch: Problem Employee [] ["state-mismatch"];
    CodeInvalid: Problem Employee [] ["code-invalid"];
    NotListed: Problem Operator [] ["not-listed"];
    ExternalContact: Problem Admin [] ["external-contact"];
    Unfollowed: Problem Employee [] ["unfollowed"];
    Stranger: Problem Admin [] ["stranger"];
    Disabled: Problem Operator [] ["disabled"];
    RateLimited: Problem Employee [] ["rate-limited"];
    DingtalkRefused: Problem Operator [] ["dingtalk-refused"];
    DingtalkUnreachable: Problem Operator [] ["dingtalk-unreachable"];
    LoginRefused: Problem Employee [] ["login-refused"];
    LinkExpired: Problem Employee [] ["link-expired"];
    RedirectLoop: Problem Operator [] ["redirect-loop"];
    SignInRequired: Problem Employee [] ["sign-in-required"];
    NotAllowed: Problem Operator [] ["not-allowed"];
    UnlistedHost: Problem Operator [] ["unlisted-host"];
    NotFound: Problem Employee [] ["not-found"];
    ForeignOrigin: Problem Employee [] ["foreign-origin"];
    LastAdmin: Problem Operator [] ["last-admin"];
    EventRefused: Problem Operator [] ["event-refused"];
    TooLong: Problem Operator [] ["too-long"];
    Unavailable: Problem Operator [] ["unavailable"];
    InternalError: Problem Operator [] ["internal-error"];
}

impl Trouble {
    /// By a number of DingTalk's server.
    pub fn of_errcode(number: i64) -> Self {
        Self::of(Source::Errcode).find(|trouble| trouble.numbers().contains(&number)).unwrap_or(Self::Unknown)
    }

    /// By a word of DingTalk's new host, with or without `Forbidden.AccessDenied.` in front.
    pub fn of_word(word: &str) -> Self {
        let word = word.strip_prefix("Forbidden.AccessDenied.").unwrap_or(word);
        Self::of(Source::Errcode).find(|trouble| trouble.words().contains(&word)).unwrap_or(Self::Unknown)
    }

    /// By a number of the client's.
    pub fn of_client(number: i64) -> Option<Self> {
        Self::of(Source::Client).find(|trouble| trouble.numbers().contains(&number))
    }

    /// By what the sign-in page reports that it could not do.
    pub fn of_kind(kind: &str) -> Option<Self> {
        Self::of(Source::Client).find(|trouble| trouble.words().contains(&kind))
    }

    /// All of one source, in the catalogue's order.
    pub fn of(source: Source) -> impl Iterator<Item = Self> {
        Self::KNOWN.iter().copied().filter(move |trouble| trouble.source() == source)
    }

    pub fn source(self) -> Source {
        self.row().source
    }

    pub fn responsible(self) -> Responsible {
        self.row().responsible
    }

    pub fn numbers(self) -> &'static [i64] {
        self.row().numbers
    }

    pub fn words(self) -> &'static [&'static str] {
        self.row().words
    }

    /// Where to look in DingTalk's consoles, by their Chinese names.
    pub fn console(self) -> Option<&'static str> {
        self.row().console
    }

    /// For what is stored: where it comes from, and its first code. Unlike the name of the variant, it stays.
    pub fn id(self) -> String {
        let source = match self.source() {
            Source::Errcode => "errcode",
            Source::Client => "client",
            Source::Problem => "problem",
        };
        format!("{source}:{}", self.codes().first().map_or("unknown", String::as_str))
    }

    pub fn of_id(id: &str) -> Option<Self> {
        Self::KNOWN.iter().chain([&Self::Unknown]).find(|trouble| trouble.id() == id).copied()
    }

    /// Numbers and words, as people write them.
    pub fn codes(self) -> Vec<String> {
        let numbers = self.numbers().iter().map(i64::to_string);
        numbers.chain(self.words().iter().map(|word| (*word).to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn every_number_and_word_means_one_thing_to_whoever_says_it() {
        for &trouble in Trouble::KNOWN {
            assert!(!trouble.codes().is_empty(), "{trouble:?}");
            for code in trouble.codes() {
                let same = Trouble::of(trouble.source()).filter(|other| other.codes().contains(&code));
                assert_eq!(same.collect::<Vec<_>>(), [trouble], "{code}");
            }
            assert_eq!(Trouble::of_id(&trouble.id()), Some(trouble));
        }
    }

    #[test]
    fn each_entry_has_texts_of_its_own_that_are_whole_sentences() {
        for locale in [Locale::En, Locale::ZhCn] {
            let explain = locale.texts().explain;
            // The last arm of each language's match would take the place of a text that is missing.
            let all = Trouble::KNOWN.iter().chain([&Trouble::Unknown]);
            let mut titles: Vec<_> = all.map(|&trouble| explain(trouble).title).collect();
            titles.sort_unstable();
            titles.dedup();
            assert_eq!(titles.len(), Trouble::KNOWN.len() + 1, "{locale:?}");
            for &trouble in Trouble::KNOWN {
                let text = explain(trouble);
                assert!(!text.title.ends_with(['.', '。']), "{}", text.title);
                for sentence in [text.cause, text.fix] {
                    assert!(sentence.ends_with(['.', '。', '”']), "{trouble:?}: {sentence}");
                    assert!(!sentence.contains(['|', '\n']) && !sentence.contains("  "), "{trouble:?}: {sentence}");
                }
            }
        }
    }

    #[test]
    fn where_the_console_has_a_place_for_it_both_languages_name_that_place() {
        for &trouble in Trouble::KNOWN {
            let places = trouble.console().unwrap_or_default().split(['、', '；']);
            for place in places.filter_map(|place| place.split(" > ").last()) {
                for locale in [Locale::En, Locale::ZhCn] {
                    assert!((locale.texts().explain)(trouble).fix.contains(place), "{trouble:?}: {place}, {locale:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_number_has_a_meaning_and_advice(number in prop_oneof![any::<i64>(), -9_i64..100_000]) {
            let trouble = Trouble::of_errcode(number);
            prop_assert_eq!(trouble.numbers().contains(&number), trouble != Trouble::Unknown);
            for locale in [Locale::En, Locale::ZhCn] {
                prop_assert!(!(locale.texts().explain)(trouble).fix.is_empty());
            }
        }

        #[test]
        fn any_word_has_a_meaning(word in "(Forbidden\\.AccessDenied\\.)?(invalidCode|systemBusy|\\PC{0,20})") {
            let trouble = Trouble::of_word(&word);
            let bare = word.strip_prefix("Forbidden.AccessDenied.").unwrap_or(&word);
            prop_assert_eq!(trouble.words().contains(&bare), trouble != Trouble::Unknown);
        }
    }
}
