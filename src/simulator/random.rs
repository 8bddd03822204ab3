//! Random names for tokens, tickets, codes and requests.

const LETTERS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

pub fn letters(count: usize) -> String {
    (0..count).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect()
}

pub fn up_to(limit: u64) -> u64 {
    rand::random_range(0..=limit)
}
