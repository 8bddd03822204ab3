//! A file's encoding.

use std::borrow::Cow;

use crate::i18n::BadFile;

const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Encoding {
    #[serde(rename = "UTF-8")]
    Utf8,
    /// How Excel saves "CSV" on a Chinese Windows; GBK and GB2312 are parts of it.
    #[serde(rename = "GB18030")]
    Gb18030,
}

impl Encoding {
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
        }
    }
}

/// The text of a file, without a BOM. Valid UTF-8 is taken as UTF-8: GB18030 is hardly ever valid UTF-8 by accident,
/// the reverse is common. Nothing is guessed or replaced.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), BadFile> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        // What Excel calls Unicode text.
        return Err(BadFile::Utf16);
    }
    let (said_utf8, bytes) = match bytes.strip_prefix(UTF8_BOM) {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    let not_utf8 = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok((Cow::Borrowed(text), Encoding::Utf8)),
        Err(error) => error.valid_up_to(),
    };
    match encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) if !said_utf8 => Ok((without_bom(text), Encoding::Gb18030)),
        _ => {
            let line = 1 + bytes[..not_utf8].iter().filter(|&&b| b == b'\n').count();
            Err(BadFile::NeitherEncoding { line })
        }
    }
}

/// Some editors write a BOM in GB18030 too.
fn without_bom(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Cow::Owned(rest.to_owned()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_utf8_if_it_can_be_and_gb18030_otherwise() {
        let check = |bytes: &[u8], text: &str, encoding| {
            assert_eq!(decode(bytes), Ok((Cow::from(text), encoding)), "{bytes:?}");
        };
        check(b"", "", Encoding::Utf8);
        check("张三".as_bytes(), "张三", Encoding::Utf8);
        check(b"\xEF\xBB\xBFname", "name", Encoding::Utf8);
        check(b"\xD5\xC5\xC8\xFD", "张三", Encoding::Gb18030);
        // 𠮷 takes four bytes, outside GBK.
        check(b"\x95\x34\xB2\x35\xD5\xC5", "𠮷张", Encoding::Gb18030);
        check(b"\x84\x31\x95\x33\xD5\xC5", "张", Encoding::Gb18030);
    }

    #[test]
    fn what_is_neither_is_refused_with_the_line() {
        let refused = |bytes: &[u8]| decode(bytes).expect_err("refused");
        assert_eq!(refused(b"userid\nu1,\xFF\n"), BadFile::NeitherEncoding { line: 2 });
        assert_eq!(refused(b"\xEF\xBB\xBF\xD5\xC5"), BadFile::NeitherEncoding { line: 1 });
        assert_eq!(refused(b"\xFF\xFEu\0"), BadFile::Utf16);
    }
}
