//! Runs over HTTP: what is noticed and observed of one that has its secrets from here.

pub(crate) mod alarm;
pub(crate) mod list;
pub(crate) mod observe;
pub(crate) mod requests;

mod view;

use distri_core::ids::RunId;

use crate::error::ApiError;
use crate::input::Input;

/// The run that the path names.
fn run(input: &Input) -> Result<RunId, ApiError> {
    input.parameter("id").parse().map_err(|_| ApiError::not_found("run"))
}
