//! What a sync came to, in words (pure).

use crate::{
    directory::{Counts, Run},
    i18n::{Locale, local},
};

/// A run as the overview and the page of syncs show it.
pub struct LastRun {
    pub at: String,
    pub app: String,
    pub actor: String,
    pub outcome: String,
    pub is_refused: bool,
}

pub fn last_run(run: Run, locale: Locale) -> LastRun {
    LastRun {
        at: local(run.finished_ms.div_euclid(1000)),
        actor: actor(locale, &run.actor),
        outcome: outcome(&run, locale),
        is_refused: run.refused.is_some(),
        app: run.app,
    }
}

/// Whoever acted, in words: the system and the command line have names instead of userids.
pub fn actor(locale: Locale, word: &str) -> String {
    (locale.texts().reports.trail.actor_of)(word).unwrap_or_else(|| word.to_owned())
}

fn outcome(run: &Run, locale: Locale) -> String {
    let t = locale.sync_page();
    match (&run.refused, run.applied) {
        (Some(refused), false) => (t.refused)(&refused.reason(locale)),
        (Some(refused), true) => {
            let rest = Counts { left: 0, ..run.counts };
            crate::i18n::sentences(&(t.refused)(&refused.reason(locale)), &(t.rest_done)(&counts(&rest, locale)))
        }
        (None, true) => counts(&run.counts, locale),
        (None, false) => t.nothing_changed.to_owned(),
    }
}

/// What was written.
fn counts(counts: &Counts, locale: Locale) -> String {
    let (t, texts) = (locale.sync_page(), locale.sync_texts());
    let counts = texts.words.iter().zip([counts.new, counts.changed, counts.left, counts.returned]);
    let counted: Vec<_> =
        counts.filter(|(_, count)| *count > 0).map(|(word, count)| (t.counted)(word, count)).collect();
    counted.join(texts.between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{directory::Refused, ids::CorpId};

    #[test]
    fn an_outcome_says_what_was_done_and_why_nobody_was_disabled() {
        let run = |counts, applied, refused| Run {
            corp_id: CorpId::new("dinga").expect("a corp"),
            app: "oa".into(),
            actor: "system".into(),
            started_ms: 0,
            finished_ms: 1,
            departments: 3,
            people: 9,
            counts,
            adds: false,
            applied,
            refused,
            scope: vec![1],
        };
        let some = Counts { new: 2, left: 1, unchanged: 7, ..Counts::default() };
        let too_many = || Some(Refused::TooMany { left: 1, active: 8, at_most: "10%".into() });
        let check = |run: Run, en: &str, zh: &str| {
            assert_eq!((outcome(&run, Locale::En).as_str(), outcome(&run, Locale::ZhCn).as_str()), (en, zh));
        };
        check(run(some, true, None), "2 new, 1 left", "新增 2 人、离职 1 人");
        check(run(Counts::default(), false, None), "Nothing had changed", "没有变化");
        let refused = "Refused: 1 of 8 active people would be disabled, more than sync_disable_at_most (10%).";
        let zh = "已拒绝：在用的 8 人中有 1 人会被停用，超过 sync_disable_at_most（10%）。";
        check(run(Counts { new: 0, ..some }, false, too_many()), refused, zh);
        let rest = " Nobody was disabled; the rest was done: 2 new.";
        check(
            run(some, true, too_many()),
            &[refused, rest].concat(),
            &[zh, "没有停用任何人，其余已完成：新增 2 人。"].concat(),
        );
    }
}
