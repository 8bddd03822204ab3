//! Chinese names as people type them on a keyboard: `zhangsan`, `zs` (pure).

use pinyin::ToPinyinMulti;

/// Enough for every reading of a surname such as 单, 曾 or 仇.
const READINGS: usize = 4;
/// Characters of a name that are searched; names are shorter.
const LONGEST: usize = 12;

/// The words that find a name, between blanks: ` zhangsan zs `. "" for a name without Chinese characters.
pub fn words(name: &str) -> String {
    let characters: Vec<_> = name.chars().filter(|c| !c.is_whitespace()).take(LONGEST).collect();
    let readings = |c: &char| c.to_pinyin_multi().into_iter().flatten().map(|one| one.plain()).collect::<Vec<_>>();
    if !characters.iter().any(|c| c.to_pinyin_multi().is_some()) {
        return String::new();
    }
    let rest: Vec<_> =
        characters.iter().skip(1).map(|c| readings(c).first().map_or(lower(*c), |one| (*one).to_owned())).collect();
    let mut firsts = characters.first().map(readings).unwrap_or_default();
    firsts.dedup();
    firsts.truncate(READINGS);
    let first_itself = characters.first().map(|c| lower(*c)).unwrap_or_default();
    if firsts.is_empty() {
        firsts.push(&first_itself);
    }
    let mut words = String::from(" ");
    for first in firsts {
        let initials =
            std::iter::once(first).chain(rest.iter().map(String::as_str)).filter_map(|one| one.chars().next());
        for word in [format!("{first}{}", rest.concat()), initials.collect()] {
            if !words.contains(&format!(" {word} ")) {
                words.push_str(&word);
                words.push(' ');
            }
        }
    }
    words
}

fn lower(c: char) -> String {
    c.to_lowercase().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_readings_and_its_initials() {
        for (name, expected) in [
            ("张三", " zhangsan zs "),
            ("欧阳娜娜", " ouyangnana oynn "),
            ("Ann 李", " annli annl "),
            ("Zhang San", ""),
            ("", ""),
        ] {
            assert_eq!(words(name), expected, "{name}");
        }
        assert!(words("单雄信").contains(" sxx ") && words("单雄信").contains(" dxx "), "{}", words("单雄信"));
    }

    proptest::proptest! {
        #[test]
        fn any_name_has_few_words(name in "\\PC{0,40}") {
            let words = words(&name);
            proptest::prop_assert!(words.split_whitespace().count() <= 2 * READINGS && words.chars().count() < 700);
        }
    }
}
