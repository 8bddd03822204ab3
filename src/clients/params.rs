//! The parameters of a request, as OAuth 2.0 has them (RFC 6749, 3.1, 3.2 and appendix B). Names are compared byte by byte. A
//! parameter without a value counts as left out, but not when it is counted how often it came.

pub struct Params(Vec<(String, String)>);

/// A parameter came more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeated;

impl Params {
    pub fn urlencoded(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub fn get(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
            (_, Some(_)) => Err(Repeated),
        }
    }

    /// The value of a parameter that came once.
    pub fn only(&self, name: &str) -> Option<&str> {
        self.get(name).ok().flatten()
    }

    /// Whether a parameter that says yes or no came: any value but `false` says yes, and so does none (CAS Protocol 3.0, 2.1.1).
    pub fn sets(&self, name: &str) -> bool {
        self.0.iter().any(|(key, value)| key == name && !value.eq_ignore_ascii_case("false"))
    }

    pub fn repeats_any(&self) -> bool {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.windows(2).any(|two| two[0] == two[1])
    }

    /// All but some of them, as a query.
    pub fn query_without(&self, left_out: &[&str]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.0.iter().filter(|(name, _)| !left_out.contains(&name.as_str())));
        query.finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_bytes_and_a_repeated_one_has_no_value() {
        let params = Params::urlencoded(b"client_id=a&Client_Id=b&state=&scope=x&scope=x&nonce=&nonce=n");
        assert_eq!((params.get("client_id"), params.get("state")), (Ok(Some("a")), Ok(None)));
        assert_eq!((params.get("scope"), params.get("nonce")), (Err(Repeated), Err(Repeated)));
        assert!(params.repeats_any() && !Params::urlencoded(b"a=1&b=1&A=1").repeats_any());
        let asked = Params::urlencoded(b"renew&gateway=False&method=POST");
        assert_eq!(["renew", "gateway", "method", "x"].map(|name| asked.sets(name)), [true, false, true, false]);
        assert_eq!(params.query_without(&["scope"]), "client_id=a&Client_Id=b&state=&nonce=&nonce=n");
    }

    proptest! {
        #[test]
        fn a_parameter_is_what_was_sent_once_or_nothing(
            pairs in proptest::collection::vec(("a|b|A|%61", any::<String>()), 0..5),
        ) {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let params = Params::urlencoded(query.as_bytes());
            let sent: Vec<_> = pairs.iter().filter(|(name, _)| name == "a").map(|(_, value)| value.as_str()).collect();
            let expected = match sent[..] {
                [] => Ok(None),
                [value] => Ok(Some(value).filter(|value| !value.is_empty())),
                _ => Err(Repeated),
            };
            prop_assert_eq!(params.get("a"), expected);
            prop_assert_eq!(params.query_without(&["none"]), query);
        }

        #[test]
        fn any_bytes_are_parameters(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let params = Params::urlencoded(&bytes);
            let again = Params::urlencoded(params.query_without(&[]).as_bytes());
            prop_assert_eq!(again.repeats_any(), Params::urlencoded(params.query_without(&[]).as_bytes()).repeats_any());
        }
    }
}
