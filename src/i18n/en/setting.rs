//! What is wrong with a setting.

use super::bad_value::id;
use crate::i18n::setting::BadSetting;

pub(super) fn line(key: &str, value: Option<&str>, bad: &BadSetting) -> String {
    match value {
        Some(value) => format!("{key} = {value:?}: {}", problem(bad)),
        None => format!("{key}: {}", problem(bad)),
    }
}

fn problem(bad: &BadSetting) -> String {
    let text = match bad {
        BadSetting::Syntax { file, place } => {
            let file = file.as_ref().map(|file| format!("{file}: ")).unwrap_or_default();
            return format!("{file}{}; check the syntax there", place.as_deref().unwrap_or("cannot be read"));
        }
        BadSetting::Unknown { closest: Some(name), .. } => return format!("no such setting; did you mean {name:?}?"),
        BadSetting::Unknown { closest: None, known } => {
            return format!("no such setting; known here: {}", known.join(", "));
        }
        BadSetting::WrongType(expected) => return format!("has the wrong type; write {expected}"),
        BadSetting::WrongValue(expected) => return format!("has a wrong value; write {expected}"),
        BadSetting::NamedFileUnreadable(error) => {
            return format!(
                "cannot be read ({}); give the path of the settings file, and run this as a user who can read it",
                error.english
            );
        }
        BadSetting::FileUnreadable(error) => {
            return format!(
                "cannot be read ({}); run this as a user who can read it, or set ROCKET_CONFIG to another file",
                error.english
            );
        }
        BadSetting::JsapiFile(error) => {
            return format!("cannot be read ({}); give the path of a copy of DingTalk's JSAPI script", error.english);
        }
        BadSetting::LogoFile(error) => {
            return format!("cannot be read ({}); give the path of an SVG or PNG file", error.english);
        }
        BadSetting::ShortText(most) => return format!("write one line of at most {most} characters"),
        BadSetting::ContactAddress(error) => return format!("is not an address ({error}); copy it again"),
        BadSetting::SecretFile(error) => {
            return format!("cannot be read ({}); give a file that this user can read", error.english);
        }
        BadSetting::CookieDomain(host) => {
            return format!("does not contain public_url's host {host}; write that host's parent domain");
        }
        BadSetting::SecretsInTheClear(proxy) => {
            return format!(
                "is plain http and would go through the proxy {proxy}, which could read the apps' secrets; write https://, or \
                 name the host in NO_PROXY"
            );
        }
        BadSetting::CorpId(why) => return format!("{}; copy it again", id(*why)),
        BadSetting::AgentIdTaken(app) => {
            return format!("app {app:?} of this organisation already has it; copy each app's own AgentId");
        }
        BadSetting::ServiceUrlTaken(client) => {
            return format!("client {client:?} already has it; an address can belong to only one app");
        }
        BadSetting::OidcClientIdTaken(client) => {
            return format!("client {client:?} already has it; give each client an id of its own");
        }
        BadSetting::SetTwice(key) => return format!("is set twice; remove it or {key}_file"),
        BadSetting::NoSettings => {
            "no settings found; run \"miandeng init\", or write the section [default.miandeng] (see docs/en/settings.md); \
             \"miandeng demo\" needs none"
        }
        BadSetting::NoTable => "is not a table; write the section [default.miandeng]",
        BadSetting::NoTableInVariable => "is not a table; write {public_url=\"https://…\",apps=[{name=\"oa\",…}]}",
        BadSetting::DatabaseFolder => "is in a folder whose name is not UTF-8; rename it",
        BadSetting::PublicUrlMissing => {
            "is missing; write the address that the employee's client shows, e.g. \"https://app.example.com\""
        }
        BadSetting::PublicUrl => "write the address that the employee's client shows, e.g. \"https://app.example.com\"",
        BadSetting::PublicUrlHasPath => "has more than scheme, host and port; put a path in base_path",
        BadSetting::BasePath => {
            "write a path of letters, digits, hyphens and underscores that begins with a slash, e.g. \"/_signin\""
        }
        BadSetting::HomeIsSignIn => "is the sign-in page itself; write another page, e.g. \"/home\"",
        BadSetting::Home => "write a path on public_url that begins with one slash, e.g. \"/home\"",
        BadSetting::AdminPath => {
            "write a path that begins with a slash and belongs to no other page, e.g. \"/admin\", or \"\" for no admin pages"
        }
        BadSetting::Host => {
            "write a host (\"bi.example.com\", \"bi.example.com:8443\") or, for all hosts below a domain, \".example.com\""
        }
        BadSetting::Origin => "write scheme and host, without a path, e.g. \"https://front.example.com\"",
        BadSetting::Network => "write an address or a network, e.g. \"127.0.0.1/32\" or \"10.1.0.0/16\"",
        BadSetting::CookieDomainOfAddress => {
            "public_url's host is an IP address, which has no subdomains; remove this setting"
        }
        BadSetting::Duration => "write a time with its unit, e.g. \"8h\", \"7d\" or \"3s\"",
        BadSetting::IdleTooLong => "is longer than session_lifetime; make it shorter, or session_lifetime longer",
        BadSetting::IdentityHeaders => "write \"remote\" and/or \"x-auth-request\"",
        BadSetting::IdentityEncoding => "write \"percent\" or \"utf-8\"",
        BadSetting::UnknownUsers => "write \"refuse\" or \"create\"",
        BadSetting::Bootstrap => "write \"own\" or \"official\"",
        BadSetting::DefaultLocale => "write \"zh-CN\" or \"en\"",
        BadSetting::DingtalkAddress => "write an address that begins with https:// (or http:// for a simulator)",
        BadSetting::JsapiUrl => "write the address of DingTalk's JSAPI script, or its path on the CDN",
        BadSetting::Contact => "write a text, or an address that begins with https://, mailto:, tel: or dingtalk://",
        BadSetting::LogoTooLarge => "is larger than 64 KB; make it smaller",
        BadSetting::LogoPixels => "has more than 4096 pixels on a side; make it smaller",
        BadSetting::LogoDamaged => "is a damaged PNG; save it again",
        BadSetting::LogoNamespace => {
            "lacks xmlns=\"http://www.w3.org/2000/svg\", without which no browser shows it; add that"
        }
        BadSetting::LogoKind => "is neither SVG (in UTF-8) nor PNG; save it as one of them",
        BadSetting::NoApps => {
            "is empty; write one section [[default.miandeng.apps]] for each DingTalk app (see docs/en/settings.md)"
        }
        BadSetting::NameMissing => "is missing; give the app a short name of letters, digits and hyphens, e.g. \"oa\"",
        BadSetting::Name => "write at most 64 letters, digits, hyphens, underscores",
        BadSetting::NameTaken => "another app has this name; choose a unique name",
        BadSetting::CorpIdMissing => {
            "is missing; it is on the home page of DingTalk's developer console (open-dev.dingtalk.com)"
        }
        BadSetting::AgentIdMissing => "is missing; it is on the app's page in DingTalk's developer console (AgentId)",
        BadSetting::AgentId => "is not a number; copy the AgentId again",
        BadSetting::Signature => "write \"sha1\" or \"sha256\"",
        BadSetting::Kind => "write \"micro-app\" or \"channel\"",
        BadSetting::ClientIdMissing => "is missing; it is the app's AppKey / Client ID (凭证与基础信息)",
        BadSetting::ClientIdForStream => "is missing; events = \"stream\" needs it, with client_secret",
        BadSetting::ClientSecretMissing => "is missing; write it, or set client_secret_file to the path of a file",
        BadSetting::ChannelSecretMissing => "is missing; a service window needs it for its own token",
        BadSetting::ChannelSecretOfMicroApp => "belongs to kind = \"channel\" only; remove it or set kind",
        BadSetting::TwoCredentials => "use either this, or client_id and client_secret, not both",
        BadSetting::Secret => "is empty or contains white space; copy it again",
        BadSetting::SyncEvery => "write a time of \"1s\" or more with its unit, e.g. \"6h\", or \"\" for never",
        BadSetting::SyncDisableAtMost => "write a share from \"0%\" to \"100%\", e.g. \"10%\"",
        BadSetting::Events => "write \"off\", \"stream\" or \"callback\"",
        BadSetting::EventSecretMissing => {
            "is missing; copy it from the app's page 事件与回调 in DingTalk's developer console"
        }
        BadSetting::ClientName => "write what people call the app: one line of at most 64 characters",
        BadSetting::OidcClientIdMissing => "is missing; choose one, and enter it in the app, too, e.g. \"grafana\"",
        BadSetting::OidcClientIdOfHost => {
            "is a host that the gate guards; with signed_identity = true its tokens are for that host, so choose another id, \
             e.g. the app's name"
        }
        BadSetting::OidcClientId => {
            "write at most 128 ASCII letters, digits and symbols, without white space or a colon"
        }
        BadSetting::RedirectUrisMissing => {
            "is empty; copy the app's callback address, e.g. [\"https://grafana.example.com/login/generic_oauth\"]"
        }
        BadSetting::ClientAddress => {
            "write an https:// address, or an http:// one on this machine (127.0.0.1, [::1], localhost), without a # or a user"
        }
        BadSetting::SigningAlg => "write \"RS256\", \"ES256\" or \"EdDSA\"",
        BadSetting::ClientRules => {
            "write names separated by commas, as the gate's rules have them: %2C is a comma in a name, %25 a percent sign"
        }
        BadSetting::ClientProtocol => "write \"oidc\" (OpenID Connect, the default) or \"cas\"",
        BadSetting::NotForCas => "belongs to an app that speaks OpenID Connect; remove it, or protocol = \"cas\"",
        BadSetting::OnlyForCas => "belongs to an app that speaks CAS; remove it, or write protocol = \"cas\"",
        BadSetting::ServiceUrlsMissing => {
            "is empty; write the app's address, ending in a slash for everything below it, e.g. [\"https://wiki.example.com/\"]"
        }
        BadSetting::HomeUrl => "write an address that begins with https:// or http://",
        BadSetting::EventAesKey => "is not 43 letters and digits; copy it again",
    };
    text.to_owned()
}
