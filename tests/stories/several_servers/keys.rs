//! Signing keys: made once, and published by every server before any server signs with them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rocket::{futures::future::join_all, tokio};
use serde_json::Value;

use super::{Servers, started};
use crate::{
    gate::Proxy,
    harness::{Phone, Server},
};

/// The numbers of the keys that each server publishes, asked at once.
async fn published(servers: &Servers<3>) -> Vec<Vec<String>> {
    let asked = servers.all.iter().map(async |server| {
        let set = servers.site.phone(server, "x").gets("/.well-known/jwks.json").await;
        assert_eq!(set.status, 200, "{}", set.body);
        let keys = set.json()["keys"].as_array().expect("keys").clone();
        let mut kids: Vec<_> = keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect();
        kids.sort();
        kids
    });
    join_all(asked).await
}

/// One session, at each server.
async fn signed_in(servers: &Servers<3>) -> [Phone; 3] {
    let mut phones = servers.phones().await;
    phones[0].is_signed_in().await;
    let cookies = phones[0].cookies.clone();
    phones.iter_mut().for_each(|phone| phone.cookies.clone_from(&cookies));
    phones
}

/// By which key a server signs.
async fn signer(phone: &mut Phone) -> String {
    let answer = Proxy::Nginx.asks(phone, "").await;
    let token = answer.header("x-miandeng-identity");
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).expect("a header");
    let header: Value = serde_json::from_slice(&header).unwrap_or_else(|_| panic!("{answer:?}"));
    header["kid"].as_str().expect("a kid").to_owned()
}

#[tokio::test]
async fn servers_that_rotate_at_once_make_one_key_which_all_publish_before_any_signs_with_it() {
    let with_identity = Servers::<3>::with(|settings| settings.miandeng.push_str("\nsigned_identity = true"));
    let Some(servers) = with_identity.await else { return };
    let mut phones = signed_in(&servers).await;
    let first = published(&servers).await;
    assert!(first.iter().all(|kids| kids.len() == 1 && *kids == first[0]), "{first:?}");
    let old = first[0][0].clone();

    let ages = |seconds: u32| {
        let older = format!("UPDATE server_keys SET created_at = created_at - {seconds} WHERE name <> 'state'");
        servers.database.psql(&older);
    };
    ages(30 * 86_400);
    let two = published(&servers).await;
    assert!(two.iter().all(|kids| kids.len() == 2 && *kids == two[0] && kids.contains(&old)), "{two:?}");
    for phone in &mut phones {
        assert_eq!(signer(phone).await, old, "the new one is not published for an hour yet");
    }
    ages(3_600);
    assert_eq!(published(&servers).await, two);
    // What was signed in the last minute is shown again.
    let mut phones = signed_in(&servers).await;
    let new = two[0].iter().find(|kid| **kid != old).expect("another one");
    for phone in &mut phones {
        assert_eq!(signer(phone).await, *new);
    }
}

#[tokio::test]
async fn the_first_key_of_another_algorithm_is_published_at_once_by_servers_with_older_settings() {
    let with_identity = Servers::<3>::with(|settings| settings.miandeng.push_str("\nsigned_identity = true"));
    let Some(servers) = with_identity.await else { return };
    assert_eq!(published(&servers).await[0].len(), 1);
    let file = servers.site.path().join("Rocket.toml");
    let client = "\n[[default.miandeng.clients]]\nname = \"grafana\"\nclient_id = \"grafana\"\nclient_secret = \"a-secret-of-the-story-0123456789\"\n\
                  redirect_uris = [\"https://grafana.example.com/login/generic_oauth\"]\n";
    let settings = std::fs::read_to_string(&file).unwrap() + client;
    std::fs::write(&file, settings).unwrap();
    let [_newer]: [Server; 1] = started(&servers.site);
    let all = published(&servers).await;
    assert!(all.iter().all(|kids| kids.len() == 2), "{all:?}");
}
