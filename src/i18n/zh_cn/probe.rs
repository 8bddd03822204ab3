//! 网关探测的结果。

use crate::i18n::{
    Locale,
    doctor::{Said, says},
    probe::{ProbeFact, ProxyFix},
};

pub(super) fn fact(fact: &ProbeFact) -> Said {
    match fact {
        ProbeFact::NotOurAddress { address } => {
            says(format!("{address} 不在 public_url 上，也不在 allowed_return_hosts 的域名上"))
                .cure("请探测员工使用的地址；探测的会话不会发到别处")
        }
        ProbeFact::NoHttpClient { why } => says(format!("无法建立 HTTP 客户端：{why}")),
        ProbeFact::Unreachable { echo, why } => {
            says(format!("无法连接 {echo}：{}", why.text(Locale::ZhCn))).cure("请检查域名、证书、防火墙，以及代理是否在运行")
        }
        ProbeFact::StrangerSentToSignIn { forged } => says(format!("未登录的访问者{}被引导到登录页", also(*forged))),
        ProbeFact::StrangerRefused { status, forged } => {
            says(format!("未登录的访问者{}被拒绝（{status}）", also(*forged)))
        }
        ProbeFact::StrangerSentElsewhere { echo, location, ours } => {
            says(format!("{echo} 把未登录的访问者引导到 {location:?}，而不是 {ours}")).cure(OPEN)
        }
        ProbeFact::StrangerAnswered { echo, status, forged } => {
            says(format!("{echo} 对未登录的访问者{}返回 {status}", also(*forged))).cure(OPEN)
        }
        ProbeFact::OpenToStrangers { echo, forged } => {
            says(format!("{echo} 对未登录的访问者{}开放", also(*forged))).cure(OPEN)
        }
        ProbeFact::GateSilent { echo, status } => {
            says(format!("{echo} 返回 {status}：代理没有从网关得到能识别的响应")).cure(
                "服务器是否在配置所写的地址运行，日志里有没有对 /auth/… 的请求？如果那里是 400，说明代理的地址不在 trusted_proxies \
                 中，或它发送的请求头不同；如果是 403，说明这个域名不在 allowed_return_hosts 中",
            )
        }
        ProbeFact::EverybodyRefused { echo } => {
            says(format!("{echo} 对所有人返回 403")).cure("这个域名在 allowed_return_hosts 中吗？原因见服务器日志")
        }
        ProbeFact::PersonRefused { echo, userid } => {
            says(format!("{echo} 不放行 {userid}：请检查代理配置中的规则")).cure("用 --as 指定一个有权限的人")
        }
        ProbeFact::SignedInRefused { echo } => says(format!("{echo} 拒绝了已登录的访问者"))
            .cure("网关那段配置是否转发了 Cookie 和原始地址？服务器用的是不是这个数据库？"),
        ProbeFact::NotTheEcho { echo, status, path } => {
            says(format!("{echo} 没有到达 miandeng，而是到达了返回 {status} 的其他程序")).cure(format!(
                "请加上现成配置中 {path} 的那一段（deploy/ 中的“doctor”）；在此之前没有发送任何伪造的内容"
            ))
        }
        ProbeFact::OtherAnswer { headers, status } => {
            says(format!("带 {headers} 个伪造请求头的请求，没有得到 miandeng 的回显（{status}）"))
                .cure("请求可能到达了应用，或中间有东西改动了回答：请探测一个前面只有您的代理的地址")
        }
        ProbeFact::ForgedRefused { headers } => says(format!("带有其中 {headers} 个伪造请求头的请求被整个拒绝")),
        ProbeFact::NoneArrives { sent } => says(format!("{sent} 个伪造请求头，无论怎么拼写，都没有到达应用")),
        ProbeFact::ForgedArrive { names, more, taken_for, fixes } => {
            says(arrive(names, *more, *taken_for)).cure(fixes.iter().map(fix).collect::<Vec<_>>().join("\n"))
        }
        ProbeFact::HeaderArrives { name } => says(format!("{name} 到达了应用")),
        ProbeFact::HeaderMissing { name, userid } => says(format!("{userid} 已登录，但 {name} 没有到达应用"))
            .cure(format!("请像 deploy/ 中的配置那样，从网关的回答中复制 {name}")),
        ProbeFact::HeaderTwice { name } => {
            says(format!("应用收到了多个 {name}")).cure("请设置这个请求头，不要追加")
        }
        ProbeFact::RecipeCurrent { version } => says(format!("代理的配置是版本 {version}，与程序一致")),
        ProbeFact::RecipeOld { version, current } => {
            let version = version.map_or_else(|| "旧版本".to_owned(), |version| format!("版本 {version}"));
            says(format!("代理的配置是{version}，程序自带的是版本 {current}")).cure(
                "请重新安装 deploy/ 中的全部配置文件（原因见 CHANGELOG.md）；如果是自己写的配置，改到与现成配置一致后，把 \
                 /_miandeng/echo 指向 /probe/echo/2",
            )
        }
        ProbeFact::CookieArrives { name } => {
            says(format!("应用收到了会话 Cookie {name}：能读到它的日志或内存的人，都能冒充访问者"))
                .cure("nginx、Caddy、HAProxy 和 Apache 的现成配置会把它从 Cookie 中去掉；Traefik 和 Envoy 做不到")
        }
        ProbeFact::MayNotSignIn { userid } => says(format!("{userid} 不能登录")).cure("请指定一个可以登录的人"),
        ProbeFact::NobodyMaySignIn => says("没有人可以登录，所以谁也通不过网关").cure("miandeng users add …"),
        ProbeFact::SessionNotEnded { error } => says(format!("无法结束探测用的会话：{error}")).cure(
            "它在 miandeng sessions list 中显示为“miandeng doctor”；请用 miandeng sessions revoke 结束它",
        ),
    }
}

const OPEN: &str = "访问这个地址时，代理没有询问网关，应用可能也没有受到保护：请与 deploy/ 中的配置对照";

fn also(forged: bool) -> &'static str {
    if forged { "（即使带有伪造的请求头）" } else { "" }
}

fn arrive(names: &[String], more: usize, taken_for: Option<&str>) -> String {
    let more = if more > 0 { format!("等 {} 个请求头", names.len() + more) } else { String::new() };
    let list = format!("{}{more}", names.join("、"));
    match (names.first(), taken_for) {
        (Some(first), Some(header)) => {
            format!("访问者自带的 {list} 到达了应用；WSGI、CGI、Rack 或 PHP 的程序会把 {first} 当作 {header}")
        }
        _ => format!("访问者自带的 {list} 到达了应用，应用可能会相信它"),
    }
}

pub(super) fn fix(fix: &ProxyFix) -> String {
    match fix {
        ProxyFix::NginxLocation(line) => {
            format!("nginx：{line}  写在应用的 location 中（引入 miandeng/identity.conf）")
        }
        ProxyFix::NginxHttp(line) => format!("nginx：{line}  写在 http {{ … }} 中（引入 miandeng/http.conf）"),
        ProxyFix::CaddyRoute(line) => format!("Caddy：{line}  写在 route 中，forward_auth 之前"),
        ProxyFix::TraefikMiddleware(line) => {
            format!("Traefik：{line}  写在 forwardAuth 之前的中间件的 customRequestHeaders 中")
        }
        ProxyFix::TraefikNoList => {
            "Traefik：forwardAuth 中不要写 authRequestHeaders，让网关看到这个请求头并拒绝".into()
        }
        ProxyFix::EnvoyMutation(line) => format!("Envoy：{line}  写在 ext_authz 之前的 header_mutation 过滤器中"),
        ProxyFix::EnvoyListener(line) => format!("Envoy：{line}"),
        ProxyFix::EnvoyAllowedHeaders(line) => format!("Envoy：{line}  写在 allowed_headers 中，让网关拒绝它"),
        ProxyFix::HaproxyFrontend(line) => format!("HAProxy：{line}  写在 frontend 中，lua.miandeng 之前"),
        ProxyFix::ApacheForget(line) => format!("Apache：{line}  写在 miandeng.lua 的 FORGET 中"),
    }
}
