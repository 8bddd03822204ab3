//! The directory (通讯录), one page at a time, for whoever reads all of it. What is missing or cannot be read in a page is an
//! error: nobody may be taken for gone because of it.
//!
//! `topapi/v2/department/listsub` and `topapi/v2/user/list` (open.dingtalk.com, read 2026-08-22). The limit of a page is
//! documented for a sibling of the latter only.

use serde_json::json;

use super::{
    DingtalkApp, DingtalkError, EmployeeDetails,
    client::{Repeat, object},
    contacts::SUB_DEPARTMENTS,
};
use crate::ids::DingUserId;

pub(super) const MEMBERS: &str = "/topapi/v2/user/list";
const PAGE: i64 = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubDepartment {
    pub id: i64,
    /// As DingTalk has it; perhaps empty.
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub userid: DingUserId,
    pub details: EmployeeDetails,
}

/// A page of a department's own members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    pub members: Vec<Member>,
    /// Where the next page begins, if there is one.
    pub next: Option<i64>,
}

impl DingtalkApp {
    /// The departments directly below one.
    ///
    /// # Errors
    /// When the app may not see the department, or anything in the answer cannot be read.
    pub async fn sub_departments(&self, department: i64) -> Result<Vec<SubDepartment>, DingtalkError> {
        let body = || object([("dept_id", json!(department))]);
        let mut response = self.call(SUB_DEPARTMENTS, body, Repeat::Reads).await?;
        let below = response.objects("result")?.into_iter().map(|item| {
            let id = item.number("dept_id").ok_or_else(|| item.unexpected("a department without dept_id"))?;
            Ok(SubDepartment { id, name: item.optional_text("name").unwrap_or_default().to_owned() })
        });
        below.collect()
    }

    /// A page of the members of a department itself, not of those below it. The first begins at 0.
    ///
    /// # Errors
    /// When the app may not see the department, or anything in the answer cannot be read.
    pub async fn members(&self, department: i64, from: i64) -> Result<Members, DingtalkError> {
        let body = || {
            object([
                ("dept_id", json!(department)),
                ("cursor", json!(from)),
                ("size", json!(PAGE)),
                ("language", json!("zh_CN")),
            ])
        };
        let mut result = self.call(MEMBERS, body, Repeat::Reads).await?.result()?;
        let members = result.objects("list")?.into_iter().map(|item| {
            let userid = DingUserId::new(item.text("userid")?);
            let userid = userid.map_err(|why| item.unexpected(&format!("a userid that {why}")))?;
            Ok(Member { userid, details: EmployeeDetails::read(&item) })
        });
        let members = members.collect::<Result<_, DingtalkError>>()?;
        let next = match (result.flag("has_more"), result.number("next_cursor")) {
            (Some(false), _) => None,
            (Some(true), Some(next)) if next > from => Some(next),
            (Some(true), _) => return Err(result.unexpected("has_more without a next_cursor that goes on")),
            (None, _) => return Err(result.unexpected("has_more is missing")),
        };
        Ok(Members { members, next })
    }
}
