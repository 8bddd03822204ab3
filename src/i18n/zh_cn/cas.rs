use crate::i18n::{Message, PLAIN, cas::Cas};

pub(super) const CAS: Cas = Cas {
    unlisted: Message {
        title: "这个应用还没有接入",
        detail: "把您带到这里的应用，或者它的地址，没有在本系统登记。",
        hint: "请告诉管理员是哪个应用，并提供请求编号。",
        admin: "应用发来的 service 地址不在 Rocket.toml 的任何 service_urls 中。以斜杠结尾的地址包含其下的所有地址，其他地址只包含它自己。",
        ..PLAIN
    },
    not_allowed: Message {
        title: "您不能使用这个应用",
        detail: "您已经登录，但这个应用没有对您开放。",
        hint: "如果工作需要，请联系管理员。",
        admin: "Rocket.toml 中这个应用的规则（groups、users、corpid）不包括此人。带有此请求编号的日志会写明是哪个应用。",
        ..PLAIN
    },
    too_many: Message {
        title: "应用跳转太频繁",
        detail: "应用在短时间内一次次把您带到这里。",
        hint: "请稍等一会儿，再重新打开应用。",
        admin: "应用在不停地申请票据。通常是应用访问不到本服务器、无法验证票据，或者验证时用的 service 地址与申请时不同。",
        ..PLAIN
    },
};
