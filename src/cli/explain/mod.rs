//! `miandeng explain`: what a code means, and what to do about it.

mod page;

use anyhow::bail;
use serde::Serialize;

use super::terminal::{Table, locale, print, print_json};
use crate::{
    catalogue::{Evidence, Found, Responsible, Signed, Source, Trouble, code_in, find},
    i18n::{Locale, Texts, sentences},
    inert::Inert,
};

/// Say what a DingTalk errcode, a client error or a problem type means, and what to do about it.
///
/// Nothing is read or called: it works without settings. Codes may be in upper or lower case.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  miandeng explain 60020
  miandeng explain not-listed
  miandeng explain 52013 --message 'Code:52013 - …,url:[http://…],…' --signed https://app.example.com/
  miandeng explain --list

Secrets in a message (codes, tickets, tokens) are not repeated.")]
pub struct ExplainArgs {
    /// An errcode (60020, IpNotInWhiteList), a client error (4040, PC_1005, its sentence) or a problem type (not-listed)
    #[arg(allow_negative_numbers = true, required_unless_present_any = ["message", "list", "markdown"])]
    code: Option<String>,
    /// DingTalk's whole message, also without CODE: says which address, which permission, in what two addresses differ
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// The address that you signed, to compare with the one in the message of 52013
    #[arg(long, value_name = "URL", requires = "message")]
    signed: Option<String>,
    /// List all codes
    #[arg(long, conflicts_with_all = ["code", "message"])]
    list: bool,
    /// Print docs/…/troubleshooting.md
    #[arg(long, hide = true, conflicts_with_all = ["code", "message", "list", "json"])]
    markdown: bool,
    /// Print JSON, in both languages
    #[arg(long)]
    json: bool,
}

/// In English and, beside it, in Chinese, because JSON is the same in every language.
#[derive(Serialize)]
struct Entry {
    codes: Vec<String>,
    source: Source,
    who: Responsible,
    console: Option<&'static str>,
    #[serde(flatten)]
    english: Words,
    #[serde(rename = "zh-CN")]
    chinese: Words,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Evidence>,
}

#[derive(Serialize)]
struct Words {
    title: &'static str,
    cause: &'static str,
    fix: &'static str,
}

/// What was asked for. A number may have a second meaning.
#[derive(Serialize)]
struct Answer<'a> {
    code: &'a str,
    #[serde(flatten)]
    meaning: Entry,
    also: Vec<Entry>,
}

impl ExplainArgs {
    pub fn run(self) -> anyhow::Result<()> {
        let t = locale().texts();
        if self.markdown {
            return print(page::markdown(t));
        }
        if self.list {
            return self.print_list(t);
        }
        let Some(code) = self.code.clone().or_else(|| code_in(self.message.as_deref()?)) else {
            bail!("{}", t.catalogue.labels.no_code_in_message);
        };
        let troubles = match find(&code) {
            Found::These(troubles) => troubles,
            Found::Near(near) => bail!("{}", unknown(t, &code, &near)),
        };
        if self.json {
            let mut entries = troubles.into_iter().map(|trouble| Entry::of(trouble, self.evidence(trouble)));
            let Some(meaning) = entries.next() else { return Ok(()) };
            return print_json(&Answer { code: &code, meaning, also: entries.collect() });
        }
        let texts: Vec<_> =
            troubles.into_iter().map(|trouble| in_words(t, trouble, self.evidence(trouble).as_ref())).collect();
        print(texts.join("\n"))
    }

    fn evidence(&self, trouble: Trouble) -> Option<Evidence> {
        let signed = Signed { url: self.signed.as_deref(), ..Signed::default() };
        Evidence::read(trouble, self.message.as_deref()?, signed)
    }

    fn print_list(&self, t: &Texts) -> anyhow::Result<()> {
        if self.json {
            return print_json(&Trouble::KNOWN.iter().map(|&trouble| Entry::of(trouble, None)).collect::<Vec<_>>());
        }
        let labels = &t.catalogue.labels;
        let mut table = Table::new(&[labels.meaning, labels.codes]);
        for &trouble in Trouble::KNOWN {
            table.row([(t.explain)(trouble).title, &trouble.codes().join(", ")]);
        }
        print(table.to_string())
    }
}

impl Entry {
    fn of(trouble: Trouble, found: Option<Evidence>) -> Self {
        Self {
            codes: trouble.codes(),
            source: trouble.source(),
            who: trouble.responsible(),
            console: trouble.console(),
            english: Words::of(trouble, Locale::En),
            chinese: Words::of(trouble, Locale::ZhCn),
            found,
        }
    }
}

impl Words {
    fn of(trouble: Trouble, locale: Locale) -> Self {
        let explanation = (locale.texts().explain)(trouble);
        Self { title: explanation.title, cause: explanation.cause, fix: explanation.fix }
    }
}

fn in_words(t: &Texts, trouble: Trouble, evidence: Option<&Evidence>) -> String {
    let (explanation, labels, colon) = ((t.explain)(trouble), &t.catalogue.labels, t.catalogue.page.colon);
    let found = evidence.map(t.catalogue.evidence);
    let lines = [
        (labels.codes, Some(trouble.codes().join(", "))),
        (labels.cause, Some(explanation.cause.to_owned())),
        (labels.found, found),
        (labels.fix, Some(explanation.fix.to_owned())),
        (labels.console, trouble.console().map(str::to_owned)),
        (labels.responsible, Some((t.catalogue.responsible)(trouble.responsible()).to_owned())),
    ];
    let lines = lines.into_iter().filter_map(|(label, text)| Some(format!("  {label}{colon}{}\n", Inert(&text?))));
    format!("{}\n{}", explanation.title, lines.collect::<String>())
}

fn unknown(t: &Texts, code: &str, near: &[String]) -> String {
    let labels = &t.catalogue.labels;
    let unknown = (labels.unknown)(code);
    let next = if near.is_empty() { labels.list.to_owned() } else { (labels.near)(&near.join(", ")) };
    sentences(&unknown, &next)
}
