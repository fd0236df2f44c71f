//! `audit export`: the log for somebody who has only the public key.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use distri_vault::audit::ExportOptions;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};

/// Export the audit log with its leaves and signed checkpoints
///
/// No value is in it. `distri audit verify --export FILE --key KEY` checks it anywhere, without this installation.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Export {
    /// The form
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// A proof with each record: then a verifier names the very record that was changed
    #[arg(long)]
    proofs: bool,
    /// Write to this file (mode 0600), which must not be there yet, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line of JSON for each record
    Jsonl,
}

const NOTES: &str = "\
First line: {format, key, account, checkpoint}; the checkpoint signs everything that follows. Then
{seq, leaf, record, proof} for each record and {checkpoint} where one was signed. A record is missing
where its body was pruned or is another account's. docs/audit.md has every field.

Examples:
  distri audit export --output audit.jsonl
  distri audit key > audit.key
  distri audit verify --export audit.jsonl --key \"$(cat audit.key)\"";

impl Export {
    /// Exports it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let Format::Jsonl = self.format;
        let context = Context::open_to_read()?;
        let options = ExportOptions { proofs: self.proofs };
        let caller = context.caller()?;
        match &self.output {
            None => {
                let mut out = BufWriter::new(std::io::stdout().lock());
                let written = caller.export_audit(options, |line| Ok(writeln!(out, "{}", output::shown(line))?));
                match written.and_then(|_| Ok(out.flush()?)) {
                    // A reader that has gone away, such as `head`, has what it wanted.
                    Err(Written::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {}
                    other => other?,
                }
            }
            Some(path) => {
                let failed = |error: std::io::Error| {
                    let code = if error.kind() == ErrorKind::AlreadyExists {
                        Exit::Conflict
                    } else {
                        Exit::Failed
                    };
                    Failure::new(code, format!("cannot write `{}`: {error}", path.display()))
                };
                let file = create(path).map_err(failed)?;
                let mut out = BufWriter::new(file);
                let count = caller.export_audit(options, |line| Ok::<_, Written>(writeln!(out, "{line}")?))?;
                let file = out.into_inner().map_err(|it| failed(it.into_error()))?;
                file.sync_all().map_err(failed)?;
                terminal::note(&format!("{count} audit records are in `{}`.", path.display()));
            }
        }
        Ok(Exit::Ok)
    }
}

fn create(path: &PathBuf) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Why an export stopped.
enum Written {
    Vault(Failure),
    Output(std::io::Error),
}

impl From<std::io::Error> for Written {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Failure> for Written {
    fn from(failure: Failure) -> Self {
        Self::Vault(failure)
    }
}

impl From<distri_vault::VaultError> for Written {
    fn from(error: distri_vault::VaultError) -> Self {
        Self::Vault(error.into())
    }
}

impl From<distri_store::StoreError> for Written {
    fn from(error: distri_store::StoreError) -> Self {
        Self::Vault(distri_vault::VaultError::from(error).into())
    }
}

impl From<Written> for Failure {
    fn from(error: Written) -> Self {
        match error {
            Written::Vault(failure) => failure,
            Written::Output(error) => Self::new(Exit::Failed, "cannot write the export").cause(error),
        }
    }
}
