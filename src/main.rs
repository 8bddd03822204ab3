//! The `miandeng` program: parse the arguments, run one command, print what went wrong.

fn main() {}
