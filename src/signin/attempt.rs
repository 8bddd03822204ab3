//! The `state` of a sign-in through DingTalk's own page: it names the browser, the app and the way back.
//!
//! It travels to DingTalk and back, so neither a table nor this process has to remember it: each tab keeps its own
//! return address, and a restart in between breaks nothing.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::state::{Browser, States, VerifiedState};

#[derive(Debug, PartialEq, Eq)]
pub struct Attempt {
    pub app: String,
    /// "" is home. The address is checked again before it is followed.
    pub return_to: String,
}

pub struct VerifiedAttempt<'a> {
    pub state: VerifiedState<'a>,
    pub app: &'a str,
    pub return_to: String,
}

impl States {
    pub fn issue_attempt(&self, browser: &Browser, attempt: &Attempt) -> String {
        let return_to = BASE64_URL_SAFE_NO_PAD.encode(&attempt.return_to);
        let state = self.issue_about(browser, &about(&attempt.app, &return_to));
        format!("{state}.{}.{return_to}", attempt.app)
    }

    /// Verifies that a state is ours, of this browser, in time and unchanged. The error is the reason, for the log.
    pub fn verify_attempt<'a>(
        &self,
        text: &'a str,
        browser: Option<&'a str>,
    ) -> Result<VerifiedAttempt<'a>, &'static str> {
        let (state, app, return_to) = parts(text)?;
        let state = self.verify(state, browser, &about(app, return_to))?;
        let return_to = BASE64_URL_SAFE_NO_PAD.decode(return_to).map_err(|_| ODD)?;
        let return_to = String::from_utf8(return_to).map_err(|_| ODD)?;
        Ok(VerifiedAttempt { state, app, return_to })
    }
}

const ODD: &str = "the state is not one of ours";

fn parts(text: &str) -> Result<(&str, &str, &str), &'static str> {
    let (rest, return_to) = text.rsplit_once('.').ok_or(ODD)?;
    let (state, app) = rest.rsplit_once('.').ok_or(ODD)?;
    Ok((state, app, return_to))
}

/// A page's state is never about this: an app's name holds no "|".
fn about(app: &str, return_to: &str) -> String {
    format!("attempt|{app}|{return_to}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Clock;

    const BROWSER: &str = "00112233445566778899aabbccddeeff";

    fn take(states: &States, text: &str, browser: Option<&str>) -> Result<Attempt, &'static str> {
        let VerifiedAttempt { state, app, return_to } = states.verify_attempt(text, browser)?;
        states.take(state)?;
        Ok(Attempt { app: app.to_owned(), return_to })
    }

    #[test]
    fn an_attempt_comes_back_once_as_it_went_and_never_otherwise() {
        let states = States::new([7; 32], Clock::standing());
        let browser = Browser::recognise(Some(BROWSER));
        let attempt = || Attempt { app: "oa".into(), return_to: "https://app.example.com/报表?a=b|c".into() };
        let state = states.issue_attempt(&browser, &attempt());
        let (front, return_to) = state.rsplit_once('.').unwrap();
        let elsewhere = BASE64_URL_SAFE_NO_PAD.encode("https://evil.example/");
        for changed in [
            format!("{front}.{elsewhere}"),
            format!("{}.crm.{return_to}", front.strip_suffix(".oa").unwrap()),
            format!("{front}."),
            front.to_owned(),
            String::new(),
            states.issue(&browser, "oa"),
            format!("{}..", states.issue(&browser, "oa")),
        ] {
            assert!(take(&states, &changed, Some(BROWSER)).is_err(), "{changed}");
        }
        assert!(take(&states, &state, Some("ffeeddccbbaa99887766554433221100")).is_err());
        assert!(take(&states, &state, None).is_err());
        assert!(states.verify(&state, Some(BROWSER), "oa").is_err(), "no page's state");
        assert_eq!(take(&states, &state, Some(BROWSER)), Ok(attempt()));
        assert_eq!(take(&states, &state, Some(BROWSER)), Err("the state was used before"));
    }

    proptest! {
        /// The way back returns unchanged; with one character altered, the state is refused.
        #[test]
        fn any_way_back_returns_unchanged(return_to in any::<String>(), at in any::<prop::sample::Index>(), c in "[0-9a-zA-Z._é-]", any in any::<String>()) {
            let states = States::new([7; 32], Clock::standing());
            let attempt = || Attempt { app: "oa".into(), return_to: return_to.clone() };
            let state = states.issue_attempt(&Browser::recognise(Some(BROWSER)), &attempt());
            let at = at.index(state.len());
            let changed = format!("{}{c}{}", &state[..at], &state[at + 1..]);
            prop_assert!(take(&states, &any, Some(BROWSER)).is_err());
            match take(&states, &changed, Some(BROWSER)) {
                // The same state in other letters replaces the first.
                Ok(other) => prop_assert_eq!(other, attempt()),
                Err(_) => prop_assert_eq!(take(&states, &state, Some(BROWSER)), Ok(attempt())),
            }
        }
    }
}
