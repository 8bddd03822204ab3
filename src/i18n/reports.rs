//! The texts of the administrators' reports: overview, refusals, trail, doctor.

/// All of them.
pub struct Reports {
    /// The overview.
    pub overview: Overview,
    /// Who was refused.
    pub refused: Refused,
    /// The trail.
    pub trail: Trail,
    /// The doctor's report.
    pub doctor: Doctor,
    /// Why somebody was refused, by the problem's word.
    pub reason: fn(&str) -> Option<&'static str>,
    /// What happened, by the event's word.
    pub event: fn(&str) -> Option<&'static str>,
}

/// The overview.
pub struct Overview {
    /// Title.
    pub title: &'static str,
    /// Label: people who may sign in.
    pub active: &'static str,
    /// Label: people who may not.
    pub disabled: &'static str,
    /// Label: administrators.
    pub admins: &'static str,
    /// Label: sessions.
    pub sessions: &'static str,
    /// Heading: sign-ins of the last days.
    pub sign_ins: &'static str,
    /// How many there were, and on which day the most.
    pub sign_ins_in_words: fn(u64, &str, u64) -> String,
    /// Heading: refusals of the last days.
    pub refusals: &'static str,
    /// How many there were, and for which reason the most.
    pub refusals_in_words: fn(u64, &str) -> String,
    /// Nobody signed in.
    pub no_sign_ins: &'static str,
    /// Nobody was refused.
    pub no_refusals: &'static str,
    /// Opens the table behind a chart.
    pub as_table: &'static str,
    /// Column: the day.
    pub day: &'static str,
    /// Column: the reason.
    pub reason: &'static str,
    /// Column: how many.
    pub count: &'static str,
    /// Heading: tokens and tickets.
    pub credentials: &'static str,
    /// Column: the app.
    pub app: &'static str,
    /// Column: which of them.
    pub credential: &'static str,
    /// Column: the state.
    pub state: &'static str,
    /// The corp's token.
    pub access_token: &'static str,
    /// A service window's own token.
    pub channel_token: &'static str,
    /// What pages are signed with.
    pub ticket: &'static str,
    /// Good until a time, and since when.
    pub good_until: fn(&str, &str) -> String,
    /// There is none; the next sign-in fetches one.
    pub none_yet: &'static str,
    /// The last refresh failed, at a time.
    pub failed: fn(&str) -> String,
}

/// Who was refused.
pub struct Refused {
    /// Title.
    pub title: &'static str,
    /// What the page shows.
    pub lead: &'static str,
    /// Label of the field to search in.
    pub search: &'static str,
    /// Starts the search.
    pub go: &'static str,
    /// Everybody again.
    pub clear: &'static str,
    /// Nobody was refused.
    pub nobody: &'static str,
    /// Nobody was found.
    pub none_found: &'static str,
    /// What became of the request whose number was searched for.
    pub of_request: &'static str,
    /// Column: the last time.
    pub last: &'static str,
    /// Column: how often.
    pub times: &'static str,
    /// How often.
    pub times_of: fn(u64) -> String,
    /// What can be done.
    pub action: &'static str,
    /// Makes a row.
    pub add: &'static str,
    /// The same, for whoever hears the page: of whom.
    pub add_whom: fn(&str) -> String,
    /// Leads to the person's page.
    pub open: &'static str,
    /// Somebody who is in the table by now.
    pub listed: &'static str,
    /// Somebody who is in the table and disabled.
    pub disabled: &'static str,
    /// Somebody was added.
    pub added: &'static str,
    /// Somebody was in the table already.
    pub already_there: &'static str,
    /// In place of a name that DingTalk did not give.
    pub nameless: &'static str,
    /// The page before.
    pub newer: &'static str,
    /// The page behind.
    pub older: &'static str,
}

/// The trail.
pub struct Trail {
    /// Title.
    pub title: &'static str,
    /// Label of the field to search in.
    pub search: &'static str,
    /// What can be searched for.
    pub search_hint: &'static str,
    /// Label of the event.
    pub event: &'static str,
    /// Any event.
    pub any: &'static str,
    /// Label of the first day.
    pub since: &'static str,
    /// Label of the day before which it ends.
    pub until: &'static str,
    /// A time that cannot be read.
    pub bad_time: &'static str,
    /// Shows what fits.
    pub go: &'static str,
    /// Everything again.
    pub clear: &'static str,
    /// The file.
    pub download: &'static str,
    /// Nothing fits.
    pub nothing: &'static str,
    /// Column: when.
    pub time: &'static str,
    /// Column: who did it.
    pub actor: &'static str,
    /// Column: whom it concerns.
    pub person: &'static str,
    /// Column: more.
    pub detail: &'static str,
    /// The app, in a word.
    pub app: &'static str,
    /// The client's address, in a word.
    pub address: &'static str,
    /// The page's number.
    pub page: fn(u32) -> String,
    /// An actor who is nobody's userid: `cli:…`, `dingtalk`, `system`.
    pub actor_of: fn(&str) -> Option<String>,
    /// A name of a detail, by its word.
    pub detail_of: fn(&str) -> Option<&'static str>,
    /// A value of a detail, by its word.
    pub value_of: fn(&str) -> Option<&'static str>,
    /// From one value to another.
    pub from_to: fn(&str, &str) -> String,
}

/// The doctor's report.
pub struct Doctor {
    /// Title.
    pub title: &'static str,
    /// What it does.
    pub lead: &'static str,
    /// Makes a report.
    pub run: &'static str,
    /// In front of when the report was made.
    pub made: &'static str,
    /// None has been made.
    pub none: &'static str,
    /// Heading over the text to pass on.
    pub copy: &'static str,
    /// What is in it.
    pub copy_hint: &'static str,
    /// A state: good.
    pub ok: &'static str,
    /// A state: it works, and may not be what was meant.
    pub warning: &'static str,
    /// A state: it cannot be told.
    pub unknown: &'static str,
    /// A state: it must be fixed.
    pub failed: &'static str,
    /// The four states on a terminal, of one width.
    pub on_terminal: [&'static str; 4],
}
