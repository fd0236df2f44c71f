//! Damage of any kind anywhere in the database: each column of each table changed by hand, whole rows removed, made
//! up and exchanged, each bit of the file flipped.
//! A value is the right one or none, and what is no longer as it was written is noticed, except where the tables of
//! columns and of rows say why not.

mod battery;
mod bits;
mod columns;
#[path = "../common/database.rs"]
mod database;
#[path = "../common/place.rs"]
mod place;
mod rows;
#[path = "../people/support.rs"]
#[allow(dead_code, reason = "a part of it is used")]
mod support;
