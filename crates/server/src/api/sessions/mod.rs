//! Session data over HTTP: what a conversation keeps between runs.

pub(crate) mod delete;
pub(crate) mod end;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod set;

use serde_json::Value;

use crate::error::{ApiError, Code};

/// Stored data as JSON; it was written as such.
fn as_json(data: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(data).map_err(|_| ApiError::new(Code::Internal, "the session data is no JSON"))
}
