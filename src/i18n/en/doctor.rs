//! What `doctor` finds.

use super::{TEXTS, probe};
use crate::{
    catalogue::Trouble,
    db::Advice,
    i18n::{
        Locale,
        doctor::{Check, Fact, Said, says},
        local,
        setting::Source,
    },
};

/// The words for programs.
pub(super) fn check(check: &Check) -> String {
    check.word()
}

pub(super) fn fact(fact: &Fact) -> Said {
    match fact {
        Fact::SettingsRead { public_url, apps } => says(format!("read; public_url {public_url}, apps {}", apps.join(", "))),
        Fact::ConsoleAddresses { home_page, redirect_url } => {
            let redirect = redirect_url.as_ref().map(|url| format!("; redirect URL (重定向URL): {url}")).unwrap_or_default();
            says(format!("to enter there: home page and PC home page (应用首页地址, PC端首页地址): {home_page}{redirect}"))
        }
        Fact::EgressIp { address: None, .. } => {
            says("this machine does not know its own address; list the one that DingTalk sees (服务器出口IP)")
        }
        Fact::EgressIp { address: Some(address), is_private: true } => says(format!(
            "list your network's public address in the console (服务器出口IP); this machine knows only its own, {address}, \
             which is private. DingTalk names the right one when it refuses a call (60020)"
        )),
        Fact::EgressIp { address: Some(address), is_private: false } => says(format!(
            "to list in the console (服务器出口IP): probably {address}, this machine's own, unless calls leave through \
             another one; DingTalk names the right one when it refuses a call (60020)"
        )),
        Fact::SettingsFrom { source, keys } => {
            let keys = keys.join(", ");
            says(match source {
                Source::File(file) => format!("from {file}: {keys}"),
                Source::Environment => format!("from ROCKET_… variables: {keys}"),
                Source::Default => format!("not set, so the default counts: {keys}"),
            })
        }
        Fact::FilesClosed { files: 1 } => says("other users of this machine cannot read the file with secrets"),
        Fact::FilesClosed { files } => says(format!("other users of this machine cannot read the {files} files with secrets")),
        Fact::FileReadable { file, mode } => {
            says(format!("other users of this machine can read {file} (mode {mode:04o}), which holds a secret"))
                .cure(format!("chmod o= {file} (the server's group may read it)"))
        }
        Fact::FileWritable { file, mode } => {
            says(format!("other users of this machine can change {file} (mode {mode:04o})"))
                .cure(format!("chmod o= {file}, and check what it says"))
        }
        Fact::PeopleOfNoApp { corp_id, people } => {
            says(format!("the organisation {corp_id} has no app in the settings: {people} of its people cannot sign in"))
                .cure("add an app of that organisation, or disable its people (miandeng users list --corp-id)")
        }
        Fact::ClientOfNobody { client } => {
            says(format!("the app {client} lets nobody in: an item of its groups or users is empty"))
                .cure("write the name that is missing, or remove the comma")
        }
        Fact::ClientsOfEveryCorp { clients } => says(format!(
            "people of every organisation in the settings can use these apps if their groups or users fit, administrators too: {}",
            clients.join(", ")
        ))
        .cure("set corpid for each app that is for one organisation"),
        Fact::AlikeUserids { userids } => says(format!(
            "userids that differ from another only in upper and lower case: {}; nobody can sign in with one of the two",
            userids.join(", ")
        ))
        .cure("compare them with DingTalk's contacts, and remove the wrong row (miandeng users remove)"),
        Fact::LeadsTo { host, addresses } => says(format!("{host} leads to {}", addresses.join(", "))),
        Fact::LeadsInside { host, addresses } => says(format!(
            "seen from here, {host} leads to {}, which only your own network can reach",
            addresses.join(", ")
        ))
        .cure("if employees are to sign in from outside, open the address on a phone with Wi-Fi off"),
        Fact::LeadsNowhere { host, why } => says(format!("{host} does not resolve: {}", why.english))
            .cure("add the name to DNS; some internal networks cannot resolve a public name that employees can"),
        Fact::CertificateGood { host, days, at } => {
            says(format!("{host} shows a certificate that is good for {days} more days, until {}", local(*at)))
        }
        Fact::CertificateEnds { host, days, at } => {
            says(format!("{host} shows a certificate that expires in {days} days, at {}", local(*at)))
                .cure("renew it, find out why that did not happen by itself, then reload the proxy")
        }
        Fact::CertificateExpired { host, at } => {
            says(format!("{host} shows a certificate that expired at {}: DingTalk's client cannot open the page", local(*at)))
                .cure("renew it, then reload the proxy")
        }
        Fact::CertificateRefused { host, why } => {
            says(format!("{host} shows a certificate that this machine does not accept: {why}")).cure(
                "install one of a public authority for this very name, with its intermediate certificates; if your own \
                 authority has issued it, phones must trust it, too",
            )
        }
        Fact::CertificateAccepted { host } => says(format!("{host} shows a certificate that this machine accepts")),
        Fact::NoCertificate { host, why } => says(format!("{host} shows none: {}", why.english)).cure(NOT_REACHED),
        Fact::ClaimBelieved { peer } => says(format!(
            "the proxy ({peer}) passes on X-Forwarded-For or X-Real-IP as a visitor has written it: anyone can claim \
             any address, and rate limits stop nobody"
        ))
        .cure("have the proxy set both itself, as the recipes do (nginx: proxy_set_header X-Forwarded-For $remote_addr;)"),
        Fact::ProxyNotTrusted { peer } => says(format!(
            "requests come from {peer}, which looks like a proxy and is not in trusted_proxies: everybody counts as one visitor"
        ))
        .cure(format!("add \"{peer}\" to trusted_proxies, if it is your proxy")),
        Fact::VisitorsUnnamed { peer } => {
            says(format!("the proxy ({peer}) does not say for whom it asks: everybody counts as one visitor"))
                .cure("have it set X-Forwarded-For to the visitor's address, as the recipes do")
        }
        Fact::VisitorsNamed { client, peer } => {
            says(format!("the proxy ({peer}) names the visitor ({client}) and passes on nothing that a visitor claims"))
        }
        Fact::NoProxy { client } => says(format!("visitors reach the server without a proxy; this one was {client}")),
        Fact::PlainHttp { origin } => {
            says(format!("public_url is {origin}: anyone on the network path can read the session cookie"))
                .cure("put a proxy with TLS in front, and write https:// in public_url")
        }
        Fact::EverybodyTrusted { network } => {
            says(format!("trusted_proxies contains {network}: anyone can claim that a request came from any address"))
                .cure("list only the addresses of your proxies")
        }
        Fact::DatabaseGood { url } => says(format!("{url} opens, is up to date and can be written")),
        Fact::DatabaseNotWritable { error, advice } => {
            says(format!("the database cannot be written ({error}); {}", self::advice(*advice)))
        }
        Fact::DatabaseRepaired { file, old_mode } => says(format!(
            "other users of this machine could read or write {file} (mode {old_mode:04o}); only its owner can now"
        ))
        .cure(
            "it holds DingTalk's tokens and your people's data: find out what gave it that mode (a copy, a restored backup, \
             chmod -R)",
        ),
        Fact::UsersUnreadable { error } => says(format!("the user table cannot be read: {error}")),
        Fact::NobodyListed => says("nobody is in the user table, so nobody can sign in")
            .cure("miandeng users import people.xlsx, miandeng users sync, or unknown_users = \"create\""),
        Fact::NobodyYet => says("nobody is in the user table yet; each employee is added at the first sign-in"),
        Fact::MaySignIn { people: 1 } => says("1 person in the user table may sign in"),
        Fact::MaySignIn { people } => says(format!("{people} people in the user table may sign in")),
        Fact::Troubled { trouble, times, last_at, evidence } => {
            let (title, codes, last) = ((TEXTS.explain)(*trouble).title, trouble.codes(), local(*last_at));
            let code = codes.first().map(|code| format!(" ({code})")).unwrap_or_default();
            let times = if *times == 1 { "once".to_owned() } else { format!("{times} times") };
            says(format!("{title}{code}: {times} recently, last at {last}"))
                .cure(TEXTS.remedy(*trouble, evidence.as_ref()))
        }
        Fact::TroublesUnreadable { error } => says(format!("recent problems cannot be read: {error}")),
        Fact::ClockAgrees => says("agrees with DingTalk's"),
        Fact::ClockOff { seconds_ahead } => {
            let way = if *seconds_ahead > 0 { "ahead of" } else { "behind" };
            says(format!("is {} seconds {way} DingTalk's", seconds_ahead.abs())).cure(
                "synchronise the machine's clock with NTP (timedatectl set-ntp true): signatures and sessions depend on it",
            )
        }
        Fact::ProxyVariables { set, ways } => {
            let ways = ways.iter().map(|(key, address, proxy)| match proxy {
                Some(proxy) => format!("{key} {address} goes through the proxy {proxy}"),
                None => format!("{key} {address} is reached directly"),
            });
            says(format!("set here: {}; {}", set.join(", "), ways.collect::<Vec<_>>().join(", ")))
        }
        Fact::Answers { address } => says(format!("{address} answers")),
        Fact::AnswersOddly { address, status } => says(format!("{address} answers {status}")).cure(NOT_REACHED),
        Fact::DoesNotAnswer { address, why } => says(format!("{address} does not answer: {}", why.english)).cure(NOT_REACHED),
        Fact::NoHttpClient { why } => says(format!("no HTTP client for DingTalk can be made: {why}"))
            .cure("check the machine's certificates (ca-certificates) and proxy variables"),
        Fact::DingtalkWorks { is_channel: false } => says("access token, a second call and ticket work"),
        Fact::DingtalkWorks { is_channel: true } => {
            says("access token, the service window's token, a second call and ticket work")
        }
        Fact::DingtalkFails { failure, meaning, evidence } => {
            says(&failure.english).cure(match meaning {
                Some(trouble) => TEXTS.advice(*trouble, evidence.as_ref()),
                None => TEXTS.dingtalk_down.into(),
            })
        }
        Fact::SeesNoDepartment => says(
            "the app cannot see any department: everybody who signs in is refused with 50002, or has no name and department",
        )
        .cure((TEXTS.explain)(Trouble::OutOfScope).hint),
        Fact::SeesDepartments { departments } => {
            let departments: Vec<_> = departments.iter().map(i64::to_string).collect();
            says(format!(
                "the app may see only departments {}: people elsewhere are refused with 50002",
                departments.join(", ")
            ))
            .cure((TEXTS.explain)(Trouble::OutOfScope).hint)
        }
        Fact::CorpIsOurs { corp_id } => says(format!("{corp_id} is the app's organisation")),
        Fact::CorpIsNotOurs { corp_id, failure } => {
            says(format!("{corp_id} is unknown to DingTalk, or is not the app's organisation: {}", failure.english)).cure(
                "copy CorpId again from the home page of DingTalk's developer console, signed in to the organisation that the \
                 app belongs to",
            )
        }
        Fact::CorpUnchecked { corp_id, failure } => {
            says(format!("{corp_id} cannot be checked: {}", failure.english)).cure(
                "compare it with CorpId on the home page of DingTalk's developer console; if it is wrong, nobody gets past \
                 the sign-in page",
            )
        }
        Fact::AgentUnchecked { agent_id } => {
            says(format!("{agent_id} cannot be checked from here: only the DingTalk client checks it")).cure(
                "compare it with AgentId on the app's page (凭证与基础信息), then open the app from the workbench: if it is \
                 wrong, the log has a client-report line with errcode 52019 (52023 for a service window)",
            )
        }
        Fact::DirectoryReadable { hidden } if hidden.is_empty() => says("the app may read what a sync needs"),
        Fact::DirectoryReadable { hidden } => says(format!(
            "the app may read what a sync needs; without {}, these fields are kept as they are",
            hidden.join(", ")
        )),
        Fact::SyncWouldLack { missing } => {
            says(format!("sync_every is not set; users sync would be refused without {}", missing.join(", ")))
        }
        Fact::RangeTooSmall { name, departments } => {
            let departments: Vec<_> = departments.iter().map(i64::to_string).collect();
            let purpose = (Locale::En.rights_texts().purpose)("range");
            says(format!("{name} is not the whole organisation (departments: {}); needed for: {purpose}", departments.join(", ")))
                .cure(Locale::En.rights_texts().widen)
        }
        Fact::PermissionMissing { name, need, failure } => {
            let t = Locale::En.rights_texts();
            let failure = failure.as_ref().map_or_else(String::new, |failure| format!(" ({})", failure.english));
            says(format!("{name} is missing{failure}; needed for: {}", (t.purpose)(need))).cure((t.grant)(name))
        }
        Fact::EventsConnected { since_ms, last_ms: Some(last) } => {
            says(format!("connected since {}, last event at {}", at(*since_ms), at(*last)))
        }
        Fact::EventsConnected { since_ms, last_ms: None } => {
            says(format!("connected since {}, no event yet", at(*since_ms)))
        }
        Fact::EventsNotConnected { why } => {
            let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            says(format!("the stream is not connected{why}")).cure(
                "people who leave are signed out only at the next sync; check client_id, client_secret, and whether the \
                 server can connect to DingTalk",
            )
        }
        Fact::EventsArrive { last_ms } => says(format!("the last event came at {}", at(*last_ms))),
        Fact::NoEventYet => says("no event has come yet").cure(
            "if people have joined or left meanwhile, compare the address, event_token and event_aes_key with DingTalk's \
             developer console",
        ),
        Fact::EventsUnseen => says("no running server has reported the state of its stream for three minutes")
            .cure("start the server, then look again"),
        Fact::Probe(fact) => probe::fact(fact),
        Fact::Error { en, .. } => says(en),
    }
}

const NOT_REACHED: &str = "is the server running, does the name lead to the proxy, and does the proxy lead to the server? \
                           From inside some networks the public address cannot be reached although employees can reach it";

fn at(at_ms: i64) -> String {
    local(at_ms.div_euclid(1000))
}

pub(super) fn advice(advice: Advice) -> String {
    advice.to_string()
}
