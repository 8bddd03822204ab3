//! `groups`, `users` and `corpid`: whom an app is for.

use miandeng::users::{Change, Role};

use super::{PROXIES, Proxy, WANTED};
use crate::harness::{App, CORP, Phone};

async fn deployment(departments: &str) -> (App, Phone) {
    let app = App::start().await;
    app.db_change("zhangsan", Change { department: Some(departments.into()), ..Change::default() }).await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    (app, phone)
}

#[tokio::test]
async fn a_department_counts_for_those_below_it_and_for_no_namesake() {
    let (_app, mut phone) = deployment("总部/研发部/后端组; 财务").await;
    for proxy in PROXIES {
        for (rules, status) in [
            ("groups=研发部", 200),
            ("groups=后端组", 200),
            ("groups=总部", 200),
            ("groups=财务", 200),
            ("groups=总部/研发部", 200),
            ("groups=总部%2F研发部/后端组", 200),
            ("groups=市场部,财务", 200),
            ("groups=%E8%B4%A2%E5%8A%A1", 200),
            ("groups=研发", 403),
            ("groups=研发部2", 403),
            ("groups=发部", 403),
            ("groups=研发部/后端组", 403),
            ("groups=总部/研发", 403),
            ("groups=总部/研发部/后端", 403),
            ("groups=财务/", 403),
            ("groups=/财务", 403),
            ("groups=部", 403),
            ("groups=总部/研发部/后端组;+财务", 403),
            ("groups=zhangsan", 403),
            ("groups=%25E8%25B4%25A2%25E5%258A%25A1", 403),
        ] {
            let rules = encoded(rules);
            let answer = proxy.asks(&mut phone, &rules).await;
            assert_eq!(answer.status, status, "{proxy:?} {rules}");
        }
    }
}

#[tokio::test]
async fn a_person_without_departments_is_in_none() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    phone.is_signed_in().await;
    for proxy in PROXIES {
        assert_eq!(proxy.asks(&mut phone, &encoded("groups=财务")).await.status, 403);
    }
}

#[tokio::test]
async fn a_userid_counts_byte_by_byte_and_either_list_suffices() {
    let (_app, mut phone) = deployment("财务").await;
    for proxy in PROXIES {
        for (rules, status) in [
            ("users=zhangsan", 200),
            ("users=lisi,zhangsan", 200),
            ("users=lisi&groups=财务", 200),
            ("users=zhangsan&groups=市场部", 200),
            ("users=lisi&groups=市场部", 403),
            ("users=Zhangsan", 403),
            ("users=zhangsan%20", 403),
            ("users=zhang", 403),
            ("users=财务", 403),
            ("users=*", 403),
        ] {
            let answer = proxy.asks(&mut phone, &encoded(rules)).await;
            assert_eq!(answer.status, status, "{proxy:?} {rules}");
        }
    }
}

#[tokio::test]
async fn an_empty_item_lets_nobody_in() {
    let (_app, mut phone) = deployment("财务").await;
    for proxy in PROXIES {
        for rules in [
            "groups=",
            "groups",
            "users=",
            "groups=财务,",
            "groups=,财务",
            "groups=财务,,市场部",
            "groups=财务,%20",
            "groups=财务&users=",
            "groups=&users=zhangsan",
            "users=zhangsan,",
        ] {
            let answer = proxy.asks(&mut phone, &encoded(rules)).await;
            assert_eq!(answer.status, 403, "{proxy:?} {rules}");
        }
    }
}

#[tokio::test]
async fn a_slip_in_the_rules_closes_the_app_for_everybody() {
    let (app, mut phone) = deployment("财务").await;
    let mut nobody = app.phone("zhangsan");
    for rules in [
        "groups=财务&groups=财务",
        "users=a&users=zhangsan",
        "groups=role:root",
        "groups=role:",
        "groups=%zz",
        "users=%ff",
        "users=zhangsan%00",
    ] {
        for proxy in PROXIES {
            for phone in [&mut phone, &mut nobody] {
                assert_eq!(proxy.asks(phone, &encoded(rules)).await.status, 400, "{proxy:?} {rules}");
            }
        }
    }
    for rules in ["group=财务", "Groups=财务", "%67roups=财务", "x", "groups=财务&x=y", "corpid=a&corpid=b"] {
        for proxy in [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy] {
            for phone in [&mut phone, &mut nobody] {
                assert_eq!(proxy.asks(phone, &encoded(rules)).await.status, 400, "{proxy:?} {rules}");
            }
        }
    }
}

#[tokio::test]
async fn a_role_is_not_a_department_of_that_name() {
    let (app, mut phone) = deployment("role:admin").await;
    for proxy in PROXIES {
        assert_eq!(proxy.asks(&mut phone, "groups=role:admin").await.status, 403, "{proxy:?}");
        assert_eq!(proxy.asks(&mut phone, "groups=role:user").await.status, 200, "{proxy:?}");
    }
    app.db_change("zhangsan", Change { role: Some(Role::Admin), ..Change::default() }).await;
    for proxy in PROXIES {
        assert_eq!(proxy.asks(&mut phone, "groups=role:admin").await.status, 200, "{proxy:?}, at once");
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_whatever_the_rules() {
    let app = App::start().await;
    let mut phone = app.phone("zhangsan");
    for proxy in PROXIES {
        let status = if proxy == Proxy::Nginx { 401 } else { 302 };
        assert_eq!(proxy.asks(&mut phone, "groups=").await.status, status, "{proxy:?}");
    }
}

#[tokio::test]
async fn who_is_turned_away_reads_a_page_and_a_script_a_problem() {
    let (_app, mut phone) = deployment("财务").await;
    for proxy in PROXIES {
        let page = proxy.asks(&mut phone, "users=lisi").await;
        assert_eq!((page.status, page.header("cache-control")), (403, "no-store"));
        if proxy != Proxy::Nginx {
            assert!(page.body.contains("data-problem=\"not-allowed\""), "{}", page.body);
        }
        let question = proxy.question(&phone, "GET", WANTED, "users=lisi").header("Accept", "application/json");
        assert_eq!(phone.sends(question).await.problem(), "not-allowed");
    }
}

#[tokio::test]
async fn an_app_can_be_for_the_people_of_one_corp() {
    let (app, mut phone) = deployment("财务").await;
    for proxy in [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy] {
        for (rules, status) in [
            (format!("corpid={CORP}"), 200),
            (format!("corpid={CORP}&users=zhangsan"), 200),
            (format!("corpid={CORP}&users=lisi"), 403),
            ("corpid=dingother&users=zhangsan".into(), 403),
            ("corpid=".into(), 403),
        ] {
            assert_eq!(proxy.asks(&mut phone, &rules).await.status, status, "{proxy:?} {rules}");
        }
    }
    let answer = Proxy::Caddy.asks(&mut app.phone("zhangsan"), &format!("corpid={CORP}")).await;
    assert!(answer.header("location").contains(&format!("/?corpid={CORP}&return_to=")), "{:?}", answer.headers);
}

#[tokio::test]
async fn behind_envoy_the_rules_stand_in_a_header_and_the_query_is_the_apps_own() {
    let (_app, mut phone) = deployment("财务").await;
    let mut ask = async |query: &str, rules: &str| {
        let question = Proxy::Envoy.question(&phone.clone(), "GET", WANTED, query);
        phone.sends(question.header("X-Miandeng-Rules", rules)).await.status
    };
    assert_eq!(ask("x=y&group=z", "groups=%E8%B4%A2%E5%8A%A1").await, 200);
    assert_eq!(ask("groups=its-own&groups=twice", "users=zhangsan").await, 200);
    assert_eq!(ask("users=zhangsan", "users=lisi").await, 403, "the client's own address opens nothing");
    assert_eq!(ask("", "groups=").await, 403);
    for cut in ["groups=%E8%B4%A2%E5%8A%A1#1", "users=zhangsan#1&corpid=dingother", "users=zhangsan&corpid=#"] {
        assert_eq!(ask("", cut).await, 400, "{cut}: proxies that have the rules in an address cut it there");
    }
    assert_eq!(ask("", "groups=C%23,%E8%B4%A2%E5%8A%A1").await, 200);
    assert_eq!(ask("", "").await, 400);
    assert_eq!(ask("", "group=x").await, 400);

    let question = Proxy::Envoy.question(&phone, "GET", WANTED, "").header("X-Miandeng-Rules", "users=zhangsan");
    assert_eq!(phone.sends(question.header("X-Miandeng-Rules", "users=zhangsan")).await.status, 400, "twice");
    let question = Proxy::Nginx.question(&phone, "GET", WANTED, "users=lisi");
    let question = question.header("X-Miandeng-Rules", "users=zhangsan");
    assert_eq!(phone.sends(question).await.status, 403, "nginx passes on what the client sends");
}

/// Escaped UTF-8, as browsers and configuration files write it.
pub fn encoded(rules: &str) -> String {
    let escaped = |c: char| if c.is_ascii() { c.to_string() } else { percent(c) };
    rules.chars().map(escaped).collect()
}

fn percent(c: char) -> String {
    c.to_string().bytes().map(|b| format!("%{b:02X}")).collect()
}
