//! What a request gives to a sign-in, read once. A value that is wrong is refused by the step that needs it, because whose
//! limits the refusal counts against is told first.

use super::refusal::SignInRefusal;
use crate::{
    dingtalk::{Dingtalk, DingtalkApp, NoApp},
    secret::Secret,
    web::params::{ParamError, Params},
};

/// Codes are far shorter.
const MOST_CODE: usize = 1024;
/// How much is logged of what DingTalk's page calls an error, in characters.
const MOST_ERROR: usize = 100;

/// Which app a request means, as far as it says so.
#[derive(Clone, Copy)]
pub struct AppChoice<'p> {
    corp_id: Option<&'p str>,
    agent_id: Option<&'p str>,
}

/// What a page of ours sends, with a code from the client.
pub struct PageInput<'p> {
    pub code: Result<Secret, ParamError>,
    pub app: Result<AppChoice<'p>, SignInRefusal>,
    pub state: &'p str,
    pub return_to: Option<&'p str>,
}

/// What DingTalk's page sends a browser back with.
pub struct CallbackInput<'p> {
    pub state: Result<&'p str, ParamError>,
    pub code: Result<Secret, SignInRefusal>,
}

impl<'p> AppChoice<'p> {
    /// Reads corp id and agent id.
    ///
    /// # Errors
    /// When one is empty or repeated, or the client has left `$CORPID$` as it is.
    pub fn read(params: &'p Params) -> Result<Self, SignInRefusal> {
        let (corp_id, agent_id) = (params.optional("corpid")?, params.optional("agentid")?);
        if corp_id.is_some_and(|id| id.eq_ignore_ascii_case("$CORPID$")) {
            return Err(SignInRefusal::CorpidPlaceholder);
        }
        Ok(Self { corp_id, agent_id })
    }

    /// Whether it says nothing.
    pub fn is_open(self) -> bool {
        self.corp_id.is_none() && self.agent_id.is_none()
    }

    /// The app that is meant.
    ///
    /// # Errors
    /// When it is none, or one of several.
    pub fn only(self, dingtalk: &Dingtalk) -> Result<&DingtalkApp, NoApp> {
        dingtalk.choose(self.corp_id, self.agent_id)
    }

    /// Every app that may be meant.
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

/// The code. Pages of DingTalk differ in which of two names they give it; where both are there, they are equal.
fn callback_code(params: &Params) -> Result<Secret, SignInRefusal> {
    if params.has("error") {
        let error = params.lenient("error").unwrap_or_default().chars().take(MOST_ERROR).collect();
        return Err(SignInRefusal::LoginRefused { error });
    }
    let name = if params.has("authcode") { "authcode" } else { "code" };
    Ok(Secret::new(params.plain(name, MOST_CODE)?))
}
