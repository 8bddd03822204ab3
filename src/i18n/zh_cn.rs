//! 简体中文。

mod admin;
mod bad_value;
mod cas;
mod catalogue;
mod doctor;
mod oidc;
mod pages;
mod probe;
mod reports;
mod setting;

use super::{DingtalkRefusals, DirectoryRefusals, GateRefusals, JsapiRefusals, Message, PLAIN, Problems, Texts};

pub(super) static TEXTS: Texts = Texts {
    lang: "zh-CN",
    colon: "：",
    request_id: "请求编号",
    copy_request_id: "复制请求编号",
    copied: "已复制",
    retry: "重试",
    reopen: "已处理好？重新进入",
    sign_in_here: "在这里登录",
    back: "返回",
    try_again_in: ["请等待 ", " 秒后再试。"],
    try_again_now: "现在可以重试了。",
    account: "您的钉钉账号",
    contact: "联系管理员",
    contact_is: "请联系",
    admin_title: "管理员信息",
    admin_hint: |hint| format!("管理员：{hint}"),
    problems: Problems {
        invalid_request: Message {
            title: "请求不完整",
            detail: "缺少某个字段，或字段格式不对。",
            hint: "请从钉钉工作台重新打开应用。",
            ..PLAIN
        },
        not_found: Message {
            title: "页面不存在",
            detail: "这个地址没有内容。",
            hint: "请检查地址，或从钉钉工作台重新打开应用。",
            ..PLAIN
        },
        foreign_origin: Message {
            title: "表单来自其他网站",
            detail: "为了您的安全，这个操作只能在本站页面上进行。",
            hint: "请打开本站的页面再试。",
            ..PLAIN
        },
        unavailable: Message {
            title: "暂时无法使用",
            detail: "服务器无法访问数据库。",
            hint: "请稍后再试。",
            admin: "日志中带有此请求编号的一行写明了原因。",
            ..PLAIN
        },
        internal: Message {
            title: "出错了",
            detail: "服务器遇到了意外错误。",
            hint: "请再试一次。如果反复出现，请把请求编号告诉管理员。",
            ..PLAIN
        },
        missing: |field| format!("缺少字段“{field}”，或字段为空。"),
        repeated: |field| format!("字段“{field}”出现了多次。"),
        malformed: |field| format!("字段“{field}”的格式不对。"),
    },
    dingtalk: DingtalkRefusals {
        code_invalid: Message {
            title: "登录未成功",
            detail: "这次登录的凭证已用过或已过期。",
            hint: "请点“重试”。",
            admin: "如果每次都这样，免登码可能属于另一个应用：请核对 agent_id 与 client_id 是否来自同一个应用。",
            ..PLAIN
        },
        refused: Message {
            title: "钉钉拒绝了这次登录",
            detail: "不是您的操作有误，需要管理员处理。",
            hint: "请把请求编号和错误码（如果有）告诉管理员。",
            ..PLAIN
        },
        unreachable: Message {
            title: "钉钉没有响应",
            detail: "钉钉服务器暂时较慢或无法连接。",
            hint: "请稍等片刻再试。已登录的人不受影响。",
            ..PLAIN
        },
        unknown_app: Message {
            title: "找不到这个应用",
            detail: "这个企业的应用还没有接入本系统。",
            hint: "请确认当前所在企业是否正确，再从工作台打开应用。",
            admin: "请核对应用首页地址里的 corpid、agentid 与 Rocket.toml 中的 corp_id、agent_id。",
            ..PLAIN
        },
        several_apps: Message {
            title: "要打开哪个应用？",
            detail: "这里有多个应用，地址没有说明是哪一个。",
            hint: "请从钉钉工作台打开应用。",
            admin: "请在应用首页地址里加上 ?corpid=$CORPID$&agentid=…",
            ..PLAIN
        },
        errcode: |errcode| format!("钉钉返回错误码 {errcode}。"),
    },
    gate: GateRefusals {
        sign_in_required: Message {
            title: "请先登录",
            detail: "您还没有登录，或登录已失效。",
            hint: "请重新打开页面。程序请引导用户到 signin_url 登录。",
            ..PLAIN
        },
        not_allowed: Message {
            title: "您没有这个应用的权限",
            detail: "您已登录，但这个应用只对其他人员或部门开放。",
            hint: "如需使用，请联系管理员，并提供请求编号。",
            admin: "代理配置里的 groups 和 users 决定谁可以使用。",
            ..PLAIN
        },
        unlisted_host: Message {
            title: "这个网站尚未接入",
            detail: "登录后不能返回这个网站。",
            hint: "请联系管理员，并提供请求编号。",
            admin: "请核对日志中的协议和域名与 public_url 是否一致，或把域名加入 Rocket.toml 的 allowed_return_hosts。",
            ..PLAIN
        },
        untrusted_proxy: Message {
            title: "这个地址只供代理访问",
            detail: "只接受 trusted_proxies 中列出的代理。",
            hint: "请联系管理员，并提供请求编号。",
            admin: "请把代理的地址加入 Rocket.toml 的 trusted_proxies；地址见日志中带有此请求编号的一行。",
            ..PLAIN
        },
        unreadable_request: Message {
            title: "无法打开这个地址",
            detail: "地址或请求头的格式不正确。",
            hint: "请检查地址，或从应用首页重新进入。",
            admin: "日志中带有此请求编号的一行写明了原因。",
            ..PLAIN
        },
    },
    jsapi: JsapiRefusals {
        foreign_page: Message {
            title: "无法为这个页面签名",
            detail: "JSAPI 签名只提供给已登记的页面，并且只能用于页面自己的地址。",
            hint: "",
            admin: "请把该页面的源（origin）加入 Rocket.toml 的 jsapi_origins。",
            ..PLAIN
        },
    },
    directory: DirectoryRefusals {
        event_refused: Message {
            title: "事件未被接收",
            detail: "签名或密文与本应用的密钥不符，或者来自其他企业。",
            hint: "",
            admin: "请核对 Rocket.toml 里的 event_token、event_aes_key 与钉钉开发者后台是否一致。",
            ..PLAIN
        },
        too_long: Message {
            title: "请求太长",
            detail: "内容超出了服务器接收的上限。",
            hint: "请缩短内容再试。",
            ..PLAIN
        },
    },
    signin: pages::SIGN_IN,
    home: pages::HOME,
    oidc: oidc::OIDC,
    cas: cas::CAS,
    handover: pages::HANDOVER,
    admin: admin::ADMIN,
    reports: reports::REPORTS,
    check: doctor::check,
    fact: doctor::fact,
    advice: doctor::advice,
    bad_setting: setting::line,
    bad_value: bad_value::value,
    bad_row: bad_value::row,
    bad_file: bad_value::file,
    dingtalk_down: "钉钉没有响应：请检查本服务器到 oapi.dingtalk.com 的网络（DNS、防火墙、代理、证书）。如果网络正常，则是钉钉较慢，恢复后即可登录。",
    explain: catalogue::explain,
    catalogue: catalogue::CATALOGUE,
};
