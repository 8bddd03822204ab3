//! Bytes as hexadecimal digits.

/// Bytes as lowercase hexadecimal digits. As `hex::encode`, which goes by characters and is slow where every page
/// passes.
pub fn hex_digits(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let mut digits = vec![0; 2 * bytes.len()];
    hex::encode_to_slice(bytes, &mut digits).expect("two digits a byte");
    String::from_utf8(digits).expect("digits are ASCII")
}
