//! Placeholders over HTTP.

pub(crate) mod identify;
