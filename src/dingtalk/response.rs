//! Reads DingTalk's responses, as leniently as its own samples require and no more.
//!
//! Numbers and booleans may be quoted, even `"errcode":"0"`. A text must be a text: a userid that is a number, a list or
//! null is no userid.

use serde_json::{Map, Value};

use super::{DingtalkError, ErrorCode, Refusal};
use crate::catalogue::Trouble;

const MAX_ERRMSG: usize = 300;
const MAX_CODE: usize = 100;

#[derive(Debug)]
pub(super) struct ApiResponse {
    call: &'static str,
    fields: Map<String, Value>,
}

impl ApiResponse {
    pub fn result(mut self) -> Result<Self, DingtalkError> {
        match self.fields.remove("result") {
            Some(Value::Object(fields)) => Ok(Self { call: self.call, fields }),
            _ => Err(self.unexpected("no result in it")),
        }
    }

    pub fn text(&self, name: &str) -> Result<&str, DingtalkError> {
        self.optional_text(name).ok_or_else(|| self.unexpected(&format!("{name} is missing or no text")))
    }

    /// DingTalk leaves empty fields out, so an empty text counts as missing, and so does any other type.
    pub fn optional_text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.fields.get(name).and_then(lenient_number)
    }

    /// Skips whatever is not a number, quoted or not.
    pub fn numbers(&self, name: &str) -> Vec<i64> {
        let list = self.fields.get(name).and_then(Value::as_array);
        list.map(|list| list.iter().filter_map(lenient_number).collect()).unwrap_or_default()
    }

    /// Skips whatever is no text.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.fields.get(name).and_then(Value::as_array);
        list.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
    }

    /// How many items a list has.
    pub fn count(&self, name: &str) -> usize {
        self.fields.get(name).and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// Skips whatever is no object.
    pub fn readable_objects(&self, name: &str) -> impl Iterator<Item = &Map<String, Value>> {
        let list = self.fields.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_object)
    }

    pub fn object(&self, name: &str) -> Option<Self> {
        let fields = self.fields.get(name)?.as_object()?.clone();
        Some(Self { call: self.call, fields })
    }

    pub fn result_list(mut self) -> Result<Vec<Self>, DingtalkError> {
        match self.fields.remove("result") {
            Some(Value::Array(items)) => Ok(items
                .into_iter()
                .filter_map(|item| match item {
                    Value::Object(fields) => Some(Self { call: self.call, fields }),
                    _ => None,
                })
                .collect()),
            _ => Err(self.unexpected("no list in it")),
        }
    }

    /// A list of which nothing may be missing: each item must be an object.
    pub fn objects(&mut self, name: &str) -> Result<Vec<Self>, DingtalkError> {
        let Some(Value::Array(items)) = self.fields.remove(name) else {
            return Err(self.unexpected(&format!("{name} is missing or no list")));
        };
        let item = |item| match item {
            Value::Object(fields) => Ok(Self { call: self.call, fields }),
            _ => Err(self.unexpected(&format!("something in {name} is no object"))),
        };
        items.into_iter().map(item).collect()
    }

    /// A boolean, quoted or not.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.fields.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub fn unexpected(&self, why: &str) -> DingtalkError {
        DingtalkError::Unexpected { call: self.call, why: why.to_owned() }
    }
}

/// Reads a body of the old host. `secrets` are cut out of what DingTalk quotes.
pub(super) fn read(
    call: &'static str,
    status: u16,
    body: &[u8],
    secrets: &[&str],
) -> Result<ApiResponse, DingtalkError> {
    let fields = object(call, status, body)?;
    let Some(errcode) = fields.get("errcode").and_then(lenient_number) else {
        return Err(neither(call, status, "no errcode"));
    };
    if errcode == 0 {
        return Ok(ApiResponse { call, fields });
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let (errcode, errmsg) = match errcode {
        88 => unwrap_gateway(&fields, text("errmsg"), text("sub_msg")),
        other => (other, text("errmsg")),
    };
    Err(DingtalkError::of(quoted(call, ErrorCode::Number(errcode), errmsg, text("request_id"), secrets)))
}

/// Reads a body of the new host, which refuses with an HTTP status and `{code, message, requestid}`.
pub(super) fn read_new(
    call: &'static str,
    status: u16,
    body: &[u8],
    secrets: &[&str],
) -> Result<ApiResponse, DingtalkError> {
    let fields = object(call, status, body)?;
    if (200..300).contains(&status) {
        return Ok(ApiResponse { call, fields });
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("code").is_empty() {
        return Err(neither(call, status, "no code"));
    }
    let code = match text("code").parse() {
        Ok(number) => ErrorCode::Number(number),
        Err(_) => ErrorCode::Word(shorten(&without(text("code"), secrets), MAX_CODE)),
    };
    let scopes = fields.get("accessdenieddetail").and_then(|detail| detail.get("requiredScopes"));
    let scopes = scopes.map(|scopes| format!("{} requiredScopes: {scopes}", text("message")));
    let refusal = quoted(call, code, scopes.as_deref().unwrap_or(text("message")), text("requestid"), secrets);
    // The server's own trouble, whatever word it uses.
    let own_trouble = status >= 500 && refusal.code.meaning() == Trouble::Unknown;
    Err(if own_trouble { DingtalkError::Failed(refusal) } else { DingtalkError::of(refusal) })
}

/// A response that neither grants nor refuses.
fn neither(call: &'static str, status: u16, what: &str) -> DingtalkError {
    let why = format!("HTTP status {status}, {what}");
    if status >= 500 { DingtalkError::Unreachable { call, why } } else { DingtalkError::Unexpected { call, why } }
}

fn quoted(call: &'static str, code: ErrorCode, errmsg: &str, request_id: &str, secrets: &[&str]) -> Refusal {
    let request_id = Some(request_id).filter(|id| !id.is_empty()).map(|id| shorten(&without(id, secrets), 64));
    let errmsg = shorten(&without(errmsg, secrets), MAX_ERRMSG);
    Refusal { call, code, errmsg, request_id }
}

fn object(call: &'static str, status: u16, body: &[u8]) -> Result<Map<String, Value>, DingtalkError> {
    let unexpected = |why: String| DingtalkError::Unexpected { call, why };
    let fields = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(fields)) => fields,
        _ if status >= 500 => {
            return Err(DingtalkError::Unreachable { call, why: format!("HTTP status {status}") });
        }
        // A barred address gets a web page; so may anybody behind a proxy.
        Err(_) if status == 200 && body.trim_ascii_start().starts_with(b"<") => {
            return Err(DingtalkError::Banned { call });
        }
        Ok(_) => return Err(unexpected(format!("HTTP status {status}, JSON that is no object"))),
        Err(_) => {
            return Err(unexpected(format!("HTTP status {status}, {} bytes that are no JSON", body.len())));
        }
    };
    match fields.get("status").and_then(lenient_number) {
        Some(1111) => Err(DingtalkError::Banned { call }),
        _ => Ok(fields),
    }
}

/// The gateway's error 88 wraps the real code in `sub_code`, or sometimes only in its text.
fn unwrap_gateway<'a>(fields: &Map<String, Value>, errmsg: &'a str, sub_msg: &'a str) -> (i64, &'a str) {
    let from_text = || {
        let digits = errmsg.split_once("subcode=")?.1;
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok()
    };
    let sub_code = fields.get("sub_code").and_then(lenient_number).or_else(from_text);
    match sub_code {
        Some(code) if sub_msg.is_empty() => (code, errmsg),
        Some(code) => (code, sub_msg),
        None => (88, errmsg),
    }
}

pub(super) fn lenient_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        // JSON's spelling of numbers: no plus, and no blanks but JSON's own.
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

fn without(text: &str, secrets: &[&str]) -> String {
    // Short values (a number, a language) are not secrets, and cutting them out would riddle the text.
    let secrets = secrets.iter().filter(|secret| secret.len() >= 6);
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "[secret]"))
}

fn shorten(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests;
