//! The help of the command that moves the database.

use super::help::CommandHelp;

pub const MIGRATE: CommandHelp = CommandHelp {
    path: "migrate-database",
    about: "把 SQLite 文件复制到一个空的 PostgreSQL 数据库，供多台服务器共用；此时不能有服务器在运行",
    more: "\
人员、审计记录、密钥、同步和事件在一个事务中复制，再读回来逐行核对。无论哪一步失败，目标数据库里都不会留下任何内容。文件保持原样：\
把配置改回这个文件，服务器就和原来一样。

所有人都会退出登录，下次请求时重新登录，在钉钉里不用点击。--sessions 让已登录的人保持登录，通过 OpenID Connect 或 CAS \
登录的应用也一样。

数据库要先建好，并归该用户所有。地址里不要写密码，本机其他用户能看到；密码也可以放在 PGPASSWORD、~/.pgpass 或 PGPASSFILE \
指定的文件中。",
    after: "\
示例：
  systemctl stop miandeng
  miandeng backup /var/backups/miandeng/before-postgres.db
  PGPASSFILE=pgpass miandeng migrate-database --to postgres://miandeng@db.example.com/miandeng
  # 把这个地址写入 Rocket.toml：[default.databases.miandeng] 中的 url
  systemctl start miandeng",
    arguments: &[
        ("to", "PostgreSQL 数据库的地址，例如 postgres://USER@HOST/DATABASE，写法与配置中的相同"),
        ("sessions", "已登录的人保持登录"),
    ],
};
