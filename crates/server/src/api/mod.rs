//! The HTTP API: a file for each route, a folder for each thing.

pub(crate) mod secrets;

mod field;
mod value;
