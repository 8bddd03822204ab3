//! The pages for people who run miandeng or change it: links lead somewhere, and commands exist.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::harness::{ends, program, text};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Paths from the root.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for folder in ["", "docs/en", "docs/zh-CN", "migrations", "tests/corpus"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let page = entry.unwrap().path();
            if page.extension().is_some_and(|end| end == "md") {
                pages.push(page.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    pages
}

/// A page's lines: those of prose, and those in fences.
fn lines(page: &Path) -> (Vec<String>, Vec<String>) {
    let page = fs::read_to_string(root().join(page)).unwrap();
    let (mut prose, mut code, mut in_code) = (Vec::new(), Vec::new(), false);
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else {
            if in_code { &mut code } else { &mut prose }.push(line.to_owned());
        }
    }
    (prose, code)
}

/// The anchors that GitHub gives to a page's headings.
fn anchors(page: &Path) -> BTreeSet<String> {
    let headings = lines(page).0.into_iter().filter(|line| line.starts_with('#'));
    let anchor = |line: String| -> String {
        let heading = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let mut count = 0;
    for page in pages() {
        let prose = lines(&page).0.join("\n");
        for target in prose.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(root().join(&file).exists(), "{page:?}: {target} leads nowhere");
            assert!(anchor.is_empty() || anchors(&file).contains(anchor), "{page:?}: {target} has no such heading");
            count += 1;
        }
    }
    assert!(count > 50, "{count} links are found");
}

#[test]
fn both_languages_have_the_same_pages_and_a_short_readme_that_leads_to_each() {
    for (readme, language) in [("README.md", "en"), ("README.zh-CN.md", "zh-CN")] {
        let other = if language == "en" { "zh-CN" } else { "en" };
        let readme = fs::read_to_string(root().join(readme)).unwrap();
        assert!(readme.lines().count() <= 120, "{language}");
        for page in pages().iter().filter(|page| page.starts_with(Path::new("docs").join(language))) {
            let name = page.file_name().unwrap();
            assert!(root().join("docs").join(other).join(name).exists(), "{name:?} is not in {other}");
            assert!(readme.contains(&format!("({})", page.display())), "the README does not lead to {page:?}");
        }
    }
}

/// A fence's language and lines.
fn fences(page: &Path) -> Vec<(String, Vec<String>)> {
    let page = fs::read_to_string(root().join(page)).unwrap();
    let parts: Vec<_> = page.split("```").collect();
    let fence = |part: &&str| {
        let (language, text) = part.split_once('\n').unwrap();
        (language.to_owned(), text.lines().map(|line| line.trim().to_owned()).collect())
    };
    parts.iter().skip(1).step_by(2).map(fence).collect()
}

#[test]
fn what_pages_show_of_a_recipe_is_in_the_recipe() {
    let mut count = 0;
    for proxy in ["nginx", "caddy", "haproxy", "apache", "traefik"] {
        let files = fs::read_dir(root().join("deploy").join(proxy)).unwrap().map(|entry| entry.unwrap().path());
        let recipe: String =
            files.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap()).collect();
        for language in ["en", "zh-CN"] {
            let page = format!("docs/{language}/{proxy}.md");
            for (_, lines) in fences(Path::new(&page)).into_iter().filter(|(language, _)| language != "console") {
                for line in lines {
                    assert!(recipe.contains(&line), "{page}: {line}");
                    count += 1;
                }
            }
        }
    }
    assert!(count > 40, "{count} lines are found");
}

/// Their stories run them (`tests/proxies/examples.rs`).
#[test]
fn the_examples_in_the_pages_are_the_files() {
    for page in ["docs/en/reading-identity.md", "docs/zh-CN/reading-identity.md"] {
        let page = fs::read_to_string(root().join(page)).unwrap();
        for entry in fs::read_dir(root().join("docs/examples")).unwrap() {
            let path = entry.unwrap().path();
            let example = fs::read_to_string(&path).unwrap();
            assert!(page.contains(&format!("\n{example}```\n")), "{path:?} is not on the page as it is");
        }
    }
}

/// Words that people read, and others for the same thing that crept in once.
#[test]
fn one_thing_has_one_word() {
    const NOT_IN_CHINESE: [&str; 8] = ["撤销", "注销", "登出", "设置文件", "设置项", "设置中", "读取设置", "检查设置"];
    for page in pages().iter().filter(|page| page.to_string_lossy().contains("zh-CN")) {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for word in NOT_IN_CHINESE {
            assert!(!text.contains(word), "{page:?} says {word}");
        }
    }
    for page in pages().iter().filter(|page| page.starts_with("docs/en") || page.ends_with("README.md")) {
        let prose = lines(page).0.join(" ");
        let prose: String = prose.split('`').step_by(2).collect();
        let is_corp = |word: &str| matches!(word, "corp" | "corps" | "corp's");
        let found = prose.split(|c: char| c.is_whitespace() || ".,:;()|".contains(c)).find(|word| is_corp(word));
        assert_eq!(found, None, "{page:?}: an organisation is called so");
    }
}

/// The commands in a page, without `miandeng` in front.
fn commands(page: &Path) -> Vec<String> {
    let (prose, code) = lines(page);
    let prose = prose.join(" ");
    let inline = prose.split('`').skip(1).step_by(2).filter_map(|text| text.strip_prefix("miandeng "));
    let shell = code.iter().filter(|line| line.starts_with("$ ") || line.starts_with("# "));
    let shell = shell.filter_map(|line| Some(line.rsplit_once(" miandeng ")?.1.split(" #").next().unwrap()));
    inline.chain(shell).map(str::to_owned).collect()
}

#[test]
fn every_command_that_a_page_shows_exists_with_its_options() {
    let mut shown = BTreeSet::new();
    for page in pages().iter().filter(|page| !page.ends_with("CHANGELOG.md")) {
        shown.extend(commands(page));
    }
    assert!(shown.len() > 20, "{shown:?}");
    let folder = tempfile::tempdir().unwrap();
    for command in shown {
        let words: Vec<_> = command.split_whitespace().collect();
        let has_more = ["users", "sessions", "audit"].contains(&words[0]);
        let is_name =
            |word: &&&str| !word.starts_with('-') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        let named = words.iter().take(1 + usize::from(has_more)).take_while(is_name);
        let help: Vec<_> = named.copied().chain(["--help"]).collect();
        let output = ends(program(folder.path(), &help));
        assert!(output.status.success(), "{command}: {}", text(&output.stderr));
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(text(&output.stdout).contains(option), "{command}: no {option}");
        }
    }
}

/// After a change of the catalogue: CONTRIBUTING.md has the commands that write them anew.
#[test]
fn the_pages_about_trouble_say_what_explain_says() {
    let folder = tempfile::tempdir().unwrap();
    for (language, page) in [("C", "docs/en/troubleshooting.md"), ("zh_CN.UTF-8", "docs/zh-CN/troubleshooting.md")] {
        let mut command = program(folder.path(), &["explain", "--markdown"]);
        command.env("LC_ALL", language);
        let expected = text(&ends(command).stdout);
        let found = fs::read_to_string(root().join(page)).unwrap();
        let differs = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
        assert_eq!((found == expected, differs), (true, None), "{page} is not up to date");
    }
}
