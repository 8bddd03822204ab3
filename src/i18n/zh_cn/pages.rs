//! 员工看到的页面：登录、主页、在浏览器中打开。

use super::super::{Handover, HandoverRefusals, Home, Message, PLAIN, SignIn, SignInRefusals};

pub(super) const SIGN_IN: SignIn = SignIn {
    title: |system| format!("登录 {system}"),
    working: "正在登录…",
    slow: "比平时慢一些，请稍候…",
    signed_out: "已退出登录",
    sign_in_again: "重新登录",
    done: "登录成功，正在打开页面…",
    stalled: "页面没有加载完整。请检查网络后重试。",
    script_failed: Message {
        title: "登录组件加载失败",
        detail: "您的设备无法从钉钉的网络加载所需的文件。",
        hint: "请检查网络后重试。",
        admin: "可设置 jsapi_file，由自己的服务器提供钉钉脚本。",
        ..PLAIN
    },
    no_bridge: Message {
        title: "钉钉没有响应",
        detail: "等了 8 秒没有收到回应。",
        hint: "请关闭页面，在钉钉底部进入“工作台”，重新打开应用。如果还不行，请升级钉钉。",
        desk_hint: "请关闭页面，在钉钉左侧进入“工作台”，重新打开应用。如果还不行，请升级电脑上的钉钉。",
        ..PLAIN
    },
    plain_browser: Message {
        detail: "这个应用只能在钉钉里登录。",
        hint: "请在手机钉钉底部进入“工作台”，点应用图标打开。",
        desk_hint: "请在钉钉左侧进入“工作台”，点应用图标打开。",
        ..PLAIN
    },
    web_login: "用钉钉登录",
    web_login_on_desk: "点击后显示二维码，用手机上的钉钉扫一扫",
    qr_code: "钉钉登录二维码",
    qr_scan: "用手机上的钉钉扫码登录",
    qr_loading: "正在加载二维码…",
    qr_failed: "二维码没有加载出来，请点下面的按钮。",
    or_workbench: "或在钉钉工作台打开",
    client_refused: Message {
        title: "钉钉拒绝了登录",
        detail: "没有取得这个应用的登录凭证。",
        hint: "请确认当前所在企业是否正确。",
        admin: "本页面的域名必须与开发者后台中应用首页地址或端内免登地址的域名一致。",
        ..PLAIN
    },
    server_silent: Message {
        title: "服务器没有响应",
        detail: "登录请求已发出，但没有收到回应。",
        hint: "请检查网络后重试。",
        ..PLAIN
    },
    no_script: Message {
        title: "JavaScript 已关闭",
        detail: "登录需要 JavaScript。",
        hint: "请打开 JavaScript，再重新打开页面。",
        ..PLAIN
    },
    refusals: SignInRefusals {
        corpid_placeholder: Message {
            title: "请从工作台打开应用",
            detail: "通过聊天或收藏里的链接打开时，钉钉不会告知您所在的企业。",
            hint: "请在钉钉底部进入“工作台”，点应用图标打开。",
            desk_hint: "请在钉钉左侧进入“工作台”，点应用图标打开。",
            admin: "地址中的 $CORPID$ 没有被替换：只有从工作台打开应用，钉钉才会填入企业的 CorpId。",
        },
        state_mismatch: Message {
            title: "登录页面已失效",
            detail: "页面打开太久、已经用过，或是在另一个浏览器里打开的。",
            hint: "请重新打开页面。如果反复出现，可能是浏览器禁用了 Cookie。",
            ..PLAIN
        },
        rate_limited: Message {
            title: "尝试过于频繁",
            detail: "您所在的网络登录失败次数过多。",
            hint: "请稍等片刻再试。",
            ..PLAIN
        },
        not_listed: Message {
            title: "您还没有访问权限",
            detail: "钉钉确认了您的身份，但您的账号尚未加入本系统。",
            hint: "请联系管理员添加，并提供请求编号。",
            ..PLAIN
        },
        external_contact: Message {
            title: "仅限企业员工",
            detail: "您是这个企业的外部联系人，不是企业员工。",
            hint: "如果您是员工，请联系管理员在钉钉通讯录中添加您。",
            ..PLAIN
        },
        unfollowed: Message {
            title: "请先关注服务窗",
            detail: "您还没有关注这个服务窗，或已取消关注。",
            hint: "请在钉钉中关注服务窗，再从服务窗里打开页面。",
            ..PLAIN
        },
        stranger: Message {
            title: "您不在这个企业中",
            detail: "企业通讯录里没有与您的钉钉账号对应的员工。",
            hint: "请在钉钉中加入该企业，或联系管理员并提供请求编号。",
            ..PLAIN
        },
        disabled: Message {
            title: "您的账号已停用",
            detail: "管理员停用了您在本系统的访问权限。",
            hint: "如有疑问，请联系管理员，并提供请求编号。",
            ..PLAIN
        },
        no_web_login: Message {
            title: "请在钉钉中打开",
            detail: "这个应用只能在钉钉里登录。",
            hint: "请从钉钉工作台打开应用。",
            admin: "在浏览器中登录需要 client_id 和 client_secret，请用它们代替 corp_secret。",
            ..PLAIN
        },
        login_refused: Message {
            title: "钉钉登录未完成",
            detail: "登录被取消，或您的钉钉账号不属于这个企业。",
            hint: "请换用您在这个企业的钉钉账号，再试一次。",
            ..PLAIN
        },
        cookie_not_kept: Message {
            title: "登录反复跳转",
            detail: "您已连续登录几次，但浏览器没有保存登录的 Cookie。",
            hint: "请允许本站使用 Cookie，并检查设备时间是否正确。",
            admin: "public_url 必须与浏览器显示的地址完全相同；如果设置了 cookie_domain，该地址必须在其范围内。",
            ..PLAIN
        },
        cookie_out_of_reach: Message {
            title: "登录反复跳转",
            detail: "您已在这里登录，但要打开的页面收不到登录信息，反复跳转回来。",
            hint: "请联系管理员，并提供请求编号。",
            admin: "浏览器不会把登录的 Cookie 发给那个域名。请把 cookie_domain 设为同时包含该域名和 public_url 的上级域名。",
            ..PLAIN
        },
        sent_back: Message {
            title: "登录反复跳转",
            detail: "您已在这里登录，但要打开的页面反复跳转回来。",
            hint: "请检查设备时间是否正确，然后重试。",
            admin: "public_url 必须与浏览器显示的地址完全相同，该页面前的代理必须转发 Cookie 请求头。",
            ..PLAIN
        },
        sent_back_by: |address| format!("该页面是 {address}"),
    },
};

pub(super) const HOME: Home = Home {
    title: "已登录",
    admins_only: Message {
        title: "仅限管理员",
        detail: "您已登录，但此页面只对管理员开放。",
        hint: "如需使用，请联系管理员调整您的角色。",
        ..PLAIN
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
    device: |client, system| match (client, system) {
        ("DingTalk", "") => "钉钉".to_owned(),
        ("DingTalk", "Android") => "钉钉安卓版".to_owned(),
        ("DingTalk", "HarmonyOS") => "钉钉鸿蒙版".to_owned(),
        ("DingTalk", system) => format!("钉钉 {system} 版"),
        ("", system) => system.to_owned(),
        (browser, "") => format!("{browser} 浏览器"),
        (browser, system) => format!("{browser} 浏览器（{system}）"),
    },
    back_to: |app| format!("返回 {app}"),
    open_app: |app| format!("打开 {app}"),
    details: "详细信息",
    address: "IP 地址",
    version: "版本",
};

pub(super) const HANDOVER: Handover = Handover {
    title: "在浏览器中打开",
    instructions: "复制这个链接，粘贴到浏览器的地址栏，无需扫码即可登录。",
    as_whom: |name| format!("打开后，将以 {name} 的身份登录。"),
    limits: "只能用一次。不要发给别人：谁打开，谁就会以您的身份登录。",
    expires_in: ["链接在 ", " 秒后失效"],
    expired: "链接已失效",
    again: "重新生成链接",
    copy: "复制链接",
    open: "打开链接",
    back: "返回",
    arrive_title: "在这个浏览器登录",
    arrive_detail: "您从钉钉过来，点一下即可在这里登录。",
    arrive_as: "登录身份",
    arrive: "登录",
    arrive_warning: "如果以上不是您本人，或者这个链接是别人发给您的，请关闭本页：否则您会以对方的身份登录。",
    refusals: HandoverRefusals {
        link_expired: Message {
            title: "这个链接已失效",
            detail: "链接已用过、超过 30 秒，或生成它的登录已结束。",
            hint: "请在钉钉里重新生成，或在这里登录。",
            ..PLAIN
        },
        too_many_links: Message {
            title: "链接生成得太频繁",
            detail: "您在短时间内生成了很多链接。",
            hint: "最近的链接如果还有效，请直接使用；或稍等片刻再生成。",
            ..PLAIN
        },
    },
};
