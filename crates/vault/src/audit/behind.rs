//! Whether the database has fallen behind what was delivered of its log, and accepting that it has.
//!
//! A database that was put back as a whole fits itself in every way; only what left it earlier can tell. At opening it
//! is held against the newest checkpoint in the file and against the tip.

use std::cell::OnceCell;
use std::path::PathBuf;

use distri_core::audit::{ActionKind, Checkpoint, HeadState, LogChange};
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
    /// Refuses a database that has fallen behind.
    ///
    /// What is outside is read within a snapshot, and another process may have committed since that began, and shown it
    /// outside. So records that a first look does not find are lacking only if a later snapshot lacks them too.
    pub(crate) fn check_not_behind(&self) -> Result<(), VaultError> {
        let mut shown_before = None;
        loop {
            let look = self.store.read(|work| {
                let state = self.log().head(work)?;
                self.behind(work, &state)
            })?;
            let Some(behind) = look else { return Ok(()) };
            let may_be_new = behind.found < behind.delivered;
            let has_caught_up = shown_before.is_none_or(|it| behind.found >= it);
            if !(may_be_new && has_caught_up) {
                return Err(VaultError::Behind(behind));
            }
            shown_before = Some(behind.delivered);
        }
    }

    /// How far the database is behind what was delivered, if it is.
    pub(crate) fn behind(&self, work: &mut dyn UnitOfWork, state: &HeadState) -> Result<Option<Behind>, VaultError> {
        let found = state.frontier.size();
        let mut behind = None;
        if let tip::Read::Tip(delivered, leaf) = tip::read(&self.evidence.tip, &self.keyring)
            && (found < delivered || work.audit_leaf(delivered)? != Some(leaf))
        {
            behind = Some(Behind {
                found,
                delivered,
                place: self.evidence.tip.clone(),
            });
        }
        if let Some((delivered, place)) = self.behind_file(work, found)?
            && behind.as_ref().is_none_or(|it| it.delivered < delivered)
        {
            behind = Some(Behind {
                found,
                delivered,
                place,
            });
        }
        Ok(behind)
    }

    /// The size of the newest checkpoint in the file, if the database does not have it.
    fn behind_file(&self, work: &mut dyn UnitOfWork, found: u64) -> Result<Option<(u64, PathBuf)>, VaultError> {
        let path = &self.evidence.file;
        let origin = self.origin();
        let failed = |error: std::io::Error| VaultError::Home {
            path: path.clone(),
            reason: error.to_string(),
        };
        let signer = OnceCell::new();
        for reach in [Reach::Tail, Reach::Whole] {
            for note in file::newest_first(path, &origin, reach).map_err(failed)? {
                let size = Checkpoint::peek(&note).map_or(0, |it| it.size);
                if size <= found && work.checkpoint_over(size)?.is_some_and(|it| it.note == note) {
                    return Ok(None);
                }
                // Only what this installation signed counts: anybody who may append to the file could put anything at
                // its end. `audit verify` points at it.
                let signer = signer.get_or_init(|| self.keyring.checkpoint_signer());
                if Checkpoint::open(&note, signer.key()).is_ok() {
                    return Ok(Some((size, path.clone())));
                }
            }
        }
        Ok(None)
    }
}

impl Caller<'_> {
    /// Accepts a database that has fallen behind: the log goes on from what there is, and says so.
    ///
    /// # Errors
    /// [`VaultError::NotBehind`], [`VaultError::Denied`].
    pub fn accept_rollback(&self) -> Result<Behind, VaultError> {
        let _allowed = self.authorize::<Oversee>()?;
        let (behind, _) = self.vault.commit(Flush::Each, Sign::Now, |work| {
            let state = self.vault.log().head(work)?;
            let behind = self.vault.behind(work, &state)?.ok_or(VaultError::NotBehind)?;
            let mut record = self.record(ActionKind::AuditAcceptRollback);
            record.log = Some(LogChange::RolledBack {
                found: behind.found,
                delivered: behind.delivered,
            });
            Ok((behind, vec![record]))
        })?;
        Ok(behind)
    }
}
