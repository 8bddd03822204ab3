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

/// What a name may hold besides letters, digits and hyphens, and what some program takes for a hyphen.
const ODD: &str = "_.~!'+^|$&*#%`";

/// Every identity header in every spelling, also shouted and whispered, the plain one twice.
pub fn forged() -> Vec<(String, String)> {
    let mut names = Vec::new();
    for spelling in IDENTITY.iter().flat_map(|name| spellings(name)) {
        names.extend([spelling.clone(), spelling.to_ascii_uppercase(), spelling.to_ascii_lowercase()]);
    }
    for name in IDENTITY {
        for odd in ODD.chars() {
            names.extend([name.replace('-', &odd.to_string()), name.replacen('-', &odd.to_string(), 1)]);
        }
    }
    names.into_iter().map(|name| (name, "forged".to_owned())).collect()
}
