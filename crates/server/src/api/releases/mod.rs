//! Releases over HTTP: what a run of another machine is given.

pub(crate) mod create;
