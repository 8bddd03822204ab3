//! Codes, states and hand-over links.

use rocket::{futures::future::join_all, tokio};

use super::{EXCHANGE, Servers};
use crate::{faults::assert_sound, handover::makes_a_link, harness::Phone};

/// Each phone opens the app at its server.
async fn states(phones: &mut [Phone]) -> Vec<String> {
    let mut states = Vec::new();
    for phone in phones {
        states.push(phone.opens_app().await.state());
    }
    states
}

/// All at once; the words of refusals, and "" for whoever is signed in.
async fn send(phones: &mut [Phone], codes: &[String], states: &[String]) -> Vec<String> {
    let sent = phones.iter_mut().zip(codes.iter().zip(states)).map(async |(phone, (code, state))| {
        let answer = phone.sends_code(code, state).await;
        if answer.status == 200 { String::new() } else { answer.problem() }
    });
    let mut outcomes = join_all(sent).await;
    outcomes.sort();
    outcomes
}

#[tokio::test]
async fn a_code_that_three_servers_get_at_once_signs_in_once_and_goes_to_dingtalk_once() {
    let Some(servers) = Servers::<3>::start().await else { return };
    for round in 1..=10 {
        let mut phones = servers.phones().await;
        let states = states(&mut phones).await;
        let code = phones[0].code();
        let outcomes = send(&mut phones, &[code.clone(), code.clone(), code], &states).await;
        assert_eq!(outcomes, ["", "code-invalid", "code-invalid"], "{round}");
        assert_eq!(servers.site.simulator.calls(EXCHANGE), round);
    }
    assert_sound(&servers.database.url()).await;
}

#[tokio::test]
async fn a_state_that_three_servers_get_at_once_is_taken_once_and_the_other_codes_are_not_sent() {
    let Some(servers) = Servers::<3>::start().await else { return };
    for round in 1..=10 {
        let mut phones = servers.phones().await;
        let state = phones[0].opens_app().await.state();
        let codes: Vec<_> = phones.iter().map(Phone::code).collect();
        let outcomes = send(&mut phones, &codes, &[state.clone(), state.clone(), state]).await;
        assert_eq!(outcomes, ["", "state-mismatch", "state-mismatch"], "{round}");
        assert_eq!(servers.site.simulator.calls(EXCHANGE), round);
    }
}

#[tokio::test]
async fn nobody_is_signed_in_by_a_code_that_cannot_be_marked() {
    let Some(servers) = Servers::<1>::start().await else { return };
    let [mut phone] = servers.phones().await;
    let (state, code) = (phone.opens_app().await.state(), phone.code());
    servers.database.psql("ALTER TABLE used_once RENAME TO elsewhere");
    let answer = phone.sends_code(&code, &state).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
    assert_eq!(servers.site.simulator.calls(EXCHANGE), 0);
    servers.database.psql("ALTER TABLE elsewhere RENAME TO used_once");
    phone.is_signed_in().await;
    assert_eq!(servers.database.psql("SELECT COUNT(*) FROM used_once WHERE expires_at > 0"), "2");
}

#[tokio::test]
async fn a_hand_over_link_that_three_servers_get_at_once_signs_in_one_browser() {
    let Some(servers) = Servers::<3>::start().await else { return };
    let [mut phone, ..] = servers.phones().await;
    phone.is_signed_in().await;
    for round in 0..5 {
        let (_, token) = makes_a_link(&mut phone).await;
        let mut browsers = servers.all.each_ref().map(|server| servers.site.phone(server, "zhangsan"));
        let arrived =
            browsers.iter_mut().map(async |browser| browser.posts("/handover", &[("token", &token)]).await.status);
        let mut arrived = join_all(arrived).await;
        arrived.sort_unstable();
        assert_eq!(arrived, [303, 410, 410], "{round}");
    }
}
