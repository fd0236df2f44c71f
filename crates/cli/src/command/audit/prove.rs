//! `audit prove`: one record with the proof that it is in the log.

use std::str::FromStr;

use clap::Args;
use distri_core::ids::RecordId;
use distri_vault::audit::RecordRef;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Print one record with the proof that it is in the log
///
/// Whoever has the public key of `distri audit key` checks it with `distri audit verify --proof FILE --key KEY`.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Prove {
    /// The record's id, or its number
    #[arg(value_name = "ID")]
    record: Which,
    /// Only the proof, in the C2SP `tlog-proof` form
    #[arg(long)]
    tlog_proof: bool,
}

const NOTES: &str = "\
JSON: {seq, leaf, record, canonical, proof, key}; `canonical` is what the leaf is the hash of, in
base64, `proof` a C2SP tlog-proof, `key` the public key. A pruned record has no record and canonical.

Examples:
  distri audit prove 42 > record-42.json
  distri audit verify --proof record-42.json --key \"$(cat audit.key)\"";

#[derive(Clone, Copy, Debug)]
struct Which(RecordRef);

impl FromStr for Which {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().ok().map(RecordRef::Seq);
        let id = || text.parse::<RecordId>().ok().map(RecordRef::Id);
        number
            .or_else(id)
            .map(Self)
            .ok_or("a record is named by its id or its number")
    }
}

impl Prove {
    /// Prints it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Context::open_to_read()?;
        let proven = context.caller()?.prove_audit(self.record.0)?;
        if self.tlog_proof {
            output::text(&proven.proof)?;
        } else {
            output::json(&proven)?;
        }
        Ok(Exit::Ok)
    }
}
