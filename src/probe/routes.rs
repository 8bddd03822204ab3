use rocket::{
    Request, Route, State, get,
    http::Header,
    request::{FromRequest, Outcome},
    routes,
    serde::json::Json,
};

use super::{CameFrom, PASS_HEADER, Passes, Reached};
use crate::web::{
    client_ip::{self, ClientIp},
    in_force, ows,
    problem::Problem,
};

pub fn routes() -> Vec<Route> {
    routes![echo, echo_of_recipe]
}

struct Headers {
    list: Vec<Header<'static>>,
    from: CameFrom,
}

/// As recipes without a version lead here, and doctor itself.
#[get("/probe/echo")]
fn echo(headers: Headers, passes: &State<Passes>) -> Result<Json<Reached>, Problem> {
    answer(headers, passes, None)
}

#[get("/probe/echo/<recipe>")]
fn echo_of_recipe(headers: Headers, passes: &State<Passes>, recipe: u32) -> Result<Json<Reached>, Problem> {
    answer(headers, passes, Some(recipe))
}

/// Says which headers reached the app's side. To anybody without a pass there is nothing here.
fn answer(headers: Headers, passes: &Passes, recipe: Option<u32>) -> Result<Json<Reached>, Problem> {
    let pass = headers.only(PASS_HEADER).filter(|pass| passes.accepts(pass)).ok_or_else(Problem::not_found)?;
    let from = CameFrom { recipe, ..headers.from.clone() };
    Ok(Json(passes.answer(pass, headers.shown(), headers.cookies(), from)))
}

impl Headers {
    /// A header's value, if it came exactly once.
    fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.list.iter().filter(|header| header.name() == name);
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
        self.list.iter().filter(|header| header.name() != PASS_HEADER).map(show).collect()
    }

    fn cookies(&self) -> Vec<String> {
        let lines = self.list.iter().filter(|header| header.name() == "cookie");
        let pairs = lines.flat_map(|header| header.value().split(';'));
        pairs.filter_map(|pair| Some(ows::trim(pair.split_once('=')?.0).to_owned())).collect()
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Headers {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let owned = |header: Header<'_>| Header::new(header.name().as_str().to_owned(), header.value().to_owned());
        let peer = client_ip::peer(request);
        let from = CameFrom {
            recipe: None,
            client: ClientIp::of(request).0.to_string(),
            peer: peer.to_string(),
            is_trusted: in_force::part(request).is_some_and(|config| client_ip::is_trusted(config, &peer)),
        };
        Outcome::Success(Self { list: request.headers().iter().map(owned).collect(), from })
    }
}
