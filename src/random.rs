//! Random values that nobody can guess, and names that are merely unlike each other.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use rand::Rng;

/// `N` random bytes, from a generator that the operating system seeds again and again (ChaCha12): a page needs four
/// such values, and four system calls cost as much as signing it. Panics where the system has no randomness to give.
pub fn bytes<const N: usize>() -> [u8; N] {
    rand::rng().random()
}

pub fn hex<const N: usize>() -> String {
    crate::hex_digits::hex_digits(bytes::<N>())
}

/// 16 hexadecimal digits that nothing else in this process has, to tell requests apart. No secret, and no system call.
pub fn unique() -> String {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{:016x}", KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_one_length_and_all_different() {
        let names: std::collections::HashSet<String> = (0..10_000).map(|_| unique()).collect();
        assert_eq!(names.len(), 10_000);
        assert!(names.iter().all(|name| name.len() == 16));
    }
}
