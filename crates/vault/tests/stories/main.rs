//! Stories of the vault on a real database: what its users rely on.

#[path = "../common/database.rs"]
mod database;
mod environments;
mod hidden;
mod keeping;
mod opening;
mod paging;
#[path = "../common/place.rs"]
mod place;
mod refusing;
mod releasing;
mod support;
