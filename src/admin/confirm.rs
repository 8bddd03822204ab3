//! The page that asks once, and says what will happen.

use askama::Template;

use super::Shell;
use crate::web::page::Frame;

#[derive(Template)]
#[template(path = "admin/confirm.html")]
pub struct ConfirmPage<'a> {
    pub frame: Frame<'a>,
    pub shell: Shell<'a>,
    /// The question.
    pub title: String,
    /// Why it cannot be done.
    pub refused: Option<&'static str>,
    /// What will happen, a sentence each.
    pub consequences: Vec<String>,
    pub warning: Option<&'static str>,
    /// Where the form leads.
    pub action: String,
    /// Fields that nobody sees.
    pub hidden: Vec<(&'static str, String)>,
    pub button: &'static str,
    /// Whether somebody loses something by it.
    pub is_harsh: bool,
    /// Where whoever changes their mind goes.
    pub back: String,
}
