//! What every page shows of the organisation: the system's title, its logo, whom to ask.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rocket::Request;

use super::{in_force, logo};
use crate::config::{Config, Contact};

pub struct Brand<'a> {
    pub title: &'a str,
    /// The logo's address.
    pub logo: Option<String>,
    /// In place of a logo: the title's first letter, or "".
    pub initial: String,
    pub contact: Option<&'a Contact>,
}

impl<'a> Brand<'a> {
    pub fn of(request: &'a Request<'_>) -> Self {
        match in_force::part::<Config>(request) {
            Some(config) => Self {
                title: &config.looks.title,
                logo: config.looks.logo.as_ref().map(|logo| logo::address(&config.base_path, logo)),
                initial: config.looks.initial(),
                contact: config.looks.admin_contact.as_ref(),
            },
            None => Self { title: "miandeng", logo: None, initial: "M".to_owned(), contact: None },
        }
    }

    /// The same for a page on another host, which has none of our files.
    #[must_use]
    pub fn elsewhere(self, request: &Request<'_>) -> Self {
        let origin = in_force::part::<Config>(request).map(|config| config.public_url.origin());
        Self { logo: self.logo.map(|path| [origin.unwrap_or_default(), &path].concat()), ..self }
    }

    /// The tab's picture.
    pub fn icon(&self) -> String {
        self.logo.clone().unwrap_or_else(|| letter_icon(&self.initial))
    }
}

/// Where a page's pictures may come from, as the start of a list of sources.
pub fn image_sources(request: &Request<'_>, is_elsewhere: bool) -> String {
    match in_force::part::<Config>(request) {
        Some(config) if config.looks.logo.is_some() => match is_elsewhere {
            true => format!("{} ", config.public_url.origin()),
            false => "'self' ".to_owned(),
        },
        _ => String::new(),
    }
}

/// A tile with a letter, in the colours of the style sheet.
fn letter_icon(letter: &str) -> String {
    let tile = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" rx=\"8\" \
         fill=\"#0a5fd6\"/><text x=\"16\" y=\"22.5\" font-family=\"sans-serif\" font-size=\"18\" font-weight=\"600\" \
         fill=\"#fff\" text-anchor=\"middle\">{letter}</text></svg>"
    );
    format!("data:image/svg+xml,{}", utf8_percent_encode(&tile, NON_ALPHANUMERIC))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letter_of_a_title_is_no_markup() {
        let icon = letter_icon("审");
        assert!(icon.starts_with("data:image/svg+xml,%3Csvg") && icon.ends_with("%3E"), "{icon}");
        assert!(icon.bytes().skip(19).all(|b| b.is_ascii_alphanumeric() || b == b'%'), "{icon}");
    }
}
