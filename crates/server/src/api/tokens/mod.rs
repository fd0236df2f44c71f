//! Tokens over HTTP.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;

mod view;

pub(crate) use view::{LimitsView, View};
