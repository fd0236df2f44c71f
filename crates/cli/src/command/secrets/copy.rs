//! `secrets copy`: from one environment to another, values and policies.

use std::collections::BTreeSet;

use clap::Args;
use distri_core::{Environment, SecretKey};
use distri_vault::secrets::CopySecrets;

use super::import::Conflict;
use crate::command::key_text::{KeyText, parse_all};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Copy secrets from one environment to another; no value is shown
///
/// All of them or none, in one step. Separate values for each environment are better: `lint` names
/// those that are the same.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Copy {
    /// The environment to copy from
    #[arg(long, value_name = "NAME")]
    from: Environment,
    /// The environment to copy to
    #[arg(long, value_name = "NAME")]
    to: Environment,
    /// These keys; without any, all
    #[arg(value_name = "KEY")]
    keys: Vec<KeyText>,
    /// What to do with keys that are there already
    #[arg(long, value_name = "HOW", default_value = "fail")]
    on_conflict: Conflict,
}

const EXAMPLES: &str = "\
Examples:
  distri secrets copy --from dev --to staging
  distri secrets copy --from dev --to prod DATABASE_URL --on-conflict replace";

impl Copy {
    /// Copies them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        if self.from == self.to {
            return Err(Failure::new(
                Exit::Usage,
                "`--from` and `--to` are the same environment",
            ));
        }
        let keys: BTreeSet<SecretKey> = parse_all(&self.keys)?;
        let only = (!keys.is_empty()).then_some(keys);
        let request = CopySecrets {
            from: self.from,
            to: self.to,
            only,
            on_conflict: self.on_conflict.into(),
        };
        let outcome = Context::open()?.caller()?.copy(&request)?;
        for key in &outcome.copied {
            terminal::note(&format!("Secret '{key}' copied to {}.", request.to));
        }
        for key in &outcome.skipped {
            terminal::note(&format!("Secret '{key}' is there already and stays."));
        }
        if outcome.copied.is_empty() && outcome.skipped.is_empty() {
            terminal::note("No secrets found.");
        }
        Ok(Exit::Ok)
    }
}
