//! `audit prune`: retention.

use clap::Args;
use distri_core::{Clock, SystemClock};
use distri_vault::FirstUse;

use crate::context::Embedded;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant::Instant;
use crate::terminal;

/// Drop the bodies of old audit records; their leaves stay, and proofs still verify
///
/// Export them first if they may be needed: what was dropped cannot be brought back. That it was done, by whom and up
/// to which record, is recorded.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Prune {
    /// Records before the first one of this instant or later: a date, an instant, or a time ago such as 365d
    #[arg(long, value_name = "T")]
    before: Instant,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

const EXAMPLES: &str = "\
Examples:
  distri audit export --output audit-2025.jsonl && distri audit prune --before 2026-01-01
  distri audit prune --before 365d --yes";

impl Prune {
    /// Prunes.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let before = self.before.resolve(SystemClock.now());
        let context = Embedded::open(FirstUse::Refuse)?;
        let question = format!("Drop what audit records from before {before} say?");
        if !self.yes && !terminal::confirmed(&question, "drop them")? {
            terminal::note("Nothing was dropped.");
            return Ok(Exit::Failed);
        }
        let pruned = context.caller()?.prune_audit(before)?;
        match pruned.dropped {
            0 => terminal::note("No audit records are that old."),
            count => terminal::note(&format!(
                "The bodies of {count} audit records were dropped, up to record {}.",
                pruned.through
            )),
        }
        Ok(Exit::Ok)
    }
}
