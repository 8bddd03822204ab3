//! The help of the commands with which a deployment begins.

use super::help::{BARE, CommandHelp};

pub const INIT: CommandHelp = CommandHelp {
    path: "init",
    about: "生成新部署的配置，并说明要在钉钉开发者后台填写什么",
    more: "\
只问只有您知道的：员工打开的地址，以及开发者后台里这个应用的 CorpId、AgentId、Client ID 和 Client Secret。用选项给出的不再问。\
每个回答都按服务器的规则检查。

生成 Rocket.toml（含所有配置项和默认值）、单独存放 Client Secret 的文件，以及前面代理的配置。已有人改过的文件，只有加 --force \
才会覆盖。注释用终端的语言。

安装了 Debian 包、由 root 运行时，写到 /etc/miandeng，服务器的用户可以读取。",
    after: "\
示例：
  miandeng init
  miandeng init --public-url https://app.example.com --corp-id dingxxxxxxxxxxxxxxxx \\
      --agent-id 123456789 --client-id dingxxxxxxxxxxxxxxxx --client-secret-file - < secret
  miandeng init --proxy caddy --app 127.0.0.1:3000    # 保护同一域名下的应用",
    arguments: &[
        ("public_url", "员工在钉钉里打开的地址，例如 https://app.example.com"),
        ("corp_id", "开发者后台首页的 CorpId"),
        ("agent_id", "应用的 AgentId"),
        ("client_id", "应用的 Client ID（AppKey）"),
        ("client_secret_file", "写有 Client Secret（AppSecret）的文件；- 为标准输入"),
        ("proxy", "前面的代理；不写时，看 /etc 里有哪个代理的目录"),
        ("app", "同一域名下要保护的应用所监听的地址和端口；不写时只做登录"),
        ("dir", "写到哪个目录；不写时，有 /etc/miandeng 就写到那里，没有就写到工作目录"),
        ("simulator", "模拟钉钉的地址，代替钉钉"),
        ("force", "覆盖已有的文件"),
    ],
};

pub const COMPLETIONS: CommandHelp = CommandHelp {
    path: "completions",
    about: "输出 Shell 脚本，用来补全命令和选项",
    after: "\
示例：
  miandeng completions bash > /etc/bash_completion.d/miandeng",
    arguments: &[("shell", "哪种 Shell")],
    ..BARE
};

pub const MAN: CommandHelp = CommandHelp {
    path: "man",
    about: "在目录中为每个命令生成一页手册",
    after: "\
示例：
  miandeng man /usr/local/share/man/zh_CN/man1",
    arguments: &[("dir", "目录；不存在时会建立")],
    ..BARE
};
