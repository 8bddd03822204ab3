//! Reading a cookie as it was sent.

use rocket::Request;

/// The value of the cookie `name`, if it was sent exactly once.
///
/// A cookie that arrives twice was set by two parties: one of them may be an attacker on a neighbouring host. Rocket's
/// jar would pick one of the two; here neither counts.
pub fn only_value<'r>(request: &'r Request<'_>, name: &str) -> Option<&'r str> {
    let pairs = request.headers().get("Cookie").flat_map(|line| line.split(';'));
    let mut values = pairs.filter_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    });
    let value = values.next()?;
    values.next().is_none().then_some(value)
}
