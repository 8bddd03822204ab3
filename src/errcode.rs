//! DingTalk's error codes, a name for each meaning. A code that needs its own treatment or advice gets its own name;
//! nothing compiles before `dingtalk` sorts it and each language explains it.
//!
//! From the Open Platform's table of global error codes (open.dingtalk.com, 全局错误码, read 2026-08-22) and from answers
//! seen from its new host.

/// Each row: a name, the numbers of the old host and of the client, the words of the new host.
macro_rules! errcodes {
    ($($(#[$doc:meta])* $name:ident: [$($number:literal),+] [$($word:literal),*])+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Errcode {
            $($(#[$doc])* $name,)+
            Unknown,
        }

        impl Errcode {
            pub const KNOWN: &[Self] = &[$(Self::$name),+];

            #[expect(clippy::manual_range_patterns, reason = "`numbers` lists each number of a row")]
            pub fn of_number(number: i64) -> Self {
                match number {
                    $($($number)|+ => Self::$name,)+
                    _ => Self::Unknown,
                }
            }

            /// With or without `Forbidden.AccessDenied.` in front.
            pub fn of_word(word: &str) -> Self {
                match word.strip_prefix("Forbidden.AccessDenied.").unwrap_or(word) {
                    $($($word => Self::$name,)*)+
                    _ => Self::Unknown,
                }
            }

            pub fn numbers(self) -> &'static [i64] {
                match self {
                    $(Self::$name => &[$($number),+],)+
                    Self::Unknown => &[],
                }
            }

            pub fn words(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$($word),*],)+
                    Self::Unknown => &[],
                }
            }
        }
    };
}

errcodes! {
    /// DingTalk's own trouble. 88 is the gateway's, and means this only if it wraps no other code.
    Busy: [-1, 15, 88] ["systemBusy"]
    /// Our address is barred for five minutes after more than 10,000 calls in 20 seconds.
    AddressBarred: [1111] []
    NoSuchCall: [22, 404] []
    /// Used, expired, cut short, of another kind or of another app.
    InvalidCode: [40078, 40029, 40102, 42008] ["invalidParameter.authCode.notFound", "invalidCode"]
    /// The access token. 33001: the corp is not the token's.
    InvalidToken: [33001, 40001, 40014, 42001] ["InvalidAuthentication", "AuthenticationFailed.MissingParameter"]
    InvalidCredentials: [40089, 40096] ["invalidClientIdOrSecret", "invalid.client", "authFailed"]
    InvalidCorpId: [40013, 52010] []
    NoSuchUser: [33012, 60121] ["invalidParameter.user.notFound"]
    /// A parameter or the method was lost on the way.
    IncompleteCall: [40035, 400002, 41001, 41002, 41004, 41009, 41011, 43001, 43002, 43003, 43007] []
    NoPermission: [60011] ["AccessTokenPermissionDenied"]
    IpNotAllowed: [60020] ["IpNotInWhiteList"]
    /// The app may not see the person or department.
    OutOfScope: [40079, 50002, 50004] []
    AppDisabled: [50003] []
    RedirectNotAllowed: [50001] []
    Throttled: [
        45009, 90001, 90002, 90003, 90004, 90005, 90006, 90007, 90008, 90009, 90010, 90011, 90012, 90013, 90014, 90017, 90018
    ] ["QpsLimitForApi", "QpsLimitForAppkeyAndApi", "QpmLimitForAppkeyAndApi"]
    QuotaUsedUp: [90020] ["ApiCountLimitForOrg"]
    /// The client does not find the ticket of the signature among the corp's.
    UnknownTicket: [52011] []
    SignatureMismatch: [52012, 52013] []
    /// A field of `dd.config`: address, nonce, signature, list of APIs, time.
    InvalidPageConfig: [52014, 52015, 52016, 52017, 52018] []
    /// AgentId, key and kind of the app do not belong together.
    WrongAgent: [40056, 52019, 52020, 52021, 52022, 52023, 70003, 70004] []
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn every_number_and_word_means_one_thing() {
        for &errcode in Errcode::KNOWN {
            assert!(!errcode.numbers().is_empty(), "{errcode:?}");
            for &number in errcode.numbers() {
                assert_eq!(Errcode::of_number(number), errcode, "{number}");
            }
            for &word in errcode.words() {
                assert_eq!(Errcode::of_word(word), errcode, "{word}");
                assert_eq!(Errcode::of_word(&format!("Forbidden.AccessDenied.{word}")), errcode, "{word}");
            }
        }
    }

    #[test]
    fn each_meaning_has_advice_of_its_own() {
        for locale in [Locale::En, Locale::ZhCn] {
            let advice = locale.texts().dingtalk_hint;
            let mut all: Vec<_> = Errcode::KNOWN.iter().chain([&Errcode::Unknown]).map(|&code| advice(code)).collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), Errcode::KNOWN.len() + 1, "{locale:?}");
        }
    }

    proptest! {
        #[test]
        fn any_number_has_a_meaning_and_advice(number in prop_oneof![any::<i64>(), -9_i64..100_000]) {
            let errcode = Errcode::of_number(number);
            prop_assert_eq!(errcode.numbers().contains(&number), errcode != Errcode::Unknown);
            for locale in [Locale::En, Locale::ZhCn] {
                prop_assert!(!(locale.texts().dingtalk_hint)(errcode).is_empty());
            }
        }

        #[test]
        fn any_word_has_a_meaning(word in "(Forbidden\\.AccessDenied\\.)?(invalidCode|systemBusy|\\PC{0,20})") {
            let errcode = Errcode::of_word(&word);
            let bare = word.strip_prefix("Forbidden.AccessDenied.").unwrap_or(&word);
            prop_assert_eq!(errcode.words().contains(&bare), errcode != Errcode::Unknown);
        }
    }
}
