//! The way of an auth code to a session, step by step. What is refused at a step leaves the later ones undone.

use super::{
    Admitted, ReceivedCode, Requester, Services, Way, admit, identify,
    input::{AppChoice, PageInput},
    limits::Sender,
    refusal::SignInRefusal,
    state::{TakenState, VerifiedState},
    trail,
    tries::Tries,
};
use crate::{
    dingtalk::{DingtalkApp, NoApp},
    sessions::{self, Policy},
};

/// Signs in by a code that the DingTalk client gave to our page.
pub async fn from_page(
    services: Services<'_>,
    requester: &Requester<'_>,
    input: PageInput<'_>,
) -> Result<Admitted, SignInRefusal> {
    let PageInput { code, app, state, .. } = input;
    let page = app.and_then(|choice| page_behind(services, requester, choice, state));
    let sender = page.as_ref().ok().map(|(app, state)| Sender::new(app, state, requester.address));
    let tries = Tries::new(services.limits, requester.address, sender);
    let admitted = async {
        tries.check()?;
        let (secret, (app, state)) = (code?, page?);
        let state = take_state(services, requester, app, state).await?;
        by_code(services, requester, &tries, &state, ReceivedCode { secret, app, way: Way::Client }).await
    };
    trail::refused(services, requester, tries.count(admitted.await)).await
}

/// Signs in by a code whose state has been taken: a code that another site delivers costs nothing and spends nothing.
pub async fn by_code(
    services: Services<'_>,
    requester: &Requester<'_>,
    tries: &Tries<'_>,
    state: &TakenState<'_>,
    code: ReceivedCode<'_>,
) -> Result<Admitted, SignInRefusal> {
    refuse_redirect_loop(services, requester, state).await?;
    let turn = code.app.turn(requester.address.prefix()).await?;
    // While this waited for its turn, other codes of the same browser or address may have been rejected. Refused now,
    // the sender still has an unspent code.
    tries.check()?;
    let (app, now) = (&code.app.config.name, services.clock.now());
    if !services.used_codes.spend(services.db, app, &code.secret, now).await? {
        return Err(SignInRefusal::CodeUsed);
    }
    let (app, way) = (code.app, code.way);
    let identity = identify::identify(services, &code, turn).await?;
    let admitted = admit::admit(services, requester, app, identity, way).await?;
    services.metrics.sign_ins.done(&app.config.name, way.as_str(), requester.log.elapsed());
    services.redirect_loops.signed_in(state.browser(), &admitted.token);
    Ok(admitted)
}

fn page_behind<'a>(
    services: Services<'a>,
    requester: &Requester<'a>,
    choice: AppChoice<'a>,
    state: &'a str,
) -> Result<(&'a DingtalkApp, VerifiedState<'a>), SignInRefusal> {
    let mut refusal = NoApp::Unknown.into();
    for app in choice.fitting(services.dingtalk) {
        match services.states.verify(state, requester.browser, &app.config.name) {
            Ok(state) => return Ok((app, state)),
            Err(cause) => refusal = SignInRefusal::StateMismatch(cause),
        }
    }
    Err(refusal)
}

/// Takes the state of a page or an attempt. Nobody can use it again.
pub async fn take_state<'a>(
    services: Services<'_>,
    requester: &Requester<'_>,
    app: &DingtalkApp,
    state: VerifiedState<'a>,
) -> Result<TakenState<'a>, SignInRefusal> {
    let state = services.states.take(state).map_err(SignInRefusal::StateMismatch)?;
    let state = state.everywhere(services.db, services.clock.now()).await?.map_err(SignInRefusal::StateMismatch)?;
    requester.note_app(app);
    Ok(state)
}

/// Refuses a browser that signs in again and again because it keeps no session. The count starts anew after a sign-out,
/// or after the session was ended elsewhere.
async fn refuse_redirect_loop(
    services: Services<'_>,
    requester: &Requester<'_>,
    state: &TakenState<'_>,
) -> Result<(), SignInRefusal> {
    let Some(unkept) = services.redirect_loops.unkept(state.browser(), requester.previous.as_ref()) else {
        return Ok(());
    };
    let (policy, now) = (Policy::of(services.config), services.clock.now());
    match sessions::find(&mut *services.db.read().await?, &unkept.token, &policy, now).await? {
        None => services.redirect_loops.forget(state.browser()),
        Some(_) if unkept.too_often => return Err(SignInRefusal::CookieNotKept),
        Some(_) => {}
    }
    Ok(())
}
