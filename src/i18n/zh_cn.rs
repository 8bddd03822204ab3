//! 简体中文。

mod admin;
mod bad_value;
mod doctor;
mod errcode;
mod probe;
mod reports;

use super::{
    DingtalkRefusals, DirectoryRefusals, GateRefusals, Handover, HandoverRefusals, Home, JsapiRefusals, Message,
    Problems, SignIn, SignInRefusals, Texts,
};

pub(super) static TEXTS: Texts = Texts {
    lang: "zh-CN",
    request_id: "请求编号",
    retry: "重试",
    problems: Problems {
        invalid_request: Message {
            title: "请求不完整",
            detail: "缺少某个字段，或字段格式不对。",
            hint: "请从钉钉工作台重新打开应用。",
        },
        not_found: Message {
            title: "页面不存在",
            detail: "这个地址没有内容。",
            hint: "请检查地址，或从钉钉工作台重新打开应用。",
        },
        foreign_origin: Message {
            title: "表单来自其他网站",
            detail: "为了您的安全，这个操作只能在本站页面上进行。",
            hint: "请打开本站的页面再试。",
        },
        unavailable: Message {
            title: "暂时无法使用",
            detail: "服务器无法访问数据库。",
            hint: "请稍后再试。管理员：日志中带有此请求编号的一行写明了原因。",
        },
        internal: Message {
            title: "出错了",
            detail: "服务器遇到了意外错误。",
            hint: "请再试一次。如果反复出现，请把请求编号告诉管理员。",
        },
        missing: |field| format!("缺少字段“{field}”，或字段为空。"),
        repeated: |field| format!("字段“{field}”出现了多次。"),
        malformed: |field| format!("字段“{field}”的格式不对。"),
    },
    dingtalk: DingtalkRefusals {
        code_invalid: Message {
            title: "登录未成功",
            detail: "免登码已用过、已过期，或属于另一个应用。",
            hint: "请点“重试”。管理员：如果每次都这样，agent_id 与 client_id 可能来自两个不同的应用。",
        },
        refused: Message {
            title: "钉钉拒绝了这次登录",
            detail: "不是您的操作有误，需要管理员处理。",
            hint: "请把请求编号和错误码（如果有）告诉管理员。",
        },
        unreachable: Message {
            title: "钉钉没有响应",
            detail: "钉钉服务器暂时较慢或无法连接。",
            hint: "请稍等片刻再试。已登录的人不受影响。",
        },
        unknown_app: Message {
            title: "找不到这个应用",
            detail: "这个企业的应用还没有接入本系统。",
            hint: "请切换到正确的企业，再从工作台打开应用。管理员：请核对应用首页地址里的 corpid、agentid 与 Rocket.toml 中的 corp_id、agent_id。",
        },
        several_apps: Message {
            title: "要打开哪个应用？",
            detail: "这里有多个应用，地址没有说明是哪一个。",
            hint: "请从钉钉工作台打开应用。管理员：请在应用首页地址里加上 ?corpid=$CORPID$&agentid=…",
        },
        errcode: |errcode| format!("钉钉返回错误码 {errcode}。"),
    },
    gate: GateRefusals {
        sign_in_required: Message {
            title: "请先登录",
            detail: "您还没有登录，或登录已失效。",
            hint: "请重新打开页面。程序请引导用户到 signin_url 登录。",
        },
        not_allowed: Message {
            title: "您没有这个应用的权限",
            detail: "您已登录，但这个应用只对其他人员或部门开放。",
            hint: "如需使用，请联系管理员，并提供请求编号。管理员：代理设置里的 groups 和 users 决定谁可以使用。",
        },
        unlisted_host: Message {
            title: "这个域名尚未设置",
            detail: "登录后不能返回这个域名。",
            hint: "管理员：请核对日志中的协议和域名与 public_url 是否一致，或把域名加入 Rocket.toml 的 allowed_return_hosts。",
        },
        untrusted_proxy: Message {
            title: "这个地址只供代理访问",
            detail: "只接受 trusted_proxies 中列出的代理。",
            hint: "管理员：请把代理的地址加入 Rocket.toml 的 trusted_proxies；地址见日志中带有此请求编号的一行。",
        },
        unreadable_request: Message {
            title: "无法打开这个地址",
            detail: "地址或请求头的格式不正确。",
            hint: "请检查地址，或从应用首页重新进入。管理员：日志中带有此请求编号的一行写明了原因。",
        },
    },
    jsapi: JsapiRefusals {
        foreign_page: Message {
            title: "无法为这个页面签名",
            detail: "JSAPI 签名只提供给已登记的页面，并且只能用于页面自己的地址。",
            hint: "管理员：请把该页面的源（origin）加入 Rocket.toml 的 jsapi_origins。",
        },
    },
    directory: DirectoryRefusals {
        event_refused: Message {
            title: "事件未被接收",
            detail: "签名或密文与本应用的密钥不符，或者来自其他组织。",
            hint: "管理员：请核对 Rocket.toml 里的 event_token、event_aes_key 与钉钉开放平台后台是否一致。",
        },
        too_long: Message {
            title: "请求太长", detail: "内容超出了服务器接收的上限。", hint: "请缩短内容再试。"
        },
    },
    signin: SignIn {
        title: "登录",
        working: "正在登录…",
        signed_out: "已退出登录",
        sign_in_again: "重新登录",
        done: "登录成功，正在打开页面…",
        stalled: "页面没有加载完整。请检查网络后重试。",
        script_failed: Message {
            title: "钉钉脚本加载失败",
            detail: "您的设备无法从钉钉的网络加载脚本。",
            hint: "请检查网络后重试。管理员：可设置 jsapi_file，由自己的服务器提供脚本。",
        },
        no_bridge: Message {
            title: "钉钉客户端没有响应",
            detail: "等了 8 秒没有收到回应。",
            hint: "请关闭页面，从工作台重新打开应用。如果还不行，请升级钉钉。",
        },
        plain_browser: Message {
            title: "请在钉钉中打开",
            detail: "在钉钉里打开本页面，无需密码即可登录。",
            hint: "请在钉钉底部进入“工作台”，点应用图标打开。",
        },
        web_login: "用钉钉扫码登录",
        client_refused: Message {
            title: "钉钉客户端拒绝了请求",
            detail: "没有取得这个应用的免登码。",
            hint: "请确认当前所在企业是否正确。管理员：本页面的域名必须与开发者后台的应用首页地址或端内免登地址一致。",
        },
        server_silent: Message {
            title: "服务器没有响应",
            detail: "登录请求已发出，但没有收到回应。",
            hint: "请检查网络后重试。",
        },
        no_script: Message {
            title: "JavaScript 已关闭",
            detail: "登录需要 JavaScript。",
            hint: "请打开 JavaScript，再重新打开页面。",
        },
        refusals: SignInRefusals {
            corpid_placeholder: Message {
                title: "请从工作台打开应用",
                detail: "地址中的 $CORPID$ 没有被替换。只有从工作台打开应用，钉钉才会填入您所在的企业。",
                hint: "请在钉钉底部进入“工作台”，点应用图标打开；不要点聊天里的链接。",
            },
            state_mismatch: Message {
                title: "登录页面已失效",
                detail: "页面打开太久、已经用过，或是在另一个浏览器里打开的。",
                hint: "请重新打开页面。如果反复出现，可能是 Cookie 被禁用。",
            },
            rate_limited: Message {
                title: "尝试过于频繁",
                detail: "您所在的网络登录失败次数过多。",
                hint: "请稍等片刻再试。",
            },
            not_listed: Message {
                title: "您还没有访问权限",
                detail: "钉钉确认了您的身份，但您的账号尚未加入本系统。",
                hint: "请联系管理员添加，并提供请求编号。",
            },
            external_contact: Message {
                title: "仅限企业员工",
                detail: "您是这个企业的外部联系人，不是企业员工。",
                hint: "如果您是员工，请联系管理员在钉钉通讯录中添加您。",
            },
            unfollowed: Message {
                title: "请先关注服务窗",
                detail: "您还没有关注这个服务窗，或已取消关注。",
                hint: "请在钉钉中关注服务窗，再从服务窗里打开页面。",
            },
            stranger: Message {
                title: "您不在这个企业中",
                detail: "企业通讯录里没有与您的钉钉账号对应的员工。",
                hint: "请在钉钉中加入该企业，或联系管理员并提供请求编号。",
            },
            disabled: Message {
                title: "您的账号已停用",
                detail: "管理员停用了您在本系统的访问权限。",
                hint: "如有疑问，请联系管理员，并提供请求编号。",
            },
            no_web_login: Message {
                title: "这个应用不支持扫码登录",
                detail: "只能在钉钉里登录这个应用。",
                hint: "请从钉钉工作台打开应用。管理员：扫码登录需要 client_id 和 client_secret，请用它们代替 corp_secret。",
            },
            login_refused: Message {
                title: "钉钉登录未完成",
                detail: "登录被取消，或您的钉钉账号不属于这个企业。",
                hint: "请换用您在这个企业的钉钉账号，再试一次。",
            },
            cookie_not_kept: Message {
                title: "登录反复跳转",
                detail: "您已连续登录几次，但浏览器没有保存登录的 Cookie。",
                hint: "请允许本站使用 Cookie，并检查设备时间是否正确。管理员：public_url 必须与浏览器显示的地址完全相同；如果设置了 \
                   cookie_domain，该地址必须在其范围内。",
            },
            cookie_out_of_reach: Message {
                title: "登录反复跳转",
                detail: "您已在这里登录，但要打开的页面收不到您的登录，反复跳转回来。",
                hint: "管理员：浏览器不会把登录的 Cookie 发给那个域名。请把 cookie_domain 设为同时包含该域名和 public_url 的上级域名。",
            },
            sent_back: Message {
                title: "登录反复跳转",
                detail: "您已在这里登录，但要打开的页面反复跳转回来。",
                hint: "请检查设备时间是否正确，然后重试。管理员：public_url 必须与浏览器显示的地址完全相同，该页面前的代理必须转发 Cookie 请求头。",
            },
            sent_back_by: |address| format!("该页面是 {address}"),
        },
    },
    home: Home {
        title: "已登录",
        admins_only: Message {
            title: "仅限管理员",
            detail: "您已登录，但此页面只对管理员开放。",
            hint: "如需使用，请联系管理员调整您的角色。",
        },
        sessions: "已登录的设备",
        this_device: "本设备",
        place: "来自",
        signed_in: "登录时间",
        last_seen: "最近使用",
        department: "部门",
        userid: "用户 ID",
        corp: "企业",
        open_in_browser: "在浏览器中打开",
        sign_out: "退出登录",
        sign_out_there: "退出该设备",
        sign_out_elsewhere: "退出其他所有设备",
        ago: |seconds| match seconds {
            ..60 => "刚刚".to_owned(),
            60..3600 => format!("{} 分钟前", seconds / 60),
            3600..86400 => format!("{} 小时前", seconds / 3600),
            _ => format!("{} 天前", seconds / 86400),
        },
        unknown_device: "未知设备",
    },
    handover: Handover {
        title: "在浏览器中打开",
        instructions: "复制这个链接，粘贴到浏览器的地址栏，无需扫码即可登录。",
        limits: "链接 30 秒内有效，只能用一次。不要发给别人：谁打开，谁就会以您的身份登录。",
        copy: "复制链接",
        copied: "已复制",
        open: "打开链接",
        back: "返回",
        arrive_title: "在此浏览器登录",
        arrive_detail: "您从钉钉过来，点一下即可在这里登录。",
        arrive_as: "登录身份",
        arrive: "登录",
        arrive_warning: "如果以上不是您本人，或者这个链接是别人发给您的，请关闭本页：否则您会以对方的身份登录。",
        refusals: HandoverRefusals {
            link_expired: Message {
                title: "这个链接已失效",
                detail: "链接已用过、超过 30 秒，或生成它的登录已结束。",
                hint: "请在钉钉里重新生成，或在这里登录。",
            },
            too_many_links: Message {
                title: "链接生成得太频繁",
                detail: "您在短时间内生成了很多链接。",
                hint: "最近的链接如果还有效，请直接使用；或稍等片刻再生成。",
            },
        },
    },
    admin: admin::ADMIN,
    reports: reports::REPORTS,
    check: doctor::check,
    fact: doctor::fact,
    bad_value: bad_value::value,
    bad_row: bad_value::row,
    bad_file: bad_value::file,
    dingtalk_down: "钉钉没有响应：请检查本服务器到 oapi.dingtalk.com 的网络（DNS、防火墙、代理、证书）。如果网络正常，则是钉钉较慢，恢复后即可登录。",
    dingtalk_hint: errcode::hint,
};
