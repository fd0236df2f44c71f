//! `secrets purge`: destroying secrets beyond recovery.

use clap::{ArgGroup, Args};
use distri_core::{Clock, Environment, SystemClock};
use distri_vault::secrets::{Copies, Purged, RECOVERY_DAYS};
use serde_json::json;

use crate::command::key_text::KeyText;
use crate::context::Context;
use crate::duration::RotateEvery;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::minute;
use crate::{output, terminal};

/// Destroy a secret beyond recovery: the key that seals it, and every version
///
/// `secrets delete` is enough where it may be wanted again. What was recorded stays in the audit log. Afterwards it is said
/// which backups still have it.
#[derive(Debug, Args)]
#[command(after_help = NOTES, group = ArgGroup::new("which").required(true).args(["key", "expired"]))]
pub(crate) struct Purge {
    /// The secret, live or deleted
    #[arg(value_name = "KEY")]
    key: Option<KeyText>,
    /// Its environment
    #[arg(long = "env", value_name = "NAME", default_value = "default")]
    environment: Environment,
    /// Every secret, in every environment, that was deleted longer ago than the recovery window
    #[arg(long)]
    expired: bool,
    /// With --expired, the recovery window
    #[arg(long, value_name = "TIME", requires = "expired")]
    older_than: Option<RotateEvery>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
The recovery window is 30 days. JSON: {purged: [{key, environment}], versions, copies: {backups: [{at, path,
recipients}], log, on_a_server}}.

Examples:
  distri secrets purge OLD_API_KEY
  distri secrets purge --expired --yes           # from a scheduled job";

impl Purge {
    /// Purges.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let key = self.key.as_ref().map(KeyText::parse).transpose()?;
        let context = Context::open()?;
        let place = context.place();
        let question = match &key {
            Some(key) => format!("Destroy secret '{key}' {place} beyond recovery?"),
            None => format!("Destroy every secret {place} that was deleted longer ago than that?"),
        };
        if !self.yes && !terminal::confirmed(&question, "destroy it")? {
            terminal::note("Nothing was destroyed.");
            return Ok(Exit::Failed);
        }
        let caller = context.caller()?;
        let purged = match &key {
            Some(key) => caller.purge(key, &self.environment)?,
            None => {
                let days = self.older_than.and_then(RotateEvery::days).unwrap_or(RECOVERY_DAYS);
                let window = jiff::SignedDuration::from_hours(24 * i64::from(days));
                let before = SystemClock.now().checked_sub(window);
                caller.purge_deleted(before.map_err(|error| Failure::new(Exit::Usage, error.to_string()))?)?
            }
        };
        if self.json {
            let names: Vec<_> = purged
                .secrets
                .iter()
                .map(|it| json!({ "key": it.key, "environment": it.environment }))
                .collect();
            output::json(&json!({ "purged": names, "versions": purged.versions, "copies": purged.copies }))?;
        }
        say(&purged);
        Ok(Exit::Ok)
    }
}

fn say(purged: &Purged) {
    if purged.secrets.is_empty() {
        return terminal::note("Nothing was deleted longer ago than that.");
    }
    for info in &purged.secrets {
        terminal::note(&format!("Secret '{}' destroyed.", info.key));
    }
    say_copies(&purged.copies);
}

/// Where something of it may still be.
pub(crate) fn say_copies(copies: &Copies) {
    for it in &copies.backups {
        let place = match it.path.as_str() {
            "" => "beside the server".to_owned(),
            path => format!("`{path}`"),
        };
        terminal::warning(&format!(
            "a backup of {} still has it: {place}, for {} recipient{}",
            minute(it.at),
            it.recipients,
            if it.recipients == 1 { "" } else { "s" }
        ));
    }
    if let Some(reason) = &copies.log {
        terminal::warning(&format!(
            "the database's own log still has it ({reason}); run `distri secrets purge --expired --yes` again later"
        ));
    }
    if copies.on_a_server {
        terminal::warning("the server keeps it until its next `VACUUM`, and in its log, replicas and backups");
    }
    terminal::note("Snapshots and copies that others made of the disk are not known here.");
}
