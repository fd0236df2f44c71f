//! Tokens on a real database: what their holders may do, and what stops them.

#[path = "../common/database.rs"]
mod database;
mod life;
mod limits;
#[path = "../common/place.rs"]
mod place;
mod support;
mod tampering;
mod together;
