//! Finds entries by what a person copies from a page, a log or a message.

use super::{Source, Trouble};

/// More suggestions than this help nobody.
const MOST_NEAR: usize = 5;

#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// At least one. A number may mean one thing to the server and another to the client.
    These(Vec<Trouble>),
    /// None; codes that look alike, the most similar first.
    Near(Vec<String>),
}

/// By a number, a word in any case, or a sentence that holds a client's words.
pub fn find(code: &str) -> Found {
    let code = code.trim_matches([' ', '\t', '"', '\'', '“', '”']);
    let bare = without_front(code);
    let is_named = |trouble: &Trouble| trouble.codes().iter().any(|name| name.eq_ignore_ascii_case(bare));
    let named: Vec<_> = Trouble::KNOWN.iter().copied().filter(is_named).collect();
    if !named.is_empty() {
        return Found::These(named);
    }
    match of_sentence(code) {
        Some(trouble) => Found::These(vec![trouble]),
        None => Found::Near(near(bare)),
    }
}

/// By the words that a client's sentence holds, which no other sentence does.
pub fn of_sentence(text: &str) -> Option<Trouble> {
    let is_phrase = |word: &&&str| word.contains(' ') || !word.is_ascii() || word.starts_with("PC_");
    let holds = |trouble: &&Trouble| trouble.words().iter().filter(is_phrase).any(|word| text.contains(word));
    Trouble::KNOWN.iter().filter(|trouble| trouble.source() != Source::Problem).find(holds).copied()
}

/// `Forbidden.AccessDenied.IpNotInWhiteList` is named by its last part.
fn without_front(code: &str) -> &str {
    const FRONT: &str = "Forbidden.AccessDenied.";
    match code.get(..FRONT.len()) {
        Some(front) if front.eq_ignore_ascii_case(FRONT) => &code[FRONT.len()..],
        _ => code,
    }
}

fn near(code: &str) -> Vec<String> {
    let code = code.to_ascii_lowercase();
    // One digit of a number, a fifth of a word.
    let most = (code.len() / 5).clamp(1, 4);
    let known = Trouble::KNOWN.iter().flat_map(|trouble| trouble.codes());
    let known = known.map(|name| (strsim::levenshtein(&code, &name.to_ascii_lowercase()), name));
    let mut known: Vec<_> = known.filter(|(distance, _)| *distance <= most).collect();
    known.sort();
    known.dedup();
    known.into_iter().take(MOST_NEAR).map(|(_, name)| name).collect()
}

/// The code in a whole message: `errcode: 60020`, `"errcode":88,"sub_code":"60011"`, `Code:52013`, a client's sentence. The
/// number around another one says less.
pub fn code_in(message: &str) -> Option<String> {
    let wrapped = ["sub_code", "subcode"].into_iter().find_map(|name| numbers_after(message, name).next());
    let number = || {
        let is_errcode = |number: &i64| Trouble::of_errcode(*number) != Trouble::Unknown;
        numbers_after(message, "code").find(is_errcode).or_else(|| numbers_after(message, "code").next())
    };
    let sentence = || of_sentence(message)?.codes().into_iter().next();
    match wrapped {
        Some(number) => Some(number.to_string()),
        None => sentence().or_else(|| number().map(|number| number.to_string())).or_else(|| word_in(message)),
    }
}

fn numbers_after<'a>(message: &'a str, name: &'a str) -> impl Iterator<Item = i64> + 'a {
    let starts = message.char_indices().map(|(at, _)| at);
    let is_name =
        move |at: &usize| message.get(*at..*at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    starts.filter(is_name).filter_map(move |at| {
        let after = message[at + name.len()..].trim_start_matches(['"', '\'', ':', '=', ' ', '[']);
        let end = after.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(after.len());
        after[..end].parse().ok()
    })
}

/// A word of the new host.
fn word_in(message: &str) -> Option<String> {
    let words = Trouble::of(Source::Errcode).flat_map(|trouble| trouble.words());
    words.filter(|word| word.is_ascii()).find(|word| message.contains(**word)).map(|word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_found_however_it_was_copied() {
        let check = |code: &str, expected: &[Trouble]| {
            assert_eq!(find(code), Found::These(expected.to_vec()), "{code}");
        };
        check("60020", &[Trouble::IpNotAllowed]);
        check(" \"60020\" ", &[Trouble::IpNotAllowed]);
        check("-1", &[Trouble::Busy, Trouble::Cancelled]);
        check("NOT-LISTED", &[Trouble::NotListed]);
        check("forbidden.accessdenied.ipnotinwhitelist", &[Trouble::IpNotAllowed]);
        check("pc_1011", &[Trouble::Cancelled]);
        check("$corpid$", &[Trouble::CorpidPlaceholder]);
        check("3 对应企业没有app.example.com域名微应用", &[Trouble::NoAppOnDomain]);
        check("1002,err msg uid is not in employee for orgid", &[Trouble::NotInCorp]);
    }

    #[test]
    fn an_unknown_code_gets_those_that_look_alike() {
        let near = |code| match find(code) {
            Found::Near(near) => near,
            found @ Found::These(_) => panic!("{code}: {found:?}"),
        };
        assert!(near("60021").contains(&"60020".to_owned()));
        assert_eq!(near("not-listet"), ["not-listed"]);
        assert_eq!(near("something quite different"), [""; 0]);
    }

    #[test]
    fn a_message_names_its_code() {
        let check = |message: &str, code: &str| assert_eq!(code_in(message).as_deref(), Some(code), "{message}");
        check("权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[n]", "52013");
        check(
            r#"{"errcode":88,"sub_code":"60011","errmsg":"ding talk error[subcode=60011,submsg=没有权限]"}"#,
            "60011",
        );
        check(r#"{"errcode": 40078, "errmsg": "不存在的临时授权码"}"#, "40078");
        check("ding talk error[subcode=60020,submsg=request ip=1.2.3.4]", "60020");
        check("3 对应企业没有app.example.com域名微应用", "域名微应用");
        check("Forbidden.AccessDenied.IpNotInWhiteList", "IpNotInWhiteList");
        check(r#"{"errorCode":3,"errorMessage":"权限校验失败 Code:52019 - Message: 无效的agentid"}"#, "52019");
        check(r#"{"errorCode":"7","errorMessage":"no permission"}"#, "7");
        assert_eq!(code_in("nothing of the kind"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_looked_up(text in "(errcode|code|Code:|\"|=|[0-9]{1,20}|-|\\PC){0,20}") {
            match find(&text) {
                Found::These(found) => prop_assert!(!found.is_empty()),
                Found::Near(near) => prop_assert!(near.len() <= MOST_NEAR),
            }
            if let Some(code) = code_in(&text) {
                prop_assert!(!code.is_empty());
            }
        }
    }
}
