//! The help of each command and option.

use super::simulator::SIMULATOR;

/// A command's help, as clap would take it from a doc comment.
pub struct CommandHelp {
    /// `users import`; "" is the program itself.
    pub path: &'static str,
    pub about: &'static str,
    /// Paragraphs behind the first one.
    pub more: &'static str,
    /// Below the options.
    pub after: &'static str,
    pub arguments: &'static [(&'static str, &'static str)],
}

pub(super) const BARE: CommandHelp = CommandHelp { path: "", about: "", more: "", after: "", arguments: &[] };

/// Of arguments that mean the same wherever they are.
pub const SHARED: &[(&str, &str)] = &[
    ("help", "显示帮助（-h 较简短，--help 较详细）"),
    ("version", "显示版本"),
    ("json", "以 JSON 输出"),
    ("userid", "此人在钉钉的 userid（staffId），要与钉钉显示的完全一致"),
    ("corp_id", "此人所属的企业；只配置了一个企业时可以不写"),
    ("unionid", "此人的 unionid；只有服务窗的关注者需要"),
    ("mobile", "手机号"),
    ("email", "邮箱"),
    (
        "department",
        "部门；多个部门用“;”隔开，上下级用“/”隔开，例如“研发部/后端组;技术委员会”；名称里的这两个符号请写全角的 ； 和 ／",
    ),
    ("title", "职位"),
    ("role", "角色：普通成员 user 或管理员 admin"),
    ("yes", "不询问，直接执行"),
];

/// In place of what clap says of its own command `help`.
pub const HELP: &str = "显示帮助，或某个命令的帮助";

pub const COMMANDS: &[CommandHelp] = &[
    CommandHelp {
        about: "钉钉客户端内免登（免密码登录）",
        more: "\
员工在钉钉里点一下应用图标就已登录。配置来自工作目录的 Rocket.toml，没有时用 /etc/miandeng 中的（或 ROCKET_CONFIG \
指定的文件），ROCKET_… 环境变量可以覆盖；见 docs/zh-CN/settings.md。

第一次使用？“miandeng demo”用模拟钉钉运行一切，什么都不用配置；“miandeng init”生成正式部署的配置。",
        after: "\
退出码：0 完成，1 失败（原因见标准错误），2 用法有误。
日志：MIANDENG_LOG=debug 输出更多，MIANDENG_LOG_FORMAT=json 输出 JSON。",
        ..BARE
    },
    super::setup::INIT,
    CommandHelp { path: "serve", about: "运行服务器（默认）", ..BARE },
    CommandHelp {
        path: "demo",
        about: "用模拟钉钉和示例员工运行服务器，什么都不用配置",
        arguments: &[("port", "服务器的端口；已被占用时换一个空闲的")],
        ..BARE
    },
    CommandHelp {
        path: "simulator",
        about: "单独运行模拟钉钉，可离线开发任何钉钉应用",
        after: SIMULATOR,
        arguments: &[
            ("address", "监听的地址，只能是本机地址"),
            ("port", "监听的端口；0 为任意空闲端口"),
            ("company", "一个 JSON 文件，写有要模拟的企业、人员和应用，用来代替示例"),
            ("print_company", "以 JSON 输出示例企业后退出，可作为自己文件的起点"),
        ],
        ..BARE
    },
    CommandHelp {
        path: "doctor",
        about: "检查这个部署及其与钉钉的连接，并说明怎么改",
        more: "读取配置，打开数据库，用每个应用的凭证调用钉钉。不改动钉钉的任何内容，也不影响正在运行的服务器。",
        after: "\
示例：
  miandeng doctor
  miandeng doctor --probe https://app.example.com    # 经过您的代理发送伪造的请求头，看哪些会到达
  miandeng doctor --json | jq '.findings[] | select(.state != \"ok\")'

探测访问该域名的 /_miandeng/echo。deploy/ 中的配置让这个地址经过网关后到达 miandeng，而不是应用。探测使用自己的会话，\
只在这个地址有效，探测结束就失效。",
        arguments: &[
            ("probe", "向您的代理后面的一个地址发送各种写法的伪造身份请求头，看哪些会到达应用"),
            ("person", "探测用谁的会话（默认是一位管理员，没有时是表中第一个人）"),
        ],
    },
    CommandHelp {
        path: "explain",
        about: "说明钉钉错误码、客户端错误或问题类型的含义，以及怎么办",
        more: "不读取也不调用任何东西，没有配置也能用。错误码不分大小写。",
        after: "\
示例：
  miandeng explain 60020
  miandeng explain not-listed
  miandeng explain 52013 --message 'Code:52013 - …,url:[http://…],…' --signed https://app.example.com/
  miandeng explain --list

消息中的密钥（免登码、ticket、token）不会重复显示。",
        arguments: &[
            ("code", "错误码（60020、IpNotInWhiteList）、客户端错误（4040、PC_1005 或其原文）或问题类型（not-listed）"),
            ("message", "钉钉的完整消息，可以不写错误码：会指出是哪个地址、哪个权限、两个地址差在哪里"),
            ("signed", "您签名时用的地址，与 52013 消息中的对照"),
            ("list", "列出所有错误码"),
            ("markdown", "输出 docs/…/troubleshooting.md"),
            ("json", "以 JSON 输出，含两种语言"),
        ],
    },
    CommandHelp {
        path: "users",
        about: "查看和更改谁可以登录",
        more: "来人是谁由钉钉证明；只有这张表里有的人才能登录。命令返回时，更改已在运行中的服务器上生效。",
        ..BARE
    },
    CommandHelp {
        path: "users list",
        about: "列出人员，按企业和 userid 排序",
        arguments: &[
            ("corp_id", "只列这个企业的"),
            ("status", "只列这个状态的"),
            ("role", "只列这个角色的"),
            ("json", "以 JSON 输出所有列；时间为 ISO 8601（UTC）"),
        ],
        ..BARE
    },
    CommandHelp {
        path: "users add",
        about: "允许一个人登录",
        after: "\
示例：
  miandeng users add manager01 --name 张三 --department 研发部/后端组 --role admin",
        arguments: &[("name", "页面和应用显示的姓名"), ("json", "以 JSON 输出此人")],
        ..BARE
    },
    CommandHelp {
        path: "users set",
        about: "更改一个人的资料；空值清除该列",
        after: "\
示例：
  miandeng users set manager01 --role admin
  miandeng users set manager01 --title 主管 --mobile \"\"",
        arguments: &[("name", "页面和应用显示的姓名"), ("force", LAST_ADMIN), ("json", "以 JSON 输出此人")],
        ..BARE
    },
    CommandHelp {
        path: "users disable",
        about: "停用一个人，并结束其会话",
        arguments: &[("force", LAST_ADMIN)],
        ..BARE
    },
    CommandHelp { path: "users enable", about: "让已停用的人重新可以登录", ..BARE },
    CommandHelp {
        path: "users remove",
        about: "删除一个人，并结束其会话；“disable”会保留资料",
        more: "如果设置了 unknown_users = \"create\"，被删除的人下次登录时会重新加入：请改用“disable”。",
        arguments: &[("force", LAST_ADMIN)],
        ..BARE
    },
    CommandHelp {
        path: "users import",
        about: "从 CSV 或 Excel（.xlsx）文件添加和更改很多人，要么全部成功，要么都不改",
        more: "\
第一行是列名，顺序不限：必须有 userid 和 name，还可以有 corp_id、unionid、mobile、email、department、title、\
role（user、admin）、status（active、disabled）。只配置了一个企业时可以没有 corp_id。也认识钉钉导出文件的列名：\
员工UserID 或 UserID、姓名、手机号、邮箱、部门、职位、角色（普通成员、管理员）、状态（启用、停用）。列名上方只有一格的行，\
例如标题，会被忽略。source、created_at、updated_at、last_signed_in_at 这几列不读取，所以导出的文件可以直接导入。

多个部门用 ; 隔开，上下级用 / 隔开，如下面的例子；名称里的这两个符号请写全角的 ； 和 ／。不要写企业自己的名称。

CSV 文件是 UTF-8（有无 BOM 均可），或 Excel 保存的 GB18030。值两边的空白会去掉，导出时加在 =、+、-、@ 前面的 ' 也会去掉。

工作簿读取第一个有内容且未隐藏的工作表，或 --sheet 指定的。公式取其结果；上下合并的单元格都算作显示的内容。日期、#N/A \
之类的错误值、超过十五位的数字（Excel 会舍入）会被拒绝，并指出单元格。

对表中已有的人，空单元格会清除该列（角色和状态除外），文件里没有的列保持不变。文件里没有的人不会被删除或停用。被停用的人会话\
随即结束。只要有一行有误，就列出所有有误的行及其行号，不做任何更改。",
        after: "\
示例：staff.csv
  userid,name,mobile,department,title,role
  manager01,张三,13800138000,研发部/后端组;技术委员会,主管,admin
  staff007,李四,,\"行政部\",,

  miandeng users import --template staff.xlsx    # 生成一个待填写的空文件
  miandeng users import staff.csv --dry-run     # 只看会有什么变化
  miandeng users import staff.csv
  miandeng users export | ssh other miandeng users import -",
        arguments: &[
            ("file", "CSV 或 .xlsx 文件，文件名不限；- 为标准输入"),
            ("template", "生成一个待填写的空文件，按文件名为 .xlsx 或 .csv，不导入"),
            ("ignore_unknown", "忽略不认识的列，而不是拒绝整个文件"),
            ("sheet", "工作簿中工作表的名称"),
            ("dry_run", "只看会有什么变化，不做更改"),
            ("force", "即使企业会失去最后一位可用的管理员也继续；与 --template 同用时覆盖已有的文件"),
            ("json", "以 JSON 输出；如果有行有误，输出全部"),
        ],
    },
    CommandHelp {
        path: "users export",
        about: "把用户表写成“users import”能读的 CSV",
        more: "每个值都在引号中。表格软件会当作公式的值，前面加一个 '；值里面逗号或 ; 之后的部分也一样。导入时会去掉这些 '。",
        after: "\
示例：
  miandeng users export --excel staff.csv
  miandeng users export --status disabled > disabled.csv",
        arguments: &[
            ("file", "要写的文件，只有所有者可读；不写或写 - 时为标准输出"),
            ("corp_id", "只导出这个企业的"),
            ("status", "只导出这个状态的"),
            ("role", "只导出这个角色的"),
            ("excel", "开头加 BOM，让 Excel 按 UTF-8 读取"),
            ("force", "覆盖已有的文件"),
        ],
    },
    CommandHelp {
        path: "users sync",
        about: "让用户表与钉钉通讯录一致",
        more: "\
表中没有的员工会被添加。通讯录里的人，姓名、手机号、邮箱、部门、职位和 unionid 以钉钉为准；钉钉因应用没有权限而没有给出的，\
保持不变。角色不会改变。不在通讯录里的人会被停用并退出登录，回来后重新启用；手工添加或从文件导入的人保持原样。

只有当通讯录已完整读完、应用能看到整个企业（通讯录权限范围为全部员工），并且停用的人不超过 sync_disable_at_most 时，才会\
停用人员。钉钉每秒接受 20 次调用：每 100 人或一个部门调用一次。",
        after: "\
示例：
  miandeng users sync --dry-run      # 只看会有什么变化
  miandeng users sync --app oa

设置了 sync_every 时，服务器会自动同步。应用需要的权限：通讯录部门信息读权限、成员信息读权限、通讯录部门成员读权限；\
手机号和邮箱另需企业员工手机号信息、邮箱等个人信息。",
        arguments: &[
            ("app", "用这个应用读取（配置中的名称）；不写时，每个企业用它的第一个应用"),
            ("dry_run", "只看会有什么变化，不做更改"),
            ("force", "无论会停用多少人都继续；通讯录没有读完整时，仍然不停用任何人"),
            ("json", "以 JSON 输出；配置了多个企业时是数组"),
        ],
    },
    CommandHelp {
        path: "sessions",
        about: "查看和结束会话",
        more: "会话结束后，运行中的服务器从下一个请求起就会拒绝它。",
        ..BARE
    },
    CommandHelp {
        path: "sessions list",
        about: "列出有效的会话，最近使用的在前",
        arguments: &[
            ("user", "只列此人的会话"),
            ("corp_id", "只列这个企业的会话；与 --user 同用时是此人所属的企业（只配置了一个时可以不写）"),
            ("json", "以 JSON 输出；时间为 ISO 8601（UTC）"),
        ],
        ..BARE
    },
    CommandHelp {
        path: "sessions revoke",
        about: "结束一个会话、一个人的全部会话，或所有会话",
        after: "\
示例：
  miandeng sessions revoke 42                # “sessions list”显示的编号
  miandeng sessions revoke --user manager01
  miandeng sessions revoke --all --yes",
        arguments: &[
            ("id", "会话的编号，见“sessions list”"),
            ("user", "此人的全部会话"),
            ("all", "所有人的会话"),
            ("yes", "结束所有人的会话时不询问"),
        ],
        ..BARE
    },
    CommandHelp {
        path: "audit",
        about: "查看谁登录过、谁被拒绝、谁改了什么",
        more: "记录按 audit_retention 保留（不设置时 400 天），从不更改。",
        ..BARE
    },
    CommandHelp {
        path: "audit list",
        about: "列出记录，最新的在前",
        after: "\
示例：
  miandeng audit list --since 24h --event refused
  miandeng audit list --user manager01 --since 2026-11-01",
        arguments: &[
            ("since", SINCE),
            ("until", UNTIL),
            ("user", CONCERNING),
            ("corp_id", "只看这个企业的"),
            ("event", "只看这种事件"),
            ("limit", "最多多少条"),
        ],
        ..BARE
    },
    CommandHelp {
        path: "audit export",
        about: "把记录写到标准输出，最新的在前",
        after: "\
示例：
  miandeng audit export --since 2026-01-01 --until 2027-01-01 > audit-2026.csv",
        arguments: &[
            ("since", SINCE),
            ("until", UNTIL),
            ("user", CONCERNING),
            ("corp_id", "只看这个企业的"),
            ("event", "只看这种事件"),
            ("csv", "CSV 格式（默认）"),
            ("json", "JSON 数组"),
        ],
        ..BARE
    },
    CommandHelp {
        path: "backup",
        about: "在服务器运行时备份数据库，内容一致",
        more: "\
备份文件从第一个字节起就只有所有者可读写（权限 0600）。它先以别的名称写在同一目录，校验后，完整写入磁盘了才改成指定的名称：\
无论发生什么，有这个名称的文件都是好的备份。备份期间可以照常登录。

备份里什么都有：人员、谁已登录（没有 Cookie，只有摘要）、最近两小时的钉钉 token，以及签发身份的密钥。请像密码文件一样保管。\
配置和其中的密钥不在备份里。

用“miandeng restore”恢复。",
        after: "\
示例：
  miandeng backup /var/backups/miandeng/$(date +%F).db",
        arguments: &[("file", "备份文件"), ("force", "新备份完整后，替换已有的文件")],
    },
    CommandHelp {
        path: "restore",
        about: "用备份替换数据库；此时不能有服务器在运行",
        more: "\
备份先校验，再复制到数据库旁边；如果是旧版本的备份，在那里升级。然后一次替换数据库。只要有一步失败，数据库就保持原样。

被替换的文件连同其全部内容保留在旁边，名称是 miandeng.db.replaced-时间；确认无误后可以删除。

备份里的会话全部结束，因为它们可能在备份之后已被结束；员工需要重新登录，在钉钉里不用点击。--keep-sessions 可以保留会话。\
无论如何，备份之后被停用或删除的人会重新出现。",
        after: "\
示例：
  systemctl stop miandeng
  miandeng restore /var/backups/miandeng/2026-11-25.db
  systemctl start miandeng",
        arguments: &[
            ("file", "“miandeng backup”生成的文件"),
            ("keep_sessions", "备份时已登录的人保持登录"),
        ],
    },
    super::database::MIGRATE,
    super::setup::COMPLETIONS,
    super::setup::MAN,
];

const LAST_ADMIN: &str = "即使企业会失去最后一位可用的管理员也继续";
const SINCE: &str = "只看从这时起的：多久以前（24h、30d）、日期（2026-11-02）或时间（2026-11-02T08:00:00+08:00）";
const UNTIL: &str = "只看这时以前的，写法相同";
const CONCERNING: &str = "只看与此人有关的，或此人所做的";
