//! `secrets import`: a `.env` or JSON file, planned as a whole and then set as a whole.

use std::io::Read;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use distri_core::catalogue::Catalogue;
use distri_core::{Environment, SecretValue};
use distri_vault::secrets::{ImportEntry, ImportSecrets, OnConflict, Planned};
use serde_json::json;
use zeroize::Zeroizing;

use super::view::MASKED;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};
use distri_core::dotenv;

mod json_file;

/// Import a .env or JSON file: all of it, or nothing
///
/// Nothing is expanded: `$2a$10$..` and `${HOME}` stay as they are written. Keys and lines that are
/// wrong are named all at once, never with their values.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Import {
    /// The file, or `-` for standard input
    file: PathBuf,
    /// The environment
    #[arg(long = "env", value_name = "NAME", default_value = "default")]
    environment: Environment,
    /// The form of the file
    #[arg(long, value_enum, default_value = "dotenv")]
    format: Format,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// What to do with keys that hold another value already
    #[arg(long, value_name = "HOW", default_value = "fail")]
    on_conflict: Conflict,
    /// The plan as JSON on standard output
    #[arg(long)]
    json: bool,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// KEY=value lines: comments, `export`, single and double quotes, values over several lines
    Dotenv,
    /// {"KEY": "value"}; {"base64": ".."} for any bytes
    Json,
}

/// What to do with keys that are there already.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Conflict {
    /// Leave them
    Skip,
    /// Change nothing at all, and exit with 6
    Fail,
    /// Set the new value; the old one stays in the history
    Replace,
}

impl From<Conflict> for OnConflict {
    fn from(conflict: Conflict) -> Self {
        match conflict {
            Conflict::Skip => Self::Skip,
            Conflict::Fail => Self::Fail,
            Conflict::Replace => Self::Replace,
        }
    }
}

const NOTES: &str = "\
--dry-run prints a line for each key: `new`, `changed`, `same` or `invalid`, a tab, the key.
JSON: {set, plan: [{key, plan, masked_value}]}.

Examples:
  distri secrets import .env --dry-run
  distri secrets import .env --env dev --on-conflict replace
  sops decrypt --output-type json secrets.yaml | distri secrets import - --format json";

/// One entry of a file, before its key and value are known to be a secret's.
pub(crate) struct Entry {
    /// Where it is, for messages.
    place: String,
    key: String,
    value: Zeroizing<Vec<u8>>,
}

impl Import {
    /// Imports it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let entries = self.read()?;
        let (entries, invalid) = sort_out(entries);
        if !invalid.is_empty() && !self.dry_run {
            invalid.iter().for_each(|it| terminal::error(&it.message));
            return Err(Failure::new(
                Exit::Usage,
                format!(
                    "{}; nothing was imported",
                    counted(invalid.len(), "entry", "entries") + " cannot be imported"
                ),
            ));
        }
        let context = Context::open()?;
        let request = ImportSecrets {
            environment: self.environment.clone(),
            entries,
            on_conflict: self.on_conflict.into(),
            dry_run: self.dry_run,
        };
        let outcome = context.caller()?.import(request)?;

        let mut lines: Vec<(&str, &str)> = outcome
            .plan
            .iter()
            .map(|(key, planned)| (word(*planned), key.as_str()))
            .collect();
        lines.extend(invalid.iter().map(|it| ("invalid", it.key.as_str())));
        if self.json {
            let plan: Vec<_> = lines
                .iter()
                .map(|(plan, key)| json!({ "key": key, "plan": plan, "masked_value": MASKED }))
                .collect();
            output::json(&json!({ "set": outcome.set, "plan": plan }))?;
        } else if self.dry_run {
            for (plan, key) in &lines {
                output::line(&format!("{plan}\t{key}"))?;
            }
        }
        if self.dry_run {
            invalid.iter().for_each(|it| terminal::error(&it.message));
            terminal::note("Nothing was imported: this was a dry run.");
            return Ok(if invalid.is_empty() { Exit::Ok } else { Exit::Usage });
        }
        let count = |planned| outcome.plan.iter().filter(|it| it.1 == planned).count();
        let kept = count(Planned::New) + count(Planned::Changed) - outcome.set;
        terminal::note(&format!(
            "{} set, {} the same already, {kept} kept.",
            counted(outcome.set, "secret", "secrets"),
            count(Planned::Same)
        ));
        Ok(Exit::Ok)
    }

    fn read(&self) -> Result<Vec<Entry>, Failure> {
        const MOST: u64 = 16 * 1024 * 1024;
        let name = if self.file.as_os_str() == "-" {
            "standard input".to_owned()
        } else {
            format!("`{}`", self.file.display())
        };
        let failed = |error: std::io::Error| {
            let exit = if error.kind() == std::io::ErrorKind::NotFound {
                Exit::Missing
            } else {
                Exit::Failed
            };
            Failure::new(exit, format!("cannot read {name}")).cause(error)
        };
        let mut bytes = Zeroizing::new(Vec::new());
        if self.file.as_os_str() == "-" {
            std::io::stdin()
                .lock()
                .take(MOST + 1)
                .read_to_end(&mut bytes)
                .map_err(failed)?;
        } else {
            std::fs::File::open(&self.file)
                .map_err(failed)?
                .take(MOST + 1)
                .read_to_end(&mut bytes)
                .map_err(failed)?;
        }
        if bytes.len() as u64 > MOST {
            return Err(Failure::new(Exit::Usage, format!("{name} has more than 16 MiB")));
        }
        let wrong = |message: String| Failure::new(Exit::Usage, format!("{name}: {message}; nothing was imported"));
        match self.format {
            Format::Json => json_file::read(&bytes).map_err(wrong),
            Format::Dotenv => {
                let lines = dotenv::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
                Ok(lines
                    .into_iter()
                    .map(|it| Entry {
                        place: format!("line {}", it.number),
                        key: it.key,
                        value: it.value,
                    })
                    .collect())
            }
        }
    }
}

/// An entry that cannot be a secret.
struct Invalid {
    key: String,
    message: String,
}

fn sort_out(entries: Vec<Entry>) -> (Vec<ImportEntry>, Vec<Invalid>) {
    let mut good = Vec::with_capacity(entries.len());
    let mut bad = Vec::new();
    for mut entry in entries {
        let value = SecretValue::new(std::mem::take(&mut *entry.value)).map_err(|it| it.to_string());
        let key = entry
            .key
            .parse()
            .map_err(|it: distri_core::names::SecretKeyError| it.to_string());
        match (key, value) {
            (Ok(key), Ok(value)) => {
                let default_policy = Catalogue::builtin().policy_for(&key);
                good.push(ImportEntry {
                    key,
                    value,
                    default_policy,
                });
            }
            (Err(reason), _) | (_, Err(reason)) => {
                bad.push(Invalid {
                    message: format!("{}: `{}`: {reason}", entry.place, terminal::inert(&entry.key)),
                    key: entry.key,
                });
            }
        }
    }
    (good, bad)
}

fn word(planned: Planned) -> &'static str {
    match planned {
        Planned::New => "new",
        Planned::Changed => "changed",
        Planned::Same => "same",
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {many}")
    }
}
