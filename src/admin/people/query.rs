//! What the list's address asks for. Whatever it does not know, it leaves out.

use crate::{
    admin::shell,
    ids::CorpId,
    users::{Role, Search, Sort, Status},
    web::params::Params,
};

/// How many people a page has.
pub const ON_A_PAGE: u32 = 50;
/// The longest text to search for, in characters.
const LONGEST: usize = 100;
/// Where people can come from, by the column `source`.
pub const SOURCES: [&str; 5] = ["dingtalk", "csv", "admin", "cli", "demo"];

/// Which people, in which order, and which page of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub text: String,
    pub status: Option<Status>,
    pub role: Option<Role>,
    pub source: Option<&'static str>,
    pub sort: Sort,
    /// From 1.
    pub page: u32,
}

impl Query {
    pub fn of(params: &Params) -> Self {
        let word = |name| params.lenient(name).unwrap_or_default();
        Self {
            text: word("q").chars().filter(|c| !c.is_control()).take(LONGEST).collect(),
            status: Status::parse(word("status")),
            role: Role::parse(word("role")),
            source: SOURCES.into_iter().find(|source| *source == word("source")),
            sort: Sort::parse(word("sort")),
            page: word("page").parse().unwrap_or(1).max(1),
        }
    }

    /// Whether it asks for some of the people only.
    pub fn is_narrowed(&self) -> bool {
        !self.text.is_empty() || self.status.is_some() || self.role.is_some() || self.source.is_some()
    }

    /// The search, with the last page in place of one behind it.
    pub fn search(&self, corp_id: CorpId) -> Search {
        Search {
            corp_id,
            text: self.text.clone(),
            status: self.status,
            role: self.role,
            source: self.source.map(str::to_owned),
            sort: self.sort,
            skip: (self.page - 1).saturating_mul(ON_A_PAGE),
            most: ON_A_PAGE,
        }
    }

    /// The same in another order, from the first page.
    pub fn sorted(&self, sort: Sort) -> Self {
        Self { sort, page: 1, ..self.clone() }
    }

    /// Another page of the same.
    pub fn at_page(&self, page: u32) -> Self {
        Self { page, ..self.clone() }
    }

    /// `?q=…` or "": what is as it is anyway is left out.
    pub fn to_address(&self) -> String {
        let page = self.page.to_string();
        let fields = [
            ("q", self.text.as_str(), ""),
            ("status", self.status.map_or("", Status::as_str), ""),
            ("role", self.role.map_or("", Role::as_str), ""),
            ("source", self.source.unwrap_or_default(), ""),
            ("sort", self.sort.as_str(), Sort::default().as_str()),
            ("page", page.as_str(), "1"),
        ];
        let said = |(name, value, default)| (value != default).then_some((name, value));
        shell::query(fields.into_iter().filter_map(said))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(query: &str) -> Query {
        Query::of(&Params::urlencoded(query.as_bytes()))
    }

    #[test]
    fn what_the_address_does_not_say_well_is_left_out() {
        let plain = Query { page: 1, ..Query::default() };
        for query in
            ["", "page=0", "page=-1&status=x", "page=99999999999&sort=x", "role=root&q=", "source=x", "q=a&q=b"]
        {
            assert_eq!(read(query), plain, "{query}");
        }
        assert_eq!(plain.to_address(), "");
        let last = read("page=4294967295").search(CorpId::new("ding").expect("a corp id"));
        assert_eq!((last.skip, last.most), (u32::MAX, 50));
    }

    proptest! {
        #[test]
        fn an_address_leads_to_what_it_was_made_of(text in "[^\\p{Cc}]{0,100}", page in 1..u32::MAX, sort in 0..4_usize, source in 0..5_usize) {
            let query = Query {
                text,
                status: Some(Status::Disabled),
                role: Some(Role::Admin),
                source: Some(SOURCES[source]),
                sort: Sort::ALL[sort].0,
                page,
            };
            prop_assert_eq!(read(query.to_address().trim_start_matches('?')), query);
        }
    }
}
