//! The texts of the pages for administrators.

use super::Message;

/// All of them.
pub struct Admin {
    /// What surrounds every page.
    pub shell: AdminShell,
    /// The words of the user table.
    pub words: AdminWords,
    /// The list of people.
    pub people: AdminPeople,
    /// A form about a person.
    pub form: AdminForm,
    /// One person.
    pub person: AdminPerson,
    /// The pages that ask once.
    pub confirm: AdminConfirm,
    /// Importing a file.
    pub import: AdminImport,
}

/// What surrounds every page.
pub struct AdminShell {
    /// Behind the page's own title, and above the navigation.
    pub title: &'static str,
    /// Past the navigation, for keyboards.
    pub skip: &'static str,
    /// What the navigation is called.
    pub navigation: &'static str,
    /// What was done, by its word in the address.
    pub done: fn(&str) -> Option<&'static str>,
    /// The link to `/home`.
    pub home: &'static str,
    /// The link to the pages on `/home`.
    pub enter: &'static str,
    /// The overview.
    pub overview: &'static str,
    /// People.
    pub people: &'static str,
    /// Who was refused.
    pub refused: &'static str,
    /// DingTalk's directory.
    pub sync: &'static str,
    /// The audit trail.
    pub trail: &'static str,
    /// The doctor's report.
    pub doctor: &'static str,
}

/// The words of the user table.
pub struct AdminWords {
    /// The column `name`.
    pub name: &'static str,
    /// The column `userid`.
    pub userid: &'static str,
    /// The column `mobile`.
    pub mobile: &'static str,
    /// The column `email`.
    pub email: &'static str,
    /// The column `department`.
    pub department: &'static str,
    /// The column `title`.
    pub title: &'static str,
    /// The column `role`.
    pub role: &'static str,
    /// The role `user`.
    pub user: &'static str,
    /// The role `admin`.
    pub admin: &'static str,
    /// The column `status`.
    pub status: &'static str,
    /// The status `active`.
    pub active: &'static str,
    /// The status `disabled`.
    pub disabled: &'static str,
    /// The column `source`.
    pub source: &'static str,
    /// Where a row came from, by its word.
    pub source_of: fn(&str) -> Option<&'static str>,
    /// The column `last_signed_in_at`.
    pub last_sign_in: &'static str,
    /// The column `updated_at`.
    pub updated: &'static str,
    /// In place of a time at which nothing happened.
    pub never: &'static str,
    /// A label with a value.
    pub labelled: fn(&str, &str) -> String,
}

/// The list of people.
pub struct AdminPeople {
    /// Title.
    pub title: &'static str,
    /// Label of the field to search in.
    pub search: &'static str,
    /// What can be searched for.
    pub search_hint: &'static str,
    /// Starts the search.
    pub go: &'static str,
    /// Everybody again.
    pub clear: &'static str,
    /// Of any status, role or source.
    pub any: &'static str,
    /// Label of the order.
    pub sort: &'static str,
    /// How many were found.
    pub found: fn(i64) -> String,
    /// Nobody was found.
    pub nobody: &'static str,
    /// What the links to other pages are called.
    pub pages: &'static str,
    /// The page, of how many.
    pub page_of: fn(u32, u32) -> String,
    /// The page before.
    pub previous: &'static str,
    /// The page behind.
    pub next: &'static str,
}

/// A form about a person.
pub struct AdminForm {
    /// Title where it adds somebody.
    pub add: &'static str,
    /// What becomes of whoever is added.
    pub add_hint: &'static str,
    /// The button that adds.
    pub add_button: &'static str,
    /// Back without doing anything.
    pub cancel: &'static str,
    /// Where a userid is found.
    pub userid_hint: &'static str,
    /// How departments are written.
    pub department_hint: &'static str,
    /// The person is in the table already.
    pub already_there: &'static str,
    /// Above a form that something is wrong with.
    pub errors: &'static str,
    /// In front of what is wrong with a field.
    pub error: &'static str,
}

/// One person.
pub struct AdminPerson {
    /// Back to the list.
    pub back: &'static str,
    /// Heading over what is known.
    pub facts: &'static str,
    /// By whom and when a value was set.
    pub set_by: fn(&str, &str) -> String,
    /// Disabled, and why, by the table's word.
    pub disabled_because: fn(&str) -> String,
    /// Disables.
    pub disable: &'static str,
    /// Enables.
    pub enable: &'static str,
    /// Makes an administrator.
    pub promote: &'static str,
    /// Makes no administrator.
    pub demote: &'static str,
    /// Removes.
    pub remove: &'static str,
    /// Heading over the sessions.
    pub sessions: &'static str,
    /// Nobody is signed in.
    pub no_sessions: &'static str,
    /// Ends one session.
    pub end_session: &'static str,
    /// Ends all sessions.
    pub end_sessions: &'static str,
    /// Heading over the form.
    pub edit: &'static str,
    /// Saves the form.
    pub save: &'static str,
    /// Heading over the trail.
    pub trail: &'static str,
    /// Nothing has happened.
    pub no_trail: &'static str,
    /// The link to the trail's own page.
    pub all_trail: &'static str,
    /// Column: what happened.
    pub what: &'static str,
    /// Column: when.
    pub when: &'static str,
    /// Column: who did it.
    pub by: &'static str,
    /// Column: from which address.
    pub from: &'static str,
    /// 409, the last administrator.
    pub last_admin: Message,
}

/// The pages that ask once.
pub struct AdminConfirm {
    /// The question, about somebody.
    pub disable: fn(&str) -> String,
    /// The question, about somebody.
    pub enable: fn(&str) -> String,
    /// The question, about somebody.
    pub promote: fn(&str) -> String,
    /// The question, about somebody.
    pub demote: fn(&str) -> String,
    /// The question, about somebody.
    pub end_sessions: fn(&str) -> String,
    /// The question, about somebody.
    pub remove: fn(&str) -> String,
    /// What becomes of the person.
    pub disable_what: &'static str,
    /// What becomes of the person.
    pub enable_what: &'static str,
    /// What becomes of the person.
    pub promote_what: &'static str,
    /// What becomes of the person.
    pub demote_what: &'static str,
    /// What becomes of the person.
    pub end_sessions_what: &'static str,
    /// What becomes of the person.
    pub remove_what: &'static str,
    /// How many sessions end.
    pub sessions_end: fn(usize) -> String,
    /// The person is who asks.
    pub yourself: &'static str,
    /// The person is the last administrator.
    pub last_admin: &'static str,
    /// Back without doing anything.
    pub cancel: &'static str,
    /// Back.
    pub back: &'static str,
}

/// Importing a file.
pub struct AdminImport {
    /// Title.
    pub title: &'static str,
    /// What the page takes.
    pub lead: &'static str,
    /// Label: the file.
    pub file: &'static str,
    /// Label: unknown columns are left out.
    pub ignore_unknown: &'static str,
    /// Shows what would happen.
    pub check: &'static str,
    /// Heading over the files to fill in.
    pub templates: &'static str,
    /// What they are.
    pub templates_hint: &'static str,
    /// The workbook.
    pub workbook: &'static str,
    /// No file was chosen.
    pub no_file: &'static str,
    /// The file is too large.
    pub too_large: &'static str,
    /// Others' files fill the memory.
    pub full: &'static str,
    /// The file is not kept any more.
    pub expired: &'static str,
    /// Why nothing of the file can be read.
    pub unreadable: fn(&str) -> String,
    /// How many rows are wrong.
    pub bad_rows: fn(usize) -> String,
    /// The table of them.
    pub bad_rows_title: &'static str,
    /// Column: the line.
    pub line: &'static str,
    /// Column: the file's column.
    pub column: &'static str,
    /// Column: what stands there.
    pub value: &'static str,
    /// Column: what is wrong.
    pub problem: &'static str,
    /// How many more there are.
    pub more: fn(usize) -> String,
    /// Title of what would happen.
    pub preview: &'static str,
    /// Back, to another file.
    pub another: &'static str,
    /// The table has changed since the preview.
    pub stale: &'static str,
    /// Count: new.
    pub added: &'static str,
    /// Count: changed.
    pub changed: &'static str,
    /// Count: disabled.
    pub disabled: &'static str,
    /// Count: unchanged.
    pub unchanged: &'static str,
    /// Columns that are left out.
    pub ignored: fn(&str) -> String,
    /// What becomes of those who are disabled.
    pub disabled_what: &'static str,
    /// Whoever imports loses something.
    pub yourself: &'static str,
    /// Does it.
    pub apply: &'static str,
    /// There is nothing to do.
    pub nothing: &'static str,
    /// Column: what would change.
    pub what: &'static str,
    /// A new person.
    pub new: &'static str,
}
