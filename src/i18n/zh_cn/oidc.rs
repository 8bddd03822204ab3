use crate::i18n::{Message, PLAIN, oidc::Oidc};

pub(super) const OIDC: Oidc = Oidc {
    unknown_client: Message {
        title: "这个应用还没有接入",
        detail: "带您来到这里的应用没有在本系统登记。",
        hint: "请告诉管理员是哪个应用，并提供请求编号。",
        admin: "应用发来的 client_id 不在 Rocket.toml 的任何 [[default.miandeng.clients]] 中。",
        ..PLAIN
    },
    wrong_redirect_uri: Message {
        title: "无法回到这个应用",
        detail: "应用要求回到一个没有登记过的地址。",
        hint: "请告诉管理员是哪个应用，并提供请求编号。",
        admin: "请把应用发来的 redirect_uri 与 Rocket.toml 中的 redirect_uris 逐字对照。带有此请求编号的日志会写明是哪个应用。",
        ..PLAIN
    },
    log_out_title: "要退出登录吗？",
    log_out_detail: "有一个应用请求让您退出登录。退出后，从这里打开的所有应用都会一起退出。",
    stay: "保持登录",
};
