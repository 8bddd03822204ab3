//! What the routes of a sign-in have at hand.

use std::convert::Infallible;

use rocket::{
    Request,
    http::CookieJar,
    request::{FromRequest, Outcome},
};

use super::{
    Failure, SignIn,
    attempt::Attempt,
    limits::{Limits, Sender},
    redirect_loop::RedirectLoops,
    refusal::SignInRefusal,
    state::{Browser, States},
    used_codes::UsedCodes,
};
use crate::{
    clock::Clock,
    config::Config,
    db::Db,
    dingtalk::{Dingtalk, DingtalkApp, NoApp, Turn},
    sessions::{self, Token},
    web::{client_ip::ClientIp, cookies, params::Params, request_context::RequestContext},
};

/// How much of a `User-Agent` is kept, in characters.
const USER_AGENT: usize = 300;

/// The server's parts and the request's facts that a sign-in needs, gathered once.
pub struct SignInContext<'r> {
    pub request: &'r RequestContext,
    pub config: &'r Config,
    pub clock: &'r Clock,
    pub dingtalk: &'r Dingtalk,
    pub states: &'r States,
    pub limits: &'r Limits,
    pub redirect_loops: &'r RedirectLoops,
    pub jar: &'r CookieJar<'r>,
    pub client: ClientIp,
    /// The browser's half of the state, if it came exactly once.
    pub browser: Option<&'r str>,
    /// Whether somebody has just signed out in this browser.
    pub just_signed_out: bool,
    /// The session that the browser has, live or not.
    pub previous: Option<Token>,
    pub db: &'r Db,
    used_codes: &'r UsedCodes,
    user_agent: &'r str,
}

impl SignInContext<'_> {
    /// The app that the fields name.
    ///
    /// # Errors
    /// `invalid-request` for a placeholder, an empty or a repeated field; `unknown-app`.
    pub fn app(&self, params: &Params) -> Result<&DingtalkApp, SignInRefusal> {
        let (corp_id, agent_id) = chosen(params)?;
        let app = self.dingtalk.choose(corp_id, agent_id)?;
        self.note(app);
        Ok(app)
    }

    /// The app whose page the state is of, among those that the fields may name. The state is taken by this.
    ///
    /// # Errors
    /// As for [`SignInContext::app`], and `state-mismatch`.
    pub fn app_of_page(&self, params: &Params) -> Result<&DingtalkApp, SignInRefusal> {
        let (corp_id, agent_id) = chosen(params)?;
        let state = params.lenient("state").unwrap_or_default();
        let mut refused = None;
        for app in self.dingtalk.fitting(corp_id, agent_id) {
            match self.states.take(state, self.browser, &app.config.name) {
                Ok(()) => {
                    self.note(app);
                    return Ok(app);
                }
                Err(cause) => refused = Some(cause),
            }
        }
        Err(refused.map_or_else(|| NoApp::Unknown.into(), SignInRefusal::StateMismatch))
    }

    /// Who sends a code from a page of ours: the state is checked, not taken.
    pub fn sender_of_page(&self, params: &Params) -> Option<Sender<'_>> {
        let (corp_id, agent_id) = chosen(params).ok()?;
        let state = params.lenient("state")?;
        let mut apps = self.dingtalk.fitting(corp_id, agent_id);
        let app = apps.find(|app| self.states.check(state, self.browser, &app.config.name).is_ok())?;
        self.sender(app)
    }

    /// Who comes back from DingTalk's page after an attempt that began here: the state is checked, not taken.
    pub fn sender_of_attempt(&self, params: &Params) -> Option<Sender<'_>> {
        let name = self.states.app_of_attempt(params.lenient("state")?, self.browser).ok()?;
        self.sender(self.dingtalk.apps().iter().find(|app| app.config.name == name)?)
    }

    fn sender(&self, app: &DingtalkApp) -> Option<Sender<'_>> {
        self.browser.map(|browser| Sender { browser, address: self.client, corp_id: app.config.corp_id.clone() })
    }

    /// What somebody who comes back from DingTalk's page set out for. The state is taken by this.
    ///
    /// # Errors
    /// `invalid-request` for a repeated state, and `state-mismatch`.
    pub fn attempt(&self, params: &Params) -> Result<(&DingtalkApp, Attempt), SignInRefusal> {
        let state = params.optional("state")?.unwrap_or_default();
        let attempt = self.states.take_attempt(state, self.browser).map_err(SignInRefusal::StateMismatch)?;
        let app = self.dingtalk.apps().iter().find(|app| app.config.name == attempt.app);
        let app = app.ok_or_else(|| SignInRefusal::StateMismatch("the app is in the settings no more"))?;
        self.note(app);
        Ok((app, attempt))
    }

    /// Whether somebody may try at all: a sender with a state of ours, or a stranger (`None`).
    ///
    /// # Errors
    /// `rate-limited`.
    pub fn may_try(&self, sender: Option<&Sender<'_>>) -> Result<(), SignInRefusal> {
        let wait = match sender {
            Some(sender) => self.limits.sender_waits(sender),
            None => self.limits.stranger_waits(self.client),
        };
        wait.map_or(Ok(()), |seconds| Err(SignInRefusal::RateLimited { seconds }))
    }

    /// A turn to spend a code. While it was waited for, codes of the same browser or address may have been rejected:
    /// the limits are asked again, and who is refused now has kept the code.
    ///
    /// # Errors
    /// `rate-limited`; `dingtalk-unreachable` when too many wait.
    pub async fn turn(&self, app: &DingtalkApp) -> Result<Turn, SignInRefusal> {
        let turn = app.turn(self.client.prefix()).await?;
        self.may_try(self.sender(app).as_ref())?;
        Ok(turn)
    }

    /// Counts a try that failed, and hands its answer on.
    ///
    /// # Errors
    /// Those of the answer.
    pub fn counted<T>(
        &self,
        sender: Option<&Sender<'_>>,
        result: Result<T, SignInRefusal>,
    ) -> Result<T, SignInRefusal> {
        if let Err(refusal) = &result {
            match sender {
                Some(sender) if refusal.is_rejected_code() => self.limits.code_failed(sender),
                None if refusal.is_failed_try() => self.limits.stranger_failed(self.client),
                _ => {}
            }
        }
        result
    }

    fn note(&self, app: &DingtalkApp) {
        self.request.note(|notes| {
            notes.app = Some(app.config.name.clone());
            notes.corp_id = Some(app.config.corp_id.to_string());
        });
    }

    /// The use case, with what it works on.
    pub fn sign_in(&self) -> SignIn<'_> {
        SignIn { config: self.config, pools: self.db, clock: self.clock, used_codes: self.used_codes }
    }

    /// Where this request comes from, as its owner will see it.
    pub fn origin(&self) -> sessions::Origin {
        let user_agent = self.user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT).collect();
        sessions::Origin { address: self.client.0.to_string(), user_agent }
    }
}

impl From<Failure> for SignInRefusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::CodeUsed => Self::CodeUsed,
            Failure::Dingtalk(error) => error.into(),
            Failure::Database(error) => error.into(),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignInContext<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let rocket = request.rocket();
        let gathered = || {
            let config = rocket.state::<Config>()?;
            Some(Self {
                request: RequestContext::of(request),
                config,
                clock: rocket.state()?,
                dingtalk: rocket.state()?,
                states: rocket.state()?,
                limits: rocket.state()?,
                redirect_loops: rocket.state()?,
                jar: request.cookies(),
                client: ClientIp::of(request),
                browser: cookies::only_value(request, Browser::cookie_name(config)),
                just_signed_out: cookies::only_value(request, sessions::cookie::signed_out::name(config)).is_some(),
                previous: cookies::only_value(request, sessions::cookie::name(config)).and_then(Token::from_cookie),
                db: rocket.state()?,
                used_codes: rocket.state()?,
                user_agent: request.headers().get_one("User-Agent").unwrap_or_default(),
            })
        };
        // `app::build` puts every part in place; a server without one has no sign-in routes.
        gathered().map_or(Outcome::Forward(rocket::http::Status::InternalServerError), Outcome::Success)
    }
}

/// Corp id and agent id, where they are given.
fn chosen(params: &Params) -> Result<(Option<&str>, Option<&str>), SignInRefusal> {
    let (corp_id, agent_id) = (params.optional("corpid")?, params.optional("agentid")?);
    if corp_id.is_some_and(|id| id.eq_ignore_ascii_case("$CORPID$")) {
        return Err(SignInRefusal::CorpidPlaceholder);
    }
    Ok((corp_id, agent_id))
}
