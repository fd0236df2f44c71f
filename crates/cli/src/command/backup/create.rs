//! `backup create`: the whole database to one encrypted file.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use distri_core::age::Recipient;
use distri_vault::FirstUse;
use distri_vault::backup::CreateBackup;

use super::keys;
use crate::context::Embedded;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};

/// Write a backup, encrypted to age recipients
///
/// Secrets stay in use meanwhile. The file (mode 0600) appears under its name when it is whole and on the disk. Keep
/// the age identity and a copy of the root key apart from it, and from each other.
#[derive(Debug, Args)]
#[command(after_help = NOTES, group = ArgGroup::new("to_whom").required(true).multiple(true)
    .args(["recipient", "recipients_file"]))]
pub(crate) struct Create {
    /// The file to write, which must not be there yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Who can open it, such as age1…; may be repeated
    #[arg(long, value_name = "RECIPIENT")]
    recipient: Vec<Recipient>,
    /// A file of recipients, one a line
    #[arg(long, value_name = "FILE")]
    recipients_file: Option<PathBuf>,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: {format, id, made_at, schema, instance, instance_key, root_keys: [{provider, root_key}], audit_size,
audit_head, checkpoint, audit_key, tables, rows, bytes}. docs/backup.md has what is inside.

Examples:
  age-keygen -o ~/offline/distri-backup.key            # prints the recipient
  distri backup create --to /mnt/backup/distri-$(date +%F).age --recipient age1…
  distri backup create --to /mnt/backup/today.age --recipients-file recipients.txt";

impl Create {
    /// Makes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let recipients = keys::recipients(&self.recipient, self.recipients_file.as_deref())?;
        let context = Embedded::open(FirstUse::Refuse)?;
        let made = context.caller()?.create_backup(&CreateBackup {
            to: &self.to,
            recipients: &recipients,
        })?;
        if self.json {
            output::json(&made)?;
        }
        let needed: Vec<&str> = made.manifest.root_keys.iter().map(|it| it.root_key.as_str()).collect();
        terminal::note(&format!(
            "Backup of {} rows and {} audit records written to `{}`: {} KiB for {} recipient{}.",
            made.rows,
            made.manifest.audit_size,
            self.to.display(),
            made.bytes.div_ceil(1024),
            recipients.len(),
            if recipients.len() == 1 { "" } else { "s" },
        ));
        terminal::note(&format!(
            "To use it: the age identity, and root key {}.",
            needed.join(" or ")
        ));
        Ok(Exit::Ok)
    }
}
