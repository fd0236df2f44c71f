//! People on a real database: how they come, sign in, what they may do, and what stops them.

mod accounts;
mod agents;
#[path = "../common/database.rs"]
mod database;
mod deleted;
mod forms;
mod joining;
mod log_in;
mod members;
#[path = "../common/place.rs"]
mod place;
mod setup;
mod support;
mod tampering;
