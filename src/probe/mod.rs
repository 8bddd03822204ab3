//! What `miandeng doctor --probe` asks through the operator's own proxy: which headers reach the app's side. The echo
//! is behind the same gate and deletions as the app.
//!
//! It answers doctor alone, who shows a pass that this deployment has sealed a moment ago. The answer is sealed with
//! all that was seen, so that nobody in between can make or change one.

pub mod routes;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{
    clock::{CLOCKS_DIFFER, Clock},
    hex_digits::hex_digits,
};

/// Where a proxy's block for the echo is expected, on the app's host.
pub const PROXY_PATH: &str = "/_miandeng/echo";
/// The header that the pass travels in. It begins like none that a recipe deletes.
pub const PASS_HEADER: &str = "Miandeng-Probe";
/// The version of the recipes in `deploy/`. A recipe leads the echo's address to this path below ours, so that nobody but
/// the recipe can say it. One is added whenever operators must install a recipe again.
pub const RECIPE: u32 = 2;
/// How long a pass is good, in seconds.
const LIFETIME: i64 = 60;

pub struct Passes {
    key: [u8; 32],
    clock: Clock,
}

/// What reached the app's side.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reached {
    #[serde(flatten)]
    pub from: CameFrom,
    /// Proves that this deployment has seen this, with that pass.
    pub seal: String,
    /// Names and values in the order of their coming; of credentials the names alone.
    pub headers: Vec<(String, String)>,
    pub cookies: Vec<String>,
}

/// How the request came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameFrom {
    /// The version of the recipe that led here; older ones say none.
    pub recipe: Option<u32>,
    /// The visitor's address, as limits count it.
    pub client: String,
    /// The other end of the connection.
    pub peer: String,
    /// Whether that is one of `trusted_proxies`.
    pub is_trusted: bool,
}

impl Passes {
    /// `server_key` is this deployment's own; what is sealed here is good for nothing else.
    pub fn new(server_key: &[u8; 32], clock: Clock) -> Self {
        let key = seal(server_key, "probe").finalize().into_bytes().into();
        Self { key, clock }
    }

    pub fn issue(&self) -> String {
        let expires = self.clock.now() + LIFETIME;
        let nonce = crate::random::hex::<16>();
        let sealed = hex_digits(seal(&self.key, &format!("pass|{expires}|{nonce}")).finalize().into_bytes());
        format!("{expires}.{nonce}.{sealed}")
    }

    /// Whether this deployment has issued a pass, and lately.
    pub fn accepts(&self, pass: &str) -> bool {
        let mut parts = pass.split('.');
        let (Some(expires), Some(nonce), Some(sealed), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let Ok(sealed) = hex::decode(sealed) else { return false };
        // Constant in time. What is sealed is the number as it is spelt: `+7` is another.
        let is_ours = seal(&self.key, &format!("pass|{expires}|{nonce}")).verify_slice(&sealed).is_ok();
        let Ok(expires) = expires.parse::<i64>() else { return false };
        is_ours && (1..=LIFETIME + CLOCKS_DIFFER).contains(&(expires.saturating_sub(self.clock.now())))
    }

    pub fn answer(&self, pass: &str, headers: Vec<(String, String)>, cookies: Vec<String>, from: CameFrom) -> Reached {
        let seal = String::new();
        let mut reached = Reached { from, seal, headers, cookies };
        reached.seal = hex_digits(self.answers_seal(pass, &reached).finalize().into_bytes());
        reached
    }

    /// Whether this is, unchanged, what this deployment has answered to a pass.
    pub fn vouch_for(&self, reached: &Reached, pass: &str) -> bool {
        let is_ours = |seal: Vec<u8>| self.answers_seal(pass, reached).verify_slice(&seal);
        hex::decode(&reached.seal).is_ok_and(|seal| is_ours(seal).is_ok())
    }

    /// Each text with its length before it: no two answers run together into the same bytes.
    fn answers_seal(&self, pass: &str, reached: &Reached) -> Hmac<Sha256> {
        let Reached { from, headers, cookies, .. } = reached;
        let mut mac = seal(&self.key, "answer|");
        let mut add = |text: &str| mac.update(format!("{}:{text}", text.len()).as_bytes());
        add(pass);
        add(&format!("{:?} {}", from.recipe, from.is_trusted));
        add(&from.client);
        add(&from.peer);
        add(&headers.len().to_string());
        headers.iter().for_each(|(name, value)| {
            add(name);
            add(value);
        });
        cookies.iter().for_each(|name| add(name));
        mac
    }
}

fn seal(key: &[u8; 32], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn a_pass_is_good_for_a_minute_and_for_its_own_deployment() {
        let clock = Clock::standing();
        let passes = Passes::new(&[7; 32], clock.clone());
        let pass = passes.issue();
        assert!(passes.accepts(&pass));
        assert!(!Passes::new(&[8; 32], clock.clone()).accepts(&pass));
        for other in [
            pass.replacen('1', "2", 1),
            format!("+{pass}"),
            format!("0{pass}"),
            format!("{pass}0"),
            format!("{pass}."),
            String::new(),
            "..".into(),
        ] {
            assert!(!passes.accepts(&other), "{other}");
        }
        clock.advance(LIFETIME);
        assert!(!passes.accepts(&pass));
        clock.advance(-2 * LIFETIME);
        assert!(!passes.accepts(&pass), "a clock that was set back does not revive it");
    }

    #[test]
    fn an_answer_is_good_for_its_pass_and_as_it_was_given() {
        let passes = Passes::new(&[7; 32], Clock::standing());
        let pass = passes.issue();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = || vec![header("remote-user", "zhangsan"), header("remote_user", "forged")];
        let good = passes.answer(&pass, headers(), vec!["a".into(), "b".into()], CameFrom::default());
        assert!(passes.vouch_for(&good, &pass));
        assert!(!passes.vouch_for(&good, &passes.issue()), "another pass");
        assert!(!Passes::new(&[8; 32], Clock::standing()).vouch_for(&good, &pass), "another deployment");
        let changes: [fn(&mut Reached); 10] = [
            |reached| reached.from.recipe = Some(1),
            |reached| reached.from.client = "192.0.2.1".into(),
            |reached| drop(reached.headers.pop()),
            |reached| reached.headers.swap(0, 1),
            |reached| reached.headers[1].1.clear(),
            |reached| reached.headers[1] = ("remote_userf".into(), "orged".into()),
            |reached| reached.headers.push(("x".into(), String::new())),
            |reached| drop(reached.cookies.pop()),
            |reached| reached.cookies = vec!["ab".into()],
            |reached| reached.seal.clear(),
        ];
        for change in changes {
            let mut changed = good.clone();
            change(&mut changed);
            assert!(!passes.vouch_for(&changed, &pass), "{changed:?}");
        }
        let bare = passes.answer(&pass, vec![header("a", "b")], Vec::new(), CameFrom::default());
        let other = Reached { headers: Vec::new(), cookies: vec!["a".into(), "b".into()], ..bare };
        assert!(!passes.vouch_for(&other, &pass), "a header is no two cookies");
    }

    proptest! {
        /// Whatever is read back of an answer is what was sealed.
        #[test]
        fn any_answer_survives_the_way_and_no_other_is_taken_for_it(
            headers in vec(any::<(String, String)>(), 0..3), cookies in vec("[ab]{0,2}", 0..3),
            other in (vec(("[ab]{0,2}", "[ab]{0,2}"), 0..3), vec("[ab]{0,2}", 0..3)),
        ) {
            let passes = Passes::new(&[7; 32], Clock::standing());
            let pass = passes.issue();
            let answer = passes.answer(&pass, headers.clone(), cookies.clone(), CameFrom::default());
            let read: Reached = serde_json::from_str(&serde_json::to_string(&answer).unwrap()).unwrap();
            prop_assert!(passes.vouch_for(&read, &pass));
            let is_the_same = other == (headers, cookies);
            let other = Reached { headers: other.0, cookies: other.1, ..answer };
            prop_assert_eq!(passes.vouch_for(&other, &pass), is_the_same);
        }

        #[test]
        fn no_other_text_is_a_pass(any in any::<String>(), like in "[0-9+-]{0,20}(\\.[0-9a-fé]{0,70}){0,4}", at in any::<prop::sample::Index>(), c in "[g-zé.]") {
            let passes = Passes::new(&[7; 32], Clock::standing());
            let pass = passes.issue();
            let at = at.index(pass.len());
            let changed = format!("{}{c}{}", &pass[..at], &pass[at + 1..]);
            prop_assert!(!passes.accepts(&any) && !passes.accepts(&like));
            prop_assert!(changed == pass || !passes.accepts(&changed), "{changed}");
        }
    }
}
