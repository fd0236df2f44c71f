//! `secrets list`: keys, never values.

use clap::Args;
use distri_core::{Clock, Environment, SystemClock, Timestamp};
use distri_vault::secrets::{ListSecrets, Listed};

use super::view::{self, SecretJson};
use crate::context::{Context, home};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::table;
use crate::{output, terminal};

/// List secrets: keys only, one a line, sorted
///
/// Secrets whose stored rows fail their integrity check are named on standard error, the others are
/// listed, and the exit code is 8.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct List {
    /// The environment
    #[arg(
        long = "env",
        value_name = "NAME",
        default_value = "default",
        conflicts_with = "all_envs"
    )]
    environment: Environment,
    /// All environments: KEY, a tab, environment
    #[arg(long)]
    all_envs: bool,
    /// Only deleted secrets, which `undelete` brings back
    #[arg(long)]
    deleted: bool,
    /// A table with version, hosts, agents, what runs get, expiry, rotation and note
    #[arg(long, conflicts_with = "json")]
    long: bool,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: an array of {id, key, environment, version, hosts, agents, delivery, body, note, expires_at,
created_at, updated_at, value_changed_at, given, unbound, masked_value}; also rotate_every_days and
rotation_due_at where it is to be replaced regularly, staged_version, deleted_at where it is deleted, and damage where the row is not believed. `agents` is \"all\" or {\"only\": [..]}; `given` is what a
run gets, \"placeholder\" or \"value\"; `unbound` says that the value may go to any host; times are RFC 3339 UTC.

Examples:
  distri secrets list
  distri secrets list --all-envs --long
  distri secrets list --json | jq -r '.[] | select(.unbound) | .key'   # those that may go anywhere";

impl List {
    /// Lists them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let Some(context) = Context::if_there()? else {
            return self.print_none();
        };
        let environment = (!self.all_envs).then_some(self.environment.clone());
        let mut listed = context.caller()?.list(&ListSecrets {
            environment,
            deleted: self.deleted,
        })?;
        if self.deleted {
            listed.retain(|it| it.info.deleted_at.is_some());
        }
        for it in &listed {
            if let Some(damage) = &it.damage {
                terminal::error(damage);
            }
        }
        remind(&listed, SystemClock.now());
        let exit = if listed.iter().any(|it| it.damage.is_some()) {
            Exit::Integrity
        } else {
            Exit::Ok
        };
        self.print(&listed)?;
        Ok(exit)
    }

    /// Before the first secret is set there is nothing to list, and nothing is made by looking.
    fn print_none(&self) -> Result<Exit, Failure> {
        if self.json {
            output::json(&Vec::<SecretJson>::new())?;
        } else {
            terminal::note("No secrets found.");
            terminal::hint(&format!(
                "there is no installation in `{}`; `distri secrets set KEY` makes one",
                home()?.location()
            ));
        }
        Ok(Exit::Ok)
    }

    fn print(&self, listed: &[Listed]) -> Result<(), Failure> {
        if self.json {
            let all: Vec<_> = listed
                .iter()
                .map(|it| SecretJson::new(&it.info, it.damage.as_deref()))
                .collect();
            return output::json(&all);
        }
        if listed.is_empty() {
            terminal::note("No secrets found.");
            return Ok(());
        }
        let sound: Vec<_> = listed
            .iter()
            .filter(|it| it.damage.is_none())
            .map(|it| &it.info)
            .collect();
        if sound.is_empty() {
            return Ok(());
        }
        if !self.long {
            let lines = sound.iter().map(|it| {
                if self.all_envs {
                    format!("{}\t{}", it.key, it.environment)
                } else {
                    it.key.to_string()
                }
            });
            return output::line(&lines.collect::<Vec<_>>().join("\n"));
        }
        let now = SystemClock.now();
        let rows = sound.iter().map(|it| {
            vec![
                it.key.to_string(),
                it.environment.to_string(),
                it.version.to_string(),
                view::hosts(&it.policy),
                view::agents(&it.policy),
                view::given_cell(&it.policy),
                view::expiry(it, now),
                view::rotation(it, now),
                it.note.clone().unwrap_or_default(),
            ]
        });
        output::line(&table(
            &[
                "KEY",
                "ENV",
                "VERSION",
                "HOSTS",
                "AGENTS",
                "RUNS GET",
                "EXPIRES",
                "ROTATE BY",
                "NOTE",
            ],
            rows.collect(),
        ))
    }
}

/// What its owner wanted to have replaced by now.
fn remind(listed: &[Listed], now: Timestamp) {
    let due = listed.iter().filter(|it| it.damage.is_none()).map(|it| &it.info);
    for info in due.filter(|it| it.deleted_at.is_none() && it.is_rotation_due(now)) {
        let days = info.rotate_every_days.unwrap_or(0);
        terminal::warning(&format!("`{}` was to be replaced within {days} days", info.key));
    }
}
