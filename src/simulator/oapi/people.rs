//! Whose code is this, and who is that: `getuserinfo`, `user/get`, unionid to userid.

use serde_json::{Map, Value, json};

use super::{
    super::{
        codes::Grant,
        company::{Employee, MicroApp},
    },
    Authorised, Call, PlatformResponse, PlatformState, authorise, refuse,
};

pub fn get_user_info_v2(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    match exchange(state, call) {
        Ok(employee) => PlatformResponse::ok(json!({ "result": {
            "userid": employee.userid,
            "unionid": employee.unionid,
            "associated_unionid": employee.unionid,
            "name": employee.name,
            "device_id": DEVICE,
            "sys": is_sys(&employee),
            "sys_level": employee.sys_level,
        } })),
        Err(refusal) => refusal,
    }
}

pub fn get_user_info(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    match exchange(state, call) {
        Ok(employee) => PlatformResponse::ok(json!({
            "userid": employee.userid,
            "name": employee.name,
            "deviceId": DEVICE,
            "is_sys": is_sys(&employee),
            "sys_level": employee.sys_level,
        })),
        Err(refusal) => refusal,
    }
}

const DEVICE: &str = "simulated-device";

fn is_sys(employee: &Employee) -> bool {
    employee.sys_level == 1 || employee.sys_level == 2
}

/// Spends a code that was minted for the very app that asks; an organisation's own token takes any app's.
fn exchange(state: &mut PlatformState, call: &Call) -> Result<Employee, PlatformResponse> {
    let by = authorise(state, call, Some("qyapi_base"))?;
    let code = call.param("code").ok_or_else(|| refuse(40035))?;
    let (asking_corp, asking_app) = (by.corp.corp_id.clone(), by.app.map(|app| app.client_id.clone()));
    let now = state.clock.now();
    let userid = state.codes.spend(&code, now, |grant| match grant {
        Grant::Employee { corp_id, client_id, userid } => {
            let fits = *corp_id == asking_corp && (asking_app.is_none() || *client_id == asking_app);
            fits.then(|| userid.clone())
        }
        _ => None,
    });
    let corp = state.company.corp(&asking_corp);
    let employee = userid.and_then(|userid| corp?.employee(&userid));
    // The person may have left since.
    employee.cloned().ok_or_else(|| refuse(40078))
}

pub fn get_user(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let by = match authorise(state, call, None) {
        Ok(by) => by,
        Err(refusal) => return refusal,
    };
    let Some(userid) = call.param("userid") else {
        return refuse(400002);
    };
    match by.corp.employee(&userid) {
        None => refuse(60121),
        Some(employee) if by.app.is_some_and(|app| !by.corp.employee_in_scope(app, employee)) => refuse(50002),
        Some(employee) => PlatformResponse::ok(json!({ "result": details(&by, employee) })),
    }
}

/// An employee as `user/get` tells it. Empty fields are left out, as are those the app may not see.
fn details(by: &Authorised<'_>, employee: &Employee) -> Value {
    let orders: Vec<_> = employee.departments().iter().map(|id| json!({ "dept_id": id, "order": 1 })).collect();
    let leads = |id: &i64| json!({ "dept_id": id, "leader": employee.leader_of.contains(id) });
    let leader: Vec<_> = employee.departments().iter().map(leads).collect();
    let mut fields = common_fields(by.app, employee);
    fields.insert("dept_order_list".into(), Value::Array(orders));
    fields.insert("leader_in_dept".into(), Value::Array(leader));
    fields.insert("real_authed".into(), Value::Bool(true));
    fields.insert("senior".into(), Value::Bool(false));
    fields.insert("role_list".into(), Value::Array(Vec::new()));
    Value::Object(fields)
}

pub fn common_fields(app: Option<&MicroApp>, employee: &Employee) -> Map<String, Value> {
    let may_see = |field: &str| app.is_none_or(|app| app.user_fields.iter().any(|seen| seen == field));
    let texts = [
        ("userid", &employee.userid, true),
        ("unionid", &employee.unionid, true),
        ("name", &employee.name, true),
        ("avatar", &employee.avatar, true),
        ("mobile", &employee.mobile, may_see("mobile")),
        ("email", &employee.email, may_see("email")),
        ("org_email", &employee.org_email, may_see("org_email")),
        ("title", &employee.title, true),
        ("job_number", &employee.job_number, true),
        ("manager_userid", &employee.manager_userid, true),
    ];
    let shown = texts.into_iter().filter(|(_, text, may_see)| *may_see && !text.is_empty());
    let mut fields: Map<_, _> = shown.map(|(name, text, _)| (name.to_owned(), json!(text))).collect();
    if fields.contains_key("mobile") {
        fields.insert("state_code".into(), json!("86"));
    }
    fields.insert("hide_mobile".into(), json!(false));
    fields.insert("dept_id_list".into(), json!(employee.departments()));
    fields.insert("active".into(), json!(employee.active));
    fields.insert("admin".into(), json!(is_sys(employee)));
    fields.insert("boss".into(), json!(employee.sys_level == 100));
    fields.insert("exclusive_account".into(), json!(false));
    fields
}

pub fn get_by_unionid_v2(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    match find_by_unionid(state, call) {
        Ok((contact_type, userid)) => {
            PlatformResponse::ok(json!({ "result": { "contact_type": contact_type, "userid": userid } }))
        }
        Err(refusal) => refusal,
    }
}

pub fn get_by_unionid(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    match find_by_unionid(state, call) {
        Ok((contact_type, userid)) => PlatformResponse::ok(json!({ "contactType": contact_type, "userid": userid })),
        Err(refusal) => refusal,
    }
}

/// Contact type 0 is an employee, 1 somebody outside.
fn find_by_unionid(state: &PlatformState, call: &Call) -> Result<(u8, String), PlatformResponse> {
    let corp = authorise(state, call, None)?.corp;
    let unionid = call.param("unionid").ok_or_else(|| refuse(400002))?;
    let employee = corp.employees.iter().find(|employee| employee.unionid == unionid);
    let outside = || corp.external_contacts.iter().find(|contact| contact.unionid == unionid);
    employee
        .map(|employee| (0, employee.userid.clone()))
        .or_else(|| outside().map(|contact| (1, contact.userid.clone())))
        .ok_or_else(|| refuse(60121))
}
