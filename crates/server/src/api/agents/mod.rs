//! Agent definitions over HTTP: pushed as files, kept as they were written.

pub(crate) mod check;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod push;
pub(crate) mod remove;

mod view;

use distri_core::AgentName;

use crate::error::ApiError;
use crate::input::Input;

/// The agent that the path names. A name that no agent can have is one that is not there.
fn name(input: &Input) -> Result<AgentName, ApiError> {
    input
        .parameter("name")
        .parse()
        .map_err(|_| ApiError::not_found("agent"))
}
