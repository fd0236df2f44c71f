//! What checkpoints claim of the log, in the database and in the file outside: each is held against the records.

use std::collections::BTreeSet;

use distri_core::audit::note::VerifierKey;
use distri_core::audit::{Checkpoint, HeadState};
use distri_store::UnitOfWork;
use distri_store::rows::CheckpointRow;

use super::super::sink::file::Piece;
use super::super::tip;
use super::records::Walk;
use super::{Findings, Outside, records};
use crate::{Vault, VaultError};

/// Checkpoints whose signature is this installation's.
pub(super) struct Claims {
    database: Vec<(CheckpointRow, Option<Checkpoint>)>,
    file: Vec<Checkpoint>,
    waiting: u64,
    place: String,
}

impl Claims {
    /// Reads both places, and points at what is no checkpoint of this installation.
    pub(super) fn collect(
        vault: &Vault,
        work: &mut dyn UnitOfWork,
        outside: &Outside,
        is_new: bool,
        findings: &mut Findings,
    ) -> Result<Self, VaultError> {
        let signer = vault.keyring.checkpoint_signer();
        let mut database = Vec::new();
        for row in work.checkpoints(0, u32::MAX)? {
            let opened = Checkpoint::open(&row.note, signer.key());
            if let Err(error) = &opened {
                findings.add(row.size, format!("checkpoint {} is not believed: {error}", row.number));
            }
            database.push((row, opened.ok()));
        }
        let place = format!("`{}`", vault.evidence.file.display());
        let (delivered, notes) = in_file(outside, signer.key(), &place, findings);
        // Without the tip it is not known what had been delivered: then everything counts as it, but in a home that is new.
        let once = match outside.tip {
            tip::Read::Tip(tip) => tip.delivered,
            _ if is_new => 0,
            tip::Read::None | tip::Read::Another | tip::Read::Damaged => u64::MAX,
        };
        let mut waiting = 0;
        for (row, _) in database
            .iter()
            .filter(|it| it.1.is_some() && !notes.contains(&it.0.note))
        {
            if row.number > once {
                waiting += 1;
                continue;
            }
            let what = format!("checkpoint {} over {} is not in {place}", row.number, records(row.size));
            findings.add(row.size, what);
        }
        Ok(Self {
            database,
            file: delivered,
            waiting,
            place,
        })
    }

    pub(super) fn in_database(&self) -> u64 {
        self.database.len() as u64
    }

    pub(super) fn in_file(&self) -> u64 {
        self.file.len() as u64
    }

    pub(super) fn waiting(&self) -> u64 {
        self.waiting
    }

    /// The sizes at which something is claimed.
    pub(super) fn sizes(&self) -> impl Iterator<Item = u64> {
        let database = self.database.iter().filter_map(|it| it.1.as_ref());
        database.chain(&self.file).map(|it| it.size)
    }

    /// Holds every claim against the heads that the records gave.
    pub(super) fn check(&self, walk: &Walk<'_>, findings: &mut Findings) {
        let mut last = 0;
        for (index, (row, checkpoint)) in self.database.iter().enumerate() {
            let CheckpointRow { number, size, .. } = row;
            let expected = index as u64 + 1;
            if *number != expected {
                findings.add(
                    *size,
                    format!("checkpoint {expected} is missing: {number} is in its place"),
                );
                break;
            }
            if *size <= last {
                findings.add(
                    *size,
                    format!(
                        "checkpoint {number} covers {}, and the one before it {last}",
                        records(*size)
                    ),
                );
            }
            last = *size;
            let Some(checkpoint) = checkpoint else { continue };
            if checkpoint.size != *size {
                let what = format!(
                    "checkpoint {number} covers {}, and its row says {size}",
                    records(checkpoint.size)
                );
                findings.add(*size, what);
            } else {
                hold(checkpoint, &format!("checkpoint {number}"), false, walk, findings);
            }
        }
        let mut last = 0;
        for checkpoint in &self.file {
            if checkpoint.size <= last && walk.rollbacks.is_empty() {
                let what = format!(
                    "a checkpoint over {} stands after one over {last} in {}",
                    records(checkpoint.size),
                    self.place
                );
                findings.add(checkpoint.size, what);
            }
            last = checkpoint.size;
            let name = format!("a checkpoint in {}", self.place);
            hold(checkpoint, &name, walk.is_accepted(checkpoint.size), walk, findings);
        }
    }

    /// Holds the newest checkpoint that the head state names against the newest there is.
    pub(super) fn check_mark(&self, state: &HeadState, findings: &mut Findings) {
        let newest = self.database.last().map(|it| (it.0.number, it.0.size));
        let marked = state.checkpoint.map(|it| (it.number, it.size));
        match (marked, newest) {
            (Some((number, size)), found) if found.is_none_or(|it| it.0 < number) => {
                findings.add(size, format!("checkpoint {number} over {} is missing", records(size)));
            }
            (Some(mark), Some(found)) if mark != found => {
                findings.add(found.1, format!("checkpoint {} was made outside distri", found.0));
            }
            (None, Some((number, size))) => {
                findings.add(size, format!("checkpoint {number} was made outside distri"));
            }
            _ => {}
        }
    }
}

/// The checkpoints in the file that are this installation's, and the text of every note with its name.
fn in_file<'o>(
    outside: &'o Outside,
    key: &VerifierKey,
    place: &str,
    findings: &mut Findings,
) -> (Vec<Checkpoint>, BTreeSet<&'o String>) {
    let (mut delivered, mut notes) = (Vec::new(), BTreeSet::new());
    let pieces = match &outside.pieces {
        Ok(pieces) => pieces.as_slice(),
        Err(error) => {
            findings.add(0, format!("{place} cannot be read: {error}"));
            &[]
        }
    };
    for piece in pieces {
        let note = match piece {
            Piece::Note(note) => note,
            Piece::Junk(at) => {
                let what = format!("{place} has something at byte {at} that is no checkpoint");
                findings.add(0, what);
                continue;
            }
        };
        match (Checkpoint::peek(note), Checkpoint::open(note, key)) {
            (None, _) => findings.add(0, format!("{place} has a note that is no checkpoint")),
            (Some(claimed), _) if claimed.origin != key.name() => {}
            (Some(_), Ok(checkpoint)) => {
                delivered.push(checkpoint);
                notes.insert(note);
            }
            (Some(claimed), Err(error)) => {
                let size = claimed.size;
                let what = format!(
                    "a checkpoint over {} in {place} is not believed: {error}",
                    records(size)
                );
                findings.add(size, what);
            }
        }
    }
    (delivered, notes)
}

fn hold(checkpoint: &Checkpoint, name: &str, is_accepted: bool, walk: &Walk<'_>, findings: &mut Findings) {
    let size = checkpoint.size;
    match walk.heads.get(&size).copied().flatten() {
        Some(head) if head == checkpoint.head => {}
        _ if is_accepted => {}
        Some(_) => findings.add(size, format!("{name} over {} does not fit them", records(size))),
        None if walk.is_broken => {}
        None => findings.add(
            size,
            format!(
                "{name} covers {}, and there are {}",
                records(size),
                walk.frontier.size()
            ),
        ),
    }
}
