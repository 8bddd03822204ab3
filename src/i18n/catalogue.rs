//! What the catalogue's entries mean, and the words around them.

use std::borrow::Cow;

use super::{Texts, sentences};
use crate::catalogue::{Evidence, Responsible, Source, Trouble};

/// For whoever runs the server or manages the app in DingTalk. The employee's own words are on the pages.
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    /// What is wrong, without a full stop.
    pub title: &'static str,
    pub cause: &'static str,
    pub fix: &'static str,
    /// Title and fix.
    pub hint: &'static str,
}

pub struct Catalogue {
    pub responsible: fn(Responsible) -> &'static str,
    pub evidence: fn(&Evidence) -> String,
    pub labels: Labels,
    pub page: TroubleshootingPage,
}

/// Of `miandeng explain`.
pub struct Labels {
    pub meaning: &'static str,
    pub codes: &'static str,
    pub cause: &'static str,
    pub found: &'static str,
    pub fix: &'static str,
    pub console: &'static str,
    pub responsible: &'static str,
    /// A code that is not in the catalogue; the text was typed.
    pub unknown: fn(&str) -> String,
    /// Codes that look like it.
    pub near: fn(&str) -> String,
    pub list: &'static str,
    pub no_code_in_message: &'static str,
}

/// Of docs/…/troubleshooting.md, in Markdown.
pub struct TroubleshootingPage {
    pub lead: &'static str,
    pub heading: fn(Source) -> &'static str,
    pub tail: &'static str,
    /// Between a label and what it labels.
    pub colon: &'static str,
}

impl Texts {
    /// What to do about a trouble, with what DingTalk's message tells beyond its code.
    pub fn advice(&self, trouble: Trouble, evidence: Option<&Evidence>) -> Cow<'static, str> {
        let explanation = (self.explain)(trouble);
        if evidence.is_none() {
            return explanation.hint.into();
        }
        // The title ends as the language's sentences do.
        let stop = if self.lang == "en" { "." } else { "。" };
        sentences(&[explanation.title, stop].concat(), &self.remedy(trouble, evidence)).into()
    }

    /// The same without saying what is wrong.
    pub fn remedy(&self, trouble: Trouble, evidence: Option<&Evidence>) -> Cow<'static, str> {
        let fix = (self.explain)(trouble).fix;
        match evidence {
            Some(evidence) => sentences(&(self.catalogue.evidence)(evidence), fix).into(),
            None => fix.into(),
        }
    }
}
