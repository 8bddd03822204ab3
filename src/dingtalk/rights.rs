//! What an app may read of the directory, found out by asking for it.
//!
//! Permissions are named as the console names them (权限管理; 通讯录权限范围), because that is where they are granted.

use super::{DingtalkApp, DingtalkError, ROOT, Scopes, contacts::SUB_DEPARTMENTS, directory::MEMBERS};
use crate::{catalogue::Trouble, ids::DingUserId};

/// How many departments are looked into for somebody to ask about.
const LOOKED_INTO: usize = 5;
const DETAILS: &str = "/topapi/v2/user/get";

/// What reading the directory takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// 通讯录权限范围: the whole corp.
    Range,
    Departments,
    Members,
    Details,
    /// Fields that are kept as they are where the app may not read them, as is the next.
    Mobile,
    Email,
}

/// Whether an app has what it needs.
#[derive(Debug, Clone)]
pub enum Standing {
    Granted,
    /// With DingTalk's refusal, where it gave one.
    Missing(Option<DingtalkError>),
    /// Nothing was there to try it with, or DingTalk did not answer.
    Unknown(Option<DingtalkError>),
}

/// What an app may read, at some moment.
#[derive(Debug, Clone)]
pub struct Rights {
    standings: [(Need, Standing); 6],
    /// The departments of its range.
    pub range: Vec<i64>,
}

impl Need {
    pub const ALL: [Self; 6] =
        [Self::Range, Self::Departments, Self::Members, Self::Details, Self::Mobile, Self::Email];

    /// As the console has it, with the permission's code where it has one.
    pub fn in_console(self) -> &'static str {
        match self {
            Self::Range => "通讯录权限范围",
            Self::Departments => "通讯录部门信息读权限 (qyapi_get_department_list)",
            Self::Members => "通讯录部门成员读权限 (qyapi_get_department_member)",
            Self::Details => "成员信息读权限 (qyapi_get_member)",
            Self::Mobile => "企业员工手机号信息",
            Self::Email => "邮箱等个人信息",
        }
    }

    /// For texts about it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Departments => "departments",
            Self::Members => "members",
            Self::Details => "details",
            Self::Mobile => "mobile",
            Self::Email => "email",
        }
    }

    /// Whether nothing works without it.
    pub fn is_required(self) -> bool {
        !matches!(self, Self::Mobile | Self::Email)
    }

    /// What a call takes.
    pub fn of_call(call: &str) -> Option<Self> {
        match call {
            SUB_DEPARTMENTS => Some(Self::Departments),
            MEMBERS => Some(Self::Members),
            DETAILS => Some(Self::Details),
            _ => None,
        }
    }
}

impl Rights {
    pub fn all(&self) -> impl Iterator<Item = (Need, &Standing)> {
        self.standings.iter().map(|(need, standing)| (*need, standing))
    }

    /// What a sync cannot do without.
    pub fn missing(&self) -> impl Iterator<Item = (Need, &Standing)> {
        self.all().filter(|(need, standing)| need.is_required() && matches!(standing, Standing::Missing(_)))
    }
}

impl DingtalkApp {
    /// Tries each call once.
    pub async fn rights(&self) -> Rights {
        let scopes = self.scopes().await;
        let below = self.sub_departments(ROOT).await;
        let departments: Vec<_> = below.iter().flatten().map(|department| department.id).collect();
        let (members, somebody) = self.members_of_some(&departments).await;
        let details = match somebody {
            Some(userid) => Standing::of(self.employee(&userid).await.map(drop)),
            None => Standing::Unknown(None),
        };
        let field = |names: &[&str]| Standing::of_field(scopes.as_ref().ok(), names);
        Rights {
            range: scopes.as_ref().map(|scopes| scopes.departments.clone()).unwrap_or_default(),
            standings: [
                (Need::Range, Standing::of_range(&scopes)),
                (Need::Departments, Standing::of(below.map(drop))),
                (Need::Members, members),
                (Need::Details, details),
                (Need::Mobile, field(&["mobile"])),
                (Need::Email, field(&["email", "org_email"])),
            ],
        }
    }

    /// Reads members until there is one.
    async fn members_of_some(&self, departments: &[i64]) -> (Standing, Option<DingUserId>) {
        for department in [ROOT].iter().chain(departments).take(LOOKED_INTO) {
            match self.members(*department, 0).await {
                Ok(page) => {
                    if let Some(member) = page.members.into_iter().next() {
                        return (Standing::Granted, Some(member.userid));
                    }
                }
                Err(error) => return (Standing::of(Err(error)), None),
            }
        }
        (Standing::Granted, None)
    }
}

impl Standing {
    fn of(tried: Result<(), DingtalkError>) -> Self {
        let meaning = |error: &DingtalkError| error.refusal().map(|refusal| refusal.code.meaning());
        match tried {
            Ok(()) => Self::Granted,
            Err(error) if meaning(&error) == Some(Trouble::NoPermission) => Self::Missing(Some(error)),
            // What is out of the range proves the permission.
            Err(error) if meaning(&error) == Some(Trouble::OutOfScope) => Self::Granted,
            Err(error) => Self::Unknown(Some(error)),
        }
    }

    fn of_range(scopes: &Result<Scopes, DingtalkError>) -> Self {
        match scopes {
            Ok(scopes) if scopes.whole_corp() => Self::Granted,
            Ok(_) => Self::Missing(None),
            Err(error) => Self::Unknown(Some(error.clone())),
        }
    }

    /// A list without any field says nothing of this one.
    fn of_field(scopes: Option<&Scopes>, names: &[&str]) -> Self {
        match scopes.map(|scopes| &scopes.fields) {
            None => Self::Unknown(None),
            Some(fields) if fields.is_empty() => Self::Unknown(None),
            Some(fields) if names.iter().any(|name| fields.iter().any(|field| field == name)) => Self::Granted,
            Some(_) => Self::Missing(None),
        }
    }
}
