//! What the parts' errors mean. A new kind of error does not compile before it is said here.

use std::{error::Error, fmt::Debug, io};

use crate::{
    app::BuildError,
    backup::{BadCopy, NotMade, NotRestored},
    config::ConfigError,
    db::{BadServerAddress, NoLastingFile, NotPrivate, OpenError, ServerNotUsable, WhyOpenToOthers, advice, kind_of},
    dingtalk::ClientError,
    directory::SyncError,
    i18n::{Locale, io::IoFailure},
    move_database::NotMoved,
    people::{NotAdded, NotChanged},
    signing_keys::KeyError,
    simulator::NotStarted,
    users::sheet::TemplateError,
};

/// An error with its causes, or `None` if it is none of ours.
pub fn error(error: &(dyn Error + 'static)) -> Option<String> {
    let said = None
        .or_else(|| error.downcast_ref().map(|error: &ConfigError| error.text(Locale::ZhCn)))
        .or_else(|| error.downcast_ref().map(opening))
        .or_else(|| error.downcast_ref().map(backing_up))
        .or_else(|| error.downcast_ref().map(restoring))
        .or_else(|| error.downcast_ref().map(moving))
        .or_else(|| error.downcast_ref().map(changing))
        .or_else(|| error.downcast_ref().map(adding))
        .or_else(|| error.downcast_ref().map(syncing))
        .or_else(|| error.downcast_ref().map(building))
        .or_else(|| error.downcast_ref().map(client))
        .or_else(|| error.downcast_ref().map(starting))
        .or_else(|| error.downcast_ref().map(template));
    said.or_else(|| error.downcast_ref().map(database))
        .or_else(|| error.downcast_ref().map(io))
        .or_else(|| error.downcast_ref().map(json))
}

fn opening(error: &OpenError) -> String {
    let of = |path: &dyn Debug| format!("databases.miandeng.url = {path:?}");
    match error {
        OpenError::Url { url, why } => {
            let why = match why {
                NoLastingFile::None => "没有指定文件",
                NoLastingFile::InMemory => "内存中的数据库一重启就没了",
                NoLastingFile::NoPath => "不是 SQLite 文件的路径",
            };
            format!("{}：{why}；请写一个文件的路径，例如 \"miandeng.db\"", of(url))
        }
        OpenError::File { path, source } => {
            format!("{}：无法打开文件写入：{}；miandeng 需要一个可写的目录", of(path), io(source))
        }
        OpenError::NotPrivate { path, source } => format!("{}：{}", of(path), not_private(source)),
        OpenError::Restoring { path } => {
            format!("{}：miandeng restore 或 migrate-database 正在独占这个文件；请等它结束后再试", of(path))
        }
        OpenError::Unusable { path, source } => format!("{}：无法使用这个文件：{}", of(path), with_advice(source)),
        OpenError::Migrate { path, source } => format!("{}：无法升级表结构：{source}", of(path)),
        OpenError::Address(why) => format!("databases.miandeng.url：{}", bad_address(*why)),
        OpenError::Server { address, source } => {
            format!("databases.miandeng.url = {address}：{}", with_advice(source))
        }
        OpenError::NotUsable { address, why } => {
            format!("databases.miandeng.url = {address}：{}", not_usable(*why))
        }
        OpenError::MigrateServer { address, source } => {
            format!("databases.miandeng.url = {address}：无法升级表结构：{source}")
        }
    }
}

fn bad_address(why: BadServerAddress) -> String {
    let why = match why {
        BadServerAddress::Unreadable => "无法识别".to_owned(),
        BadServerAddress::UnknownParameter => {
            format!("有不认识的参数；可用的参数有 {}", BadServerAddress::known_parameters())
        }
    };
    format!("PostgreSQL 的地址{why}；请写成 \"postgres://miandeng@db.example.com/miandeng\"")
}

fn not_usable(why: ServerNotUsable) -> &'static str {
    match why {
        ServerNotUsable::TooOld => "PostgreSQL 版本太旧；miandeng 需要 13 或更新的版本",
        ServerNotUsable::Standby => "这个 PostgreSQL 是备库，数据有延迟；请写主库的地址",
        ServerNotUsable::Pooler => {
            "中间有 PgBouncer 之类的连接池，我们对连接的设置到不了 PostgreSQL；请直接写 PostgreSQL 的地址，miandeng 自带连接池"
        }
        ServerNotUsable::ReadOnly => "这个 PostgreSQL 不接受写入（default_transaction_read_only）",
        ServerNotUsable::NotUtf8 => "这个数据库不能保存所有文字；请用 ENCODING 'UTF8' 建立数据库",
    }
}

fn not_private(error: &NotPrivate) -> String {
    let NotPrivate { file, mode, why } = error;
    let file = file.display();
    let why = match why {
        WhyOpenToOthers::Link => "它是符号链接，所以没有更改权限；请对它指向的文件执行 chmod 600".to_owned(),
        WhyOpenToOthers::HardLinks(_) => format!("它还有其他硬链接，可能不是我们的；请执行 chmod 600 {file}"),
        WhyOpenToOthers::Owner { owner, us, .. } => {
            format!(
                "它属于用户 {owner}，而 miandeng 以用户 {us} 运行；请执行 chmod 600 {file}，并以其所有者运行 miandeng"
            )
        }
        WhyOpenToOthers::NotChanged(error) => {
            format!("无法更改权限（{}）；请把数据库放在支持文件权限的文件系统上", io(error))
        }
    };
    format!("本机其他用户可以读写 {file}（权限 {mode:04o}）：{why}")
}

fn backing_up(error: &NotMade) -> String {
    match error {
        NotMade::NoDatabase(file) => format!("没有数据库 {file:?}"),
        NotMade::AlreadyThere(file) => format!("{file:?} 已存在；要覆盖请加 --force"),
        NotMade::NoFile(file) => format!("{file:?} 不是普通文件"),
        NotMade::Itself(file) => format!("{file:?} 就是数据库本身，或它的附属文件；请换一个文件"),
        NotMade::File { file, source } => format!("无法写入 {file:?}：{}", io(source)),
        NotMade::Copy { source } => format!("无法复制数据库：{}", with_advice(source)),
        NotMade::Note { source } => format!("无法把备份写入审计记录：{}", with_advice(source)),
        NotMade::Bad(bad) => format!("备份{}；数据库本身可能已损坏", bad_copy(bad)),
    }
}

fn bad_copy(bad: &BadCopy) -> String {
    match bad {
        BadCopy::NoDatabase => "不是 SQLite 数据库".into(),
        BadCopy::Damaged(how) => format!("已损坏（{how}）；请换一个备份"),
        BadCopy::Foreign => "不是 miandeng 的数据库".into(),
        BadCopy::Newer { version } => format!(
            "由更新的 miandeng 写成（迁移 {version}，本程序只到 {}）；请使用那个版本或更新的版本",
            crate::db::schema::newest()
        ),
        BadCopy::Other { version } => {
            format!("中的迁移 {version} 与本程序所知的不同；请使用写它的那个版本")
        }
        BadCopy::Unreadable(error) => format!("无法读取：{}", sqlite(error)),
    }
}

fn restoring(error: &NotRestored) -> String {
    match error {
        NotRestored::Backup { file, source } => format!("无法读取 {file:?}：{}", io(source)),
        NotRestored::Bad { file, source } => format!("{file:?} {}", bad_copy(source)),
        NotRestored::HasLog(file) => {
            format!("{file:?} 不是备份，而是正在使用的数据库：{file:?}-wal 属于它；请先用“miandeng backup”备份")
        }
        NotRestored::Itself(file) => format!("{file:?} 就是数据库本身"),
        NotRestored::InUse(file) => {
            format!("{file:?} 正被服务器、另一个命令或其他程序使用；请先停止它（systemctl stop miandeng）")
        }
        NotRestored::Target { file, source } => format!("无法替换 {file:?}：{}", io(source)),
        NotRestored::Migrate(error) => format!("无法升级备份的表结构：{error}"),
        NotRestored::Prepare(error) => format!("无法处理备份：{}", sqlite(error)),
    }
}

fn moving(error: &NotMoved) -> String {
    match error {
        NotMoved::NoDatabase(file) => format!("没有数据库 {file:?}"),
        NotMoved::InUse(file) => {
            format!("{file:?} 正被服务器、另一个命令或其他程序使用；请先停止它（systemctl stop miandeng）")
        }
        NotMoved::File { file, source } => format!("无法锁定 {file:?}：{}", io(source)),
        NotMoved::Unreadable { file, source } => format!("无法读取 {file:?}：{}", sqlite(source)),
        NotMoved::Damaged { file, how } => format!("{file:?} 已损坏（{how}）；请先恢复备份（miandeng restore）"),
        NotMoved::Bad { file, source } => format!("{file:?} {}", bad_copy(source)),
        NotMoved::Older { file, version } => {
            format!("{file:?} 属于旧版本（迁移 {version}）；请先备份，用这个版本启动一次服务器，停止后再试")
        }
        NotMoved::Nul { file, row, column } => {
            format!("{file:?}：{row}：{column} 列含有 NUL 字符，PostgreSQL 无法保存；请替换它，或删除这一行")
        }
        NotMoved::NoServer(to) => {
            format!("--to {to:?}：请写 PostgreSQL 数据库的地址，例如 \"postgres://miandeng@db.example.com/miandeng\"")
        }
        NotMoved::Address(why) => format!("--to：{}", bad_address(*why)),
        NotMoved::Server { address, source } => format!("{address}：{}", with_advice(source)),
        NotMoved::NotUsable { address, why } => format!("{address}：{}", not_usable(*why)),
        NotMoved::NotUtf8 { address, encoding } => {
            format!("{address}：数据库的编码是 {encoding}；请用 ENCODING 'UTF8' 建立数据库")
        }
        NotMoved::NotEmpty { address, table } => format!("{address} 不是空的：表 {table} 中有数据；请换一个空的数据库"),
        NotMoved::Migrate { address, source } => format!("{address}：无法建立表：{source}"),
        NotMoved::NotWritten { address, table, source } => {
            format!("{address}：无法写入表 {table}：{}", with_advice(source))
        }
        NotMoved::Differs { address, table, here, there } => format!(
            "{address}：表 {table} 与文件中的不一致（文件 {here} 行，那里 {there} 行），所以什么都没有保留；\
             请检查那个数据库的触发器和规则"
        ),
        NotMoved::Commit { address, source } => {
            format!("{address}：提交没有得到回应：{source}；请再运行一次：如果已经全部保存，命令会说那个数据库不是空的")
        }
        NotMoved::Open(error) => opening(error),
    }
}

fn changing(error: &NotChanged) -> String {
    match error {
        NotChanged::LastAdmin { corp } => format!(
            "企业 {corp} 将没有可用的管理员；请先指定另一位（“miandeng users set USERID --role admin”），或加 --force"
        ),
        NotChanged::Database(error) => database(error),
    }
}

fn adding(error: &NotAdded) -> String {
    match error {
        NotAdded::AlreadyThere => "此人已在用户表中".into(),
        NotAdded::Database(error) => database(error),
    }
}

fn syncing(error: &SyncError) -> String {
    match error {
        SyncError::Busy { corp_id, actor } => format!("{actor} 正在同步企业 {corp_id}，请稍后再试"),
        SyncError::TakenOver(corp_id) => format!("另一个进程接手了企业 {corp_id} 的同步"),
        SyncError::Database(error) => database(error),
    }
}

fn building(error: &BuildError) -> String {
    match error {
        BuildError::Client(error) => client(error),
        BuildError::Database(error) => format!("数据库没有响应：{}", sqlite(error)),
        BuildError::Script(error) => format!("miandeng.dingtalk.jsapi_file：无法读取：{}", io(error)),
        BuildError::Keys(KeyError::Database(error)) => format!("无法读取签名密钥：{}", sqlite(error)),
        BuildError::Keys(KeyError::Damaged(key)) => {
            format!("server_keys 中的签名密钥 {key:?} 已损坏；请删除那一行，再重新启动")
        }
        BuildError::EventKey(_) => "event_aes_key 不是密钥：应为 43 个字母、数字、“+”或“/”；请重新复制".into(),
        BuildError::Keys(KeyError::NotMade(algorithm)) => format!("无法生成 {algorithm:?} 的签名密钥"),
    }
}

fn client(error: &ClientError) -> String {
    match error {
        ClientError::Http(error) => format!("无法创建访问钉钉的 HTTP 客户端：{error}"),
        ClientError::InTheClear(error) => error.text(Locale::ZhCn),
    }
}

fn starting(error: &NotStarted) -> String {
    match error {
        NotStarted::NotLoopback(address) => {
            format!("模拟器会把任何人的免登码交出去，所以只监听本机地址，不能监听 {address}")
        }
        NotStarted::NotAssembled(error) => format!("无法启动模拟器：{error}"),
        NotStarted::NotListening { address, port, kind, why } => {
            let why = IoFailure { kind: *kind, english: why.clone() }.text(Locale::ZhCn);
            format!("无法监听 {address} 的端口 {port}：{why}")
        }
    }
}

fn template(TemplateError: &TemplateError) -> String {
    "文件名必须以 .xlsx 或 .csv 结尾".into()
}

fn database(error: &sqlx::Error) -> String {
    format!("数据库出错：{}", with_advice(error))
}

fn with_advice(error: &sqlx::Error) -> String {
    format!("{}；{}", sqlite(error), (Locale::ZhCn.texts().advice)(advice(error)))
}

/// SQLite's answer (sqlite.org/rescode.html).
pub fn sqlite(error: &sqlx::Error) -> String {
    let text = match kind_of(error) {
        Some(5 | 6) => "数据库被锁定",
        Some(8) => "数据库只读",
        Some(10) => "磁盘读写出错",
        Some(11) => "数据库已损坏",
        Some(13) => "磁盘已满",
        Some(14) => "无法打开数据库文件",
        Some(26) => "不是数据库文件",
        _ => return error.to_string(),
    };
    text.to_owned()
}

fn json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data => format!("第 {line} 行第 {column} 列：{error}"),
        _ => format!("第 {line} 行第 {column} 列不是 JSON"),
    }
}

fn io(error: &io::Error) -> String {
    IoFailure::from(error).text(Locale::ZhCn)
}
