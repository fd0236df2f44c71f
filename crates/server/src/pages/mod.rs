//! The dashboard: a file for each page, at the place that its address says. `ROUTE` is what is looked at, `FORM` what is
//! sent from there.
//!
//! A handler reads its input, calls one use case, and answers with a page or, after a form, with the way to one. Text goes
//! into `html!` as it is and is escaped there; nothing is marked as escaped already.

pub(crate) mod account;
pub(crate) mod home;
pub(crate) mod join;
pub(crate) mod settings;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
