//! Stories of the vault on a real database: what its users rely on.

#[path = "../common/database.rs"]
mod database;
mod environments;
mod keeping;
mod opening;
mod paging;
mod refusing;
mod releasing;
mod support;
