//! What the trail's address asks for. Whatever it does not know, it leaves out; a time that cannot be read is named.

use crate::{
    admin::shell,
    audit::{self, Event, Filter},
    db::Conn,
    i18n::read_time,
    ids::CorpId,
    users::{self, Search, Sort},
    web::params::Params,
};

/// How many rows a page has.
pub const ON_A_PAGE: u32 = 50;
/// The longest text to search for, in characters.
const LONGEST: usize = 100;
/// People whose name fits, at the most. Whoever means one of more writes more of the name.
const MOST_PEOPLE: u32 = 100;

/// Which rows, and which page of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub text: String,
    pub event: Option<Event>,
    /// As it was written.
    pub since: String,
    pub until: String,
    /// From 1.
    pub page: u32,
}

/// A time that is none.
#[derive(Debug)]
pub struct BadTime(pub &'static str);

impl Query {
    pub fn of(params: &Params) -> Self {
        let text = |name| plain(params.lenient(name), LONGEST);
        Self {
            text: text("q"),
            event: params.lenient("event").and_then(Event::parse),
            since: text("since"),
            until: text("until"),
            page: params.lenient("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1),
        }
    }

    pub fn is_narrowed(&self) -> bool {
        *self != Self { page: self.page, ..Self::default() }
    }

    /// The times that it names, in milliseconds since 1970.
    pub fn times(&self) -> Result<(Option<i64>, Option<i64>), BadTime> {
        let read = |text: &str, name| match text {
            "" => Ok(None),
            text => read_time(text).map(Some).ok_or(BadTime(name)),
        };
        Ok((read(&self.since, "since")?, read(&self.until, "until")?))
    }

    /// The rows of a corp that are meant. A text is the number of a refused request, or else somebody's userid, somebody
    /// who did something, or part of the names of people.
    pub async fn filter(
        &self,
        db: &mut Conn,
        corp_id: &CorpId,
        (since_ms, until_ms): (Option<i64>, Option<i64>),
    ) -> sqlx::Result<Filter> {
        let mut filter =
            Filter { corp_id: Some(corp_id.to_string()), event: self.event, since_ms, until_ms, ..Filter::default() };
        if self.text.is_empty() {
            return Ok(filter);
        }
        let of_request = Filter {
            corp_id: filter.corp_id.clone(),
            refused_request: Some(self.text.clone()),
            most: 1,
            ..Filter::default()
        };
        if audit::list(db, &of_request).await?.is_empty() {
            filter.people = Some(self.people(db, corp_id).await?);
        } else {
            filter.refused_request = of_request.refused_request;
        }
        Ok(filter)
    }

    async fn people(&self, db: &mut Conn, corp_id: &CorpId) -> sqlx::Result<Vec<String>> {
        let search = Search {
            corp_id: corp_id.clone(),
            text: self.text.clone(),
            status: None,
            role: None,
            source: None,
            sort: Sort::Name,
            skip: 0,
            most: MOST_PEOPLE,
        };
        let mut people: Vec<_> =
            users::search(db, &search).await?.into_iter().map(|user| user.userid.to_string()).collect();
        people.push(self.text.clone());
        Ok(people)
    }

    /// Another page of the same.
    pub fn at_page(&self, page: u32) -> Self {
        Self { page, ..self.clone() }
    }

    /// `?q=…` or "": what is as it is anyway is left out.
    pub fn to_address(&self) -> String {
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let event = self.event.map_or("", Event::as_str);
        let fields =
            [("q", &*self.text), ("event", event), ("since", &self.since), ("until", &self.until), ("page", &page)];
        shell::query(fields)
    }
}

/// A field without control characters, blanks around it, or an end past any sense.
pub fn plain(text: Option<&str>, most: usize) -> String {
    let text: String = text.unwrap_or_default().chars().filter(|c| !c.is_control()).take(most).collect();
    text.trim_matches([' ', '\u{3000}']).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(query: &str) -> Query {
        Query::of(&Params::urlencoded(query.as_bytes()))
    }

    #[test]
    fn what_the_address_does_not_say_well_is_left_out_and_a_bad_time_is_named() {
        let plain = Query { page: 1, ..Query::default() };
        for query in ["", "page=0&q=%00", "page=-1&event=x", "page=99999999999", "q=a&q=b", "q=%20"] {
            assert_eq!(read(query), plain, "{query}");
            assert!(!read(query).is_narrowed(), "{query}");
        }
        assert!(read("event=refused").is_narrowed());
        assert_eq!(read("since=garbage").times().expect_err("no time").0, "since");
        assert_eq!(read("until=2026-13-01").times().expect_err("no time").0, "until");
        let (since, until) = read("since=2026-11-02T08:00:00%2B08:00&until=").times().expect("times");
        assert_eq!((since, until), (Some(1_793_577_600_000), None));
        assert_eq!(read(&format!("q={}", "x".repeat(5000))).text.len(), LONGEST);
    }

    proptest! {
        #[test]
        fn an_address_leads_to_what_it_was_made_of(text in "[^\\p{Cc}]{0,100}", page in 1..u32::MAX, event in 0..18_usize) {
            let query = Query {
                text: super::plain(Some(&text), LONGEST),
                event: Some(Event::ALL[event]),
                since: "2026-11-02".into(),
                until: "2026-11-03T00:00:00+08:00".into(),
                page,
            };
            prop_assert_eq!(read(query.to_address().trim_start_matches('?')), query);
        }
    }
}
