//! Random names for tokens, tickets, codes and requests.

const LETTERS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// `count` random letters and digits.
///
/// # Panics
/// When the operating system has no randomness to give.
pub fn letters(count: usize) -> String {
    let mut bytes = vec![0; count];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    // A slight bias towards the first letters does no harm to a pretend secret.
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

/// A number of milliseconds from 0 to `limit`, both included.
pub fn up_to(limit: u64) -> u64 {
    let number = getrandom::u64().unwrap_or_default();
    limit.checked_add(1).map_or(number, |count| number % count)
}
