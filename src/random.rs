//! Random values from the operating system.

/// `N` random bytes.
///
/// # Panics
/// When the operating system has no randomness to give; nothing safe could be done then.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// `N` random bytes as lowercase hex.
pub fn hex<const N: usize>() -> String {
    hex::encode(bytes::<N>())
}
