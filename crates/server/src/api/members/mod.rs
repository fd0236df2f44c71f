//! Members over HTTP.

pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod role;

mod view;

use distri_core::ids::PersonId;

use crate::error::ApiError;
use crate::input::Input;

/// The member that the path names.
fn person(input: &Input) -> Result<PersonId, ApiError> {
    input.parameter("id").parse().map_err(|_| ApiError::not_found("member"))
}
