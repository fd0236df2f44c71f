//! `backup restore`: a backup in the place of what is there.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use distri_core::SystemClock;
use distri_core::authz::Actor;
use distri_core::ids::SlotId;
use distri_vault::backup::{RestoreBackup, Restored, restore_backup, slots_to_trust};

use super::keys;
use crate::command::keys::have_confirmed;
use crate::context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};

/// Restore a backup: all of it, or nothing
///
/// Put the root key into its place first (`config/root.key`, or `DISTRI_ROOT_KEY_FILE`). The backup is checked as a
/// whole before anything is touched, and takes effect in one step: interrupted, the store is as it was.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A file with an age identity that opens it
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// Replace what is here
    #[arg(long)]
    replace: bool,
    /// Accept that the backup is older than what was recorded here since; the audit log will say so
    #[arg(long)]
    accept_rollback: bool,
    /// A key slot of the backup that may be asked here, as the message shows it: all that it names is shown first, and asked about
    #[arg(long, value_name = "SLOT")]
    trust: Vec<SlotId>,
    /// Trust the slots of `--trust` without asking
    #[arg(long, short, requires = "trust")]
    yes: bool,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: as `backup verify`, with {replaced, rolled_back_from, damaged: [], set_aside}.

Examples:
  distri backup restore /mnt/backup/today.age --identity ~/offline/distri-backup.key
  distri backup restore yesterday.age --identity key.txt --replace --accept-rollback";

impl Restore {
    /// Restores it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        context::only_here()?;
        let identities = keys::identities(&self.identity)?;
        let home = context::home()?;
        let trust = match self.trust.as_slice() {
            [] => Vec::new(),
            slots => slots_to_trust(&home, &self.file, &identities, slots)?,
        };
        for slot in trust.iter().filter(|it| it.is_needed) {
            have_confirmed(slot, self.yes)?;
        }
        let restored = restore_backup(
            &home,
            Arc::new(SystemClock),
            &Actor::local(context::user_name()),
            &RestoreBackup {
                file: &self.file,
                identities: &identities,
                replace: self.replace,
                accept_rollback: self.accept_rollback,
                trust: &trust,
            },
            &mut context::ask_passphrase,
        )?;
        if self.json {
            output::json(&restored)?;
        }
        say(&restored);
        Ok(Exit::Ok)
    }
}

fn say(restored: &Restored) {
    for damage in &restored.damaged {
        terminal::warning(damage);
    }
    if let Some(path) = &restored.set_aside {
        terminal::warning(&format!("what could not be read is now `{}`", path.display()));
    }
    let report = &restored.report;
    terminal::note(&format!(
        "Restored the state of {}: {} secrets in {} versions, {} audit records.",
        report.manifest.made_at, report.secrets, report.versions, report.manifest.audit_size
    ));
    if let Some(delivered) = restored.rolled_back_from {
        terminal::note(&format!(
            "There had been {delivered} audit records; that this was accepted is recorded."
        ));
    }
}
