//! What an app's server is answered (pure; CAS Protocol 3.0, 2.4.2, 2.5.2 and appendix A).

use serde_json::{Map, Value, json};

use super::xml;
use crate::{clock::UnixSeconds, i18n::utc, sessions::Principal};

/// What is said of a person beside the userid.
#[derive(Debug, PartialEq, Eq)]
pub struct Attributes {
    corp_id: String,
    name: String,
    email: Option<String>,
    departments: Vec<String>,
    signed_in_at: UnixSeconds,
    from_sign_in: bool,
}

/// The words are the specification's (2.5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    InvalidRequest(&'static str),
    /// Proxy tickets are not offered.
    InvalidTicketSpec,
    InvalidTicket(&'static str),
    InvalidService,
    /// With the cause, for the log.
    InternalError(String),
}

impl Attributes {
    pub fn of(who: &Principal, from_sign_in: bool) -> Self {
        let user = &who.user;
        Self {
            corp_id: user.corp_id.to_string(),
            name: user.name.clone(),
            email: user.email.clone().filter(|email| !email.is_empty()),
            departments: user.departments().map(str::to_owned).collect(),
            signed_in_at: who.session.created_at,
            from_sign_in,
        }
    }

    /// Each value by its name. The first three are what the schema demands.
    fn all(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("authenticationDate", utc(self.signed_in_at)),
            ("longTermAuthenticationRequestTokenUsed", false.to_string()),
            ("isFromNewLogin", self.from_sign_in.to_string()),
            ("corp_id", self.corp_id.clone()),
            ("name", self.name.clone()),
        ];
        all.extend(self.email.iter().map(|email| ("email", email.clone())));
        all.extend(self.departments.iter().map(|department| ("department", department.clone())));
        all
    }

    fn xml(&self) -> String {
        let all = self.all();
        let elements: String = all.iter().map(|(name, value)| xml::element(&format!("cas:{name}"), value)).collect();
        format!("<cas:attributes>{elements}</cas:attributes>")
    }

    fn json(&self) -> Map<String, Value> {
        let mut members = Map::new();
        for (name, value) in self.all() {
            members.insert(name.to_owned(), Value::String(value));
        }
        members.insert("longTermAuthenticationRequestTokenUsed".to_owned(), json!(false));
        members.insert("isFromNewLogin".to_owned(), json!(self.from_sign_in));
        if !self.departments.is_empty() {
            members.insert("department".to_owned(), json!(self.departments));
        }
        members
    }
}

impl Failure {
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "INVALID_REQUEST",
            Self::InvalidTicketSpec => "INVALID_TICKET_SPEC",
            Self::InvalidTicket(_) => "INVALID_TICKET",
            Self::InvalidService => "INVALID_SERVICE",
            Self::InternalError(_) => "INTERNAL_ERROR",
        }
    }

    /// For the app's developer. It holds nothing of the request.
    pub fn description(&self) -> &'static str {
        match self {
            Self::InvalidRequest(why) | Self::InvalidTicket(why) => why,
            Self::InvalidTicketSpec => "proxy tickets are not offered",
            Self::InvalidService => "the ticket is for another service",
            Self::InternalError(_) => "try again in a moment",
        }
    }

    pub fn xml(&self) -> String {
        let (code, description) = (self.code(), xml::text(self.description()));
        whole(&format!("<cas:authenticationFailure code=\"{code}\">{description}</cas:authenticationFailure>"))
    }

    pub fn json(&self) -> String {
        let failure = json!({ "code": self.code(), "description": self.description() });
        json!({ "serviceResponse": { "authenticationFailure": failure } }).to_string()
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::InternalError(error.to_string())
    }
}

/// Without attributes as CAS 2.0 has it.
pub fn success_xml(userid: &str, attributes: Option<&Attributes>) -> String {
    let (user, attributes) = (xml::element("cas:user", userid), attributes.map(Attributes::xml).unwrap_or_default());
    whole(&format!("<cas:authenticationSuccess>{user}{attributes}</cas:authenticationSuccess>"))
}

pub fn success_json(userid: &str, attributes: Option<&Attributes>) -> String {
    let mut success = json!({ "user": userid });
    if let Some(attributes) = attributes {
        success["attributes"] = Value::Object(attributes.json());
    }
    json!({ "serviceResponse": { "authenticationSuccess": success } }).to_string()
}

fn whole(inner: &str) -> String {
    format!("<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\">{inner}</cas:serviceResponse>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(name: &str, email: Option<&str>, departments: &[&str]) -> Attributes {
        Attributes {
            corp_id: "dingcorp".into(),
            name: name.into(),
            email: email.map(str::to_owned),
            departments: departments.iter().map(|&department| department.to_owned()).collect(),
            signed_in_at: 1_700_000_000,
            from_sign_in: true,
        }
    }

    #[test]
    fn a_person_is_one_element_for_each_value() {
        let attributes = attributes("</cas:name>", Some("z@example.com"), &["研发部/后端组", "A&B"]);
        assert_eq!(
            success_xml("zhangsan", Some(&attributes)),
            "<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\"><cas:authenticationSuccess>\
             <cas:user>zhangsan</cas:user><cas:attributes>\
             <cas:authenticationDate>2023-11-14T22:13:20Z</cas:authenticationDate>\
             <cas:longTermAuthenticationRequestTokenUsed>false</cas:longTermAuthenticationRequestTokenUsed>\
             <cas:isFromNewLogin>true</cas:isFromNewLogin><cas:corp_id>dingcorp</cas:corp_id>\
             <cas:name>&lt;/cas:name&gt;</cas:name><cas:email>z@example.com</cas:email>\
             <cas:department>研发部/后端组</cas:department><cas:department>A&amp;B</cas:department></cas:attributes>\
             </cas:authenticationSuccess></cas:serviceResponse>"
        );
        let read: Value = serde_json::from_str(&success_json("zhangsan", Some(&attributes))).unwrap();
        let success = &read["serviceResponse"]["authenticationSuccess"];
        assert_eq!(success["attributes"]["department"], json!(["研发部/后端组", "A&B"]));
        assert_eq!((&success["user"], &success["attributes"]["name"]), (&json!("zhangsan"), &json!("</cas:name>")));
    }

    #[test]
    fn what_is_not_known_has_no_element() {
        let xml = success_xml("zhangsan", Some(&attributes("张三", None, &[])));
        assert!(!xml.contains("email") && !xml.contains("department"), "{xml}");
        assert!(!success_xml("zhangsan", None).contains("attributes"));
        assert!(!success_json("zhangsan", None).contains("attributes"));
    }

    #[test]
    fn a_failure_has_the_specifications_word() {
        assert_eq!(
            Failure::InvalidService.xml(),
            "<cas:serviceResponse xmlns:cas=\"http://www.yale.edu/tp/cas\"><cas:authenticationFailure \
             code=\"INVALID_SERVICE\">the ticket is for another service</cas:authenticationFailure></cas:serviceResponse>"
        );
        let secret = Failure::InternalError("disk <full>".into());
        assert!(!secret.xml().contains("disk") && !secret.json().contains("disk"));
    }
}
