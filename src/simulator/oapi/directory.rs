//! Departments, their members, and what of them an app may see.

use serde_json::{Value, json};

use super::{
    super::company::{Employee, ROOT_DEPARTMENT},
    Authorised, Call, PlatformResponse, PlatformState, authorise, people, refuse,
};

const PAGE_LIMIT: i64 = 100;

/// `/topapi/v2/department/listsub`: the departments directly below one, those in scope only.
pub fn list_sub(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let (by, dept_id) = match department(state, call, "qyapi_get_department_list", true) {
        Ok(found) => found,
        Err(refusal) => return refusal,
    };
    let in_scope = |id| by.app.is_none_or(|app| by.corp.department_in_scope(app, id));
    let below = by.corp.children(dept_id).filter(|child| in_scope(child.dept_id)).map(|child| {
        json!({
            "dept_id": child.dept_id,
            "name": child.name,
            "parent_id": child.parent_id,
            "create_dept_group": false,
            "auto_add_user": false,
        })
    });
    PlatformResponse::ok(json!({ "result": below.collect::<Vec<_>>() }))
}

/// `/topapi/v2/department/listsubid`: the same as bare numbers, whatever the scope.
pub fn list_sub_id(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    match department(state, call, "qyapi_get_department_list", false) {
        Ok((by, dept_id)) => {
            let below: Vec<_> = by.corp.children(dept_id).map(|child| child.dept_id).collect();
            PlatformResponse::ok(json!({ "result": { "dept_id_list": below } }))
        }
        Err(refusal) => refusal,
    }
}

/// `/topapi/v2/user/list`: the members of one department itself, by pages.
pub fn list_users(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let (by, dept_id) = match department(state, call, "qyapi_get_department_member", true) {
        Ok(found) => found,
        Err(refusal) => return refusal,
    };
    let (Some(cursor), Some(size)) = (call.number("cursor"), call.number("size")) else {
        return refuse(400002);
    };
    // The limit is documented for a sibling of this call only.
    if size > PAGE_LIMIT {
        return refuse(40069);
    }
    let (Ok(cursor), Ok(size @ 1..)) = (usize::try_from(cursor), usize::try_from(size)) else {
        return refuse(400002);
    };
    let mut from_here = by.corp.members(dept_id).skip(cursor);
    let page: Vec<_> = from_here.by_ref().take(size).map(|employee| list_entry(&by, dept_id, employee)).collect();
    let next = cursor + page.len();
    let has_more = from_here.next().is_some();
    let mut result = json!({ "has_more": has_more, "list": page });
    if has_more {
        result["next_cursor"] = json!(next);
    }
    PlatformResponse::ok(json!({ "result": result }))
}

fn list_entry(by: &Authorised<'_>, dept_id: i64, employee: &Employee) -> Value {
    let mut fields = people::common_fields(by.app, employee);
    fields.insert("dept_order".into(), json!(1));
    fields.insert("leader".into(), json!(employee.leader_of.contains(&dept_id)));
    Value::Object(fields)
}

/// `/topapi/user/listid`: all members of one department itself as bare ids, whatever the scope.
pub fn list_user_ids(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    match department(state, call, "qyapi_get_member", false) {
        Ok((by, dept_id)) => {
            let members: Vec<_> = by.corp.members(dept_id).map(|employee| &employee.userid).collect();
            PlatformResponse::ok(json!({ "result": { "userid_list": members } }))
        }
        Err(refusal) => refusal,
    }
}

/// `/auth/scopes`: what of the address book the app may see.
pub fn scopes(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let by = match authorise(state, call, None) {
        Ok(by) => by,
        Err(refusal) => return refusal,
    };
    let (users, departments, fields) = match by.app {
        Some(app) => (app.authed_users.clone(), app.authed_depts.clone(), app.user_fields.clone()),
        None => (Vec::new(), vec![ROOT_DEPARTMENT], vec!["mobile".into(), "email".into(), "org_email".into()]),
    };
    PlatformResponse::ok(json!({
        "auth_user_field": fields,
        "auth_org_scopes": { "authed_user": users, "authed_dept": departments },
        "condition_field": [],
    }))
}

/// The department that a call is about; the root when it names none, as listsub is documented for.
fn department<'a>(
    state: &'a PlatformState,
    call: &Call,
    permission: &str,
    in_scope_only: bool,
) -> Result<(Authorised<'a>, i64), PlatformResponse> {
    let by = authorise(state, call, Some(permission))?;
    let dept_id = match call.param("dept_id") {
        None => ROOT_DEPARTMENT,
        Some(text) => text.parse().map_err(|_| refuse(400002))?,
    };
    if !by.corp.has_department(dept_id) {
        return Err(refuse(60003));
    }
    if in_scope_only && by.app.is_some_and(|app| !by.corp.department_in_scope(app, dept_id)) {
        return Err(refuse(50004));
    }
    Ok((by, dept_id))
}
