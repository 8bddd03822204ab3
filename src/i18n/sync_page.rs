//! The texts of `/admin/sync`. The plan's words are those of [`super::SyncTexts`].

use super::Locale;

pub struct SyncPage {
    pub title: &'static str,
    pub lead: &'static str,
    /// Asks what a sync would do.
    pub check: &'static str,
    /// The same with one of several apps.
    pub check_with: fn(&str) -> String,
    /// Heading over what is going on.
    pub now: &'static str,
    pub starting: &'static str,
    /// Departments done, departments known, people.
    pub reading: fn(usize, usize, usize) -> String,
    /// People written.
    pub writing: fn(usize) -> String,
    /// What a page without its script asks for.
    pub refresh: &'static str,
    /// Who has asked.
    pub asked_by: fn(&str) -> String,
    pub planned: &'static str,
    pub done: &'static str,
    /// Departments and people.
    pub read: fn(usize, usize) -> String,
    pub group: &'static str,
    pub count: &'static str,
    pub who: &'static str,
    /// New, changed, left, returned, kept, unchanged; with what becomes of them.
    pub groups: [(&'static str, &'static str); 6],
    pub nothing: &'static str,
    pub apply: &'static str,
    pub apply_what: &'static str,
    /// Where too many have left.
    pub apply_rest: &'static str,
    pub insist: &'static str,
    /// A reason.
    pub refused: fn(&str) -> String,
    pub refused_what: &'static str,
    pub too_many_what: &'static str,
    pub stale: &'static str,
    /// Who syncs.
    pub busy: fn(&str) -> String,
    pub broken: &'static str,
    /// How many people.
    pub insist_title: fn(usize) -> String,
    pub insist_disabled: fn(usize) -> String,
    pub insist_checked: &'static str,
    pub insist_button: &'static str,
    pub apps: &'static str,
    pub app: &'static str,
    pub by_itself: &'static str,
    pub every: fn(&str) -> String,
    pub never: &'static str,
    pub next: &'static str,
    pub at_once: &'static str,
    pub events: &'static str,
    pub events_off: &'static str,
    /// Since when the stream stands.
    pub events_connected: fn(&str) -> String,
    /// Why it does not, where that is known.
    pub events_broken: fn(&str) -> String,
    pub events_callback: &'static str,
    /// When the last one came.
    pub last_event: fn(&str) -> String,
    pub no_event: &'static str,
    pub runs: &'static str,
    pub no_runs: &'static str,
    pub when: &'static str,
    pub by: &'static str,
    pub outcome: &'static str,
    pub nothing_changed: &'static str,
    /// One of the plan's words, and how many.
    pub counted: fn(&str, usize) -> String,
    /// What was done although nobody was disabled.
    pub rest_done: fn(&str) -> String,
    /// On the overview.
    pub last: &'static str,
    pub open: &'static str,
}

impl Locale {
    pub fn sync_page(self) -> &'static SyncPage {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

const EN: SyncPage = SyncPage {
    title: "Sync",
    lead: "Brings the user table into line with DingTalk's directory. You see what would change before anything is written.",
    check: "Check what would change",
    check_with: |app| format!("Check with {app}"),
    now: "Now",
    starting: "Starting…",
    reading: |done, known, people| {
        format!("Reading… {} so far, {done} of {}", people_of(people), plural(known, "department", "departments"))
    },
    writing: |people| format!("Writing… {}", people_of(people)),
    refresh: "Refresh",
    asked_by: |actor| format!("Asked for by {actor}"),
    planned: "This would change",
    done: "Done",
    read: |departments, people| {
        format!("DingTalk has {} in {}.", people_of(people), plural(departments, "department", "departments"))
    },
    group: "What",
    count: "People",
    who: "Who",
    groups: [
        ("New", "Added to the user table; may sign in"),
        ("Changed", "Name, mobile, email, department or job title updated"),
        ("Left", "Disabled and signed out; the row stays"),
        ("Returned", "Enabled again"),
        ("Kept", "Added by hand or from a file, and not in the directory: left alone"),
        ("Unchanged", ""),
    ],
    nothing: "There is nothing to change.",
    apply: "Apply now",
    apply_what: "The directory is read once more when you apply. Nobody is disabled who is not among those above.",
    apply_rest: "Apply without disabling anyone",
    insist: "Disable them too…",
    refused: |reason| format!("Refused: {}.", reason.trim_end_matches('.')),
    refused_what: "Until this is fixed, nobody is disabled. Fix it, then check again.",
    too_many_what: "If they have not left, find out why DingTalk no longer lists them. If they have, disable them too.",
    stale: "This plan is no longer current: it was applied already, or is more than ten minutes old. Check again.",
    busy: |actor| format!("{actor} is syncing at the moment. Try again in a minute."),
    broken: "The sync broke off, and nothing was changed. Try again; the server's log has the cause.",
    insist_title: |people| format!("Disable {}?", people_of(people)),
    insist_disabled: |people| match people {
        1 => "One person is disabled and signed out at once.".to_owned(),
        _ => format!("{people} people are disabled and signed out at once."),
    },
    insist_checked: "The directory is read once more: anyone who is in it again stays, and nobody else is disabled.",
    insist_button: "Disable",
    apps: "Apps",
    app: "App",
    by_itself: "By itself",
    every: |interval| format!("every {interval}"),
    never: "no (sync_every is not set)",
    next: "Next",
    at_once: "any moment",
    events: "Events",
    events_off: "off",
    events_connected: |since| format!("stream, connected since {since}"),
    events_broken: |why| {
        if why.is_empty() { "stream, not connected".into() } else { format!("stream, not connected: {why}") }
    },
    events_callback: "callback",
    last_event: |at| format!("last one at {at}"),
    no_event: "none since this server was started",
    runs: "Last runs",
    no_runs: "There has been no sync yet.",
    when: "Time",
    by: "By",
    outcome: "Outcome",
    nothing_changed: "Nothing had changed",
    counted: |word, count| format!("{count} {word}"),
    rest_done: |counts| format!("Nobody was disabled; the rest was done: {counts}."),
    last: "Last sync",
    open: "Open sync",
};

fn people_of(people: usize) -> String {
    plural(people, "person", "people")
}

fn plural(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

const ZH_CN: SyncPage = SyncPage {
    title: "同步",
    lead: "按钉钉通讯录更新用户表。先看有哪些变化，确认后才会写入。",
    check: "查看有哪些变化",
    check_with: |app| format!("用 {app} 查看"),
    now: "当前",
    starting: "正在开始…",
    reading: |done, known, people| format!("正在读取… 已读 {people} 人，部门 {done}/{known}"),
    writing: |people| format!("正在写入… {people} 人"),
    refresh: "刷新",
    asked_by: |actor| format!("发起人：{actor}"),
    planned: "将有以下变化",
    done: "已完成",
    read: |departments, people| format!("钉钉里有 {departments} 个部门、{people} 人。"),
    group: "类别",
    count: "人数",
    who: "名单",
    groups: [
        ("新增", "加入用户表，可以登录"),
        ("变更", "更新姓名、手机号、邮箱、部门或职位"),
        ("离职", "停用并退出登录，资料保留"),
        ("返回", "重新启用"),
        ("保留", "手工添加或导入、不在通讯录里的人，不动"),
        ("不变", ""),
    ],
    nothing: "没有需要更改的内容。",
    apply: "立即同步",
    apply_what: "同步时会重新读取通讯录，只停用上面列出的人。",
    apply_rest: "同步，但不停用任何人",
    insist: "连同离职的人一起停用…",
    refused: |reason| format!("已拒绝：{}。", reason.trim_end_matches('。')),
    refused_what: "解决之前不会停用任何人。处理后请重新查看。",
    too_many_what: "如果他们没有离职，请查明钉钉为什么不再列出他们；如果确实离职，可以一起停用。",
    stale: "这份预览已失效：已经执行过，或超过 10 分钟。请重新查看。",
    busy: |actor| format!("{actor} 正在同步，请稍后再试。"),
    broken: "同步中断，没有任何改动。请再试一次；原因见服务器日志。",
    insist_title: |people| format!("停用 {people} 人？"),
    insist_disabled: |people| format!("{people} 人会被停用，并立即退出登录。"),
    insist_checked: "届时会重新读取通讯录：又出现在通讯录里的人不停用，也不会停用其他人。",
    insist_button: "停用",
    apps: "应用",
    app: "应用",
    by_itself: "自动同步",
    every: |interval| format!("每 {interval}"),
    never: "否（未设置 sync_every）",
    next: "下次",
    at_once: "即将开始",
    events: "事件",
    events_off: "关闭",
    events_connected: |since| format!("Stream 模式，{since} 起已连接"),
    events_broken: |why| {
        if why.is_empty() { "Stream 模式，未连接".into() } else { format!("Stream 模式，未连接：{why}") }
    },
    events_callback: "HTTP 回调",
    last_event: |at| format!("最近一次 {at}"),
    no_event: "本服务器启动后还没有收到",
    runs: "最近的同步",
    no_runs: "还没有同步过。",
    when: "时间",
    by: "发起人",
    outcome: "结果",
    nothing_changed: "没有变化",
    counted: |word, count| format!("{word} {count} 人"),
    rest_done: |counts| format!("没有停用任何人，其余已完成：{counts}。"),
    last: "最近一次同步",
    open: "查看同步",
};
