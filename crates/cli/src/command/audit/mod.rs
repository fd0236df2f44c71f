//! `distri audit`: reading the log and checking that it is all there; a verb in a file each.

mod accept_rollback;
mod checkpoint;
mod export;
mod key;
mod list;
mod offline;
mod period;
mod prove;
mod prune;
mod verify;
mod who_could;
mod who_did;

pub(super) use verify::counted;

use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::failure::Failure;

/// Read the audit log, and check that nothing of it was changed
///
/// Each change, reveal and release is recorded in the same step that does it, or before the value leaves. The records
/// are a Merkle tree; signed checkpoints of it go to a file apart from the database.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Audit {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::List),
    WhoDid(who_did::WhoDid),
    WhoCould(who_could::WhoCould),
    Verify(verify::Verify),
    Export(export::Export),
    Prove(prove::Prove),
    Key(key::Key),
    Checkpoint(checkpoint::Checkpoint),
    Prune(prune::Prune),
    AcceptRollback(accept_rollback::AcceptRollback),
}

impl Audit {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::List(it) => it.run(),
            Verb::WhoDid(it) => it.run(),
            Verb::WhoCould(it) => it.run(),
            Verb::Verify(it) => it.run(),
            Verb::Export(it) => it.run(),
            Verb::Prove(it) => it.run(),
            Verb::Key(it) => it.run(),
            Verb::Checkpoint(it) => it.run(),
            Verb::Prune(it) => it.run(),
            Verb::AcceptRollback(it) => it.run(),
        }
    }
}
