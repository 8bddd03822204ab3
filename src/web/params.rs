//! The parameters of a query, a form or a JSON object, each at most once.

use std::collections::BTreeMap;

use rocket::{
    Data,
    data::ToByteUnit,
    http::{ContentType, uri::Origin},
};
use serde::{
    Deserialize,
    de::{MapAccess, Visitor},
};

const MOST_BODY: u64 = 16 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{0} was given more than once")]
    Repeated(&'static str),
    #[error("{0} is malformed")]
    Malformed(&'static str),
}

/// A request's parameters. Names are compared without case: DingTalk's own pages write both `corpid` and `corpId`.
#[derive(Debug, Default)]
pub struct Params(BTreeMap<String, Vec<String>>);

impl Params {
    pub fn of_query(uri: &Origin<'_>) -> Self {
        Self::urlencoded(uri.query().map_or("", |query| query.as_str()).as_bytes())
    }

    /// The parameters of a posted form or JSON object.
    pub async fn posted(kind: Option<&ContentType>, body: Data<'_>) -> Result<Self, ParamError> {
        let bytes = body.open(MOST_BODY.bytes()).into_bytes().await;
        let bytes = bytes.ok().filter(|bytes| bytes.is_complete()).ok_or(ParamError::Malformed("body"))?;
        match kind {
            Some(kind) if kind.is_json() => Self::json(&bytes),
            Some(kind) if kind.is_form() => Ok(Self::urlencoded(&bytes)),
            _ => Err(ParamError::Malformed("Content-Type")),
        }
    }

    /// Reads `a=b&c=d`, of a query or of a form (WHATWG URL, application/x-www-form-urlencoded).
    pub fn urlencoded(text: &[u8]) -> Self {
        let mut params = Self::default();
        for (name, value) in form_urlencoded::parse(text) {
            params.add(&name, value.into_owned());
        }
        params
    }

    /// Reads a JSON object of texts. Numbers are taken as texts (`agentid`), null as absent; lists and objects are
    /// refused.
    pub fn json(text: &[u8]) -> Result<Self, ParamError> {
        serde_json::from_slice(text).map_err(|_| ParamError::Malformed("JSON"))
    }

    pub fn has(&self, name: &'static str) -> bool {
        self.0.contains_key(name)
    }

    /// A field that may be absent, but is `Missing` when it is empty and `Repeated` when it came twice.
    pub fn optional(&self, name: &'static str) -> Result<Option<&str>, ParamError> {
        match self.0.get(name).map(Vec::as_slice) {
            None => Ok(None),
            Some([value]) if value.is_empty() => Err(ParamError::Missing(name)),
            Some([value]) => Ok(Some(value)),
            Some(_) => Err(ParamError::Repeated(name)),
        }
    }

    /// The same, but `Missing` when it is absent.
    pub fn required(&self, name: &'static str) -> Result<&str, ParamError> {
        self.optional(name)?.ok_or(ParamError::Missing(name))
    }

    /// A field that must be there, of a sensible length and without control characters.
    pub fn plain(&self, name: &'static str, most_bytes: usize) -> Result<&str, ParamError> {
        let value = self.required(name)?;
        let is_plain = value.len() <= most_bytes && value.bytes().all(|b| b.is_ascii_graphic());
        if is_plain { Ok(value) } else { Err(ParamError::Malformed(name)) }
    }

    /// A field of a form that may be left empty. Absent, it is empty too.
    pub fn text(&self, name: &'static str) -> Result<&str, ParamError> {
        match self.optional(name) {
            Err(ParamError::Missing(_)) | Ok(None) => Ok(""),
            Ok(Some(value)) => Ok(value),
            Err(error) => Err(error),
        }
    }

    /// A field that counts only if it came exactly once and is not empty.
    pub fn lenient(&self, name: &'static str) -> Option<&str> {
        self.optional(name).ok().flatten()
    }

    fn add(&mut self, name: &str, value: String) {
        self.0.entry(name.to_ascii_lowercase()).or_default().push(value);
    }
}

/// By hand, because serde's maps silently keep the last of two equal names.
impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Params;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Params, A::Error> {
                let mut params = Params::default();
                while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
                    match value {
                        serde_json::Value::String(text) => params.add(&name, text),
                        serde_json::Value::Number(number) => params.add(&name, number.to_string()),
                        serde_json::Value::Null => {}
                        _ => return Err(serde::de::Error::custom("a field is no text")),
                    }
                }
                Ok(params)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_repeated_field_is_noticed_in_each_form() {
        let query = Params::urlencoded(b"corpid=a&corpId=b&code=c&code=");
        let json = Params::json(br#"{"code":"a","code":"b","agentid":7,"state":null}"#).unwrap();
        assert_eq!(query.optional("corpid"), Err(ParamError::Repeated("corpid")));
        assert_eq!(query.required("code"), Err(ParamError::Repeated("code")));
        assert_eq!(json.required("code"), Err(ParamError::Repeated("code")));
        assert_eq!(json.optional("agentid"), Ok(Some("7")));
        assert_eq!(json.optional("state"), Ok(None));
    }

    #[test]
    fn what_is_no_object_of_texts_is_malformed() {
        for text in ["", "[]", "7", r#"{"code":["a"]}"#, r#"{"code":{}}"#, "{\"code\":\"a\"", "{} {}"] {
            assert!(Params::json(text.as_bytes()).is_err(), "{text}");
        }
    }

    fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
        proptest::collection::vec(("(code|Code|CODE|state|x)", any::<String>()), 0..5)
    }

    proptest! {
        /// A field counts if it came once, in whatever spelling, and is what it was; in a form as in JSON.
        #[test]
        fn a_field_is_there_once_or_not_at_all(pairs in pairs()) {
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let json: Vec<String> = pairs.iter().map(|(name, value)| format!("{name:?}:{}", serde_json::json!(value))).collect();
            let json = format!("{{{}}}", json.join(","));
            for params in [Params::urlencoded(form.as_bytes()), Params::json(json.as_bytes()).unwrap()] {
                let codes: Vec<&String> =
                    pairs.iter().filter(|(name, _)| name.eq_ignore_ascii_case("code")).map(|(_, value)| value).collect();
                let expected = match codes[..] {
                    [] => Err(ParamError::Missing("code")),
                    [value] if value.is_empty() => Err(ParamError::Missing("code")),
                    [value] => Ok(value.as_str()),
                    _ => Err(ParamError::Repeated("code")),
                };
                prop_assert_eq!(params.required("code"), expected);
                prop_assert_eq!(params.lenient("code"), expected.ok());
            }
        }

        #[test]
        fn any_bytes_are_fields_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..100), depth in 0..3000_usize) {
            let _ = Params::urlencoded(&bytes).required("a");
            let _ = Params::json(&bytes);
            let deep = "{\"a\":".to_owned() + &"[".repeat(depth);
            prop_assert!(Params::json(deep.as_bytes()).is_err());
        }
    }
}
