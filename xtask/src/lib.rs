//! The rules of the tree as functions that a test calls too, and what tests need beside the tree.

pub mod chromium;
pub mod clients;
pub mod keepers;
pub mod ports;
pub mod postgres;
pub mod schemathesis;
pub mod tidy;

use std::path::PathBuf;

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(|| PathBuf::from("."), PathBuf::from)
}
