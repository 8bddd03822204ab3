//! Who and what there is behind the simulated platform: organisations, their people and their apps.

use serde::{Deserialize, Serialize};

/// The department that every organisation has and every other department is below.
pub const ROOT_DEPARTMENT: i64 = 1;

/// All organisations that one simulated platform knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    pub corps: Vec<Corp>,
}

impl Company {
    pub fn corp(&self, corp_id: &str) -> Option<&Corp> {
        self.corps.iter().find(|corp| corp.corp_id == corp_id)
    }

    pub fn corp_mut(&mut self, corp_id: &str) -> Option<&mut Corp> {
        self.corps.iter_mut().find(|corp| corp.corp_id == corp_id)
    }

    pub fn app(&self, client_id: &str) -> Option<(&Corp, &MicroApp)> {
        self.corps.iter().find_map(|corp| corp.app(client_id).map(|app| (corp, app)))
    }
}

/// One organisation (企业).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Corp {
    pub corp_id: String,
    /// What people call it; also the name of its root department.
    pub name: String,
    /// The old secret that pairs with the corpId; `None` for an organisation that never had one.
    pub corp_secret: Option<String>,
    /// Departments below the root, in any order. The root (1) is not listed.
    pub departments: Vec<Department>,
    pub employees: Vec<Employee>,
    /// People outside whom the organisation keeps in its address book.
    pub external_contacts: Vec<ExternalContact>,
    pub apps: Vec<MicroApp>,
    pub channel: Option<Channel>,
    /// The only hash with which its pages may be signed, `sha1` or `sha256`; `None`: either.
    pub only_hash: Option<String>,
}

impl Corp {
    pub fn app(&self, client_id: &str) -> Option<&MicroApp> {
        self.apps.iter().find(|app| app.client_id == client_id)
    }

    pub fn employee(&self, userid: &str) -> Option<&Employee> {
        self.employees.iter().find(|employee| employee.userid == userid)
    }

    /// Whether there is such a department; the root always is.
    pub fn has_department(&self, dept_id: i64) -> bool {
        dept_id == ROOT_DEPARTMENT || self.departments.iter().any(|department| department.dept_id == dept_id)
    }

    pub fn children(&self, dept_id: i64) -> impl Iterator<Item = &Department> {
        self.departments.iter().filter(move |department| department.parent_id == dept_id)
    }

    /// The people who sit in `dept_id` itself, not further down.
    pub fn members(&self, dept_id: i64) -> impl Iterator<Item = &Employee> {
        self.employees.iter().filter(move |employee| employee.departments().contains(&dept_id))
    }

    /// Whether `app` may see this department: it or one above it was granted.
    pub fn department_in_scope(&self, app: &MicroApp, dept_id: i64) -> bool {
        let mut dept_id = dept_id;
        // As many steps as there are departments: a company file may hold a circle.
        for _ in 0..=self.departments.len() {
            if app.authed_depts.contains(&dept_id) {
                return true;
            }
            match self.departments.iter().find(|department| department.dept_id == dept_id) {
                Some(department) => dept_id = department.parent_id,
                None => return false,
            }
        }
        false
    }

    /// Whether `app` may see this employee: granted by name, or through one of the departments.
    pub fn employee_in_scope(&self, app: &MicroApp, employee: &Employee) -> bool {
        app.authed_users.contains(&employee.userid)
            || employee.departments().iter().any(|dept_id| self.department_in_scope(app, *dept_id))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Department {
    pub dept_id: i64,
    /// Its own name, without those above it.
    pub name: String,
    /// The department above; 1 is the root.
    pub parent_id: i64,
}

/// A person who works here. Empty texts are left out of answers, as the platform does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Employee {
    pub userid: String,
    /// The id that is the same for all apps of one developer organisation.
    pub unionid: String,
    pub name: String,
    pub mobile: String,
    /// The private mail address on file.
    pub email: String,
    /// The mail address that the organisation gave.
    pub org_email: String,
    pub title: String,
    /// 工号: neither unique nor mandatory.
    pub job_number: String,
    pub avatar: String,
    /// Where the person sits; empty means the root.
    pub dept_ids: Vec<i64>,
    pub leader_of: Vec<i64>,
    pub manager_userid: String,
    /// 1 main admin, 2 sub-admin, 100 boss, 0 anybody else.
    pub sys_level: i64,
    pub active: bool,
}

impl Default for Employee {
    fn default() -> Self {
        Self {
            userid: String::new(),
            unionid: String::new(),
            name: String::new(),
            mobile: String::new(),
            email: String::new(),
            org_email: String::new(),
            title: String::new(),
            job_number: String::new(),
            avatar: String::new(),
            dept_ids: Vec::new(),
            leader_of: Vec::new(),
            manager_userid: String::new(),
            sys_level: 0,
            active: true,
        }
    }
}

impl Employee {
    /// Where the person sits, which is never nowhere.
    pub fn departments(&self) -> &[i64] {
        if self.dept_ids.is_empty() { &[ROOT_DEPARTMENT] } else { &self.dept_ids }
    }
}

/// A person outside who is in the organisation's address book (外部联系人).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExternalContact {
    pub userid: String,
    pub unionid: String,
    pub name: String,
}

/// A micro-app of one organisation, with what its console pages hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MicroApp {
    pub name: String,
    pub agent_id: String,
    /// Client ID, formerly AppKey.
    pub client_id: String,
    /// Client Secret, formerly AppSecret.
    pub client_secret: String,
    /// Hosts (with port where it is not the usual one) whose pages may ask for a code; empty: any page may.
    pub domains: Vec<String>,
    /// Addresses (重定向URL) that a browser sign-in may end at, compared as text; empty: any.
    pub redirect_urls: Vec<String>,
    /// IPv4 addresses that may call (服务器出口IP), `*` for any run of characters; empty: any.
    pub egress_ips: Vec<String>,
    /// Whether a version was published: before that its credentials are refused.
    pub published: bool,
    /// Permissions that were *not* granted, such as `qyapi_get_department_member` or `Contact.User.Read`.
    pub denied_permissions: Vec<String>,
    /// Departments in the address-book scope; `[1]` is everybody.
    pub authed_depts: Vec<i64>,
    /// People in the address-book scope beside those departments.
    pub authed_users: Vec<String>,
    /// Which of an employee's sensitive fields it may see: `mobile`, `email`, `org_email`.
    pub user_fields: Vec<String>,
    /// 事件订阅 by HTTP: where events are pushed; empty: nowhere.
    pub callback_url: String,
    pub event_token: String,
    /// 43 characters.
    pub event_aes_key: String,
}

impl Default for MicroApp {
    fn default() -> Self {
        Self {
            name: String::new(),
            agent_id: String::new(),
            client_id: String::new(),
            client_secret: String::new(),
            domains: Vec::new(),
            redirect_urls: Vec::new(),
            egress_ips: Vec::new(),
            published: true,
            denied_permissions: Vec::new(),
            authed_depts: vec![ROOT_DEPARTMENT],
            authed_users: Vec::new(),
            user_fields: ["mobile", "email", "org_email"].map(String::from).to_vec(),
            callback_url: String::new(),
            event_token: String::new(),
            event_aes_key: String::new(),
        }
    }
}

impl MicroApp {
    /// Whether a page on `host` (with its port where it shows one) may ask for a code.
    pub fn admits_host(&self, host: &str) -> bool {
        self.domains.is_empty() || self.domains.iter().any(|domain| domain.eq_ignore_ascii_case(host))
    }

    pub fn admits_ip(&self, address: &str) -> bool {
        self.egress_ips.is_empty() || self.egress_ips.iter().any(|pattern| matches_wildcard(pattern, address))
    }
}

/// A service window (服务窗) that people outside may follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channel {
    pub agent_id: String,
    pub channel_secret: String,
    /// Everybody who ever opened it.
    pub followers: Vec<ChannelFollower>,
}

/// Somebody who opened a service window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelFollower {
    pub openid: String,
    pub unionid: String,
    pub nickname: String,
    /// Whether the person follows now; the platform tells nothing about one who does not.
    pub subscribed: bool,
}

/// One `*` stands for any run of characters, as the console allows it.
fn matches_wildcard(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_in_the_allow_list_stands_for_any_run_of_characters() {
        assert!(matches_wildcard("203.0.113.*", "203.0.113.7"));
        assert!(matches_wildcard("127.0.0.1", "127.0.0.1"));
        assert!(!matches_wildcard("203.0.113.*", "203.0.114.7"));
        assert!(!matches_wildcard("1.1*1.1", "1.1"));
    }
}
