use crate::i18n::{Message, PLAIN, oidc::Oidc};

pub(super) const OIDC: Oidc = Oidc {
    unknown_client: Message {
        title: "This app is not set up",
        detail: "The app that sent you here is not known to this system.",
        hint: "Tell your administrator which app it was, and give them the request ID.",
        admin: "The client_id that the app sends is in no section [[default.miandeng.clients]] of Rocket.toml.",
        ..PLAIN
    },
    wrong_redirect_uri: Message {
        title: "We cannot send you back to this app",
        detail: "The app asked us to send you to an address that is not registered for it.",
        hint: "Tell your administrator which app it was, and give them the request ID.",
        admin: "Compare the redirect_uri that the app sends with redirect_uris in Rocket.toml, character by character. The log \
                line with this request ID names the app.",
        ..PLAIN
    },
    log_out_title: "Sign out?",
    log_out_detail: "An app has asked to sign you out. This also signs you out of every app that you opened from here.",
    stay: "Stay signed in",
};
