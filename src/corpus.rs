//! For the tests of parsers: inputs that are tried again in every run (tests/corpus/README.md).

use std::{fs, path::Path};

use serde::de::DeserializeOwned;

/// The lines of a file in `tests/corpus/`: inputs that are tried again in every run.
pub fn lines<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {line}: {error}"));
    let lines: Vec<T> = text.lines().map(read).collect();
    assert!(!lines.is_empty(), "{name} is empty");
    lines
}
