use super::*;

fn client(ip: &str) -> ClientIp {
    ClientIp(ip.parse().unwrap())
}

fn sender<'a>(browser: &'a str, ip: &str) -> Sender<'a> {
    Sender { browser, address: client(ip), corp_id: CorpId::new("dingcorp").unwrap() }
}

#[test]
fn an_address_is_barred_after_a_burst_of_failures_and_only_for_a_while() {
    let clock = Clock::standing();
    let limits = Limits::new(&clock);
    for _ in 0..60 {
        limits.stranger_failed(client("192.0.2.1"));
        assert_eq!(limits.stranger_waits(client("192.0.2.1")), None);
    }
    limits.stranger_failed(client("192.0.2.1"));
    assert_eq!(limits.stranger_waits(client("192.0.2.1")), Some(1));
    assert_eq!(limits.stranger_waits(client("192.0.2.2")), None);
    assert_eq!(limits.sender_waits(&sender("browser", "192.0.2.1")), None, "who has a state of ours is not barred");
    clock.advance(2);
    assert_eq!(limits.stranger_waits(client("192.0.2.1")), None);
}

#[test]
fn a_browser_that_sends_bad_codes_waits_and_its_neighbours_do_not() {
    let limits = Limits::new(&Clock::standing());
    for _ in 0..11 {
        limits.code_failed(&sender("one", "192.0.2.1"));
    }
    assert!(limits.sender_waits(&sender("one", "192.0.2.1")).is_some());
    assert_eq!(limits.sender_waits(&sender("two", "192.0.2.1")), None);
}

/// Fills the corp's count with rejected codes from many addresses.
fn attack(limits: &Limits, corp_id: &CorpId) {
    for i in 0..150 {
        for j in 0..6 {
            let browser = format!("{i}-{j}");
            let address = client(&format!("198.51.100.{i}"));
            limits.code_failed(&Sender { browser: &browser, address, corp_id: corp_id.clone() });
        }
    }
}

#[test]
fn while_a_corp_is_under_attack_the_attacking_addresses_wait_and_nobody_else() {
    let clock = Clock::standing();
    let limits = Limits::new(&clock);
    for _ in 0..5 {
        limits.code_failed(&sender("careless", "192.0.2.1"));
    }
    let corp_id = CorpId::new("dingcorp").unwrap();
    attack(&limits, &corp_id);
    let waits = limits.sender_waits(&sender("fresh", "198.51.100.9"));
    assert!(waits.is_some_and(|seconds| (15..=20).contains(&seconds)), "{waits:?}");
    assert_eq!(limits.sender_waits(&sender("employee", "192.0.2.2")), None);
    assert_eq!(limits.sender_waits(&sender("careless", "192.0.2.1")), None, "a few wrong codes are no attack");
    let other = Sender { corp_id: CorpId::new("dingother").unwrap(), ..sender("fresh", "198.51.100.9") };
    assert_eq!(limits.sender_waits(&other), None, "another corp is not under attack");
    clock.advance(20);
    assert_eq!(limits.sender_waits(&sender("fresh", "198.51.100.9")), None);
}

#[test]
fn an_attack_that_is_over_is_forgotten() {
    let clock = Clock::standing();
    let limits = Limits::new(&clock);
    attack(&limits, &CorpId::new("dingcorp").unwrap());
    clock.advance(60);
    for browser in 0..100 {
        limits.code_failed(&sender(&browser.to_string(), "192.0.2.1"));
    }
    assert_eq!(limits.sender_waits(&sender("colleague", "192.0.2.1")), None);
}

#[test]
fn without_an_attack_an_office_may_get_more_codes_wrong_than_one_person() {
    let limits = Limits::new(&Clock::standing());
    for browser in 0..100 {
        limits.code_failed(&sender(&browser.to_string(), "192.0.2.1"));
    }
    assert_eq!(limits.sender_waits(&sender("colleague", "192.0.2.1")), None);
}

#[test]
fn failures_that_come_on_top_are_waited_for_a_minute_at_most() {
    let clock = Clock::standing();
    let limits = Limits::new(&clock);
    let office = || sender("colleague", "192.0.2.1");
    for browser in 0..320 {
        limits.code_failed(&sender(&browser.to_string(), "192.0.2.1"));
    }
    assert_eq!(limits.sender_waits(&office()), Some(4), "20 on top, and 5 each second");
    clock.advance(3);
    assert_eq!(limits.sender_waits(&office()), Some(1));
    clock.advance(1);
    assert_eq!(limits.sender_waits(&office()), None);
    for browser in 0..2000 {
        limits.code_failed(&sender(&browser.to_string(), "192.0.2.1"));
    }
    assert_eq!(limits.sender_waits(&office()), Some(60));
    clock.advance(60);
    assert_eq!(limits.sender_waits(&office()), None);
}

#[test]
fn reports_that_are_refused_make_nobody_wait_longer() {
    let limits = Limits::new(&Clock::standing());
    let waits: Vec<_> = (0..100).map(|_| limits.reported("browser")).collect();
    assert!(waits.iter().take(21).all(Option::is_none), "{waits:?}");
    assert!(waits.iter().skip(21).all(|wait| wait.is_some_and(|seconds| seconds <= 10)), "{waits:?}");
}

#[test]
fn a_person_makes_ten_links_and_then_one_each_half_minute() {
    let clock = Clock::standing();
    let limits = Limits::new(&clock);
    let made = |times: usize| (0..times).filter(|_| limits.handed_over(1).is_none()).count();
    assert_eq!((made(30), limits.handed_over(1)), (10, Some(30)));
    assert_eq!(limits.handed_over(2), None, "somebody else");
    for _ in 0..3 {
        clock.advance(30);
        assert_eq!(made(5), 1);
    }
    clock.advance(-86_400);
    assert!(made(30) >= 10, "a clock that was set back bars nobody");
}

#[test]
fn a_clock_that_was_set_back_bars_nobody() {
    let clock = Clock::standing();
    let limits = Limits::new(&clock);
    let fails = |times| (0..times).for_each(|_| limits.stranger_failed(client("192.0.2.1")));
    // To before the first failure, and to a time after it.
    for (after, back) in [(0, 86_400), (7_200, 3_600)] {
        fails(1);
        clock.advance(after);
        fails(61);
        clock.advance(-back);
        assert_eq!(limits.stranger_waits(client("192.0.2.1")), None, "{back}");
        fails(1);
        assert_eq!(limits.stranger_waits(client("192.0.2.1")), None, "{back}");
    }
    fails(61);
    assert_eq!(limits.stranger_waits(client("192.0.2.1")), Some(1), "but who goes on is counted by the new time");
}

#[test]
fn ipv6_is_counted_by_64() {
    assert_eq!(client("2001:db8:1:2:3::4").prefix(), client("2001:db8:1:2:ffff::1").prefix());
    assert_ne!(client("2001:db8:1:2::").prefix(), client("2001:db8:1:3::").prefix());
}
