//! Verifying an export line by line, with the public key alone and in little memory.

use std::collections::BTreeMap;

use super::super::checkpoint::{Checkpoint, CheckpointError};
use super::super::merkle::{Frontier, Hash, proof};
use super::super::note::VerifierKey;
use super::{ExportEntry, ExportHeader, ExportLine, FORMAT};

/// Takes an export's lines in order.
pub struct ExportVerifier<'k> {
    key: &'k VerifierKey,
    whole: Checkpoint,
    frontier: Frontier,
    /// The size of the newest checkpoint that fits: what comes after it is not vouched for yet.
    vouched: u64,
    checkpoints: u64,
    records: u64,
    proofs: u64,
    /// Checkpoints from elsewhere, by size: what the log's head must have been there.
    claims: BTreeMap<u64, Hash>,
}

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSummary {
    /// The signed head over everything.
    pub checkpoint: Checkpoint,
    /// How many records have their bodies.
    pub records: u64,
    /// How many are there as leaves only: pruned, or another account's.
    pub leaves_only: u64,
    /// How many checkpoints fit, the one over everything included.
    pub checkpoints: u64,
    /// How many records have a proof of their own.
    pub proofs: u64,
}

impl<'k> ExportVerifier<'k> {
    /// Begins with the first line, whose checkpoint `key` must have signed.
    ///
    /// # Errors
    /// [`ExportError::Header`], [`ExportError::Checkpoint`].
    pub fn begin(line: &str, key: &'k VerifierKey) -> Result<Self, ExportError> {
        let header: ExportHeader = serde_json::from_str(line).map_err(|_| ExportError::Header)?;
        if header.format != FORMAT {
            return Err(ExportError::Header);
        }
        let whole =
            Checkpoint::open(&header.checkpoint, key).map_err(|error| ExportError::Checkpoint { after: 0, error })?;
        Ok(Self {
            key,
            whole,
            frontier: Frontier::new(),
            vouched: 0,
            checkpoints: 1,
            records: 0,
            proofs: 0,
            claims: BTreeMap::new(),
        })
    }

    /// Requires the log to have begun as this checkpoint says, which was got from elsewhere and is believed.
    ///
    /// # Errors
    /// [`ExportError::Behind`] when the export ends before it.
    pub fn require(&mut self, claim: &Checkpoint) -> Result<(), ExportError> {
        if claim.size > self.whole.size {
            return Err(ExportError::Behind {
                size: self.whole.size,
                delivered: claim.size,
            });
        }
        match self.claims.insert(claim.size, claim.head) {
            Some(other) if other != claim.head => Err(ExportError::Fork { size: claim.size }),
            _ => Ok(()),
        }
    }

    /// The next line.
    ///
    /// # Errors
    /// [`ExportError`] names the first record that is not as it was signed.
    pub fn line(&mut self, line: &str) -> Result<(), ExportError> {
        let expected = self.frontier.size() + 1;
        let parsed = serde_json::from_str(line).map_err(|_| ExportError::Line { seq: expected })?;
        match parsed {
            ExportLine::Entry(entry) => self.entry(*entry, expected),
            ExportLine::Checkpoint(it) => {
                let after = self.frontier.size();
                let checkpoint = Checkpoint::open(&it.checkpoint, self.key)
                    .map_err(|error| ExportError::Checkpoint { after, error })?;
                if checkpoint.size != after {
                    return Err(ExportError::Misplaced {
                        size: checkpoint.size,
                        after,
                    });
                }
                self.fits(checkpoint.head)?;
                self.checkpoints += 1;
                Ok(())
            }
        }
    }

    /// After the last line.
    ///
    /// # Errors
    /// [`ExportError::Missing`], [`ExportError::Between`].
    pub fn finish(mut self) -> Result<ExportSummary, ExportError> {
        let size = self.frontier.size();
        if size < self.whole.size {
            return Err(ExportError::Missing {
                first: size + 1,
                last: self.whole.size,
            });
        }
        self.fits(self.whole.head)?;
        Ok(ExportSummary {
            leaves_only: size - self.records,
            checkpoint: self.whole,
            records: self.records,
            checkpoints: self.checkpoints,
            proofs: self.proofs,
        })
    }

    fn entry(&mut self, entry: ExportEntry, expected: u64) -> Result<(), ExportError> {
        let seq = entry.seq;
        if seq != expected {
            return Err(ExportError::Sequence { expected, found: seq });
        }
        if seq > self.whole.size {
            return Err(ExportError::Uncovered { seq });
        }
        if let Some(record) = &entry.record {
            if record.leaf_hash() != entry.leaf {
                return Err(ExportError::Changed { seq });
            }
            self.records += 1;
        }
        if let Some(path) = &entry.proof {
            let head = proof::head_by_inclusion(seq - 1, self.whole.size, entry.leaf, path);
            if head != Some(self.whole.head) {
                return Err(ExportError::Changed { seq });
            }
            self.proofs += 1;
        }
        self.frontier.push(entry.leaf);
        if self.claims.get(&seq).is_some_and(|head| *head != self.frontier.head()) {
            return Err(ExportError::Between {
                first: self.vouched + 1,
                last: seq,
            });
        }
        Ok(())
    }

    fn fits(&mut self, head: Hash) -> Result<(), ExportError> {
        let size = self.frontier.size();
        if self.frontier.head() != head {
            return Err(ExportError::Between {
                first: self.vouched + 1,
                last: size,
            });
        }
        self.vouched = size;
        Ok(())
    }
}

fn span(first: u64, last: u64) -> String {
    match first == last {
        true => format!("record {first} is"),
        false => format!("records {first} to {last} are"),
    }
}

/// Why an export is not what was signed. Each names the first record that it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The first line.
    #[error("the first line is not that of an audit export")]
    Header,
    /// A line that is neither a record nor a checkpoint.
    #[error("record {seq}: its line is not one of an audit export")]
    Line {
        /// The record expected there.
        seq: u64,
    },
    /// A number that does not follow.
    #[error("record {expected} is missing: {found} is in its place")]
    Sequence {
        /// The number expected.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// The end is cut off.
    #[error("{} missing at the end", span(*.first, *.last))]
    Missing {
        /// The first one missing.
        first: u64,
        /// The last one that was signed.
        last: u64,
    },
    /// More records than were signed.
    #[error("record {seq} is not covered by the checkpoint of the first line")]
    Uncovered {
        /// The first such record.
        seq: u64,
    },
    /// A record that is not its leaf, or a leaf that is not in the log.
    #[error("record {seq} was changed")]
    Changed {
        /// Which.
        seq: u64,
    },
    /// Leaves that do not give the signed head.
    #[error("one of the records {first} to {last} was changed, and the first may be any of them")]
    Between {
        /// The first that no checkpoint before vouches for.
        first: u64,
        /// The last under the checkpoint that does not fit.
        last: u64,
    },
    /// A checkpoint that is not believed.
    #[error("the checkpoint after record {after} is not believed: {error}")]
    Checkpoint {
        /// The record before it; 0 for the one in the first line.
        after: u64,
        /// Why not.
        error: CheckpointError,
    },
    /// A checkpoint in another's place.
    #[error("the checkpoint over {size} records stands after record {after}")]
    Misplaced {
        /// What it covers.
        size: u64,
        /// Where it stands.
        after: u64,
    },
    /// The export is older than a checkpoint from elsewhere.
    #[error("the export has {size} records, and a checkpoint over {delivered} was delivered: it is an old copy")]
    Behind {
        /// How many it has.
        size: u64,
        /// How many there were.
        delivered: u64,
    },
    /// Two checkpoints from elsewhere that contradict each other.
    #[error("two checkpoints over {size} records contradict each other")]
    Fork {
        /// Their size.
        size: u64,
    },
}
