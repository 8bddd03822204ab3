//! The ZIP file of a workbook: whether it is safe to read.

use std::io::{Cursor, Read, copy, sink};

use zip::ZipArchive;

use crate::{
    i18n::{BadFile, Damage},
    users::sheet::table::MOST_CELLS,
};

/// Bytes of all parts. A hundred thousand people take about seventy MB.
const LARGEST_UNPACKED: u64 = 128 * 1024 * 1024;
/// One for each sheet and picture, and a dozen more.
const MOST_PARTS: usize = 2000;
const BOMB: BadFile = BadFile::UnpacksToMore(LARGEST_UNPACKED / 1024 / 1024);

/// Unpacks every part once: what a ZIP file says about its size may be wrong.
pub fn check(bytes: &[u8]) -> Result<(), BadFile> {
    let broken = |error: zip::result::ZipError| said_by_reader(&error.to_string());
    let mut parts = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if parts.len() > MOST_PARTS {
        return Err(BOMB);
    }
    let mut left = LARGEST_UNPACKED;
    for i in 0..parts.len() {
        let mut part = parts.by_index(i).map_err(broken)?;
        let is_strings = part.name().is_ok_and(|name| name.to_ascii_lowercase().ends_with("sharedstrings.xml"));
        let mut unpacked = (&mut part).take(left + 1);
        let mut strings = Vec::new();
        let size = if is_strings {
            unpacked.read_to_end(&mut strings).map(|size| size as u64)
        } else {
            copy(&mut unpacked, &mut sink())
        };
        let size = size.map_err(|_| BadFile::Damaged(Damage::Part))?;
        left = left.checked_sub(size).ok_or(BOMB)?;
        check_strings(&strings)?;
    }
    Ok(())
}

/// It may quote the file.
pub fn said_by_reader(error: &str) -> BadFile {
    BadFile::Damaged(Damage::Said(error.chars().take(100).flat_map(char::escape_debug).collect()))
}

/// `calamine` reserves memory for as many strings as the part claims (`uniqueCount`), and aborts the process where
/// there is not so much.
fn check_strings(part: &[u8]) -> Result<(), BadFile> {
    // The word would not be found in UTF-16 or behind escape sequences. XML has no such bytes.
    if part.iter().any(|&b| b < b' ' && !matches!(b, b'\t' | b'\r' | b'\n')) {
        return Err(BadFile::Damaged(Damage::NotUtf8));
    }
    const COUNT: &[u8] = b"uniqueCount";
    let mut rest = part;
    while let Some(at) = rest.windows(COUNT.len()).position(|window| window == COUNT) {
        rest = &rest[at + COUNT.len()..];
        let before = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'"' | b'\''));
        let digits = rest.iter().skip(before.count()).take_while(|b| matches!(b, b'0'..=b'9' | b'+'));
        let digits: String = digits.take(40).map(|&b| char::from(b)).filter(|&c| c != '+').collect();
        if !digits.is_empty() && digits.parse::<usize>().ok().is_none_or(|count| count > MOST_CELLS) {
            return Err(BadFile::TooManyCells(MOST_CELLS));
        }
    }
    Ok(())
}
