//! Whether the database has fallen behind what was delivered of its log, and accepting that it has.
//!
//! A database that was put back as a whole fits itself in every way; only what left it earlier can tell. At opening it
//! is held against the newest checkpoint in the file and against the tip. Where an older state was accepted, its record
//! names exactly the evidence that was given up by that: a crash between the record and newer evidence leaves nothing to
//! accept again, and once newer evidence stands outside, the record says nothing about it.

use std::cell::OnceCell;
use std::path::PathBuf;

use distri_core::audit::merkle::Hash;
use distri_core::audit::{ActionKind, Checkpoint, GivenUp, HeadState, LogChange};
use distri_core::authz::Oversee;
use distri_store::{Flush, UnitOfWork};

use super::log::Sign;
use super::sink::file::{self, Reach};
use super::tip;
use crate::{Caller, Vault, VaultError};

/// How far behind the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// How many records it has.
    pub found: u64,
    /// How many there were.
    pub delivered: u64,
    /// Which file says so.
    pub place: PathBuf,
}

impl std::fmt::Display for Behind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            found,
            delivered,
            place,
        } = self;
        let place = place.display();
        if found < delivered {
            write!(
                f,
                "the database has {found} audit records, and `{place}` shows that there were {delivered}: it is an older copy, or records were removed"
            )
        } else {
            write!(
                f,
                "the database has {found} audit records, but not the {delivered} that `{place}` shows: it is another copy, or records were exchanged"
            )
        }
    }
}

impl Vault {
    /// Refuses a database that has fallen behind. What a crash kept from being delivered is delivered now.
    pub(crate) fn check_not_behind(&self) -> Result<(), VaultError> {
        let had_tip = self.had_tip();
        let mut is_given_up = false;
        for reach in [Reach::Tail, Reach::Whole] {
            let outside = self.outside(reach)?;
            let (in_file, newest) = self.store.read(|work| {
                let state = self.log().head(work)?;
                let in_file = self.newest_in_file(work, state.frontier.size(), &outside.notes)?;
                let found = self.compare(work, &state, &outside, in_file)?;
                is_given_up = found.is_given_up;
                match found.behind {
                    Some(behind) => Err(VaultError::Behind(behind)),
                    None => Ok((in_file, state.checkpoint.map_or(0, |it| it.number))),
                }
            })?;
            match in_file {
                Some(InFile::Known(number)) if number == newest && !is_given_up => {
                    return self.look_for_tip(outside.tip, had_tip);
                }
                // The end of a file that others write to as well need not have a note of this log.
                None if reach == Reach::Tail => {}
                _ => break,
            }
        }
        self.deliver_or_complain();
        if is_given_up {
            self.show_tip()?;
        }
        self.look_for_tip(tip::read(&self.evidence.tip, &self.keyring), had_tip)
    }

    /// How far another database of this installation is behind what is outside, if it is, and what is given up when that
    /// is accepted.
    pub(crate) fn behind_outside(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<(Option<Behind>, Option<GivenUp>), VaultError> {
        let outside = self.outside(Reach::Whole)?;
        self.flush_tip()?;
        let state = self.log().head(work)?;
        let in_file = self.newest_in_file(work, state.frontier.size(), &outside.notes)?;
        let found = self.compare(work, &state, &outside, in_file)?;
        Ok((found.behind, self.given_up(&outside, in_file)))
    }

    /// A log that nothing outside contradicts, because nothing there says how long it was.
    fn behind_nothing(&self, size: u64) -> Behind {
        Behind {
            found: size,
            delivered: size,
            place: self.evidence.tip.clone(),
        }
    }

    /// What accepting an older state gives up of what is outside.
    fn given_up(&self, outside: &Outside, in_file: Option<InFile>) -> Option<GivenUp> {
        let tip = match &outside.tip {
            tip::Read::Tip(tip) => Some(tip.hash(&self.keyring)),
            tip::Read::None | tip::Read::Another | tip::Read::Damaged => None,
        };
        let checkpoint = match in_file {
            Some(InFile::Unknown { note, .. }) => Some(note),
            Some(InFile::Known(_)) | None => None,
        };
        (tip.is_some() || checkpoint.is_some()).then_some(GivenUp { tip, checkpoint })
    }

    /// What the newest records say was given up: an accepted rollback is followed by no more than the record of what
    /// asked for it, until evidence of it is outside.
    fn given_up_lately(&self, work: &mut dyn UnitOfWork, found: u64) -> Result<Vec<GivenUp>, VaultError> {
        const LATELY: u32 = 2;
        let rows = work.audit_rows(found.saturating_sub(LATELY.into()), LATELY)?;
        let log = self.log();
        let believed = rows
            .iter()
            .filter_map(|it| log.record_of(it.row.as_ref()?).ok().flatten());
        Ok(believed.filter_map(|it| it.given_up).collect())
    }

    /// What is outside the database. It is read before a snapshot of the database is taken: what another process commits
    /// and shows outside in between is in the snapshot, and can only make the database newer.
    fn outside(&self, reach: Reach) -> Result<Outside, VaultError> {
        let path = &self.evidence.file;
        let notes = file::newest_first(path, &self.origin(), reach).map_err(|error| VaultError::Home {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        Ok(Outside {
            tip: tip::read(&self.evidence.tip, &self.keyring),
            notes,
        })
    }

    /// How far the database is behind what is outside, if it is.
    fn compare(
        &self,
        work: &mut dyn UnitOfWork,
        state: &HeadState,
        outside: &Outside,
        in_file: Option<InFile>,
    ) -> Result<Compared, VaultError> {
        let found = state.frontier.size();
        let (mut behind, mut is_given_up) = (None, false);
        if let tip::Read::Tip(tip) = outside.tip {
            let fits = found >= tip.size && work.audit_leaf(tip.size)? == Some(tip.leaf);
            let hash = Some(tip.hash(&self.keyring));
            if fits {
                self.evidence.was_delivered(tip.delivered);
            } else if self.given_up_lately(work, found)?.iter().any(|it| it.tip == hash) {
                is_given_up = true;
            } else {
                self.evidence.was_delivered(tip.delivered);
                behind = Some(Behind {
                    found,
                    delivered: tip.size,
                    place: self.evidence.tip.clone(),
                });
            }
        }
        match in_file {
            Some(InFile::Unknown { note, .. })
                if self
                    .given_up_lately(work, found)?
                    .iter()
                    .any(|it| it.checkpoint == Some(note)) =>
            {
                is_given_up = true;
            }
            Some(InFile::Unknown { size, .. }) if behind.as_ref().is_none_or(|it| it.delivered < size) => {
                behind = Some(Behind {
                    found,
                    delivered: size,
                    place: self.evidence.file.clone(),
                });
            }
            Some(InFile::Known(number)) => self.evidence.was_delivered(number),
            _ => {}
        }
        Ok(Compared { behind, is_given_up })
    }

    /// The newest of the file's notes that is to be believed, if there is one.
    fn newest_in_file(
        &self,
        work: &mut dyn UnitOfWork,
        found: u64,
        notes: &[String],
    ) -> Result<Option<InFile>, VaultError> {
        let signer = OnceCell::new();
        for note in notes {
            let size = Checkpoint::peek(note).map_or(0, |it| it.size);
            let row = work.checkpoint_over(size)?.filter(|it| it.note == *note);
            if let Some(row) = row.filter(|_| size <= found) {
                return Ok(Some(InFile::Known(row.number)));
            }
            // Only what this installation signed counts: anybody who may append to the file could put anything at its
            // end. `audit verify` points at it.
            let signer = signer.get_or_init(|| self.keyring.checkpoint_signer());
            if Checkpoint::open(note, signer.key()).is_ok() {
                let note = Hash::leaf(note.as_bytes());
                return Ok(Some(InFile::Unknown { size, note }));
            }
        }
        Ok(None)
    }
}

/// What is outside the database.
struct Outside {
    tip: tip::Read,
    /// The notes of this log in the file, newest first, not yet believed.
    notes: Vec<String>,
}

/// What comes of holding the database against what is outside.
struct Compared {
    behind: Option<Behind>,
    /// Whether something outside is from before an accepted rollback, and is to be replaced.
    is_given_up: bool,
}

/// The newest checkpoint in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InFile {
    /// The database has it under this number.
    Known(u64),
    /// The database does not have it.
    Unknown {
        /// How many records it covers.
        size: u64,
        /// The hash of its text.
        note: Hash,
    },
}

impl Caller<'_> {
    /// Accepts a database that has fallen behind, or of which nothing outside says whether it has: the log goes on from what
    /// there is, and says so.
    ///
    /// # Errors
    /// [`VaultError::NotBehind`], [`VaultError::Denied`].
    pub fn accept_rollback(&self) -> Result<Behind, VaultError> {
        let _allowed = self.authorize::<Oversee>()?;
        let outside = self.vault.outside(Reach::Whole)?;
        self.vault.flush_tip()?;
        let unwitnessed = self.vault.unwitnessed()?;
        let seen = self.vault.evidence.set_seen_aside();
        let accepted = self.vault.commit(Flush::Each, Sign::Now, |work| {
            let state = self.vault.log().head(work)?;
            let in_file = self.vault.newest_in_file(work, state.frontier.size(), &outside.notes)?;
            let found = self.vault.compare(work, &state, &outside, in_file)?;
            let (behind, given_up) = match found.behind {
                Some(behind) => (behind, self.vault.given_up(&outside, in_file)),
                None if unwitnessed => (self.vault.behind_nothing(state.frontier.size()), None),
                None => return Err(VaultError::NotBehind),
            };
            let mut record = self.record(ActionKind::AuditAcceptRollback);
            record.log = Some(LogChange::RolledBack {
                found: behind.found,
                delivered: behind.delivered,
            });
            record.given_up = given_up;
            Ok((behind, vec![record]))
        });
        if accepted.is_err() {
            self.vault.evidence.saw(seen);
        }
        Ok(accepted?.0)
    }
}
