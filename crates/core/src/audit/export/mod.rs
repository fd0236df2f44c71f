//! The log as lines of JSON, for auditors who have nothing but the public key.
//!
//! ```text
//! {"format":"distri-audit-export/1","key":"…","account":"…","checkpoint":"signed note over the whole export"}
//! {"seq":1,"leaf":"…","record":{…},"proof":["…"]}
//! {"checkpoint":"signed note over the records so far"}
//! ```
//!
//! Every leaf is there, so that the tree can be built; a record is there unless its body was pruned or is another
//! account's. Proofs are there when asked for. To change what a line holds: here, in [`verify`] and in `docs/audit.md`.

mod verify;

use serde::{Deserialize, Serialize};

use super::merkle::Hash;
use super::record::Record;
use crate::ids::AccountId;

pub use verify::{ExportError, ExportSummary, ExportVerifier};

/// The word in the first line of an export.
pub const FORMAT: &str = "distri-audit-export/1";

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportHeader {
    /// [`FORMAT`].
    pub format: String,
    /// The public key that signed the checkpoints. A verifier uses the one that it was given, not this one.
    pub key: String,
    /// Whose records have bodies here.
    pub account: AccountId,
    /// The signed note over all records of the export.
    pub checkpoint: String,
}

/// A line after the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ExportLine {
    /// One record, or the leaf of one.
    Entry(Box<ExportEntry>),
    /// A checkpoint over the records before it.
    Checkpoint(ExportCheckpoint),
}

/// One record, or the leaf of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportEntry {
    /// Its number.
    pub seq: u64,
    /// Its leaf.
    pub leaf: Hash,
    /// The record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// The hashes that lead from the leaf to the head that the first line's checkpoint signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Vec<Hash>>,
}

/// A checkpoint over the records before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportCheckpoint {
    /// The signed note.
    pub checkpoint: String,
}

#[cfg(test)]
mod tests;
