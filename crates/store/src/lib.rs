//! The store: rows behind one unit of work. The only crate that knows SQL.
//!
//! | module | owns |
//! |---|---|
//! | [`rows`] | what a row of each table is in Rust |
//! | [`Guarded`] | stored secrets, out of reach until the limits of a permission were applied |
//! | [`lists`] | lists of secrets in pages |
//! | [`unit_of_work`] | the one trait that a database implements |
//! | `sql` | its questions, the same SQL for every database |
//! | [`sqlite`] | the embedded database: its file, its transactions |
//! | [`tables`] | every table as rows of plain cells, for backups |
//! | [`postgres`] | a database that servers share: its connections, its transactions |
//! | [`boundary`] | where a test may end the process |
//! | [`Store`], [`Location`] | one of them, and where it is |
//! | [`Pending`] | a unit of work that waits for its commit |
//!
//! A unit of work is a closure: `store.write(|work| …)` commits all of it or nothing. A closure can be run again
//! after a serialisation failure and can share its flush with others, which an open handle could not.
//!
//! To add a question to the database: one method in [`UnitOfWork`], its line in `sql/work.rs`, its statement in the
//! file of its group, one story in `tests/`. The store accepts only sealed values and wrapped keys; nothing here can open them.

pub mod boundary;
pub mod lists;
pub mod postgres;
pub mod rows;
pub mod sqlite;
pub mod tables;
pub mod unit_of_work;

mod error;
mod flush;
mod guarded;
mod location;
mod pending;
mod sql;
mod store;

pub use error::StoreError;
pub use flush::{Flush, FlushError};
pub use guarded::Guarded;
pub use location::Location;
pub use pending::{Ended, NotCommitted, Pending};
pub use postgres::{DatabaseUrl, PostgresStore, UrlError};
pub use sqlite::{NEEDED_ROOM, SqliteStore};
pub use store::Store;
pub use unit_of_work::UnitOfWork;
