//! The pages below `/settings`.

pub(crate) mod agents;
pub(crate) mod audit;
pub(crate) mod keys;
pub(crate) mod members;
pub(crate) mod secrets;
pub(crate) mod tokens;
pub(crate) mod you;
