//! The audit log: its records, the tree over them, and what is signed of it.
//!
//! A record says who did what to which version of which secret, and where it went. It has no field that could
//! hold a value, and none for a hash of one: a short value can be guessed from its hash (Vault CVE-2025-62513 and
//! its relatives came from hashing what was audited).
//!
//! | module | owns |
//! |---|---|
//! | [`record`](Record) | one record and its canonical bytes |
//! | [`key_change`] | what a record says of a change of keys |
//! | [`merkle`] | the tree of RFC 6962: heads and proofs |
//! | [`note`] | signed notes, Ed25519 |
//! | [`checkpoint`](Checkpoint) | the signed head of the log |
//! | [`entry`](Entry) | a record's place in the log: number, leaf, MAC |
//! | [`export`] | the log as lines of JSON, verified with a public key alone |
//! | [`proof`](RecordProof) | one record with the proof that it is in the log |
//!
//! `docs/audit.md` has every byte of it.

pub mod export;
pub mod merkle;
pub mod note;

mod checkpoint;
mod entry;
pub mod key_change;
mod proof;
mod record;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use entry::{CheckpointMark, Entry, HeadState};
pub use key_change::KeyChange;
pub use proof::{ProofError, RecordProof};
pub use record::{About, ActionKind, AlarmFacts, GivenUp, LogChange, Outcome, Record, Subject};

#[cfg(test)]
mod vectors;
