//! Tokens on a real SQLite file: what their holders may do, and what stops them.

mod life;
mod limits;
mod support;
mod tampering;
mod together;
