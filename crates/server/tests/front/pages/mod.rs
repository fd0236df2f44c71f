//! The dashboard, as a browser meets it.

mod coverage;
mod forms;
mod people;
mod secrets;
mod sessions;
