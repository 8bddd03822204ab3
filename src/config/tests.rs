use figment::{
    Figment,
    providers::{Format, Toml},
};

use super::*;

const GOOD: &str = r#"
    [miandeng]
    public_url = "https://app.example.com"
    [[miandeng.apps]]
    name = "oa"
    corp_id = "dingcorp"
    agent_id = 123456789
    client_id = "dingkey"
    client_secret = "s3cr3t-value"
"#;

fn read(toml: &str) -> Result<Config, ConfigError> {
    Config::from_figment(&Figment::from(Toml::string(toml)))
}

/// The good settings with one replacement.
#[track_caller]
fn refuses(from: &str, to: &str, expected: &str) {
    assert!(GOOD.contains(from), "{from}");
    let message = read(&GOOD.replace(from, to)).expect_err(to).to_string();
    assert!(message.starts_with(expected), "{message}");
    assert!(!message.contains('\n') && !message.contains("s3cr3t-value"), "{message}");
}

#[test]
fn the_least_settings_are_enough_and_the_rest_has_defaults() {
    let config = read(GOOD).unwrap();
    assert_eq!(config.public_url.origin(), "https://app.example.com");
    assert_eq!((config.home.as_str(), config.session_idle.as_secs()), ("/home", 8 * 3600));
    assert_eq!(config.apps[0].agent_id, "123456789");
    assert!(!format!("{config:?}").contains("s3cr3t-value"));
}

#[test]
fn a_wrong_setting_is_named_with_its_value_and_cure() {
    let url = r#"public_url = "https://app.example.com""#;
    refuses(url, "", "miandeng.public_url: is missing");
    refuses(url, r#"public_url = "app.example.com""#, r#"miandeng.public_url = "app.example.com": write the address"#);
    refuses(url, r#"public_url = "https://a.com/x""#, r#"miandeng.public_url = "https://a.com/x": holds more"#);
    refuses(url, &format!("{url}\nsession_idle = 8"), r#"miandeng.session_idle = "8": write a time with its unit"#);
    refuses(
        url,
        &format!("{url}\nsession_idel = \"8h\""),
        r#"miandeng.session_idel: no such setting; did you mean "session_idle""#,
    );
    refuses(url, &format!("{url}\nhome = \"//evil.com\""), r#"miandeng.home = "//evil.com": write a path"#);
    refuses(url, &format!("{url}\ntrusted_proxies = [\"x\"]"), r#"miandeng.trusted_proxies = "x": write an address"#);
    refuses(
        url,
        &format!("{url}\ncookie_domain = \"other.com\""),
        r#"miandeng.cookie_domain = "other.com": public_url's host"#,
    );
    refuses(url, &format!("{url}\nallowed_return_hosts = \"x\""), "miandeng.allowed_return_hosts: has the wrong type");
}

#[test]
fn a_wrong_app_is_named_by_its_name_and_no_secret_is_shown() {
    refuses("agent_id = 123456789", "", r#"miandeng.apps["oa"].agent_id: is missing"#);
    refuses("client_secret = \"s3cr3t-value\"", "", r#"miandeng.apps["oa"].client_secret: is missing"#);
    refuses(
        "client_secret = \"s3cr3t-value\"",
        "client_secret = \"s3cr3t-value \"",
        r#"miandeng.apps["oa"].client_secret: is empty or holds"#,
    );
    refuses(
        "client_secret = \"s3cr3t-value\"",
        "client_secret_file = \"/nowhere\"",
        r#"miandeng.apps["oa"].client_secret_file = "/nowhere": cannot be read"#,
    );
    refuses("client_secret =", "client_secrt =", "miandeng.apps");
    refuses("client_id = \"dingkey\"", "client_id = [\"s3cr3t-value\"]", "miandeng.apps");
    refuses("name = \"oa\"", "name = \"oa\"\nkind = \"channel\"", r#"miandeng.apps["oa"].channel_secret: is missing"#);
}

#[test]
fn two_apps_of_one_name_are_refused() {
    let app = GOOD.split_once("[[miandeng.apps]]").unwrap().1;
    let twice = format!("{GOOD}\n[[miandeng.apps]]{}", app.replace("123456789", "5"));
    assert!(read(&twice).unwrap_err().to_string().contains("another app has this name"));
}
