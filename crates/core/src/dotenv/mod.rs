//! `.env` files, read strictly and written so that a shell reads the same bytes.
//!
//! Nothing is expanded: `$2a$10$…`, `${HOME}` and backticks are bytes like others. An error names lines, never what
//! stands on them, because a line of such a file is a secret.

mod parse;
mod write;

#[cfg(test)]
mod tests;

pub use parse::{DotenvError, Line, parse, parse_each};
pub use write::{Unwritable, quoted};
