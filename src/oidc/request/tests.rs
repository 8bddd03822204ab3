use proptest::prelude::*;

use super::*;
use crate::{config::SigningAlg, rules::Rules, secret::Secret};

const CALLBACK: &str = "https://grafana.example.com/login/generic_oauth?x=1";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const GOOD: &str = "client_id=grafana&redirect_uri=https%3A%2F%2Fgrafana.example.com%2Flogin%2Fgeneric_oauth%3Fx%3D1\
                    &response_type=code&scope=openid&state=s";

pub fn client(client_id: &str, secret: Option<&str>) -> Client {
    Client {
        name: client_id.to_owned(),
        client_id: client_id.to_owned(),
        secret: secret.map(Secret::new),
        redirect_uris: vec!["https://a.example/".to_owned(), CALLBACK.to_owned()],
        post_logout_redirect_uris: Vec::new(),
        backchannel_logout_uri: None,
        signing_alg: SigningAlg::Rs256,
        rules: Rules::default(),
        verified_email: false,
    }
}

fn clients() -> Vec<Client> {
    vec![client("grafana", Some("s")), client("spa", None)]
}

/// What is wrong, as the app would read it; "page" where no app is told.
fn refused(query: &str) -> String {
    let params = Params::urlencoded(query.as_bytes());
    match Asked::read(&params, &clients()) {
        Err(_) => "page".to_owned(),
        Ok(asked) => asked.request.map_or_else(|error| error.word().to_owned(), |_| String::new()),
    }
}

#[test]
fn the_app_and_its_address_come_first() {
    assert_eq!(refused(GOOD), "");
    for (from, to) in [
        ("client_id=grafana", "client_id=Grafana"),
        ("client_id=grafana", "client_id="),
        ("client_id=grafana", "x=grafana"),
        ("client_id=grafana", "client_id=grafana&client_id=grafana"),
        ("client_id=grafana", "client_id=grafana&client_id="),
        ("redirect_uri=", "redirect_uri=https%3A%2F%2Fa.example%2F&redirect_uri="),
        ("redirect_uri=", "x="),
        ("generic_oauth", "generic_oauth%2F"),
        ("generic_oauth", "Generic_oauth"),
        ("%3Fx%3D1", ""),
        ("%3Fx%3D1", "%3Fx%3D1%26y%3D1"),
        ("%3Fx%3D1", "%3Fx%3D1%23"),
        ("https%3A", "HTTPS%3A"),
        ("grafana.example.com", "grafana.example.com%3A443"),
        ("grafana.example.com", "user%40grafana.example.com"),
        ("grafana.example.com", "grafana.example.com.evil.com"),
        ("login", "x%2F..%2Flogin"),
        ("login", "login%252F"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        // Other mistakes are not looked at.
        assert_eq!(refused(&format!("{}&request=x&prompt=x", GOOD.replacen(from, to, 1))), "page", "{to}");
    }
}

#[test]
fn everything_else_goes_back_to_the_app() {
    let check = |more: &str, expected: &str| assert_eq!(refused(&format!("{GOOD}&{more}")), expected, "{more}");
    check("state=t", "invalid_request");
    check("x=1&x=2", "invalid_request");
    check("scope=openid", "invalid_request");
    check("request=eyJ", "request_not_supported");
    check("request_uri=https%3A%2F%2Fa", "request_uri_not_supported");
    check("registration=x", "registration_not_supported");
    check("response_mode=query", "");
    check("response_mode=form_post", "invalid_request");
    check("response_mode=fragment", "invalid_request");
    check(&format!("code_challenge={CHALLENGE}&code_challenge_method=S256"), "");
    check(&format!("code_challenge={CHALLENGE}"), "invalid_request");
    check(&format!("code_challenge={CHALLENGE}&code_challenge_method=plain"), "invalid_request");
    check("code_challenge=short&code_challenge_method=S256", "invalid_request");
    check("code_challenge_method=S256", "invalid_request");
    check("max_age=0&prompt=login%20consent", "");
    for odd in ["-1", "1.5", "x", "+1", "99999999999999999999"] {
        check(&format!("max_age={}", odd.replace('+', "%2B")), "invalid_request");
    }
    check("prompt=consent&ui_locales=xx&login_hint=x&claims=%7B%7D&acr_values=x&display=popup", "");
    check("prompt=none", "");
    for odd in ["none%20login", "login%20none", "none%20none", "create", "NONE"] {
        check(&format!("prompt={odd}"), "invalid_request");
    }
    check(&format!("nonce={}", "n".repeat(1025)), "invalid_request");
    check(&format!("x={}", "n".repeat(4000)), "invalid_request");
    assert_eq!(refused(&GOOD.replace("response_type=code", "response_type=token")), "unsupported_response_type");
    assert_eq!(
        refused(&GOOD.replace("response_type=code", "response_type=code%20id_token")),
        "unsupported_response_type"
    );
    assert_eq!(refused(&GOOD.replace("response_type=code", "")), "invalid_request");
    assert_eq!(refused(&GOOD.replace("scope=openid", "scope=profile")), "invalid_scope");
    assert_eq!(refused(&GOOD.replace("scope=openid", "")), "invalid_scope");
}

#[test]
fn a_client_without_a_secret_needs_pkce() {
    let spa = GOOD.replace("client_id=grafana", "client_id=spa");
    assert_eq!(refused(&spa), "invalid_request");
    assert_eq!(refused(&format!("{spa}&code_challenge={CHALLENGE}&code_challenge_method=S256")), "");
}

fn pair() -> impl Strategy<Value = (String, String)> {
    let name = prop::sample::select(
        &["client_id", "redirect_uri", "state", "scope", "prompt", "max_age", "nonce", "response_type", "x"][..],
    );
    let value = prop_oneof![
        prop::sample::select(
            &["grafana", "spa", CALLBACK, "https://a.example/", "openid", "code", "none", "0", ""][..]
        )
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    (name.prop_map(str::to_owned), value)
}

fn leads_to_a_listed_address(query: &str, error: bool) -> Result<(), TestCaseError> {
    let (params, clients) = (Params::urlencoded(query.as_bytes()), clients());
    let Ok(asked) = Asked::read(&params, &clients) else { return Ok(()) };
    let listed = asked.client.redirect_uris.iter().find(|uri| *uri == asked.way_back.address).unwrap();
    let back = match error {
        true => asked.way_back.refused(&AuthorizeError::AccessDenied, "https://app.example.com"),
        false => asked.way_back.with_code("c", "https://app.example.com"),
    };
    let rest = back.strip_prefix(listed.as_str()).unwrap();
    prop_assert!(rest.starts_with(['?', '&']), "{rest}");
    prop_assert!(back.bytes().all(|b| b.is_ascii_graphic()), "{back}");
    Ok(())
}

#[test]
fn what_was_tried_before_is_tried_again() {
    for query in crate::corpus::lines::<String>("authorize.jsonl") {
        for error in [true, false] {
            leads_to_a_listed_address(&query, error).unwrap_or_else(|error| panic!("{query}: {error}"));
        }
    }
}

proptest! {
    /// Whatever is sent: an answer goes to a listed address of the client that was named once, or nowhere.
    #[test]
    fn no_request_leads_to_an_address_that_is_not_listed(
        pairs in proptest::collection::vec(pair(), 0..8), good in any::<bool>(), error in any::<bool>(),
    ) {
        let mut query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        if good {
            query = format!("{GOOD}&{query}");
        }
        leads_to_a_listed_address(&query, error)?;
    }

    /// One byte more, less or other is another address, and so is one that a browser takes for the same.
    #[test]
    fn an_address_that_differs_anywhere_is_nobodys(at in 0..CALLBACK.len(), kind in 0..5, other in "[ -~]|\\PC") {
        let (before, after) = CALLBACK.split_at(at);
        let first = &after[..1];
        let address = match kind {
            0 => format!("{before}{other}{after}"),
            1 => format!("{before}{}", &after[1..]),
            2 => format!("{before}{other}{}", &after[1..]),
            3 => format!("{before}%{:02X}{}", first.as_bytes()[0], &after[1..]),
            _ => format!("{before}{}{}", first.to_ascii_uppercase(), &after[1..]),
        };
        prop_assume!(address != CALLBACK);
        let encoded: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
        let query = format!("client_id=grafana&redirect_uri={encoded}&response_type=code&scope=openid");
        prop_assert_eq!(refused(&query), "page", "{}", address);
    }

    #[test]
    fn any_prompt_is_one_that_is_known_or_an_error(
        words in proptest::collection::vec("none|login|consent|select_account|create|\\PC{0,3}", 0..4),
    ) {
        let text = words.join(" ");
        let words: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let expected = match words[..] {
            ["none"] => Ok(Prompt::None),
            _ if !words.iter().all(|word| ["login", "consent", "select_account"].contains(word)) => Err(()),
            _ if words.iter().any(|word| *word != "consent") => Ok(Prompt::Login),
            _ => Ok(Prompt::Any),
        };
        prop_assert_eq!(Prompt::read(&text).map_err(drop), expected, "{}", text);
    }

    #[test]
    fn any_max_age_is_a_number_of_seconds_or_an_error(text in "[0-9]{0,25}|[-+]?[0-9.e]{0,5}|\\PC{0,5}") {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let expected = text.parse::<UnixSeconds>().ok().filter(|_| digits);
        prop_assert_eq!(max_age(Some(&text)).ok().flatten(), expected);
    }
}
