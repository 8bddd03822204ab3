//! Who may talk to the simulator: only this machine, and to its controls only its own page or a program.
//!
//! Listening on loopback is not enough: a web page anywhere can point its own name at 127.0.0.1 and let the
//! visitor's browser ask. Such a request names that page's host.

use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};

pub fn host_is_loopback(request: &Request<'_>) -> bool {
    let mut hosts = request.headers().get("host");
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => names_loopback(host),
        _ => false,
    }
}

fn names_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|local| name.eq_ignore_ascii_case(local))
}

pub struct ThisMachine;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ThisMachine {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        if host_is_loopback(request) { Outcome::Success(Self) } else { Outcome::Error((Status::Forbidden, ())) }
    }
}

/// Proof that a request names this machine and that no page of another origin sent it.
pub struct OwnPage;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OwnPage {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let header = |name| request.headers().get_one(name);
        let own_origin = format!("http://{}", header("host").unwrap_or_default());
        let origin_fits = header("origin").is_none_or(|origin| origin == own_origin);
        let site_fits = header("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
        if host_is_loopback(request) && origin_fits && site_fits {
            Outcome::Success(Self)
        } else {
            Outcome::Error((Status::Forbidden, ()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::names_loopback;

    #[test]
    fn only_this_machines_own_names_are_hosts() {
        for host in ["localhost", "LOCALHOST:8008", "127.0.0.1:1", "[::1]", "[::1]:8008"] {
            assert!(names_loopback(host), "{host}");
        }
        for host in
            ["", "example.com", "127.0.0.1.example.com", "localhost.example.com:8008", "localhost:", "::1", "10.0.0.1"]
        {
            assert!(!names_loopback(host), "{host}");
        }
    }
}
