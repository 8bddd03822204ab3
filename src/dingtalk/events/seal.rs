//! The envelope of a push: its signature, and AES-256-CBC as DingTalk does it.

use aes::{
    Aes256, Block,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{
    Engine,
    alphabet::STANDARD as ALPHABET,
    engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD},
};
use sha1::{Digest, Sha1};

use super::EventError;
use crate::{hex_digits::hex_digits, secret::Secret};

/// Most of the console's keys of 43 arbitrary characters end in bits that belong to no byte; a strict decoder refuses
/// them.
const KEYS: GeneralPurpose =
    GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
const RANDOM: usize = 16;
const LENGTH: usize = 4;
/// PKCS#7 to 32 bytes, twice the cipher's block.
const PADDED_TO: usize = 32;

pub(super) fn key(text: &str) -> Option<[u8; 32]> {
    if text.len() != 43 {
        return None;
    }
    KEYS.decode(format!("{text}=")).ok()?.try_into().ok()
}

/// Hex of SHA-1 over the four texts, sorted and put together.
pub(super) fn signature(token: &Secret, timestamp: &str, nonce: &str, encrypt: &str) -> String {
    let mut parts = [token.expose(), timestamp, nonce, encrypt];
    parts.sort_unstable();
    let mut hash = Sha1::new();
    parts.iter().for_each(|part| hash.update(part));
    hex_digits(hash.finalize())
}

/// Compares in constant time.
pub(super) fn are_equal(expected: &str, given: &str) -> bool {
    verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_ok()
}

pub(super) fn open(key: &[u8; 32], encrypt: &str) -> Result<(String, String), EventError> {
    let mut bytes = STANDARD.decode(encrypt).map_err(|_| EventError::BadBase64)?;
    let (blocks, rest) = Block::slice_as_chunks_mut(&mut bytes);
    if blocks.is_empty() || !rest.is_empty() {
        return Err(EventError::BadLength);
    }
    cbc::Decryptor::<Aes256>::new(key.into(), &vector(key)).decrypt_blocks(blocks);
    let plain = unpadded(&bytes).ok_or(EventError::BadPadding)?;
    let (message, owner) = framed(plain).ok_or(EventError::BadFrame)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| EventError::NoEvent);
    // An owner that is not UTF-8 is not ours.
    Ok((text(message)?, String::from_utf8_lossy(owner).into_owned()))
}

pub(super) fn seal(key: &[u8; 32], message: &str, owner: &str, random: [u8; RANDOM]) -> String {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut bytes = [&random[..], &length.to_be_bytes(), message.as_bytes(), owner.as_bytes()].concat();
    let pad = PADDED_TO - bytes.len() % PADDED_TO;
    bytes.extend(std::iter::repeat_n(pad as u8, pad));
    let (blocks, _) = Block::slice_as_chunks_mut(&mut bytes);
    cbc::Encryptor::<Aes256>::new(key.into(), &vector(key)).encrypt_blocks(blocks);
    STANDARD.encode(bytes)
}

/// DingTalk uses the key's first half as the initial vector; the random bytes in front make up for it.
fn vector(key: &[u8; 32]) -> Block {
    let mut vector = Block::default();
    vector.copy_from_slice(&key[..16]);
    vector
}

fn unpadded(bytes: &[u8]) -> Option<&[u8]> {
    let pad = usize::from(*bytes.last()?);
    let (plain, padding) = bytes.split_at_checked(bytes.len().checked_sub(pad)?)?;
    let whole = (1..=PADDED_TO).contains(&pad) && padding.iter().all(|b| usize::from(*b) == pad);
    whole.then_some(plain)
}

fn framed(plain: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, rest) = plain.split_at_checked(RANDOM)?;
    let (length, rest) = rest.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(u32::from_be_bytes(*length).try_into().ok()?)
}
