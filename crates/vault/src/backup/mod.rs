//! Backups: one file, encrypted to age recipients, of everything in the database as one consistent snapshot.
//!
//! Inside are lines of JSON: what it is, every row of every table as plain cells, and what must have been read by then.
//! Values stay sealed and keys wrapped, so that an age identity alone gives no value, and a backup of one database
//! restores into another kind. `docs/backup.md` has every field.
//!
//! | module | owns |
//! |---|---|
//! | [`format`] | the lines |
//! | [`create`] | writing one, beside any writer of the database |
//! | [`stream`] | reading one in little memory, believing nothing |
//! | [`check`] | what can be said of one without the root key |
//! | [`restore`] | putting one in the place of what is there, whole or not at all |

mod check;
mod create;
mod error;
mod format;
mod restore;
mod stream;

pub use check::{BackupReport, check_backup};
pub use create::{BackupMade, CreateBackup};
pub use error::BackupError;
pub use format::{Manifest, NeededKey};
pub use restore::{RestoreBackup, Restored, restore_backup, slots_to_trust};
