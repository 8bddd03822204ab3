//! What an app may read of DingTalk's directory, in words. Permissions keep the console's Chinese names in every language.

use super::Locale;

pub struct RightsTexts {
    pub title: &'static str,
    /// Where they are granted.
    pub hint: &'static str,
    pub not_checked: &'static str,
    pub permission: &'static str,
    pub state: &'static str,
    pub granted: &'static str,
    pub missing: &'static str,
    pub unknown: &'static str,
    pub needed_for: &'static str,
    /// What something is needed for, by its word.
    pub purpose: fn(&str) -> &'static str,
    /// The departments of the range.
    pub range: fn(&str) -> String,
    /// What to do about a permission that is missing.
    pub grant: fn(&str) -> String,
    /// What to do about a range that is too small.
    pub widen: &'static str,
}

impl Locale {
    pub fn rights_texts(self) -> &'static RightsTexts {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

const EN: RightsTexts = RightsTexts {
    title: "What the app may read",
    hint: "Granted in DingTalk's developer console under 权限管理; publish a version afterwards. Checked with each plan.",
    not_checked: "Not checked since this server was started.",
    permission: "In the console",
    state: "State",
    granted: "Granted",
    missing: "Missing",
    unknown: "Unknown",
    needed_for: "Needed for",
    purpose: |need| match need {
        "range" => "Sync, which is refused without the whole organisation; events about people outside the range",
        "departments" => {
            "Sync; the departments of people in user_add_org and user_modify_org; org_dept_create, org_dept_modify and \
             org_dept_remove"
        }
        "members" => "Sync, also the one that org_dept_create, org_dept_modify and org_dept_remove bring about",
        "details" => {
            "Sync, which asks for leavers by name; user_add_org, user_modify_org, user_active_org, user_leave_org, \
             org_admin_add and org_admin_remove"
        }
        "mobile" => "The field mobile; without it the table's value is kept",
        "email" => "The field email; without it the table's value is kept",
        _ => "",
    },
    range: |departments| format!("departments: {departments}"),
    grant: |name| format!("Grant {name} under 权限管理 in DingTalk's developer console, then publish a version."),
    widen: "Set 通讯录权限范围 to all employees (全部员工) in DingTalk's developer console, then publish a version.",
};

const ZH_CN: RightsTexts = RightsTexts {
    title: "应用可以读取的内容",
    hint: "在钉钉开发者后台的“权限管理”中开通，然后发布新版本。每次查看变化时检查。",
    not_checked: "本服务器启动后还没有检查过。",
    permission: "后台中的名称",
    state: "状态",
    granted: "已开通",
    missing: "未开通",
    unknown: "无法判断",
    needed_for: "用于",
    purpose: |need| match need {
        "range" => "同步（看不到整个企业就会拒绝）；范围之外的人的事件",
        "departments" => {
            "同步；user_add_org、user_modify_org 中人员的部门；org_dept_create、org_dept_modify、org_dept_remove"
        }
        "members" => "同步，包括 org_dept_create、org_dept_modify、org_dept_remove 引起的同步",
        "details" => {
            "同步时逐个确认离职的人；user_add_org、user_modify_org、user_active_org、user_leave_org、org_admin_add、\
             org_admin_remove"
        }
        "mobile" => "手机号；没有此权限时保留表中的值",
        "email" => "邮箱；没有此权限时保留表中的值",
        _ => "",
    },
    range: |departments| format!("可见部门：{departments}"),
    grant: |name| format!("请在钉钉开发者后台“权限管理”中开通{name}，然后发布新版本。"),
    widen: "请在钉钉开发者后台把通讯录权限范围设为全部员工，然后发布新版本。",
};
