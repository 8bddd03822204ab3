//! What `users sync` says.

use super::Locale;

/// All texts of a sync in one language.
pub struct SyncTexts {
    /// The plan's words: new, changed, left, returned, kept, unchanged.
    pub words: [&'static str; 6],
    /// Corp, app, departments, people.
    pub read: fn(&str, &str, usize, usize) -> String,
    pub dry_run: &'static str,
    /// How many sessions ended.
    pub ended: fn(u64) -> String,
    /// Behind the first names of a group: how many more.
    pub more: fn(usize) -> String,
    pub between: &'static str,
    pub scope: fn(&str) -> String,
    pub scope_shrunk: fn(&str) -> String,
    pub empty: &'static str,
    pub unknown_department: fn(i64) -> String,
    pub unreadable: fn(&str) -> String,
    /// Leavers, active people, the setting.
    pub too_many: fn(usize, usize, &str) -> String,
    /// Behind that, on the command line.
    pub too_many_cure: &'static str,
    /// Corp and reason.
    pub refused: fn(&str, &str) -> String,
    /// Corp and who syncs it.
    pub busy: fn(&str, &str) -> String,
    pub waiting: fn(&str, &str) -> String,
    /// Departments done, departments known, people.
    pub progress: fn(usize, usize, usize) -> String,
    /// People written.
    pub writing: fn(usize) -> String,
}

impl Locale {
    pub fn sync_texts(self) -> &'static SyncTexts {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

const EN: SyncTexts = SyncTexts {
    words: ["new", "changed", "left", "returned", "kept", "unchanged"],
    read: |corp, app, departments, people| {
        let (departments, people) =
            (count(departments, "department", "departments"), count(people, "person", "people"));
        format!("corp {corp} (app {app:?}): {departments}, {people} in DingTalk")
    },
    dry_run: "dry run, nothing was changed",
    ended: |sessions| format!("{sessions} session{} ended", if sessions == 1 { "" } else { "s" }),
    more: |more| format!(" and {more} more"),
    between: ", ",
    scope: |departments| {
        format!(
            "the app cannot see the whole organisation (departments: {}); set its 通讯录权限范围 to all employees in DingTalk's console",
            if departments.is_empty() { "none" } else { departments }
        )
    },
    scope_shrunk: |departments| {
        format!(
            "the app's visible range (通讯录权限范围) has shrunk since the last run (departments now: {}); set it to all \
             employees again in DingTalk's console",
            if departments.is_empty() { "none" } else { departments }
        )
    },
    empty: "the directory is empty; an organisation has at least one person, so the answer cannot be right",
    unknown_department: |department| {
        format!("somebody is in department {department}, which DingTalk does not show; the directory may be incomplete")
    },
    unreadable: |error| format!("the directory could not be read to its end: {error}"),
    too_many: |left, active, at_most| {
        format!(
            "{left} of {} would be disabled, more than sync_disable_at_most ({at_most})",
            count(active, "active person", "active people")
        )
    },
    too_many_cure: "; if they have really left, add --force",
    refused: |corp, reason| format!("the sync of organisation {corp} was refused, nobody was disabled: {reason}"),
    busy: |corp, actor| format!("corp {corp} is being synced by {actor} already; try again when that is done"),
    waiting: |corp, actor| format!("corp {corp} is being synced by {actor}; waiting for that to end"),
    progress: |done, known, people| {
        format!("{done} of {}, {}", count(known, "department", "departments"), count(people, "person", "people"))
    },
    writing: |people| format!("{} written", count(people, "person", "people")),
};

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

const ZH_CN: SyncTexts = SyncTexts {
    words: ["新增", "变更", "离职", "返回", "保留", "不变"],
    read: |corp, app, departments, people| {
        format!("企业 {corp}（应用 {app}）：钉钉里有 {departments} 个部门，{people} 人")
    },
    dry_run: "试运行，没有改动",
    ended: |sessions| format!("结束了 {sessions} 个登录"),
    more: |more| format!("，还有 {more} 人"),
    between: "、",
    scope: |departments| {
        format!(
            "应用看不到整个企业（可见部门：{}）；请在钉钉开发者后台把通讯录权限范围设为全部员工",
            if departments.is_empty() { "无" } else { departments }
        )
    },
    scope_shrunk: |departments| {
        format!(
            "应用的通讯录权限范围比上次同步时小了（现在可见部门：{}）；请在钉钉开发者后台改回全部员工",
            if departments.is_empty() { "无" } else { departments }
        )
    },
    empty: "通讯录是空的；企业至少有一个人，所以这个结果不可信",
    unknown_department: |department| format!("有人属于部门 {department}，但钉钉没有给出这个部门，通讯录可能不完整"),
    unreadable: |error| format!("通讯录没有读完：{error}"),
    too_many: |left, active, at_most| {
        format!("在用的 {active} 人中有 {left} 人会被停用，超过 sync_disable_at_most（{at_most}）")
    },
    too_many_cure: "；如果确实离职，请加 --force",
    refused: |corp, reason| format!("企业 {corp} 的同步被拒绝，没有停用任何人：{reason}"),
    busy: |corp, actor| format!("{actor} 正在同步企业 {corp}，请稍后再试"),
    waiting: |corp, actor| format!("{actor} 正在同步企业 {corp}，等它结束"),
    progress: |done, known, people| format!("部门 {done}/{known}，{people} 人"),
    writing: |people| format!("已写入 {people} 人"),
};
