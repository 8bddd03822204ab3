//! The sign-in page: `_config`, signed for the address at which the client opened it.

use std::sync::OnceLock;

use askama::Template;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use rocket::http::Status;
use serde::Serialize;
use url::{Position, Url};

use super::web_login::{QrFrame, addresses};
use crate::{
    config::{App, Bootstrap, Config},
    dingtalk::jsapi::PageConfig,
    i18n::{Locale, Message, Texts},
    web::{
        assets,
        gzip::Piece,
        page::{Frame, NotRendered, Page},
        script_json::script_json,
    },
};

/// The global `_config`: what dd.config needs, and the state that goes along with the code.
#[derive(Serialize)]
struct SignInConfig<'a> {
    #[serde(flatten)]
    page: &'a PageConfig<'a>,
    state: &'a str,
}

#[derive(Template)]
#[template(path = "signin/messages.html")]
struct Messages {
    t: &'static Texts,
    is_at_a_desk: bool,
}

impl Messages {
    fn hint(&self, message: &Message) -> &'static str {
        message.hint_for(self.is_at_a_desk)
    }
}

#[derive(Template)]
#[template(path = "signin/message.html")]
struct OneMessage {
    t: &'static Texts,
    message: &'static Message,
}

/// The page's messages as HTML: most of the page, and the same for everybody who reads a language on a kind of device.
struct Words {
    messages: Piece,
    no_script: String,
}

impl Words {
    fn of(locale: Locale, is_at_a_desk: bool) -> &'static Self {
        static RENDERED: [[OnceLock<Words>; 2]; 2] = [const { [const { OnceLock::new() }; 2] }; 2];
        let [chinese, english] = &RENDERED[usize::from(is_at_a_desk)];
        let rendered = match locale {
            Locale::ZhCn => chinese,
            Locale::En => english,
        };
        let t = locale.texts();
        // These templates cannot fail; a page without a message would still sign people in.
        rendered.get_or_init(|| Self {
            messages: Piece::new(Messages { t, is_at_a_desk }.render().unwrap_or_default()),
            no_script: OneMessage { t, message: &t.signin.no_script }.render().unwrap_or_default(),
        })
    }
}

/// The page. Its script adds no text: every message is in the HTML, hidden.
#[derive(Template)]
#[template(path = "signin/page.html")]
struct SignInPage<'a> {
    frame: Frame<'a>,
    config_json: String,
    words: &'static Words,
    script: &'static str,
    no_script_style: &'static str,
    nonce: &'a str,
    bootstrap: Bootstrap,
    /// The simulator's script makes a client of any browser.
    simulated: bool,
    jsapi_url: &'a str,
    client_id: &'a str,
    return_to: &'a str,
    /// Where a sign-in outside the client begins, if the app allows that.
    web_login: Option<String>,
    /// What people call the organisation.
    corp: Option<&'a str>,
    /// DingTalk's QR code, to be shown on this page.
    qr: Option<QrFrame>,
    waits: bool,
}

impl SignInPage<'_> {
    fn plain_browser_hint(&self) -> &'static str {
        self.frame.t.signin.plain_browser.hint_for(self.frame.is_at_a_desk)
    }
}

pub struct PageOptions<'a> {
    pub state: &'a str,
    pub return_to: Option<&'a str>,
    pub qr: Option<QrFrame>,
    /// The page waits for a tap after a sign-out.
    pub waits: bool,
}

pub fn render(
    frame: Frame<'_>,
    config: &Config,
    app: &App,
    page: &PageConfig<'_>,
    options: PageOptions<'_>,
) -> Result<Page, NotRendered> {
    let nonce = crate::random::hex::<16>();
    let own_script;
    let (jsapi_url, script, simulator) = match &config.dingtalk.jsapi_file {
        Some(_) => {
            own_script = config.path("/jsapi/dingtalk.js");
            (own_script.as_str(), "'self'".to_owned(), String::new())
        }
        None => {
            let url = &config.dingtalk.jsapi_url;
            (url.as_str(), script_source(url), simulator_source(url))
        }
    };
    let words = Words::of(frame.locale, frame.is_at_a_desk);
    let page = SignInPage {
        config_json: script_json(&SignInConfig { page, state: options.state })?,
        words,
        script: assets::SIGNIN_SCRIPT.text(),
        no_script_style: assets::NO_SCRIPT_STYLE.text(),
        frame,
        nonce: &nonce,
        bootstrap: config.bootstrap,
        simulated: !simulator.is_empty(),
        jsapi_url,
        client_id: app.client_id().unwrap_or_default(),
        return_to: options.return_to.unwrap_or_default(),
        web_login: addresses::start(app, options.return_to).map(|path| config.path(&path)),
        corp: config.corp_name(&app.corp_id),
        qr: options.qr,
        waits: options.waits,
    };
    let frame_source = page.qr.as_ref().map(|qr| format!("; frame-src {}", qr.origin)).unwrap_or_default();
    // Our script by its digest, and `_config` by the nonce: an app may share this host, and none of its files may run here.
    let own = assets::SIGNIN_SCRIPT.source();
    let policy = format!(
        "script-src {own} 'nonce-{nonce}' {script}; connect-src 'self'{simulator}{frame_source}; form-action 'none'"
    );
    let pieces = [&assets::STYLE, &assets::SIGNIN_SCRIPT, &words.messages];
    Ok(Page::with_pieces(Status::Ok, &page, &policy, &pieces)?.style(assets::NO_SCRIPT_STYLE.source()))
}

/// DingTalk's script by its path, because its host serves every customer's files. After a redirect, a browser compares
/// the host alone (CSP 3, 7.6). A source has no query.
fn script_source(url: &Url) -> String {
    // Semicolons separate directives and commas separate policies; the others cannot stand in a path (RFC 3986, 3.3).
    const SPLITS: &AsciiSet = &CONTROLS.add(b',').add(b';').add(b'[').add(b']').add(b'^').add(b'|');
    let path = utf8_percent_encode(url.path(), SPLITS);
    format!("{}{path}", &url[..Position::BeforePath])
}

/// The simulator's script asks its server, since it has no client with a bridge. DingTalk's own script asks no server,
/// and is never served over plain HTTP.
fn simulator_source(url: &Url) -> String {
    if url.scheme() == "http" { format!(" {}/_client/", &url[..Position::BeforePath]) } else { String::new() }
}

#[cfg(test)]
pub(crate) fn samples(locale: Locale) -> Vec<crate::web::testing::Sample> {
    use crate::web::testing::{HOSTILE, Sample, frame};

    let page = |bootstrap, waits, web_login: Option<&'static str>| SignInPage {
        config_json: script_json(&serde_json::json!({ "url": HOSTILE })).expect("JSON"),
        words: Words::of(locale, true),
        script: assets::SIGNIN_SCRIPT.text(),
        no_script_style: assets::NO_SCRIPT_STYLE.text(),
        frame: frame(locale),
        nonce: "nonce",
        bootstrap,
        simulated: waits,
        jsapi_url: "https://dingtalk.example/dd.js",
        client_id: HOSTILE,
        return_to: HOSTILE,
        web_login: web_login.map(str::to_owned),
        corp: web_login.map(|_| HOSTILE),
        qr: web_login.map(|_| QrFrame { address: HOSTILE.to_owned(), origin: HOSTILE.to_owned() }),
        waits,
    };
    let both = [page(Bootstrap::Own, false, None), page(Bootstrap::Official, true, Some(HOSTILE))];
    both.iter().map(|page| Sample::of("signin/page.html", page)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::{
        dingtalk::jsapi,
        secret::Secret,
        web::testing::{self, PROXY},
    };

    const TICKET: &str = "ticket-that-nobody-sees";

    fn page(url: &str, state: &str, return_to: &str) -> String {
        testing::read("/", &[], PROXY, |request| {
            let config = testing::config();
            let signed = PageConfig::new(&config.apps[0], &Secret::new(TICKET), url, "n".to_owned(), 1);
            let options = PageOptions { state, return_to: Some(return_to), qr: None, waits: false };
            render(Frame::of(request), config, &config.apps[0], &signed, options)
                .map(|page| page.html())
                .expect("a page")
        })
    }

    /// Any Unicode, and what would end a script, a comment, an attribute or a line.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "(</script>|</SCRIPT|<!--|-->|<script>|]]>|\"|'|`|&quot;|&#34;|&|\u{2028}|\u{2029}|\u{0}|\\\\|;|%3C|\\{\\{)",
            any::<String>(),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    fn unescaped(text: &str) -> String {
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("&#") {
            let (number, after) = after.split_once(';').expect("a whole reference");
            plain.push_str(before);
            plain.push(number.parse().ok().and_then(char::from_u32).expect("a character"));
            rest = after;
        }
        plain + rest
    }

    #[test]
    fn a_script_is_named_by_its_path_and_a_simulator_by_what_it_answers() {
        let check = |url: &str, source: &str, simulator: &str| {
            let url = Url::parse(url).expect("an address");
            assert_eq!((script_source(&url).as_str(), simulator_source(&url).as_str()), (source, simulator), "{url}");
        };
        let real = "https://g.alicdn.com/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js";
        check(real, real, "");
        check(&format!("{real}?v=1;script-src *#x"), real, "");
        check("https://cdn.example:8443/??a.js,b.js", "https://cdn.example:8443/", "");
        check(
            "https://cdn.example/a,b;c d/[x]|y^'%2C钉",
            "https://cdn.example/a%2Cb%3Bc%20d/%5Bx%5D%7Cy%5E'%2C%E9%92%89",
            "",
        );
        check("http://127.0.0.1:8008/x/dd.js", "http://127.0.0.1:8008/x/dd.js", " http://127.0.0.1:8008/_client/");
    }

    proptest! {
        #[test]
        fn no_address_ends_its_source(path in "\\PC{0,30}") {
            let url = Url::parse(&format!("https://cdn.example/{path}")).expect("an address");
            let source = script_source(&url);
            prop_assert!(source.bytes().all(|b| b.is_ascii_graphic() && !b",;?#\"".contains(&b)), "{source}");
        }

        #[test]
        fn whatever_reaches_the_page_stays_where_it_was_put(query in hostile(), state in hostile(), return_to in hostile()) {
            let url = format!("https://app.example.com/?corpid={query}");
            let html = page(&url, &state, &return_to);
            let harmless = page("https://app.example.com/?corpid=a", "s", "/");
            let count = |html: &str, sign: &str| html.to_ascii_lowercase().matches(sign).count();
            for sign in ["<", ">", "<script", "</script", "<!--", "nonce="] {
                prop_assert_eq!(count(&html, sign), count(&harmless, sign), "{}", sign);
            }
            let (_, rest) = html.split_once("var _config = ").expect("the script");
            let (json, _) = rest.split_once(";</script>").expect("its end");
            prop_assert!(!json.contains(['<', '>', '\u{2028}', '\u{2029}', '\n']), "{json}");
            let config: Value = serde_json::from_str(json).expect("JSON");
            prop_assert_eq!(config["url"].as_str(), Some(&*jsapi::signed_form(&url)));
            prop_assert_eq!(config["state"].as_str(), Some(state.as_str()));
            prop_assert_eq!(config["corpId"].as_str(), Some("dingcorp"));
            let (_, rest) = html.split_once("data-return-to=\"").expect("the attribute");
            let (value, _) = rest.split_once('"').expect("its end");
            prop_assert_eq!(unescaped(value), return_to);
            prop_assert!(!html.contains(TICKET));
        }
    }
}
