//! People on a real SQLite file: how they come, sign in, what they may do, and what stops them.

mod accounts;
mod log_in;
mod members;
mod setup;
mod support;
mod tampering;
