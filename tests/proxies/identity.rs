//! The headers that name a person, in every spelling that a client may use.

/// All that an app might believe.
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

/// Each hyphen as it is and as an underscore.
pub fn spellings(name: &str) -> Vec<String> {
    let mut spellings = vec![String::new()];
    for c in name.chars() {
        let ways: &[char] = if c == '-' { &['-', '_'] } else { &[c] };
        spellings = spellings.iter().flat_map(|start| ways.iter().map(move |way| format!("{start}{way}"))).collect();
    }
    spellings
}

/// Other characters of a name, and those that some program takes for a hyphen.
const ODD: &str = "_.~!'+^|$&*#%`";

/// Every identity header in every spelling and case, the plain one twice.
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
