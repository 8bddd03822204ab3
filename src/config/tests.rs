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
    assert_eq!(config.admin_path, "/admin");
    assert!(!format!("{config:?}").contains("s3cr3t-value"));
}

#[test]
fn a_wrong_setting_is_named_with_its_value_and_cure() {
    let url = r#"public_url = "https://app.example.com""#;
    refuses(url, "", "miandeng.public_url: is missing");
    refuses(url, r#"public_url = "app.example.com""#, r#"miandeng.public_url = "app.example.com": write the address"#);
    refuses(url, r#"public_url = "https://a.com/x""#, r#"miandeng.public_url = "https://a.com/x": has more"#);
    refuses(url, &format!("{url}\nsession_idle = 8"), r#"miandeng.session_idle = "8": write a time with its unit"#);
    refuses(
        url,
        &format!("{url}\nsession_idel = \"8h\""),
        r#"miandeng.session_idel: no such setting; did you mean "session_idle""#,
    );
    refuses(url, &format!("{url}\nhome = \"//evil.com\""), r#"miandeng.home = "//evil.com": write a path"#);
    refuses(url, &format!("{url}\nbootstrap = \"Own\""), r#"miandeng.bootstrap = "Own": write "own" or "official""#);
    refuses(
        url,
        &format!("{url}\nidentity_encoding = \"utf8\""),
        r#"miandeng.identity_encoding = "utf8": write "percent" or "utf-8""#,
    );
    for path in ["admin", "/", "/home", "/auth/admin", "/a//b", "/../x"] {
        refuses(
            url,
            &format!("{url}\nadmin_path = {path:?}"),
            &format!("miandeng.admin_path = {path:?}: write a path"),
        );
    }
    refuses(url, &format!("{url}\ntrusted_proxies = [\"x\"]"), r#"miandeng.trusted_proxies = "x": write an address"#);
    refuses(
        url,
        &format!("{url}\ncookie_domain = \"other.com\""),
        r#"miandeng.cookie_domain = "other.com": does not contain public_url's host"#,
    );
    refuses(url, &format!("{url}\nallowed_return_hosts = \"x\""), "miandeng.allowed_return_hosts: has the wrong type");
    refuses(
        url,
        &format!("{url}\ntitle = \"a\\nb\""),
        "miandeng.title = \"a\\nb\": write one line of at most 100 characters",
    );
    refuses(url, &format!("{url}\nadmin_contact = \"ftp://x\""), "miandeng.admin_contact = \"ftp://x\": write a text");
    refuses(
        "agent_id = 123456789",
        &format!("agent_id = 123456789\ncorp_name = {:?}", "长".repeat(101)),
        r#"miandeng.apps["oa"].corp_name = "#,
    );
}

#[test]
fn a_logo_that_no_page_could_show_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>";
    let url = r#"public_url = "https://app.example.com""#;
    let with = |path: &std::path::Path| format!("{url}\nlogo_file = {path:?}");
    assert!(read(&GOOD.replace(url, &with(&write("good.svg", svg.as_bytes())))).unwrap().looks.logo.is_some());
    let padded = |size: usize| format!("{svg}{}", " ".repeat(size - svg.len()));
    assert!(read(&GOOD.replace(url, &with(&write("largest.svg", padded(65_536).as_bytes())))).is_ok());
    for (path, problem) in [
        (folder.path().join("nowhere.png"), "cannot be read"),
        (folder.path().to_owned(), "cannot be read"),
        (write("large.svg", padded(65_537).as_bytes()), "is larger than 64 KB"),
        (write("photo.jpg", b"\xff\xd8\xff\xe0"), "is neither SVG (in UTF-8) nor PNG"),
        (write("empty.svg", b""), "is neither SVG (in UTF-8) nor PNG"),
    ] {
        refuses(url, &with(&path), &format!("miandeng.logo_file = {path:?}: {problem}"));
    }
}

#[test]
fn a_wrong_app_is_named_by_its_name_and_no_secret_is_shown() {
    refuses("agent_id = 123456789", "", r#"miandeng.apps["oa"].agent_id: is missing"#);
    refuses("client_secret = \"s3cr3t-value\"", "", r#"miandeng.apps["oa"].client_secret: is missing"#);
    refuses(
        "client_secret = \"s3cr3t-value\"",
        "client_secret = \"s3cr3t-value \"",
        r#"miandeng.apps["oa"].client_secret: is empty or contains"#,
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

#[test]
fn how_often_a_sync_runs_and_how_many_it_may_disable_are_checked() {
    let config = |lines: &str| read(&format!("{GOOD}\n{lines}"));
    let app = config("").unwrap().apps.remove(0);
    assert_eq!((app.sync_every, app.sync_disable_at_most.to_string()), (None, "10%".to_owned()));
    let app = config("sync_every = \"1s\"\nsync_disable_at_most = \"2.5%\"").unwrap().apps.remove(0);
    assert_eq!((app.sync_every.unwrap().as_secs(), app.sync_disable_at_most.to_string()), (1, "2.5%".to_owned()));
    let name = "name = \"oa\"";
    for bad in ["6", "0s", "10ms", "often"] {
        let expected = format!(r#"miandeng.apps["oa"].sync_every = {bad:?}: write a time of "1s" or more"#);
        refuses(name, &format!("{name}\nsync_every = {bad:?}"), &expected);
    }
    for bad in ["10", "101%", "-1%", "%", "1.%", "100.01%", "+5%", "1e1%"] {
        let expected = format!(r#"miandeng.apps["oa"].sync_disable_at_most = {bad:?}: write a share"#);
        refuses(name, &format!("{name}\nsync_disable_at_most = {bad:?}"), &expected);
    }
}

#[test]
fn a_share_is_exceeded_by_more_than_itself() {
    let share = |text| Share::parse(text).unwrap();
    assert!(!share("10%").is_exceeded_by(1, 10) && share("10%").is_exceeded_by(2, 10));
    assert!(!share("0%").is_exceeded_by(0, 0) && share("0%").is_exceeded_by(1, 1_000_000));
    assert!(!share("100%").is_exceeded_by(7, 7) && share("0.01%").is_exceeded_by(2, 10_000));
}

#[test]
fn what_directory_events_need_is_checked() {
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    for mode in ["off", "stream", "callback"] {
        let events = format!("events = {mode:?}\nevent_token = \"t\"\nevent_aes_key = \"{key}\"");
        assert!(read(&format!("{GOOD}\n{events}")).is_ok(), "{mode}");
    }
    let name = "name = \"oa\"";
    let refuses = |line: &str, expected: &str| refuses(name, &format!("{name}\n{line}"), expected);
    refuses("events = \"push\"", r#"miandeng.apps["oa"].events = "push": write "off", "stream" or "callback""#);
    refuses("events = \"callback\"", r#"miandeng.apps["oa"].event_token: is missing"#);
    refuses("events = \"callback\"\nevent_token = \"t\"", r#"miandeng.apps["oa"].event_aes_key: is missing"#);
    refuses("event_token = \"a b\"", r#"miandeng.apps["oa"].event_token: is empty or contains"#);
    refuses("event_aes_key = \"s3cr3t-value\"", r#"miandeng.apps["oa"].event_aes_key: is not 43 letters and digits"#);
    refuses("event_aes_key_file = \"/nowhere\"", r#"miandeng.apps["oa"].event_aes_key_file = "/nowhere": cannot be"#);
}

const CLIENT: &str = r#"
    [[miandeng.clients]]
    name = "Grafana"
    client_id = "grafana"
    client_secret = "s3cr3t-value"
    redirect_uris = ["https://grafana.example.com/cb"]
"#;

#[test]
fn a_client_needs_an_id_and_a_way_back_and_the_rest_has_defaults() {
    let config = read(&format!("{GOOD}{CLIENT}")).unwrap();
    let client = &config.clients[0];
    assert_eq!((client.signing_alg, client.verified_email), (SigningAlg::Rs256, false));
    assert!(client.secret.is_some() && client.backchannel_logout_uri.is_none() && config.home_links.is_empty());
    assert_eq!(client.rules.as_str(), "");
    let public = CLIENT.replace("client_secret = \"s3cr3t-value\"\n", "");
    assert!(read(&format!("{GOOD}{public}")).unwrap().clients[0].secret.is_none());
}

#[test]
fn a_wrong_client_is_named_by_its_name_and_no_secret_is_shown() {
    let refuses = |from: &str, to: &str, expected: &str| {
        assert!(CLIENT.contains(from), "{from}");
        let message = read(&format!("{GOOD}{}", CLIENT.replace(from, to))).expect_err(to).to_string();
        assert!(message.starts_with(&format!("miandeng.clients{expected}")), "{message}");
        assert!(!message.contains('\n') && !message.contains("s3cr3t-value"), "{message}");
    };
    let add = |line: &str| format!("client_id = \"grafana\"\n{line}");
    let id = "client_id = \"grafana\"";
    refuses("name = \"Grafana\"", "", "[0].name: is missing");
    refuses("name = \"Grafana\"", "name = \" x\"", "[\" x\"].name = \" x\": write what people call the app");
    refuses(id, "", "[\"Grafana\"].client_id: is missing");
    refuses(id, "client_id = \"a:b\"", "[\"Grafana\"].client_id = \"a:b\": write at most");
    refuses("client_secret = \"s3cr3t-value\"", "client_secret = \"\"", "[\"Grafana\"].client_secret: is empty");
    refuses(
        "client_secret = \"s3cr3t-value\"",
        "client_secret_file = \"/nowhere\"",
        "[\"Grafana\"].client_secret_file = ",
    );
    refuses("[\"https://grafana.example.com/cb\"]", "[]", "[\"Grafana\"].redirect_uris: is empty");
    refuses(
        "https://grafana.example.com/cb",
        "http://a.example/cb",
        "[\"Grafana\"].redirect_uris = \"http://a.example/cb\": write an https",
    );
    refuses("https://grafana.example.com/cb", "https://a.example/#x", "[\"Grafana\"].redirect_uris = ");
    refuses(id, &add("post_logout_redirect_uris = [\"ftp://a\"]"), "[\"Grafana\"].post_logout_redirect_uris = ");
    refuses(id, &add("backchannel_logout_uri = \"http://10.0.0.1/\""), "[\"Grafana\"].backchannel_logout_uri = ");
    refuses(id, &add("signing_alg = \"HS256\""), "[\"Grafana\"].signing_alg = \"HS256\": write \"RS256\"");
    refuses(id, &add("groups = \"role:root\""), "[\"Grafana\"].groups = \"role:root\": write names");
    refuses(id, &add("users = \"100%\""), "[\"Grafana\"].users = \"100%\": write names");
    refuses(id, &add("home_url = \"grafana\""), "[\"Grafana\"].home_url = \"grafana\": write an address");
    refuses(id, &add("redirect_uri = \"x\""), ".");
    let of_host = CLIENT.replace("\"grafana\"", "\"bi.example.com\"");
    let gate = |signed: bool| format!("allowed_return_hosts = [\"bi.example.com\"]\nsigned_identity = {signed}\n");
    let with = |signed| {
        let settings = GOOD.replacen("public_url", &format!("{}public_url", gate(signed)), 1);
        read(&format!("{settings}{of_host}"))
    };
    assert!(with(false).is_ok());
    let message = with(true).unwrap_err().to_string();
    assert!(
        message.contains("[\"Grafana\"].client_id = \"bi.example.com\": is a host that the gate guards"),
        "{message}"
    );
    let second = CLIENT.replace("Grafana", "Other");
    let message = read(&format!("{GOOD}{CLIENT}{second}")).unwrap_err().to_string();
    assert!(message.contains("client \"Grafana\" already has it"), "{message}");
    let second = CLIENT.replace("\"grafana\"", "\"other\"");
    assert!(read(&format!("{GOOD}{CLIENT}{second}")).unwrap_err().to_string().contains("another app has this name"));
}

const WIKI: &str = r#"
    [[miandeng.clients]]
    name = "维基"
    protocol = "cas"
    service_urls = ["https://wiki.example.com/", "http://127.0.0.1:8080/cas?x=1"]
    home_url = "https://wiki.example.com/"
"#;

#[test]
fn a_client_of_cas_needs_an_address_and_nothing_of_openid_connect() {
    let config = read(&format!("{GOOD}{WIKI}{CLIENT}")).unwrap();
    assert_eq!((config.clients.len(), config.cas_clients.len(), config.home_links.len()), (1, 1, 1));
    let covers: Vec<_> = config.cas_clients[0].service_urls.iter().map(|entry| entry.covers_below).collect();
    assert_eq!(covers, [true, false]);
    let refuses = |from: &str, to: &str, expected: &str| {
        assert!(WIKI.contains(from), "{from}");
        let message = read(&format!("{GOOD}{}", WIKI.replace(from, to))).expect_err(to).to_string();
        assert!(message.starts_with(&format!("miandeng.clients[\"维基\"].{expected}")), "{message}");
        assert!(!message.contains("s3cr3t-value"), "{message}");
    };
    let cas = "protocol = \"cas\"";
    refuses(cas, "protocol = \"saml\"", "protocol = \"saml\": write \"oidc\"");
    let oidc = "client_id = \"wiki\"\nredirect_uris = [\"https://wiki.example.com/\"]";
    refuses(cas, oidc, "service_urls: belongs to an app that speaks CAS");
    for line in [
        "client_id = \"wiki\"",
        "client_secret = \"s3cr3t-value\"",
        "redirect_uris = [\"https://a.example/\"]",
        "post_logout_redirect_uris = [\"https://a.example/\"]",
        "backchannel_logout_uri = \"https://a.example/\"",
        "signing_alg = \"RS256\"",
        "verified_email = true",
    ] {
        let key = line.split(' ').next().unwrap();
        refuses(cas, &format!("{cas}\n{line}"), &format!("{key}: belongs to an app that speaks OpenID Connect"));
    }
    refuses("service_urls =", "#", "service_urls: is empty");
    for bad in ["http://wiki.example.com/", "https://wiki.example.com/#x", "https://me@wiki.example.com/", "wiki"] {
        refuses("https://wiki.example.com/\",", &format!("{bad}\","), "service_urls");
    }
    refuses("home_url = \"https", "home_url = \"ftp", "home_url = ");
    let twice = format!("{GOOD}{WIKI}{}", WIKI.replace("维基", "other"));
    let message = read(&twice).unwrap_err().to_string();
    assert!(message.contains("client \"维基\" already has it; an address can belong to only one app"), "{message}");
    let same_name = read(&format!("{GOOD}{WIKI}{}", CLIENT.replace("Grafana", "维基"))).unwrap_err().to_string();
    assert!(same_name.contains("another app has this name"), "{same_name}");
}

mod documents {
    use figment::error::Kind;

    use super::*;

    const SETTINGS: &str = include_str!("../../Rocket.toml");
    const TABLES: [&str; 2] = [include_str!("../../docs/en/settings.md"), include_str!("../../docs/zh-CN/settings.md")];

    fn figment(toml: &str) -> Figment {
        // The secret's file is the operator's to make.
        let toml = toml.replace("client_secret_file = \"client_secret\"", "client_secret = \"s\"");
        Figment::from(Toml::string(&toml).nested()).select("default")
    }

    /// A commented line's setting or section, unless it has no default.
    fn setting(line: &str) -> Option<&str> {
        let line = line.strip_prefix("# ")?;
        let (key, _) = line.split_once(" = ").unwrap_or((line, ""));
        let no_default = ["logo_file", "jsapi_file", "certs", "key", "event_token", "event_aes_key"];
        let is_key = key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && !no_default.contains(&key);
        (is_key || line.starts_with("[default.miandeng")).then_some(line)
    }

    /// Key and value of each commented setting.
    fn defaults() -> impl Iterator<Item = (&'static str, &'static str)> {
        let pair = |line: &'static str| line.split_once(" = ");
        let value = |text: &'static str| text.split("  ").next().unwrap().trim();
        SETTINGS.lines().filter_map(setting).filter_map(pair).map(move |(key, text)| (key, value(text)))
    }

    /// Keys that `T` can read, as its parser lists them.
    fn known<T: serde::de::DeserializeOwned>() -> &'static [&'static str] {
        match Figment::from(("no-such-key", 1)).extract::<T>().map(drop).expect_err("a key").kind {
            Kind::UnknownField(_, known) => known,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_rocket_toml_shows_commented_out_is_the_default() {
        let written: Vec<_> = SETTINGS.lines().map(|line| setting(line).unwrap_or(line)).collect();
        let config = |toml: &str| format!("{:#?}", Config::from_figment(&figment(toml)).unwrap());
        assert_eq!(config(&written.join("\n")), config(SETTINGS));
        assert!(defaults().count() > 15, "they are found");
        let without = SETTINGS.replace("url = \"miandeng.db\"", "");
        assert_eq!(database_url(&figment(&without)).unwrap(), database_url(&figment(SETTINGS)).unwrap());
    }

    #[test]
    fn every_setting_is_in_rocket_toml_and_in_the_tables() {
        let apps = known::<raw::RawApp>().iter().chain(known::<raw::RawDingtalk>()).chain(known::<raw::RawClient>());
        for key in known::<raw::Raw>().iter().chain(apps) {
            let is_word = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *key);
            assert!(is_word(SETTINGS), "{key} is not in Rocket.toml");
            assert!(TABLES.iter().all(|table| is_word(table)), "{key} is not in docs/*/settings.md");
        }
    }

    const PAGES: [&str; 6] = [
        include_str!("../../docs/en/deployments.md"),
        include_str!("../../docs/zh-CN/deployments.md"),
        include_str!("../../docs/en/identity.md"),
        include_str!("../../docs/zh-CN/identity.md"),
        include_str!("../../docs/en/service-windows.md"),
        include_str!("../../docs/zh-CN/service-windows.md"),
    ];

    /// With what it leaves out: the public address, the app, or the secrets' files, which are the operator's to make.
    fn completed(example: &str) -> String {
        let (url, app) = GOOD.split_once("[[miandeng.apps]]").unwrap();
        let (table, url) = url.split_at(url.find("public_url").unwrap());
        let url = if example.contains("public_url") { "" } else { url };
        let example = example.replace("default.miandeng", "miandeng");
        if example.contains("[[miandeng.apps]]") {
            let secrets = [("client_secret_file =", "client_secret ="), ("channel_secret_file =", "channel_secret =")];
            return secrets
                .iter()
                .fold(format!("{table}{url}{example}"), |text, (file, value)| text.replace(file, value));
        }
        format!("{table}{url}{example}\n[[miandeng.apps]]{app}")
    }

    #[test]
    fn the_settings_that_pages_show_are_good() {
        let mut count = 0;
        for page in PAGES {
            for fence in page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
                read(&completed(fence)).unwrap_or_else(|error| panic!("{error}\n{fence}"));
                count += 1;
            }
        }
        assert_eq!(count, 10);
    }

    #[test]
    fn the_tables_have_the_defaults_of_rocket_toml() {
        for table in TABLES {
            let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
            let rows: Vec<Vec<_>> = rows.map(|row| row.split(" | ").collect()).collect();
            for (key, value) in defaults() {
                let codes = |cell: &'static str| cell.split('`').skip(1).step_by(2).collect::<Vec<_>>();
                let keys = |row: &Vec<&'static str>| row[0].split('`').step_by(2).collect::<Vec<_>>();
                // A setting of `dingtalk` is in the text, which gives no defaults.
                let Some(row) = rows.iter().find(|row| keys(row).contains(&key)) else { continue };
                let said = match row[..] {
                    [_, default, _] => {
                        let said = codes(default);
                        let from_end = keys(row).iter().rev().position(|name| *name == key).unwrap();
                        said[said.len() - 1 - from_end]
                    }
                    // An app's, whose meaning begins with it.
                    _ => codes(row[1])[0],
                };
                assert_eq!(said.trim_matches('"'), value.trim_matches('"'), "{key}");
            }
        }
    }
}
