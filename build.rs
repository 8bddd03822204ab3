//! What the compiler is given beside the source: the migrations, the files of `static/`, compressed once and for all, and
//! the workbooks to fill in.
//!
//! What is inlined into pages loses its comments and its indentation first: every page carries it.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compress, Compression, FlushCompress, write::GzEncoder};

#[path = "build/people_template.rs"]
mod people_template;

/// The modules of the sign-in page, as one script. Each imports only from those before it.
const SIGNIN: [&str; 8] = [
    "page/copy",
    "page/countdown",
    "signin/messages",
    "signin/client",
    "signin/bridge",
    "signin/official",
    "signin/qr",
    "signin/signin",
];
/// Those of a page that says how long to wait.
const WAIT: [&str; 2] = ["page/countdown", "page/wait"];
/// The style of every page, in the order in which one rule overrides another.
const STYLE: [&str; 7] = ["tokens", "base", "brand", "messages", "buttons", "home", "handover"];
/// Parts of a style sheet that is served as one file, so that browsers ask once.
const ADMIN_PAGES: [&str; 4] = ["pieces", "buttons", "fields", "tables"];
/// What pages carry is not served as well, nor are the parts of a file.
const NOT_SERVED: [&str; 4] = ["static/js/signin", "static/js/page", "static/css/page", "static/css/admin-pages"];

fn main() {
    // `sqlx::migrate!` reads the folder at compile time; without this line a new migration would not be noticed.
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=static");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("set by Cargo"));
    let css = |names: &[&str]| without_comments(&joined("static/css/page", names));
    let pieces = [
        ("STYLE", css(&STYLE)),
        ("NO_SCRIPT_STYLE", css(&["noscript"])),
        ("COPY_SCRIPT", without_comments(&read("static/js/page/copy.js"))),
        ("WAIT_SCRIPT", script(&WAIT)),
        ("SIGNIN_SCRIPT", script(&SIGNIN)),
    ];
    let code: String = pieces.iter().map(|(name, text)| piece(&out, name, text)).collect();
    fs::write(out.join("assets.rs"), code + &files(&out)).expect("the folder of this build is writable");
    people_templates(&out);
}

/// For each language, and for one corp or several: `people-en.xlsx`, `people-en-corps.xlsx`.
fn people_templates(out: &Path) {
    for language in &people_template::LANGUAGES {
        for (ending, several_corps) in [("", false), ("-corps", true)] {
            let workbook = people_template::workbook(language, several_corps).expect("a workbook");
            write(&out.join(format!("people-{}{ending}.xlsx", language.name)), &workbook);
        }
    }
}

/// A text that is inlined into pages: as it is, and as a piece of a gzip body (`web::gzip`).
fn piece(out: &Path, name: &str, text: &str) -> String {
    assert!(!text.contains('<'), "{name} holds a '<', and inside a page it could end its element");
    let written = |ending: &str, bytes: &[u8]| write(&out.join(format!("{name}.{ending}")), bytes);
    let (text, packed) = (written("text", text.as_bytes()), written("deflate", &deflated(text.as_bytes())));
    format!("pub static {name}: Piece = Piece::prepared(include_str!({text:?}), include_bytes!({packed:?}));\n")
}

/// The files that browsers load: as they are, and compressed.
fn files(out: &Path) -> String {
    let mut folders = vec![PathBuf::from("static")];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of static/") {
            let path = entry.expect("an entry").path();
            let list = if path.is_dir() { &mut folders } else { &mut paths };
            list.push(path);
        }
    }
    paths.retain(|path| !NOT_SERVED.iter().any(|folder| path.starts_with(folder)));
    let mut files: Vec<(String, String)> = paths.iter().map(|path| (below_static(path), read(path))).collect();
    files.push(("css/admin-pages.css".to_owned(), joined("static/css/admin-pages", &ADMIN_PAGES)));
    files.sort();
    let file = |(name, text): &(String, String)| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(text.as_bytes()).expect("memory");
        let packed = packer.finish().expect("memory");
        let plain = write(&out.join(name.replace('/', "-")), text.as_bytes());
        let packed = write(&out.join(name.replace('/', "-") + ".gz"), &packed);
        format!("    ({name:?}, include_bytes!({plain:?}), include_bytes!({packed:?})),\n")
    };
    format!("const FILES: &[(&str, &[u8], &[u8])] = &[\n{}];\n", files.iter().map(file).collect::<String>())
}

fn below_static(path: &Path) -> String {
    path.strip_prefix("static").expect("below it").to_str().expect("a name in UTF-8").to_owned()
}

/// Style sheets of a folder, in this order.
fn joined(folder: &str, names: &[&str]) -> String {
    names.iter().map(|name| read(format!("{folder}/{name}.css"))).collect::<Vec<_>>().join("\n")
}

fn script(modules: &[&str]) -> String {
    let mut script = String::from("(function () {\n'use strict';\n");
    for module in modules {
        let source = without_comments(&read(format!("static/js/{module}.js")));
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

/// Drops what only people read: `/* … */` wherever it stands, lines of `//`, indentation, empty lines. Our files have no
/// such signs inside a text, and no text of several lines; a browser's story would notice.
fn without_comments(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("/*") {
        code += before;
        rest = after.split_once("*/").expect("the end of a comment").1;
    }
    code += rest;
    let lines = code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A piece of a deflate stream (RFC 1951) that refers to nothing before it, ends at a whole byte and is not the last.
fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(bytes.len() + 64);
    let mut packer = Compress::new(Compression::best(), false);
    packer.compress_vec(bytes, &mut packed, FlushCompress::Sync).expect("memory");
    assert_eq!(packer.total_in(), bytes.len() as u64, "all of it");
    packed
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> PathBuf {
    fs::write(path, bytes).expect("the folder of this build is writable");
    path.to_owned()
}
