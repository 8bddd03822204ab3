//! PostgreSQL stops, hangs, or cuts its connections.

use super::{Deployment, Phone, SERVERS, gate, join_all, tokio, until};

/// While nothing is answered: from memory until the leases end, then nobody passes.
async fn nothing_is_known(deployment: &mut Deployment, pages: Vec<(Phone, String)>) {
    let mut leaver = deployment.signed_in[0].clone();
    deployment.until_gates_say(503).await;
    let leaves = async {
        let answer = leaver.posts("/logout", &[]).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
        assert!(answer.all("set-cookie").is_empty(), "the browser keeps what it must still send");
    };
    tokio::join!(Deployment::nobody_signs_in(pages), deployment.says_that_it_is_not_ready(), leaves);
    assert_eq!(deployment.gates().await, [503; SERVERS]);
}

#[tokio::test]
async fn postgresql_that_is_stopped_and_started_again_loses_nothing_that_was_answered() {
    let Some(mut deployment) = Deployment::of_two_servers().await else { return };
    let pages = deployment.opened_pages().await;
    deployment.postgres.stops();
    nothing_is_known(&mut deployment, pages).await;
    deployment.postgres.starts();
    deployment.all_goes_on().await;
}

#[tokio::test]
async fn postgresql_that_hangs_closes_the_gate_until_it_goes_on() {
    let Some(mut deployment) = Deployment::of_two_servers().await else { return };
    let pages = deployment.opened_pages().await;
    deployment.postgres.is_halted();
    nothing_is_known_while_it_hangs(&mut deployment, pages).await;
    deployment.postgres.goes_on();
    deployment.all_goes_on().await;
}

/// A sign-out that was sent before PostgreSQL hung may still be carried out, so nobody tries one.
async fn nothing_is_known_while_it_hangs(deployment: &mut Deployment, pages: Vec<(Phone, String)>) {
    deployment.until_gates_say(503).await;
    tokio::join!(Deployment::nobody_signs_in(pages), deployment.says_that_it_is_not_ready());
    assert_eq!(deployment.gates().await, [503; SERVERS]);
}

#[tokio::test]
async fn whatever_is_answered_while_connections_are_cut_is_true() {
    let Some(mut deployment) = Deployment::of_two_servers().await else { return };
    let mut came_in = Vec::new();
    let mut went_out = Vec::new();
    for round in 0..20 {
        let (here, there) = (round % SERVERS, (round + 1) % SERVERS);
        let mut phone = deployment.newcomer(here);
        let page = phone.opens_app().await;
        assert_eq!(page.status, 200, "{}", page.body);
        let (code, state) = (phone.code(), page.state());
        let postgres = &deployment.postgres;
        let cut = async { postgres.cuts_connections() };
        let (answer, ()) = tokio::join!(phone.sends_code(&code, &state), cut);
        assert!([200, 503].contains(&answer.status), "{round}: {} {}", answer.status, answer.body);
        deployment.gates().await;
        if answer.status == 200 {
            deployment.postgres.cuts_connections();
            let mut elsewhere = deployment.newcomer(there);
            elsewhere.cookies.clone_from(&phone.cookies);
            let kept = phone.clone();
            match phone.posts("/logout", &[]).await.status {
                303 => went_out.extend([kept, elsewhere]),
                status => {
                    assert_eq!(status, 503, "{round}");
                    came_in.extend([kept, elsewhere]);
                }
            }
        }
        for phone in &mut went_out {
            let status = gate(phone).await;
            assert!([401, 503].contains(&status), "{round}: {status}");
        }
    }
    deployment.all_goes_on().await;
    assert!(join_all(went_out.iter_mut().map(gate)).await.iter().all(|status| *status == 401));
    for phone in &mut came_in {
        // A sign-out whose answer was cut off may have been carried out; then it is, everywhere.
        until("the gate answers", async || gate(phone).await != 503).await;
    }
    let said = join_all(came_in.iter_mut().map(gate)).await;
    assert!(said.chunks(2).all(|pair| pair[0] == pair[1]), "{said:?}");
}
