//! The texts of the pages for administrators.

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
