//! An employee as a new row (pure).

use super::{Change, NewUser, check};
use crate::{
    dingtalk::{
        EmployeeDetails,
        departments::{self, DepartmentPath},
    },
    i18n::BadValue,
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
    let mut change = said_of(&userid, employee, departments);
    change.name.get_or_insert_with(|| userid.to_string());
    NewUser { corp_id, userid, change }
}

/// What DingTalk says of an employee; what it leaves out, or the table does not take, is `None`.
pub fn said_of(userid: &DingUserId, employee: &EmployeeDetails, departments: &[DepartmentPath]) -> Change {
    let (department, left_out) = departments::to_column(departments);
    if left_out > 0 {
        tracing::warn!(userid = userid.as_str(), left_out, "an employee has more departments than the table takes");
    }
    Change {
        name: checked(&employee.name, check::name),
        unionid: employee.unionid.as_ref().map(|id| id.as_str().to_owned()),
        mobile: checked(&employee.mobile, check::mobile),
        email: checked(&employee.email, check::email),
        // Everybody is in a department, if only in the root.
        department: Some(department).filter(|_| !employee.departments.is_empty()),
        title: checked(&employee.title, check::title),
        ..Change::default()
    }
}

fn checked(value: &Option<String>, check: fn(&str) -> Result<String, BadValue>) -> Option<String> {
    value.as_deref().and_then(|text| check(text).ok()).filter(|text| !text.is_empty())
}
