//! `audit key`: the public key that checks this installation's checkpoints.

use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Print the public key that signs the checkpoints
///
/// Give it to auditors by another way than the log: with it alone they can check exports, proofs and checkpoint
/// files (`audit verify --key`). Its form is that of Go's `sumdb/note` and C2SP `signed-note`.
#[derive(Debug, Args)]
pub(crate) struct Key {}

impl Key {
    /// Prints it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        output::line(&Context::open_to_read()?.caller()?.audit_key()?)?;
        Ok(Exit::Ok)
    }
}
