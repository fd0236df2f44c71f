//! The pages below `/settings`.

pub(crate) mod secrets;
