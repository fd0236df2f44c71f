//! The instants between two effects at which a process may end: tests end it at each of them.
//!
//! Whoever adds an effect that another one follows adds a line here and a call of [`pass`]; a test tries every line. In a
//! release build there is nothing of this.

macro_rules! boundaries {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// One of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Boundary {
            $($(#[$doc])* $name),+
        }

        impl Boundary {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What a test calls it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word),+
                }
            }
        }
    };
}

boundaries! {
    /// Everything of a unit of work is written, and not committed.
    Commit = "commit",
    /// It is committed, and nothing of it has left the database.
    Committed = "committed",
    /// A record that waits for its flush is committed, and not flushed.
    Flush = "flush",
    /// It is flushed, and its evidence is not outside.
    Flushed = "flushed",
    /// The schema is new, and not committed.
    Migration = "migration",
    /// The schema is new; records of before are not signed into the log.
    Migrated = "migrated",
    /// Everything of a database was replaced, and not committed.
    Rebuild = "rebuild",
    /// It is committed.
    Rebuilt = "rebuilt",
    /// A database that cannot be read has another name, and its log not yet.
    SetAside = "set-aside",
    /// What was purged is out of the rows, and still in pages.
    Shred = "shred",
    /// Every page is written again, and the log is not folded.
    Vacuumed = "vacuumed",
    /// A record of a use is committed, and no value is open.
    Recorded = "recorded",
    /// A checkpoint is committed, and in no file.
    Deliver = "deliver",
    /// It is in the file, and in no other place.
    Delivered = "delivered",
    /// The tip is that of before.
    Tip = "tip",
    /// A root key is on the disk under another name.
    RootKeyDraft = "root-key-draft",
    /// A root key is in its place, and nothing is wrapped under it.
    RootKey = "root-key",
    /// A backup is whole, and nobody knows of it.
    BackupWritten = "backup-written",
    /// It is recorded, and not in its place.
    BackupRecorded = "backup-recorded",
    /// It is in its place, and the directory is not flushed.
    BackupPlaced = "backup-placed",
    /// Some data keys are resealed, and others not.
    Batch = "batch",
}

/// Ends the process here, without a chance to clean up, when `DISTRI_ABORT_AT` names this boundary: `tip`, or `tip:3` for
/// the third time.
#[inline]
pub fn pass(boundary: Boundary) {
    #[cfg(debug_assertions)]
    chosen::end_at(boundary);
    #[cfg(not(debug_assertions))]
    let _ = boundary;
}

#[cfg(debug_assertions)]
mod chosen {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Boundary;

    static CHOSEN: LazyLock<Option<(String, u32)>> = LazyLock::new(|| {
        let text = std::env::var("DISTRI_ABORT_AT").ok()?;
        Some(match text.split_once(':') {
            Some((word, time)) => (word.to_owned(), time.parse().unwrap_or(1)),
            None => (text, 1),
        })
    });
    static PASSED: AtomicU32 = AtomicU32::new(0);

    pub(super) fn end_at(boundary: Boundary) {
        let Some((word, time)) = &*CHOSEN else { return };
        if word == boundary.word() && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *time {
            std::process::abort();
        }
    }
}
