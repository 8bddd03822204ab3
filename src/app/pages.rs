//! Every page of the program, made of values that must not become markup, in every language.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{
    admin, clients,
    i18n::Locale,
    sessions, signin, simulator,
    web::{
        assets, problem,
        testing::{BASE, HOSTILE, Sample},
    },
};

/// Templates that are part of others.
const PARTS: [&str; 9] = [
    "admin/chart/columns.html",
    "admin/chart/rows.html",
    "admin/macros.html",
    "admin/person_fields.html",
    "admin/shell.html",
    "layout.html",
    "macros.html",
    "signin/message.html",
    "signin/messages.html",
];
/// Elements without an end (HTML, 13.1.2).
const VOID: [&str; 5] = ["br", "img", "input", "link", "meta"];

/// Where the forms of a page may lead, and the page.
fn samples(locale: Locale) -> Vec<(&'static str, Sample)> {
    let pages = [
        problem::samples(locale),
        sessions::routes::samples::pages(locale),
        signin::page::samples(locale),
        signin::handover::routes::samples(locale),
        clients::logout_page::samples(locale),
        admin::samples::pages(locale),
    ];
    let simulated = simulator::sample_pages(locale == Locale::ZhCn, HOSTILE);
    let simulated = simulated.map(|(template, html)| ("/_simulator", Sample { template, html }));
    pages.into_iter().flatten().map(|sample| (BASE, sample)).chain(simulated).collect()
}

/// A piece of a page.
#[derive(Debug)]
enum Piece<'a> {
    Start(&'a str, Vec<(&'a str, &'a str)>),
    End(&'a str),
    Text(&'a str),
}

/// Takes a page apart. It knows what our templates use of HTML and panics at anything else: a name or a value that breaks
/// out of its place seldom leaves the rest well-formed.
fn pieces(html: &str) -> Vec<Piece<'_>> {
    let (doctype, mut rest) = html.split_once('>').expect("a doctype");
    assert!(doctype.eq_ignore_ascii_case("<!doctype html"), "{doctype}");
    let mut pieces = Vec::new();
    while let Some((text, tag)) = rest.split_once('<') {
        pieces.push(Piece::Text(text));
        if let Some(end) = tag.strip_prefix('/') {
            let (name, after) = end.split_once('>').expect("an end");
            pieces.push(Piece::End(name));
            rest = after;
            continue;
        }
        let (name, after) = tag.split_at(tag.find(|c: char| !c.is_ascii_alphanumeric()).expect("an end"));
        assert!(!name.is_empty(), "a bare '<' before {after:.60}");
        let attributes;
        (attributes, rest) = attributes_of(after);
        pieces.push(Piece::Start(name, attributes));
        // Between these, '<' is no markup.
        if ["script", "style"].contains(&name) {
            let (raw, _) = rest.split_once(&format!("</{name}")).expect("its end");
            assert!(!raw.contains(['<', '\u{2028}']), "{raw}");
            pieces.push(Piece::Text(raw));
            rest = &rest[raw.len()..];
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Reads ` name="value" name>`, and gives what follows.
fn attributes_of(mut rest: &str) -> (Vec<(&str, &str)>, &str) {
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return (attributes, after);
        }
        let (name, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_lowercase() && c != '-').expect("an end"));
        assert!(!name.is_empty(), "no attribute: {rest:.60}");
        match after.strip_prefix("=\"") {
            Some(value) => {
                let (value, after) = value.split_once('"').expect("its end");
                assert!(after.starts_with([' ', '\n', '>']), "{name}={value:?} goes on: {after:.60}");
                attributes.push((name, value));
                rest = after;
            }
            None => {
                attributes.push((name, ""));
                rest = after;
            }
        }
    }
}

fn check(locale: Locale, base: &str, html: &str) {
    let (mut open, mut titles) = (Vec::new(), Vec::new());
    let mut pieces = pieces(html).into_iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            // A picture has a title too.
            Piece::Text(text) if open.ends_with(&["head", "title"]) => titles.push(text),
            // What is shown as code may hold braces.
            Piece::Text(_) if open.iter().any(|name| ["pre", "script", "style"].contains(name)) => {}
            Piece::Text(text) => assert!(!text.contains(['{', '}']), "a placeholder: {text}"),
            Piece::End(name) => assert_eq!(open.pop(), Some(name), "in {open:?}"),
            Piece::Start(name, attributes) => {
                let value = |wanted| attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
                for (attribute, value) in &attributes {
                    assert!(!attribute.starts_with("on") && *attribute != "style", "{name} has {attribute}");
                    assert!(!value.contains(['{', '}']), "a placeholder: {value}");
                }
                match name {
                    "html" => assert_eq!(value("lang"), Some(locale.tag())),
                    // Whatever is not by its address or the page's nonce is by its digest.
                    "script" if value("src").or(value("nonce")).is_none() => {
                        let ours = [&assets::COPY_SCRIPT, &assets::SIGNIN_SCRIPT, &assets::WAIT_SCRIPT]
                            .map(|piece| piece.text());
                        let Some(Piece::Text(text)) = pieces.peek() else { panic!("an empty script") };
                        assert!(ours.contains(text), "a script of nobody's");
                    }
                    "form" => {
                        let action = value("action").unwrap_or_default();
                        assert!(action.starts_with(&format!("{base}/")), "a form leads to {action:?}");
                        // A search changes nothing, and its address can be kept.
                        let method = if value("role") == Some("search") { "get" } else { "post" };
                        assert_eq!(value("method"), Some(method));
                    }
                    _ => {}
                }
                open.extend(Some(name).filter(|name| !VOID.contains(name)));
            }
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    assert!(titles.len() == 1 && !titles[0].trim().is_empty(), "{titles:?}");
    assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;"), "shows nothing of its sample");
}

#[test]
fn every_page_is_well_formed_and_shows_every_value_as_text() {
    let mut seen: BTreeSet<String> = PARTS.map(str::to_owned).into();
    for locale in [Locale::ZhCn, Locale::En] {
        for (base, Sample { template, html }) in samples(locale) {
            println!("{template} in {}:\n{html}", locale.tag());
            check(locale, base, &html);
            seen.insert(template.to_owned());
        }
    }
    assert_eq!(seen, templates(), "each template has a sample beside its page's struct");
}
/// What people read on a page, and what is read out to them.
fn texts(html: &str) -> Vec<&str> {
    let (mut open, mut texts) = (Vec::new(), Vec::new());
    for piece in pieces(html) {
        match piece {
            Piece::Text(_) if open.iter().any(|name| ["pre", "script", "style"].contains(name)) => {}
            Piece::Text(text) => texts.push(text),
            Piece::End(_) => _ = open.pop(),
            Piece::Start(name, attributes) => {
                let is_read = |name: &str| ["alt", "aria-label", "placeholder", "title"].contains(&name);
                texts.extend(attributes.iter().filter(|(name, _)| is_read(name)).map(|(_, value)| *value));
                open.extend(Some(name).filter(|name| !VOID.contains(name)));
            }
        }
    }
    texts
}

/// English sentences have three words in a row that are no command.
fn is_english(text: &str) -> bool {
    let is_word = |word: &&str| {
        let word = word.trim_end_matches([',', '.', ';', ':', '?']);
        word.len() > 1 && word.bytes().all(|b| b.is_ascii_alphabetic()) && !["miandeng", "users"].contains(&word)
    };
    text.split(' ').collect::<Vec<_>>().windows(3).any(|three| three.iter().all(is_word))
}

#[test]
fn every_page_speaks_one_language() {
    // Names in DingTalk's console, which has no English.
    const NAMES: [&str; 5] = ["应用首页地址", "端内免登地址", "工作台", "凭证与基础信息", "权限管理"];
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for Sample { template, html } in samples(Locale::ZhCn).into_iter().map(|(_, sample)| sample) {
        assert!(html.contains(is_chinese), "{template}");
        for text in texts(&html) {
            assert!(!is_english(text), "{template}: {text}");
        }
    }
    for Sample { template, html } in samples(Locale::En).into_iter().map(|(_, sample)| sample) {
        // The sample company is Chinese.
        for text in texts(&html).into_iter().filter(|_| !template.starts_with("simulator/")) {
            let without = NAMES.iter().fold(text.to_owned(), |text, name| text.replace(name, ""));
            assert!(!without.contains(is_chinese), "{template}: {text}");
        }
    }
}

#[test]
fn what_no_page_may_be_is_noticed() {
    let (base, good) =
        samples(Locale::En).into_iter().find(|(_, page)| page.template == "sessions/home.html").expect("it");
    let shown = "&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;";
    let bad = [
        ("lang=\"en\"", "lang=\"zh-CN\""),
        ("<title>", "<title></title><title>"),
        ("</main>", ""),
        ("<main ", "<main onclick=\"go()\" "),
        ("<main ", "<main style=\"color: red\" "),
        ("<h1>", "<h1>{{ name }}"),
        ("<h1>", "<script>go()</script><h1>"),
        ("action=\"/_signin/logout", "action=\"/logout"),
        ("method=\"post\"", "method=\"get\""),
        (shown, HOSTILE),
        (shown, "\"> 1 < 2"),
    ];
    for (part, instead) in bad {
        assert!(good.html.contains(part), "{part}");
        let bad = good.html.replacen(part, instead, 1);
        let noticed = std::panic::catch_unwind(|| check(Locale::En, base, &bad)).is_err();
        assert!(noticed, "{instead} in place of {part}");
    }
}

fn templates() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let (mut folders, mut names) = (vec![root.clone()], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the templates") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => _ = names.insert(path.strip_prefix(&root).expect("below it").display().to_string()),
            }
        }
    }
    names
}
