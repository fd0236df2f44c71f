//! The dashboard, as a browser meets it.

mod access;
mod coverage;
mod forms;
mod people;
mod reading;
mod roles;
mod secrets;
mod sessions;
