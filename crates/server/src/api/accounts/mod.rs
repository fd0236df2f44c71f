//! Accounts over HTTP.

pub(crate) mod delete;
pub(crate) mod list;
