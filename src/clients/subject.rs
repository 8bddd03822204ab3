//! What an app calls a person: `<corp_id>:<userid>`, for ever the same. It stays ASCII, and the colon stands between the
//! two alone.

use percent_encoding::{AsciiSet, percent_decode_str, utf8_percent_encode};

use crate::{
    ids::{CorpId, DingUserId},
    users::User,
};

/// Beside what is not ASCII.
const ESCAPED: &AsciiSet = &AsciiSet::EMPTY.add(b'%').add(b':');

pub fn subject(user: &User) -> String {
    of(user.corp_id.as_str(), user.userid.as_str())
}

/// Whom a subject means.
pub fn person(subject: &str) -> Option<(CorpId, DingUserId)> {
    let (corp_id, userid) = subject.split_once(':')?;
    let plain = |text| percent_decode_str(text).decode_utf8().ok();
    Some((CorpId::new(plain(corp_id)?).ok()?, DingUserId::new(plain(userid)?).ok()?))
}

fn of(corp_id: &str, userid: &str) -> String {
    format!("{}:{}", utf8_percent_encode(corp_id, ESCAPED), utf8_percent_encode(userid, ESCAPED))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_subject_is_ascii() {
        assert_eq!(of("dingcorp", "zhangsan"), "dingcorp:zhangsan");
        assert_eq!(of("ding", "张:100%/ A"), "ding:%E5%BC%A0%3A100%25/ A");
    }

    proptest! {
        #[test]
        fn nobody_is_taken_for_somebody_else(corp in "[^,\\s\\p{C}]{1,9}", userid in "[^,\\s\\p{C}]{1,9}") {
            let subject = of(&corp, &userid);
            prop_assert!(subject.is_ascii() && subject.matches(':').count() == 1);
            let (corp_id, id) = person(&subject).unwrap();
            prop_assert_eq!((corp_id.as_str(), id.as_str()), (corp.as_str(), userid.as_str()));
        }
    }
}
