//! The words of the columns `role` and `status`, as people write them.

use crate::{
    i18n::BadValue,
    users::{Role, Status},
};

pub fn role(value: &str) -> Result<Option<Role>, BadValue> {
    let chinese = match value {
        "管理员" => Some(Role::Admin),
        "普通成员" | "成员" | "普通用户" | "用户" | "普通员工" | "员工" => Some(Role::User),
        _ => None,
    };
    word(value, chinese, Role::parse, |in_chinese| BadValue::Role { in_chinese })
}

pub fn status(value: &str) -> Result<Option<Status>, BadValue> {
    let chinese = match value {
        "启用" | "正常" => Some(Status::Active),
        "停用" | "禁用" => Some(Status::Disabled),
        _ => None,
    };
    word(value, chinese, Status::parse, |in_chinese| BadValue::Status { in_chinese })
}

/// English words in any case, or nothing. The error for a Chinese word lists the Chinese ones.
fn word<T>(
    value: &str,
    chinese: Option<T>,
    english: impl Fn(&str) -> Option<T>,
    bad: impl Fn(bool) -> BadValue,
) -> Result<Option<T>, BadValue> {
    if value.is_empty() {
        return Ok(None);
    }
    match chinese.or_else(|| english(&value.to_ascii_lowercase())) {
        Some(word) => Ok(Some(word)),
        None => Err(bad(!value.is_ascii())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_both_languages_and_others_refused_in_theirs() {
        for admin in ["admin", "ADMIN", "管理员"] {
            assert_eq!(role(admin), Ok(Some(Role::Admin)));
        }
        for user in ["user", "User", "普通成员", "成员", "员工"] {
            assert_eq!(role(user), Ok(Some(Role::User)));
        }
        assert_eq!((role(""), status("")), (Ok(None), Ok(None)));
        assert_eq!((status("停用"), status("Active")), (Ok(Some(Status::Disabled)), Ok(Some(Status::Active))));
        assert_eq!(role("boss").unwrap_err().to_string(), "write \"user\" or \"admin\"");
        // DingTalk's roles are not ours: a sub-administrator there, for one, may do less.
        for other in ["子管理员", "主管理员", "主管"] {
            assert_eq!(role(other).unwrap_err().to_string(), "write 普通成员 or 管理员");
        }
        assert!(status("离职").unwrap_err().to_string().contains("启用 or 停用"));
    }
}
