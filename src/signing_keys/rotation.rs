//! When a signing key comes, signs and goes (pure).
//!
//! Apps and other processes read the key set only at times, so a key is published before it signs, and until long after
//! its last token has expired.

use crate::clock::UnixSeconds;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A new key is made when the newest is this old.
const LIFE: i64 = 30 * DAY;
/// How long a key is published before it signs.
const LEAD: i64 = HOUR;
/// How long a key is still published after its successor has begun to sign.
const LINGER: i64 = DAY;

/// `made`, here and below: when each key was made, the oldest first.
pub(super) fn is_due(made: &[UnixSeconds], now: UnixSeconds) -> bool {
    made.last().is_none_or(|newest| now.saturating_sub(*newest) >= LIFE)
}

/// The newest key that has been published long enough, or at the first start the oldest.
pub(super) fn signer(made: &[UnixSeconds], now: UnixSeconds) -> usize {
    made.iter().rposition(|time| now.saturating_sub(*time) >= LEAD).unwrap_or(0)
}

/// How many keys, from the oldest on, are outlived.
pub(super) fn outlived(made: &[UnixSeconds], now: UnixSeconds) -> usize {
    let successors = made.iter().skip(1);
    successors.take_while(|successor| now.saturating_sub(**successor) >= LEAD + LINGER).count()
}

/// The same where nothing is signed by this algorithm any more, and no successor is made. When that began is not known, but
/// while it was in use, a key had a successor after [`LIFE`].
pub(super) fn outlived_without_use(made: &[UnixSeconds], now: UnixSeconds) -> usize {
    let is_over = |newest: &UnixSeconds| now.saturating_sub(*newest) >= LIFE + LEAD + LINGER;
    if made.last().is_some_and(is_over) { made.len() } else { outlived(made, now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_early_signs_for_a_month_and_goes_late() {
        let (first, second) = (1000, 1000 + LIFE);
        assert!(is_due(&[], first));
        assert!(!is_due(&[first], second - 1));
        assert!(is_due(&[first], second));
        let made = [first, second];
        assert_eq!((signer(&[first], first), signer(&made, second), signer(&made, second + LEAD - 1)), (0, 0, 0));
        assert_eq!(signer(&made, second + LEAD), 1);
        assert_eq!((outlived(&made, second + LEAD + LINGER - 1), outlived(&made, second + LEAD + LINGER)), (0, 1));
        assert_eq!(outlived(&[first], first + 100 * LIFE), 0, "the last one never goes");
        let over = second + LIFE + LEAD + LINGER;
        assert_eq!((outlived_without_use(&made, second), outlived_without_use(&made, over - 1)), (0, 1));
        assert_eq!((outlived_without_use(&made, over), outlived_without_use(&[], over)), (2, 0), "not in use");
    }

    #[test]
    fn a_clock_that_is_set_back_leaves_a_key_that_signs() {
        let made = [1_000_000, 2_000_000];
        for now in [0, 1_000_000, i64::MIN, i64::MAX] {
            assert!(signer(&made, now) < made.len(), "{now}");
        }
        assert_eq!(signer(&made, 0), 0);
    }
}
