use crate::i18n::{Message, PLAIN, cas::Cas};

pub(super) const CAS: Cas = Cas {
    unlisted: Message {
        title: "This app is not set up",
        detail: "The app that sent you here, or its address, is not known to this system.",
        hint: "Tell your administrator which app it was, and give them the request ID.",
        admin: "The service address that the app sends is not covered by any service_urls in Rocket.toml. An entry that ends in a \
                slash covers everything below it; any other covers only itself.",
        ..PLAIN
    },
    not_allowed: Message {
        title: "This app is not open to you",
        detail: "You are signed in, but you do not have access to this app.",
        hint: "If you need it for your work, ask your administrator.",
        admin: "The rules of this client (groups, users, corpid in Rocket.toml) do not let this person in. The log line with this \
                request ID names the client.",
        ..PLAIN
    },
    too_many: Message {
        title: "Too many attempts",
        detail: "The app has sent you here again and again within a short time.",
        hint: "Wait a moment, then open the app again.",
        admin: "The app keeps asking for tickets. Usually it cannot reach this server to check them, or it checks them with a \
                different service address from the one it asked with.",
        ..PLAIN
    },
};
