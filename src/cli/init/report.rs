//! What was written, what to enter in DingTalk's console, and what comes next.

use std::{net::IpAddr, path::PathBuf};

use serde_json::json;

use crate::{
    cli::terminal::{locale, print, print_json, text},
    i18n::doctor::Fact,
    setup::{
        console::{Addresses, is_private},
        recipe::Proxy,
    },
};

pub struct Done {
    pub files: Vec<PathBuf>,
    /// Which proxy a block was written for, and where.
    pub recipe: Option<(Proxy, PathBuf)>,
    /// The server has a user of its own.
    pub has_user: bool,
    pub addresses: Vec<Addresses>,
    /// This machine's own; DingTalk may see another one.
    pub egress_ip: Option<IpAddr>,
}

impl Done {
    pub fn say(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            return print_json(&json!({
                "files": self.files,
                "console": self.addresses,
                "egress_ip_hint": self.egress_ip,
                "egress_ip_is_private": self.egress_ip.map(is_private),
            }));
        }
        let mut said = String::new();
        for file in &self.files {
            let file = file.display();
            said += &text!("written: {file}\n", "已写好：{file}\n");
        }
        said += &text!(
            "\nEnter in DingTalk's developer console (open-dev.dingtalk.com):\n",
            "\n在钉钉开发者后台（open-dev.dingtalk.com）填写：\n"
        );
        for Addresses { home_page, redirect_url, .. } in &self.addresses {
            said += &format!("  应用首页地址    {home_page}\n  PC端首页地址    {home_page}\n");
            if let Some(redirect_url) = redirect_url {
                said += &format!("  重定向URL       {redirect_url}\n");
            }
        }
        said += &format!("  服务器出口IP    {}\n", self.egress_ip());
        said += "\n";
        said += &self.next();
        print(said)
    }

    fn egress_ip(&self) -> String {
        let address = self.egress_ip.map(|address| address.to_string());
        Fact::EgressIp { address, is_private: self.egress_ip.is_some_and(is_private) }.said(locale()).says
    }

    /// Each step where its part is.
    fn next(&self) -> String {
        let recipe = self.recipe.as_ref().map(|(_, path)| path.display().to_string()).unwrap_or_default();
        let proxy = match self.recipe.as_ref().map(|(proxy, _)| proxy) {
            Some(Proxy::Nginx) => text!(
                "put {recipe} into nginx's sites (its head says where), set the certificate, and reload nginx",
                "把 {recipe} 放到 nginx 的站点目录（文件开头有说明），填好证书，重新加载 nginx"
            ),
            Some(Proxy::Caddy) => {
                text!("add {recipe} to Caddy's settings and reload it", "把 {recipe} 加入 Caddy 的配置并重新加载")
            }
            Some(Proxy::Traefik) => {
                text!("give {recipe} to Traefik's file provider", "把 {recipe} 交给 Traefik 的 file provider")
            }
            None => text!(
                "put a proxy with TLS in front; --proxy nginx, caddy or traefik writes its block",
                "在前面放一个带 TLS 的代理；用 --proxy nginx、caddy 或 traefik 生成它的配置"
            ),
        };
        // As root, it would make a database that the server may not write. The server's user may not read root's files, so the
        // shell opens the workbook.
        let run = if self.has_user { "runuser -u miandeng -- miandeng" } else { "miandeng" };
        let start = match std::path::Path::new("/run/systemd/system").is_dir() {
            true => "systemctl restart miandeng",
            false => "miandeng serve",
        };
        text!(
            "Then:\n  1. {proxy}\n  2. {run} users import - < people.xlsx\n  3. {start}\n  4. {run} doctor\n",
            "然后：\n  1. {proxy}\n  2. 导入人员：{run} users import - < people.xlsx\n  3. 启动：{start}\n  4. 检查：{run} doctor\n"
        )
    }
}
