//! User stories, told from the outside: one binary, so that it links once.

mod users_cli;
