//! The page of the documentation that holds the whole catalogue.

use crate::{
    catalogue::{Source, Trouble},
    i18n::Texts,
};

pub(super) fn markdown(t: &Texts) -> String {
    let mut page = format!("{}\n\n{}\n", t.catalogue.page.lead, t.catalogue.page.tail);
    for source in [Source::Errcode, Source::Client, Source::Problem] {
        page += &format!("\n## {}\n", (t.catalogue.page.heading)(source));
        for trouble in Trouble::of(source) {
            page += &entry(t, trouble);
        }
    }
    page
}

fn entry(t: &Texts, trouble: Trouble) -> String {
    let (explanation, labels, colon) = ((t.explain)(trouble), &t.catalogue.labels, t.catalogue.page.colon);
    let codes: Vec<_> = trouble.codes().iter().map(|code| format!("`{code}`")).collect();
    let console = trouble.console().map(|console| format!("\n- {}{colon}{console}", labels.console));
    format!(
        "\n### {}\n\n{}\n\n- {}{colon}{}\n- {}{colon}{}{}\n- {}{colon}{}\n",
        as_code(explanation.title),
        codes.join(" "),
        labels.cause,
        as_code(explanation.cause),
        labels.fix,
        as_code(explanation.fix),
        console.unwrap_or_default(),
        labels.responsible,
        (t.catalogue.responsible)(trouble.responsible()),
    )
}

/// Commands as code, and the placeholder too: between dollar signs, GitHub sets mathematics.
fn as_code(text: &str) -> String {
    const PLACEHOLDER: &str = "$CORPID$";
    const PARAMETER: &str = "?corpid=$CORPID$";
    let name = if text.contains(PARAMETER) { PARAMETER } else { PLACEHOLDER };
    let text = text.replace(name, &format!("`{name}`"));
    let mut page = String::new();
    let mut rest = text.as_str();
    while let Some((before, quoted, after)) = command(rest) {
        page += before;
        let gap_before = if before.ends_with(is_han) { " " } else { "" };
        let gap_after = if after.starts_with(is_han) { " " } else { "" };
        page += &format!("{gap_before}`{quoted}`{gap_after}");
        rest = after;
    }
    page + rest
}

/// Chinese characters, between which and code a blank is written; beside punctuation there is none.
fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// The first quoted command: what stands before it, the command, and what follows.
fn command(text: &str) -> Option<(&str, &str, &str)> {
    let quotes = [("\"miandeng ", '"'), ("“miandeng ", '”')];
    let (opening, closing) = quotes.into_iter().find(|(opening, _)| text.contains(opening))?;
    let (before, quoted) = text.split_once(opening)?;
    let (_, after) = quoted.split_once(closing)?;
    let start = text.len() - quoted.len() - "miandeng ".len();
    let end = text.len() - after.len() - closing.len_utf8();
    Some((before, &text[start..end], after))
}
