macro_rules! events {
    ($($variant:ident = $word:literal),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Event { $($variant),+ }

        impl Event {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the table, on the command line and in addresses.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

events! {
    SignedIn = "signed-in",
    Refused = "refused",
    SignedOut = "signed-out",
    SessionRevoked = "session-revoked",
    UserAdded = "user-added",
    UserChanged = "user-changed",
    UserDisabled = "user-disabled",
    UserEnabled = "user-enabled",
    UserRemoved = "user-removed",
    RoleChanged = "role-changed",
    Imported = "imported",
    Synced = "synced",
    SyncRefused = "sync-refused",
    DirectoryEvent = "directory-event",
    ClientSignedIn = "client-signed-in",
    Backup = "backup",
    Restored = "restored",
    DatabaseMoved = "database-moved",
    SettingsRefused = "settings-refused",
}

impl Event {
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.as_str() == word)
    }
}
