//! The simulated phone: who holds it, and what its client does for a page that asks for a code.

use serde::Serialize;
use url::Url;

use super::{
    codes::Grant,
    company::{Company, Corp},
    state::PlatformState,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("the client refuses with {error_code}: {error_message}")]
pub struct ClientRefusal {
    /// `errorCode` as the page's onFail gets it: `3` carries the server's text.
    pub error_code: String,
    pub error_message: String,
}

impl ClientRefusal {
    pub fn by_server(text: &str) -> Self {
        Self { error_code: "3".into(), error_message: text.into() }
    }
}

/// Somebody who can be chosen to hold the phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// A userid; for people outside the openid, or else the unionid.
    pub id: String,
    pub name: String,
    pub detail: String,
    /// Whether the person belongs to the organisation that the page asks about.
    pub member: bool,
}

/// Everybody who could open a page of this organisation: its employees first, then people outside.
pub fn people(company: &Company, corp: &Corp) -> Vec<Person> {
    let mut people: Vec<_> = corp.employees.iter().map(|employee| employee_as_person(corp, employee, true)).collect();
    for other in company.corps.iter().filter(|other| other.corp_id != corp.corp_id) {
        people.extend(other.employees.iter().map(|employee| employee_as_person(other, employee, false)));
    }
    let works_here = |unionid: &str| corp.employees.iter().any(|employee| employee.unionid == unionid);
    let followers = corp.channel.iter().flat_map(|channel| &channel.followers);
    let outside = followers.filter(|follower| !works_here(&follower.unionid)).map(|follower| Person {
        id: follower.openid.clone(),
        name: follower.nickname.clone(),
        detail: if follower.subscribed { "服务窗关注者".into() } else { "未关注服务窗".into() },
        member: false,
    });
    people.extend(outside);
    let contacts = corp.external_contacts.iter().map(|contact| Person {
        id: contact.unionid.clone(),
        name: contact.name.clone(),
        detail: "外部联系人".into(),
        member: false,
    });
    people.extend(contacts);
    people
}

fn employee_as_person(corp: &Corp, employee: &super::company::Employee, member: bool) -> Person {
    let department_name = |id: &i64| match corp.departments.iter().find(|department| department.dept_id == *id) {
        Some(department) => department.name.clone(),
        None => corp.name.clone(),
    };
    let departments: Vec<_> = employee.departments().iter().map(department_name).collect();
    Person {
        id: employee.userid.clone(),
        name: employee.name.clone(),
        detail: format!("{} {}", departments.join("、"), employee.title).trim_end().to_owned(),
        member,
    }
}

/// The organisation that a page names.
///
/// # Errors
/// The server's text when the page names none, or one that is not known; the literal `$CORPID$` of a page
/// that was not opened from the workbench is such a one.
pub fn corp<'a>(state: &'a PlatformState, corp_id: &str) -> Result<&'a Corp, ClientRefusal> {
    if corp_id.is_empty() {
        return Err(ClientRefusal::by_server("1002 , corpId or redirectURI is blank"));
    }
    state.company.corp(corp_id).ok_or_else(|| ClientRefusal::by_server("1002,corpId不合法"))
}

/// The app that a page is of: the one it names by client id, else by `agentid` in its own address, else the
/// first that admits the page's host. `None` in an organisation that has no apps but an old corpSecret.
pub fn app_of_page(corp: &Corp, client_id: Option<&str>, page: &str) -> Result<Option<String>, ClientRefusal> {
    let url = Url::parse(page).ok();
    let host = url.as_ref().map(host_and_port).unwrap_or_default();
    let agent_id = url.as_ref().and_then(|url| {
        let named = url.query_pairs().find(|(name, _)| name.eq_ignore_ascii_case("agentid"));
        named.map(|(_, value)| value.into_owned())
    });
    if corp.apps.is_empty() && corp.corp_secret.is_some() && client_id.is_none() {
        return Ok(None);
    }
    let fits = |app: &&super::company::MicroApp| {
        app.published
            && app.admits_host(&host)
            && client_id.is_none_or(|id| app.client_id == id)
            // A number that no app has says nothing: pages use the parameter for their own purposes too.
            && (client_id.is_some() || agent_id.as_deref().is_none_or(|id| app.agent_id == id || !has_agent(corp, id)))
    };
    let app = corp.apps.iter().find(fits);
    app.map(|app| Some(app.client_id.clone()))
        .ok_or_else(|| ClientRefusal::by_server(&format!("对应企业没有{host}域名微应用")))
}

fn has_agent(corp: &Corp, agent_id: &str) -> bool {
    corp.apps.iter().any(|app| app.agent_id == agent_id)
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A 免登 code for whoever holds the phone.
pub fn employee_code(
    state: &mut PlatformState,
    corp_id: &str,
    client_id: Option<String>,
    person: &str,
) -> Result<String, ClientRefusal> {
    if corp(state, corp_id)?.employee(person).is_none() {
        return Err(ClientRefusal::by_server("1002,err msg uid is not in employee for orgid"));
    }
    let grant = Grant::Employee { corp_id: corp_id.to_owned(), client_id, userid: person.to_owned() };
    Ok(state.codes.mint(grant, state.clock.now()))
}

/// A service-window code for whoever holds the phone: an openid, or an employee who is also known there.
///
/// # Errors
/// A text of our own when the organisation has no service window, or that person never opened it.
pub fn follower_code(state: &mut PlatformState, corp_id: &str, person: &str) -> Result<String, ClientRefusal> {
    let corp = corp(state, corp_id)?;
    let channel = corp.channel.as_ref().ok_or_else(|| ClientRefusal::by_server("1002,对应企业没有服务窗"))?;
    let unionid = corp.employee(person).map_or(person, |employee| &employee.unionid);
    let found = channel.followers.iter().find(|follower| follower.openid == person || follower.unionid == unionid);
    let openid = found.map(|follower| follower.openid.clone());
    let openid = openid.ok_or_else(|| ClientRefusal::by_server("1002,服务窗没有该用户"))?;
    let grant = Grant::Follower { corp_id: corp_id.to_owned(), openid };
    Ok(state.codes.mint(grant, state.clock.now()))
}
