//! The audit log over HTTP.

pub(crate) mod list;
