//! `backup verify`: whether a backup is whole, anywhere.

use std::path::PathBuf;

use clap::Args;
use distri_vault::backup::check_backup;

use super::keys;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// Check a backup, without a store and without the root key
///
/// Everything in it is read: counts, digests, references, the whole audit log up to its signed head. That this very
/// installation made it, only the root key can tell; `backup restore` asks.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Verify {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A file with an age identity that opens it
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: {format, id, made_at, schema, instance, instance_key, root_keys: [{provider, root_key}], audit_size,
audit_head, checkpoint, audit_key, tables, sha256, rows, accounts, secrets, versions, checkpoints}.

Examples:
  distri backup verify /mnt/backup/today.age --identity ~/offline/distri-backup.key";

impl Verify {
    /// Checks it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let report = check_backup(&self.file, &keys::identities(&self.identity)?)?;
        if self.json {
            output::json(&report)?;
            return Ok(Exit::Ok);
        }
        let manifest = &report.manifest;
        let keys = manifest.root_keys.iter();
        let keys: Vec<String> = keys.map(|it| format!("{} ({})", it.root_key, it.provider)).collect();
        output::line(&format!(
            "made {} by installation {}\n{} secrets in {} versions, {} accounts, {} audit records\nhead {}\nsha256 {}\nneeds root key {}",
            manifest.made_at,
            manifest.instance,
            report.secrets,
            report.versions,
            report.accounts,
            manifest.audit_size,
            manifest.audit_head,
            report.sha256,
            keys.join(" or "),
        ))?;
        Ok(Exit::Ok)
    }
}
