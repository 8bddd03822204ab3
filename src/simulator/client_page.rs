//! The client's side of a page: the JSAPI script for an ordinary browser, and what that script asks of us.
//!
//! Pages call these paths across origins, as they call the real client across none: any origin may read them.

use rocket::{
    Response,
    http::{Header, Status},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    call::Call,
    config_check::{ConfigCall, judge},
    phone::{self, ClientRefusal},
    response::PlatformResponse,
    state::PlatformState,
};

const SCRIPT: &str = include_str!("assets/dingtalk.open.js");
/// What stands in the script for the address it was fetched from. It is written in rather than looked up by
/// the script, so that a copy that is served elsewhere still finds the simulator.
const ORIGIN_PLACE: &str = "{{simulator-origin}}";

pub fn is_script(path: &str) -> bool {
    path.starts_with("/dingding/dingtalk-jsapi/") && path.ends_with("/dingtalk.open.js")
}

pub fn is_for_pages(path: &str) -> bool {
    is_script(path) || path.starts_with("/_client/")
}

/// Lets pages of any origin read an answer, also from a page on a public address to this machine.
pub fn allow_any_origin(response: &mut Response<'_>) {
    response.set_header(Header::new("Access-Control-Allow-Origin", "*"));
    response.set_header(Header::new("Access-Control-Allow-Headers", "Content-Type"));
    response.set_header(Header::new("Access-Control-Allow-Methods", "GET, POST, OPTIONS"));
    response.set_header(Header::new("Access-Control-Allow-Private-Network", "true"));
    response.set_header(Header::new("Cross-Origin-Resource-Policy", "cross-origin"));
    response.set_header(Header::new("Cache-Control", "no-store"));
}

pub fn script(_state: &mut PlatformState, call: &Call) -> PlatformResponse {
    // The host was checked: it holds a name of this machine and digits, nothing that could end the string.
    PlatformResponse::Script(SCRIPT.replace(ORIGIN_PLACE, &format!("http://{}", call.host)))
}

/// `POST /_client/code`: a page asks for a code. `kind` is `employee` or `channel`; `person` is there when
/// the chooser was answered. Without a person, and nobody holding the phone, the answer lists who could.
pub fn code(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    match ask_for_code(state, call) {
        Ok(response) => PlatformResponse::json(response),
        Err(refusal) => PlatformResponse::Json(Status::Ok, json!(refusal)),
    }
}

fn ask_for_code(state: &mut PlatformState, call: &Call) -> Result<Value, ClientRefusal> {
    let text = |name| call.body(name).unwrap_or_default().into_owned();
    let (corp_id, page, in_channel) = (text("corpId"), text("url"), text("kind") == "channel");
    page_is_real(call, &page)?;
    let corp = phone::corp(state, &corp_id)?;
    let client_id = call.body("clientId").filter(|id| !id.is_empty());
    let app = if in_channel { None } else { phone::app_of_page(corp, client_id.as_deref(), &page)? };
    let chosen = call.body("person").filter(|person| !person.is_empty());
    if let Some(person) = &chosen {
        state.holder = Some(person.clone().into_owned());
    }
    let Some(person) = state.holder.clone() else {
        let people = state.company.corp(&corp_id).map(|corp| phone::people(&state.company, corp));
        return Ok(json!({ "people": people }));
    };
    let code = if in_channel {
        phone::follower_code(state, &corp_id, &person)?
    } else {
        phone::employee_code(state, &corp_id, app, &person)?
    };
    Ok(json!({ "code": code }))
}

/// `POST /_client/config`: a page called dd.config.
pub fn config(state: &mut PlatformState, call: &Call) -> PlatformResponse {
    let text = |name| call.body(name).unwrap_or_default().into_owned();
    let config = ConfigCall {
        corp_id: text("corpId"),
        agent_id: text("agentId"),
        time_stamp: text("timeStamp"),
        nonce: text("nonceStr"),
        signature: text("signature"),
        kind: text("type"),
        js_api_list: call.json("jsApiList").and_then(Value::as_array).cloned(),
        url: text("url"),
    };
    if let Err(refusal) = page_is_real(call, &config.url) {
        return PlatformResponse::json(json!(refusal));
    }
    let check = judge(&state.company, &state.credentials, state.clock.now(), &config);
    // Older clients say `message`, later ones `errorMessage`.
    let response = match check.code {
        None => json!({ "ok": true }),
        Some(_) => json!({ "message": check.text, "errorMessage": check.text, "errorCode": 3 }),
    };
    state.note_config(check);
    PlatformResponse::json(response)
}

/// The script reports the page's address; the browser vouches for its origin, which no page can forge.
fn page_is_real(call: &Call, page: &str) -> Result<(), ClientRefusal> {
    let Some(origin) = call.origin.as_deref().filter(|origin| *origin != "null") else {
        return Ok(());
    };
    let same = Url::parse(page).is_ok_and(|page| page.origin().ascii_serialization() == origin);
    if same { Ok(()) } else { Err(ClientRefusal::by_server("the page's address is not of the origin that asks")) }
}
