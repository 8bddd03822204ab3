//! What runs beside the requests: by one server at a time, or by each for itself.

use miandeng::simulator::{DirectoryEvent, Employee, FaultKind, Pushed};
use rocket::{futures::future::join_all, tokio};

use super::{Servers, fault};
use crate::harness::{CLIENT_ID, CORP, until};

const TOKEN: &str = "miandengToken";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
/// What DingTalk is asked of a person.
const PERSON: &str = "/topapi/v2/user/get";

#[tokio::test]
async fn an_event_is_worked_on_by_one_server_however_many_look_for_it() {
    let events = format!("\nevents = \"callback\"\nevent_token = {TOKEN:?}\nevent_aes_key = {KEY:?}");
    let Some(servers) = Servers::<3>::with(|settings| settings.app.push_str(&events)).await else { return };
    let simulator = &servers.site.simulator;
    simulator.fault(fault(PERSON, usize::MAX, FaultKind::Delay(30)));
    for number in 0..60 {
        let userid = format!("person{number}");
        simulator.add_employee(
            CORP,
            Employee {
                unionid: format!("union-{userid}"),
                name: "新人".into(),
                userid: userid.clone(),
                ..Employee::default()
            },
        );
        // Each goes to whichever server the proxy chooses.
        let server = servers.all[number % 3].url();
        simulator.edit_corp(CORP, |corp| {
            let [app] = &mut corp.apps[..] else { panic!("one app") };
            app.callback_url = format!("{server}/dingtalk/events/oa");
            (app.event_token, app.event_aes_key) = (TOKEN.into(), KEY.into());
        });
        let joins = DirectoryEvent::of_people("user_add_org", CORP, &[&userid]);
        let pushed = join_all([simulator.push(CLIENT_ID, &joins), simulator.push(CLIENT_ID, &joins)]).await;
        assert_eq!(pushed, [Pushed::Acknowledged, Pushed::Acknowledged]);
    }
    let there = "SELECT COUNT(*) FROM users WHERE userid LIKE 'person%'";
    until("all are there", async || servers.database.psql(there) == "60").await;
    until("all is done", async || {
        servers.database.psql("SELECT COUNT(*) FROM directory_events WHERE done_at IS NULL") == "0"
    })
    .await;
    assert_eq!(simulator.calls(PERSON), 60, "not once for each server");
    assert_eq!(
        servers.database.psql("SELECT COUNT(*) FROM audit WHERE event = 'user-added' AND actor = 'dingtalk'"),
        "60"
    );
}
