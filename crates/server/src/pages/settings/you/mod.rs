//! `/settings/you`: where one is signed in, and one's password.

pub(crate) mod end;
pub(crate) mod password;
pub(crate) mod show;
