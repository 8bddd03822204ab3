//! What a table holds, in one number.

use sha2::{Digest as _, Sha256};

use crate::{
    db::{Value, Values},
    hex_digits::hex_digits,
};

/// Of rows in one order, whichever database they came from.
#[derive(Default)]
pub struct Digest {
    sha256: Sha256,
    pub rows: u64,
}

impl Digest {
    pub fn add(&mut self, rows: &[Values]) {
        for Values(row) in rows {
            row.iter().for_each(|value| self.value(value));
        }
        self.rows += rows.len() as u64;
    }

    /// Each value says how long it is, so that no two rows of a table look alike.
    fn value(&mut self, value: &Value<'_>) {
        match value {
            Value::Integer(None) | Value::Text(None) | Value::Bytes(None) => self.sha256.update([0]),
            Value::Integer(Some(number)) => self.number(*number),
            Value::Boolean(is) => self.number(i64::from(*is)),
            Value::Text(Some(text)) => self.bytes(2, text.as_bytes()),
            Value::Bytes(Some(bytes)) => self.bytes(3, bytes),
        }
    }

    fn number(&mut self, number: i64) {
        self.sha256.update([1]);
        self.sha256.update(number.to_be_bytes());
    }

    fn bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.sha256.update([kind]);
        self.sha256.update((bytes.len() as u64).to_be_bytes());
        self.sha256.update(bytes);
    }

    pub fn finish(self) -> String {
        hex_digits(self.sha256.finalize())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn of(rows: &[&[Value<'static>]]) -> String {
        let mut digest = Digest::default();
        digest.add(&rows.iter().map(|row| Values(row.to_vec())).collect::<Vec<_>>());
        digest.finish()
    }

    #[test]
    fn rows_that_differ_have_different_digests_and_a_yes_is_one() {
        let text = |text: &'static str| Value::from(text);
        let all = [
            of(&[]),
            of(&[&[text("ab"), text("c")]]),
            of(&[&[text("a"), text("bc")]]),
            of(&[&[text("")]]),
            of(&[&[Value::Text(None)]]),
            of(&[&[text("1")]]),
            of(&[&[Value::from(1)]]),
            of(&[&[Value::from(b"1".to_vec())]]),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "{all:?}");
        assert_eq!(of(&[&[Value::from(true)]]), of(&[&[Value::from(1)]]));
        assert_eq!(of(&[&[Value::Text(None)]]), of(&[&[Value::Integer(None)]]), "SQLite's nulls have no type");
    }
}
