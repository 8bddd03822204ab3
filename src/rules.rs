//! Whom an app is for (pure): `groups`, `users` and `corpid`, in the proxy's own block or in a client's settings.
//!
//! A slip of the operator closes the app instead of opening it: an unknown or repeated parameter makes the rules
//! unreadable, and an empty item, such as a variable that was never set, lets nobody in.

use percent_encoding::percent_decode_str;

/// The roles that rules may name.
const ROLES: [&str; 2] = ["user", "admin"];

/// Somebody, as rules see people.
pub trait Person {
    fn corp_id(&self) -> &str;
    fn userid(&self) -> &str;
    /// `user` or `admin`.
    fn role(&self) -> &str;
    /// Their paths.
    fn departments(&self) -> impl Iterator<Item = &str>;
}

/// Why rules cannot be read, with the parameter's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    Repeated(&'static str),
    Malformed(&'static str),
}

/// Without rules, everybody who is signed in may pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// The parameters as they were written, in their order.
    text: String,
    corp_id: Option<String>,
    groups: Option<Items<Group>>,
    users: Option<Items<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Items<T> {
    Listed(Vec<T>),
    Nobody,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Group {
    Role(String),
    /// By its name, or with a slash by its path from the top.
    Department(String),
}

impl Rules {
    /// Reads the operator's own query.
    ///
    /// A `#` must be written `%23`: proxies and HTTP libraries cut an address there before we see it. Where we do see
    /// one (Envoy's header), it is refused.
    pub fn of_query(query: Option<&str>) -> Result<Self, Slip> {
        let query = query.unwrap_or_default();
        if query.contains('#') {
            return Err(Slip::Malformed("query"));
        }
        let mut rules = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "groups" => once("groups", &mut rules.groups, items("groups", value, group)?)?,
                "users" => once("users", &mut rules.users, items("users", value, Some)?)?,
                "corpid" => once("corpid", &mut rules.corp_id, decoded("corpid", value)?)?,
                _ => return Err(Slip::Malformed("query")),
            }
            if !rules.text.is_empty() {
                rules.text.push('&');
            }
            rules.text.push_str(pair);
        }
        Ok(rules)
    }

    /// Reads `groups` and `users` in the app's own query, which Envoy puts behind our path. They may not be the
    /// operator's, but can only narrow.
    pub fn among_others(query: Option<&str>) -> Result<Self, Slip> {
        let pairs = query.unwrap_or_default().split('&');
        let ours = pairs.filter(|pair| matches!(pair.split('=').next(), Some("groups" | "users")));
        Self::of_query(Some(&ours.collect::<Vec<_>>().join("&")))
    }

    /// Reads a client's settings. One that is left out or empty restricts nobody; the words are the gate's, escapes too, but
    /// for blanks around an item: no name has any there, and people who write lists do.
    pub fn of_settings(groups: &str, users: &str, corp_id: &str) -> Result<Self, Slip> {
        let mut rules = Self::default();
        if !groups.is_empty() {
            rules.groups = Some(items("groups", &trimmed(groups), group)?);
        }
        if !users.is_empty() {
            rules.users = Some(items("users", &trimmed(users), Some)?);
        }
        if !corp_id.is_empty() {
            rules.corp_id = Some(decoded("corpid", corp_id)?);
        }
        let written = [("groups", groups), ("users", users), ("corpid", corp_id)];
        let written = written.into_iter().filter(|(_, value)| !value.is_empty());
        rules.text = written.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        Ok(rules)
    }

    /// As written, escapes and all; empty where everybody who is signed in may pass.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether an empty item keeps everybody out.
    pub fn lets_in_nobody(&self) -> bool {
        matches!(self.groups, Some(Items::Nobody)) || matches!(self.users, Some(Items::Nobody))
    }

    /// Whether people of every corp pass who are in a group or listed.
    pub fn hold_for_every_corp(&self) -> bool {
        self.corp_id.is_none() && (self.groups.is_some() || self.users.is_some())
    }

    pub fn corp_id(&self) -> Option<&str> {
        self.corp_id.as_deref()
    }

    /// A person must be of the corp, if one is named, and in a group or listed by userid, if any are.
    pub fn let_in(&self, user: &impl Person) -> bool {
        self.corp_id.as_deref().is_none_or(|corp| corp == user.corp_id()) && self.list(user)
    }

    fn list(&self, user: &impl Person) -> bool {
        match (&self.groups, &self.users) {
            (None, None) => true,
            (Some(Items::Nobody), _) | (_, Some(Items::Nobody)) => false,
            (groups, users) => {
                let by_group = |group: &Group| group.holds(user);
                let by_userid = |userid: &String| userid == user.userid();
                groups.as_ref().is_some_and(|items| items.any(by_group))
                    || users.as_ref().is_some_and(|items| items.any(by_userid))
            }
        }
    }
}

impl<T> Items<T> {
    fn any(&self, fits: impl Fn(&T) -> bool) -> bool {
        match self {
            Self::Listed(items) => items.iter().any(fits),
            Self::Nobody => false,
        }
    }
}

impl Group {
    fn holds(&self, user: &impl Person) -> bool {
        match self {
            Self::Role(role) => user.role() == role,
            Self::Department(wanted) => user.departments().any(|department| is_in(department, wanted)),
        }
    }
}

fn is_in(department: &str, wanted: &str) -> bool {
    if wanted.contains('/') {
        let rest = department.strip_prefix(wanted);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    } else {
        department.split('/').any(|level| level == wanted)
    }
}

/// `None` for an unknown role: a department cannot be called like a role.
fn group(item: String) -> Option<Group> {
    match item.strip_prefix("role:") {
        Some(role) => ROLES.contains(&role).then(|| Group::Role(role.to_owned())),
        None => Some(Group::Department(item)),
    }
}

fn once<T>(name: &'static str, place: &mut Option<T>, value: T) -> Result<(), Slip> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Slip::Repeated(name)),
    }
}

/// The items between commas, decoded after the split, so that a name can hold a comma as `%2C`.
fn items<T>(name: &'static str, value: &str, read: fn(String) -> Option<T>) -> Result<Items<T>, Slip> {
    let mut listed = Vec::new();
    for item in value.split(',') {
        let item = decoded(name, item)?;
        if item.trim().is_empty() {
            return Ok(Items::Nobody);
        }
        listed.push(read(item).ok_or(Slip::Malformed(name))?);
    }
    Ok(Items::Listed(listed))
}

fn trimmed(list: &str) -> String {
    list.split(',').map(|item| item.trim_matches([' ', '\t'])).collect::<Vec<_>>().join(",")
}

/// Decodes escapes once. A plus stays a plus: this is no form, and departments are called C++.
fn decoded(name: &'static str, text: &str) -> Result<String, Slip> {
    if !escapes_are_whole(text) {
        return Err(Slip::Malformed(name));
    }
    let text = percent_decode_str(text).decode_utf8().map_err(|_| Slip::Malformed(name))?;
    if text.chars().any(char::is_control) { Err(Slip::Malformed(name)) } else { Ok(text.into_owned()) }
}

pub fn escapes_are_whole(text: &str) -> bool {
    let whole = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    text.split('%').skip(1).all(whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        ids::{CorpId, DingUserId},
        users::{Role, Status, User},
    };

    fn zhangsan() -> User {
        User {
            id: 1,
            corp_id: CorpId::new("dingcorp").unwrap(),
            userid: DingUserId::new("zhangsan").unwrap(),
            unionid: None,
            name: "张三".to_owned(),
            mobile: None,
            email: None,
            department: Some("总部/研发部/后端组;财务".to_owned()),
            title: None,
            role: Role::User,
            status: Status::Active,
            disabled_because: None,
            source: "cli".to_owned(),
            created_at: 0,
            updated_at: 0,
            last_signed_in_at: None,
        }
    }

    /// What lets 张三 in, alone.
    const IN: [&str; 6] =
        ["groups=财务", "groups=研发部", "groups=总部/研发部", "users=zhangsan", "corpid=dingcorp", "users=a,zhangsan"];
    const ITEMS: [&str; 26] = [
        "zhangsan",
        "zhangsan",
        "财务",
        "财务",
        "",
        " ",
        "%20",
        "%09",
        "+",
        "zhangsan",
        "Zhangsan",
        "财务",
        "研发部",
        "部",
        "/",
        "总部/",
        "role:admin",
        "role:",
        "role:x",
        "%2C",
        "#",
        "zhangsan#",
        "%",
        "%zz",
        "%FF",
        "%00",
    ];

    fn query() -> impl Strategy<Value = String> {
        let name = prop::sample::select(
            &["groups", "groups", "groups", "users", "users", "corpid", "group", "Groups", "%67roups", ""][..],
        );
        let items = proptest::collection::vec(prop::sample::select(&ITEMS[..]), 0..4);
        let pair = (name, items).prop_map(|(name, items)| format!("{name}={}", items.join(",")));
        let pair =
            prop_oneof![4 => pair, 2 => prop::sample::select(&IN[..]).prop_map(str::to_owned), 1 => any::<String>()];
        proptest::collection::vec(pair, 0..4).prop_map(|pairs| pairs.join("&"))
    }

    /// A person passes only if each parameter came once, is known, has no empty item and lets the person in.
    fn a_slip_closes(query: &str) -> Result<(), TestCaseError> {
        let Ok(rules) = Rules::of_query(Some(query)) else { return Ok(()) };
        prop_assert!(!query.contains('#'), "proxies cut {query} there");
        let mut seen = Vec::new();
        let mut lists = Vec::new();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        for (name, value) in pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
            prop_assert!(["groups", "users", "corpid"].contains(&name) && !seen.contains(&name), "{query}");
            seen.push(name);
            let items = value.split(',').map(|item| percent_decode_str(item).decode_utf8_lossy().into_owned());
            lists.push((name, items.collect::<Vec<_>>()));
        }
        if !rules.let_in(&zhangsan()) {
            return Ok(());
        }
        let groups = ["财务", "总部", "研发部", "后端组", "总部/研发部", "role:user"];
        let fits = |(name, items): &(&str, Vec<String>)| match *name {
            "groups" => items.iter().any(|item| groups.contains(&item.as_str())),
            "users" => items.iter().any(|item| item == "zhangsan"),
            _ => items.join(",") == "dingcorp",
        };
        let (corps, lists): (Vec<_>, Vec<_>) = lists.into_iter().partition(|(name, _)| *name == "corpid");
        prop_assert!(lists.iter().all(|(_, items)| items.iter().all(|item| !item.trim().is_empty())), "{query}");
        prop_assert!(corps.iter().all(fits) && (lists.is_empty() || lists.iter().any(fits)), "{query}");
        Ok(())
    }

    #[test]
    fn settings_restrict_by_the_gates_words_and_an_empty_one_restricts_nobody() {
        let allows = |groups, users, corp| Rules::of_settings(groups, users, corp).unwrap().let_in(&zhangsan());
        assert!(allows("", "", ""));
        assert!(allows("研发部,role:admin", "", "") && allows("role:admin", "zhangsan", "dingcorp"));
        assert!(!allows("role:admin", "", "") && !allows("", "lisi", "") && !allows("", "", "dingother"));
        assert!(!allows("财务,", "", "") && !allows("财务", " ", ""), "an empty item lets nobody in");
        assert!(allows("role:admin, 研发部", "", "") && allows("", "lisi ,\tzhangsan", ""), "lists have blanks");
        assert!(!allows("%20研发部", "", "") && !allows("研 发部", "", ""), "a blank that is written out stays");
        for (groups, users, corp) in [("role:x", "", ""), ("100%", "", ""), ("", "%zz", ""), ("", "", "a\nb")] {
            assert!(Rules::of_settings(groups, users, corp).is_err(), "{groups} {users} {corp}");
        }
    }

    #[test]
    fn what_is_hardly_meant_can_be_told() {
        let check = |groups, users, corp, expected| {
            let rules = Rules::of_settings(groups, users, corp).unwrap();
            assert_eq!((rules.lets_in_nobody(), rules.hold_for_every_corp()), expected, "{groups} {users} {corp}");
        };
        check("", "", "", (false, false));
        check("a", "", "", (false, true));
        check("", "a", "dingcorp", (false, false));
        check("a, ,b", "", "dingcorp", (true, false));
        check("a", " ", "", (true, true));
    }

    #[test]
    fn every_role_can_be_named() {
        for role in [Role::User, Role::Admin] {
            assert!(ROLES.contains(&role.as_str()));
        }
    }

    #[test]
    fn what_was_tried_before_is_tried_again() {
        for query in crate::corpus::lines::<String>("rules.jsonl") {
            a_slip_closes(&query).unwrap_or_else(|error| panic!("{query}: {error}"));
        }
    }

    proptest! {
        #[test]
        fn a_slip_never_opens_an_app(query in query()) {
            a_slip_closes(&query)?;
        }

        /// Parameters of the app's own query can close, never open.
        #[test]
        fn rules_among_others_only_narrow(query in query()) {
            let closed = |rules: Result<Rules, Slip>| rules.is_err_and(|_| true);
            if let Ok(rules) = Rules::of_query(Some(&query)) && rules.corp_id().is_none() {
                prop_assert_eq!(Rules::among_others(Some(&query)), Ok(rules));
            }
            for empty in ["groups=", "users=", "groups=a,,b", "users=%20"] {
                let query = format!("{query}&{empty}");
                let rules = Rules::among_others(Some(&query));
                prop_assert!(closed(rules) || !Rules::among_others(Some(&query)).unwrap().let_in(&zhangsan()), "{query}");
            }
        }
    }
}
