use rocket::{
    Request, Route, State, get,
    http::Header,
    request::{FromRequest, Outcome},
    routes,
    serde::json::Json,
};

use super::{PASS_HEADER, Passes, Reached};
use crate::web::{ows, problem::Problem};

pub fn routes() -> Vec<Route> {
    routes![echo]
}

struct Headers(Vec<Header<'static>>);

/// Says which headers reached the app's side. To anybody without a pass there is nothing here.
#[get("/probe/echo")]
fn echo(headers: Headers, passes: &State<Passes>) -> Result<Json<Reached>, Problem> {
    let pass = headers.only(PASS_HEADER).filter(|pass| passes.accepts(pass)).ok_or_else(Problem::not_found)?;
    Ok(Json(passes.answer(pass, headers.shown(), headers.cookies())))
}

impl Headers {
    /// A header's value, if it came exactly once.
    fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|header| header.name() == name);
        let value = values.next()?.value();
        values.next().is_none().then_some(value)
    }

    /// What doctor may see: of cookies and credentials their names alone.
    fn shown(&self) -> Vec<(String, String)> {
        let secret = |name: &str| ["cookie", "authorization", "proxy-authorization"].contains(&name);
        let show = |header: &Header<'static>| {
            let name = header.name().as_str().to_ascii_lowercase();
            let value = if secret(&name) { String::new() } else { header.value().to_owned() };
            (name, value)
        };
        self.0.iter().filter(|header| header.name() != PASS_HEADER).map(show).collect()
    }

    fn cookies(&self) -> Vec<String> {
        let lines = self.0.iter().filter(|header| header.name() == "cookie");
        let pairs = lines.flat_map(|header| header.value().split(';'));
        pairs.filter_map(|pair| Some(ows::trim(pair.split_once('=')?.0).to_owned())).collect()
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Headers {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let owned = |header: Header<'_>| Header::new(header.name().as_str().to_owned(), header.value().to_owned());
        Outcome::Success(Self(request.headers().iter().map(owned).collect()))
    }
}
