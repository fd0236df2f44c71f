//! The audit record: a closed struct with one canonical form.
//!
//! A record says who did what to which version of which secret, and where it went. It has no field that could
//! hold a value, and none for a hash of one: a short value can be guessed from its hash (Vault CVE-2025-62513 and
//! its relatives came from hashing what was audited).

mod record;

pub use record::{ActionKind, AlarmFacts, Outcome, Record, Subject};
