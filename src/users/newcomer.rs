//! An employee as a new row (pure).

use super::{Change, NewUser, check};
use crate::{
    dingtalk::{
        EmployeeDetails,
        departments::{self, DepartmentPath},
    },
    ids::{CorpId, DingUserId},
};

/// The row of an employee who signs in for the first time, without what an import would refuse. A person whose name is
/// refused is called by the userid.
pub fn newcomer(
    corp_id: CorpId,
    userid: DingUserId,
    employee: &EmployeeDetails,
    departments: &[DepartmentPath],
) -> NewUser {
    let (department, left_out) = departments::to_column(departments);
    if left_out > 0 {
        tracing::warn!(userid = userid.as_str(), left_out, "a newcomer has more departments than the table takes");
    }
    let change = Change {
        name: Some(checked(&employee.name, check::name).unwrap_or_else(|| userid.to_string())),
        unionid: employee.unionid.as_ref().map(|id| id.as_str().to_owned()),
        mobile: checked(&employee.mobile, check::mobile),
        email: checked(&employee.email, check::email),
        department: Some(department),
        title: checked(&employee.title, check::title),
        ..Change::default()
    };
    NewUser { corp_id, userid, change }
}

fn checked(value: &Option<String>, check: fn(&str) -> Result<String, check::BadValue>) -> Option<String> {
    value.as_deref().and_then(|text| check(text).ok()).filter(|text| !text.is_empty())
}
