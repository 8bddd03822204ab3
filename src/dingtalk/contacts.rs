//! Employees and departments, as the directory (通讯录) shows them.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use serde_json::json;
use tokio::time::timeout;

use super::{
    DingtalkApp, DingtalkError, ROOT,
    client::{Repeat, object},
    departments::{DepartmentName, DepartmentPath},
    response::ApiResponse,
};
use crate::ids::{DingUserId, UnionId};

/// A path is given up after this many calls for sub-departments.
const MOST_DEPARTMENTS: usize = 300;
/// The walk's time limit, as a multiple of one call's: somebody is waiting for it.
const LONGEST_WALK: u32 = 4;
pub(super) const SUB_DEPARTMENTS: &str = "/topapi/v2/department/listsub";

/// A field that the app may not read is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmployeeDetails {
    pub name: Option<String>,
    pub unionid: Option<UnionId>,
    /// Needs 企业员工手机号信息.
    pub mobile: Option<String>,
    /// Needs 邮箱等个人信息. The address that administrators set, or else the person's own.
    pub email: Option<String>,
    pub title: Option<String>,
    /// The departments that the employee is a direct member of.
    pub departments: Vec<i64>,
}

impl EmployeeDetails {
    pub(super) fn read(employee: &ApiResponse) -> Self {
        let text = |name: &str| employee.optional_text(name).map(str::to_owned);
        Self {
            name: text("name"),
            unionid: employee.optional_text("unionid").and_then(|text| UnionId::new(text).ok()),
            mobile: text("mobile"),
            // Apps trust it, so the organisation's address takes precedence over one that people enter themselves.
            email: text("org_email").or_else(|| text("email")),
            title: text("title"),
            departments: employee.numbers("dept_id_list"),
        }
    }
}

impl DingtalkApp {
    /// An employee's details (`topapi/v2/user/get`, open.dingtalk.com, read 2026-08-22).
    ///
    /// # Errors
    /// `NoSuchUser` when the corp has no such employee.
    pub async fn employee(&self, userid: &DingUserId) -> Result<EmployeeDetails, DingtalkError> {
        let body = || object([("userid", json!(userid)), ("language", json!("zh_CN"))]);
        let result = self.call("/topapi/v2/user/get", body, Repeat::Reads).await?.result()?;
        Ok(EmployeeDetails::read(&result))
    }

    /// The departments' paths below the root, such as `研发部/后端组`, in the order of `wanted`.
    ///
    /// DingTalk has no call from a department to its parents: the tree is walked from the root, level by level,
    /// until all are found (`topapi/v2/department/listsub`). What is not found, or hidden from the app, is left out.
    ///
    /// # Errors
    /// When a call fails, or all of them take too long; nothing is guessed from half a tree.
    pub async fn department_paths(&self, wanted: &[i64]) -> Result<Vec<DepartmentPath>, DingtalkError> {
        let too_slow = |_| {
            let why = "walking through the departments took too long".into();
            Err(DingtalkError::Unreachable { call: SUB_DEPARTMENTS, why })
        };
        timeout(self.client.timeout().saturating_mul(LONGEST_WALK), self.walk(wanted)).await.unwrap_or_else(too_slow)
    }

    async fn walk(&self, wanted: &[i64]) -> Result<Vec<DepartmentPath>, DingtalkError> {
        let mut found: HashMap<i64, DepartmentPath> = HashMap::new();
        let mut open = VecDeque::from([(ROOT, None)]);
        let mut asked = 0;
        while let Some((parent, path)) = open.pop_front() {
            let missing = wanted.iter().any(|id| *id != ROOT && !found.contains_key(id));
            if !missing || asked == MOST_DEPARTMENTS {
                break;
            }
            asked += 1;
            let body = || object([("dept_id", json!(parent))]);
            let children = self.call(SUB_DEPARTMENTS, body, Repeat::Reads).await?.result_list()?;
            let children: Vec<_> = children.iter().filter_map(number_and_name).filter(|(id, _)| *id != ROOT).collect();
            for ((id, _), name) in children.iter().zip(DepartmentName::of_siblings(&children)) {
                // A department that is listed twice, or as its own ancestor, stays where it was and is visited once.
                if let Entry::Vacant(place) = found.entry(*id) {
                    let path = DepartmentPath::below(path.as_ref(), &name);
                    open.push_back((*id, Some(path.clone())));
                    place.insert(path);
                }
            }
        }
        Ok(wanted.iter().filter_map(|id| found.remove(id)).collect())
    }
}

/// A department without a name still has others below it.
fn number_and_name(department: &ApiResponse) -> Option<(i64, &str)> {
    Some((department.number("dept_id")?, department.optional_text("name").unwrap_or_default()))
}
