//! What an app may learn of a person, and do (OpenID Connect Core 1.0, 5.4 and 11).

macro_rules! scopes {
    ($($variant:ident = $word:literal),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Scope { $($variant),+ }

        impl Scope {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

scopes! {
    OpenId = "openid",
    Profile = "profile",
    Email = "email",
    Phone = "phone",
    Groups = "groups",
    OfflineAccess = "offline_access",
}

/// Some of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Words that nobody knows are left out (Core, 3.1.2.1).
    pub fn parse(text: &str) -> Self {
        let named =
            |word: &str| Scope::ALL.iter().filter(|scope| scope.as_str() == word).map(|scope| scope.bit()).sum();
        Self(text.split(' ').map(named).fold(0, |all: u8, bit: u8| all | bit))
    }

    pub fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }
}

impl Scope {
    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = Scope::ALL.iter().filter(|scope| self.has(**scope)).map(|scope| scope.as_str()).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_words_count_once_and_unknown_ones_not_at_all() {
        let check = |text: &str, expected: &str| assert_eq!(Scopes::parse(text).to_string(), expected, "{text}");
        check("groups openid groups", "openid groups");
        check("openid  email x OPENID", "openid email");
        check("", "");
        check("openid\temail", "");
        assert!(Scopes::parse("openid").is_within(Scopes::parse("openid email")));
        assert!(!Scopes::parse("openid groups").is_within(Scopes::parse("openid email")));
    }

    proptest! {
        #[test]
        fn any_text_names_scopes_of_ours(text in "((openid|profile|email|phone|groups|offline_access|\\PC{0,3}) ?){0,9}") {
            let scopes = Scopes::parse(&text);
            prop_assert_eq!(Scopes::parse(&scopes.to_string()), scopes);
            for scope in Scope::ALL {
                prop_assert_eq!(scopes.has(*scope), text.split(' ').any(|word| word == scope.as_str()));
            }
        }
    }
}
