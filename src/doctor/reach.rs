//! What can be told from other machines' answers: is the clock right, is our own address reachable?

use std::{
    error::Error,
    io,
    time::{Duration, UNIX_EPOCH},
};

use super::{Check, Fact, Subject, finding::Finding};
use crate::{
    config::{Config, Proxies, is_local},
    i18n::io::IoFailure,
};

const TIMEOUT: Duration = Duration::from_secs(5);
/// In seconds. Signatures and sessions bear more; a clock that runs free is noticed early.
const CLOCK_SLACK: i64 = 30;

/// Compares our clock with DingTalk's. Where DingTalk does not answer, the checks of the apps say so.
pub(super) async fn clock(subject: &Subject<'_>) -> Option<Finding> {
    let address = &subject.config.dingtalk.oapi_url;
    let answer = client_for(address).ok()?.get(address).send().await.ok()?;
    let theirs = unix_seconds(answer.headers().get("date")?.to_str().ok()?)?;
    let ahead = subject.clock.now() - theirs;
    if ahead.abs() <= CLOCK_SLACK {
        return Some(Finding::ok(Check::Clock, Fact::ClockAgrees));
    }
    Some(Finding::warning(Check::Clock, Fact::ClockOff { seconds_ahead: ahead }))
}

/// Asks our own server by the address that employees use.
pub(super) async fn public_url(subject: &Subject<'_>) -> Finding {
    let config = subject.config;
    let address = format!("{}{}", config.public_url.origin(), config.path("/healthz"));
    let answer = async { client_for(&address)?.get(&address).send().await }.await;
    match answer {
        Ok(answer) if answer.status().is_success() => Finding::ok(Check::PublicUrl, Fact::Answers { address }),
        Ok(answer) => {
            let status = answer.status().to_string();
            Finding::warning(Check::PublicUrl, Fact::AnswersOddly { address, status })
        }
        Err(error) => Finding::warning(Check::PublicUrl, Fact::DoesNotAnswer { address, why: why(error) }),
    }
}

/// Which of DingTalk's addresses are reached by a proxy of the environment's.
pub(super) fn proxies(config: &Config) -> Option<Finding> {
    let (set, proxies) = (Proxies::variables(), Proxies::of_environment());
    let ways = config.dingtalk.called().map(|(key, address)| (key, address.to_owned(), proxies.before(address)));
    (!set.is_empty()).then(|| Finding::ok(Check::Proxies, Fact::ProxyVariables { set, ways: ways.into() }))
}

pub(super) fn client_for(address: &str) -> reqwest::Result<reqwest::Client> {
    if is_local(address) { builder().no_proxy().build() } else { client() }
}

pub fn client() -> reqwest::Result<reqwest::Client> {
    builder().build()
}

fn builder() -> reqwest::ClientBuilder {
    let agent = concat!("miandeng-doctor/", env!("CARGO_PKG_VERSION"));
    let nowhere = reqwest::redirect::Policy::none();
    reqwest::Client::builder().user_agent(agent).timeout(TIMEOUT).redirect(nowhere).referer(false)
}

/// The kind of an error, and its text with its causes: reqwest's own says little more than "error sending request".
pub fn why(error: reqwest::Error) -> IoFailure {
    let mut kind = if error.is_timeout() { io::ErrorKind::TimedOut } else { io::ErrorKind::Other };
    let mut cause = error.source();
    while let Some(error) = cause {
        kind = error.downcast_ref().map_or(kind, io::Error::kind);
        cause = error.source();
    }
    IoFailure { kind, english: format!("{:#}", anyhow::Error::new(error)) }
}

fn unix_seconds(date: &str) -> Option<i64> {
    let moment = httpdate::parse_http_date(date).ok()?;
    i64::try_from(moment.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_header_is_read() {
        assert_eq!(unix_seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        for odd in ["", "06 Nov 1994", "Sun, 6 Nov", "Sun, 31 Foo 1994 08:49:37 GMT"] {
            assert_eq!(unix_seconds(odd), None, "{odd}");
        }
    }
}
