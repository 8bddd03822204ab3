//! The headers that name a person, and all the ways in which a client may spell them.

/// Whatever an app might believe.
pub const IDENTITY: [&str; 10] = [
    "Remote-User",
    "Remote-Name",
    "Remote-Email",
    "Remote-Groups",
    "X-Corp-Id",
    "X-Miandeng-Identity",
    "X-Auth-Request-User",
    "X-Auth-Request-Preferred-Username",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
];

/// A name with each of its hyphens as it is and as an underscore.
pub fn spellings(name: &str) -> Vec<String> {
    let mut spellings = vec![String::new()];
    for c in name.chars() {
        let ways: &[char] = if c == '-' { &['-', '_'] } else { &[c] };
        spellings = spellings.iter().flat_map(|start| ways.iter().map(move |way| format!("{start}{way}"))).collect();
    }
    spellings
}

/// Every identity header in every spelling, also shouted and whispered, the plain one twice.
pub fn forged() -> Vec<(String, String)> {
    let mut forged = Vec::new();
    for spelling in IDENTITY.iter().flat_map(|name| spellings(name)) {
        for name in [spelling.clone(), spelling.to_ascii_uppercase(), spelling.to_ascii_lowercase()] {
            forged.push((name, "forged".to_owned()));
        }
    }
    forged
}
