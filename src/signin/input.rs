//! What a request gives to a sign-in, read once. The step that needs a value refuses a wrong one, because it must be
//! known first whose limits the refusal counts against.

use super::refusal::SignInRefusal;
use crate::{
    catalogue::Evidence,
    dingtalk::{Dingtalk, DingtalkApp},
    secret::Secret,
    web::params::{ParamError, Params},
};

/// Real codes are far shorter.
const MOST_CODE: usize = 1024;
/// Characters of an error from DingTalk's page that are logged.
const MOST_ERROR: usize = 100;

/// Characters of an id that are logged.
const MOST_ID: usize = 64;

/// Which app a request means, as far as it says.
#[derive(Clone, Copy)]
pub struct AppChoice<'p> {
    corp_id: Option<&'p str>,
    agent_id: Option<&'p str>,
}

pub struct PageInput<'p> {
    pub code: Result<Secret, ParamError>,
    pub app: Result<AppChoice<'p>, SignInRefusal>,
    pub state: &'p str,
    pub return_to: Option<&'p str>,
}

pub struct CallbackInput<'p> {
    pub state: Result<&'p str, ParamError>,
    pub code: Result<Secret, SignInRefusal>,
}

impl<'p> AppChoice<'p> {
    /// Refuses an id that is empty or repeated, and a `$CORPID$` that the client has not replaced.
    pub fn read(params: &'p Params) -> Result<Self, SignInRefusal> {
        let (corp_id, agent_id) = (params.optional("corpid")?, params.optional("agentid")?);
        if corp_id.is_some_and(|id| id.eq_ignore_ascii_case("$CORPID$")) {
            return Err(SignInRefusal::CorpidPlaceholder);
        }
        Ok(Self { corp_id, agent_id })
    }

    pub fn is_open(self) -> bool {
        self.corp_id.is_none() && self.agent_id.is_none()
    }

    pub fn only(self, dingtalk: &Dingtalk) -> Result<&DingtalkApp, SignInRefusal> {
        let chosen = dingtalk.choose(self.corp_id, self.agent_id);
        chosen.map_err(|why| SignInRefusal::NoApp(why, Some(Box::new(self.asked()))))
    }

    fn asked(self) -> Evidence {
        let text = |id: Option<&str>| id.map(|id| id.chars().take(MOST_ID).collect());
        Evidence::Asked { corp_id: text(self.corp_id), agent_id: text(self.agent_id) }
    }

    pub fn fitting(self, dingtalk: &'p Dingtalk) -> impl Iterator<Item = &'p DingtalkApp> {
        dingtalk.fitting(self.corp_id, self.agent_id)
    }
}

impl<'p> PageInput<'p> {
    pub fn read(params: &'p Result<Params, ParamError>) -> Self {
        match params {
            Ok(params) => Self {
                code: params.plain("code", MOST_CODE).map(Secret::new),
                app: AppChoice::read(params),
                state: params.lenient("state").unwrap_or_default(),
                return_to: params.lenient("return_to"),
            },
            Err(error) => Self { code: Err(*error), app: Err((*error).into()), state: "", return_to: None },
        }
    }
}

impl<'p> CallbackInput<'p> {
    pub fn read(params: &'p Params) -> Self {
        Self { state: params.optional("state").map(Option::unwrap_or_default), code: callback_code(params) }
    }
}

/// DingTalk's pages use two names for the code; where both are there, they must be equal.
fn callback_code(params: &Params) -> Result<Secret, SignInRefusal> {
    if params.has("error") {
        let error = params.lenient("error").unwrap_or_default().chars().take(MOST_ERROR).collect();
        return Err(SignInRefusal::LoginRefused { error });
    }
    let name = if params.has("authcode") { "authcode" } else { "code" };
    Ok(Secret::new(params.plain(name, MOST_CODE)?))
}
