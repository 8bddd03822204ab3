//! Messages and addresses without what must not be passed on: codes, tickets, tokens, signatures.

const LEFT_OUT: &str = "[…]";

/// Their values are secret, however name and value are joined.
const SECRET: [&str; 16] = [
    "access_token",
    "accesstoken",
    "token",
    "jsapi_ticket",
    "jsapiticket",
    "ticket",
    "ticketlist",
    "signature",
    "authcode",
    "auth_code",
    "tmp_auth_code",
    "secret",
    "client_secret",
    "clientsecret",
    "corpsecret",
    "appsecret",
];
/// In a message, `Code:52013` is an errcode; in an address, `code=…` is an auth code.
const SECRET_IN_ADDRESS: [&str; 2] = ["code", "state"];

/// Leaves out each secret value, and nothing else.
pub fn redact(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', ':']) {
        let (front, back) = rest.split_at(at + 1);
        redacted.push_str(front);
        rest = back;
        if is_secret(name_before(&front[..at]), front.ends_with('=')) {
            let (opening, length) = value(rest);
            redacted.push_str(&rest[..opening]);
            if length > 0 {
                redacted.push_str(LEFT_OUT);
            }
            rest = &rest[opening + length..];
        }
    }
    redacted + rest
}

/// The last name in a text, without quotation marks.
fn name_before(text: &str) -> &str {
    let text = text.trim_end_matches([' ', '"', '\'']);
    let start = text
        .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    &text[start..]
}

fn is_secret(name: &str, is_field: bool) -> bool {
    let is = |names: &[&str]| names.iter().any(|secret| secret.eq_ignore_ascii_case(name));
    is(&SECRET) || is_field && is(&SECRET_IN_ADDRESS)
}

/// Where a value begins behind blanks, quotation marks and brackets, and how long it is. What stands in brackets ends with
/// them.
fn value(text: &str) -> (usize, usize) {
    let inside = text.trim_start_matches([' ', '"', '\'', '[']);
    let opening = text.len() - inside.len();
    let end = if text[..opening].ends_with('[') {
        inside.find(']')
    } else {
        inside.find([' ', '&', '#', '"', '\'', ',', ';', ')', ']', '}', '\n'])
    };
    (opening, end.unwrap_or(inside.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_are_left_out_and_what_helps_stays() {
        let check = |text: &str, expected: &str| assert_eq!(redact(text), expected);
        check("https://h/?code=abc&corpid=dinga", "https://h/?code=[…]&corpid=dinga");
        check("https://h/?corpid=dinga&authCode=abc#x", "https://h/?corpid=dinga&authCode=[…]#x");
        check(
            "Code:52013 - Message: x,nonce:[n],ticketList:[aC7X***,b]",
            "Code:52013 - Message: x,nonce:[n],ticketList:[[…]]",
        );
        check(r#"{"errcode":40014,"access_token":"abc"}"#, r#"{"errcode":40014,"access_token":"[…]"}"#);
        check("https://h/?return_to=https://i/?token=abc", "https://h/?return_to=https://i/?token=[…]");
        for kept in ["", "https://app.example.com/?corpid=dinga", "errcode: 60020, request ip=203.0.113.9", "Code:404"]
        {
            check(kept, kept);
        }
    }

    proptest! {
        #[test]
        fn no_secret_value_passes(
            name in "(access_token|ticket|Signature|authCode|client_secret|code|state)", before in "[^=:]{0,10}", after in "\\PC{0,20}",
        ) {
            let text = format!("https://h/?{before}&{name}=s3cret&{after}");
            prop_assert!(!redact(&text).contains("s3cret"), "{}", redact(&text));
        }
    }
}
