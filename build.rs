//! What the compiler is given beside the source: the migrations, and the sign-in page's script.

use std::{env, fs, path::Path};

fn main() {
    // `sqlx::migrate!` reads the folder at compile time; without this line a new migration would not be noticed.
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=static/js/signin");
    let script = Path::new(&env::var_os("OUT_DIR").expect("set by Cargo")).join("signin.js");
    fs::write(script, signin_script()).expect("the folder of this build is writable");
}

/// The modules of the sign-in page as one script: it is one file to wait for, and the nonce of one element lets it run.
/// Each imports only from those before it.
fn signin_script() -> String {
    let mut script = String::from("(function () {\n'use strict';\n");
    for module in ["messages", "client", "signin"] {
        let source = fs::read_to_string(format!("static/js/signin/{module}.js")).expect("a module of the page");
        for line in source.lines() {
            if line.starts_with("import ") {
                assert!(line.ends_with(".js';"), "{module}.js: write an import on one line: {line}");
                continue;
            }
            script += line.strip_prefix("export ").unwrap_or(line);
            script.push('\n');
        }
    }
    script + "})();\n"
}
