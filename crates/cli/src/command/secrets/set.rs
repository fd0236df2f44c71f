//! `secrets set`: a new secret, or a new version of one.

use clap::Args;
use distri_core::catalogue::Catalogue;
use distri_core::{Environment, SecretKey, SecretValue};
use distri_vault::secrets::SetSecret;

use super::place::Place;
use super::policy_args::PolicyArgs;
use super::value_source::ValueSource;
use super::view;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Set a secret: a new one, or a new version
///
/// Without VALUE it asks on a terminal, hidden, and reads standard input when that is piped: then one
/// line break at the end is stripped, nothing else. A value is 1 byte to 64 KiB, any bytes.
/// A well-known key is bound to its service's hosts when it is new; `--host` binds any key.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Set {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    source: ValueSource,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Put the value beside the one in use, which stays in use until `secrets promote`; `exec --staged` tries it
    #[arg(long)]
    stage: bool,
}

const EXAMPLES: &str = "\
Examples:
  distri secrets set STRIPE_API_KEY
  printf %s \"$VALUE\" | distri secrets set STRIPE_API_KEY --env prod
  distri secrets set TLS_KEY --from-file key.pem
  distri secrets set SESSION_SECRET --generate=48 --any-host --expires 90d
  distri secrets set CRM_TOKEN --host 'GET,POST crm.example.com/api' --agent sales_agent
  distri secrets set STRIPE_API_KEY --stage      # then `secrets promote STRIPE_API_KEY`
  distri secrets set PIN -- -1234-              # after `--` anything is the value";

impl Set {
    /// Sets it and says where the value may go.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let key = self.place.key()?;
        let expires_at = self.policy.expires_at()?;
        let value = self.source.read(&key)?;
        warn_about(&key, &value);

        let context = Context::open()?;
        if self.stage {
            return stage(&context, &key, &self.place.environment, &self.policy, &value);
        }
        let request = SetSecret {
            hosts: self.policy.hosts(),
            default_policy: Catalogue::builtin().policy_for(&key),
            agents: self.policy.agents(),
            delivery: self.policy.delivery(),
            body: self.policy.body(),
            note: self.policy.note(),
            expires_at,
            rotate_every_days: self.policy.rotate_every_days(),
            expected_version: self.policy.expect_version,
            ..SetSecret::new(key.clone(), self.place.environment, value)
        };
        let outcome = context.caller()?.set(&request)?;

        terminal::note(&format!("Secret '{key}' set."));
        let from_catalogue = outcome.created && !self.policy.names_hosts() && !outcome.info.policy.is_unbound();
        let known = if from_catalogue {
            ", as is known for this key"
        } else {
            ""
        };
        let back = if outcome.undeleted {
            "; it was deleted and is back"
        } else {
            ""
        };
        terminal::note(&format!("  {}{back}", view::summary_with(&outcome.info, known)));
        let explains = Catalogue::builtin().get(&key).is_some_and(|it| it.unbound.is_some());
        if outcome.created && outcome.info.policy.is_unbound() && !self.policy.names_hosts() && !explains {
            terminal::hint(&format!(
                "`distri secrets edit {key} --host HOST` lets the value go to its service only"
            ));
        }
        Ok(Exit::Ok)
    }
}

fn stage(
    context: &Context,
    key: &SecretKey,
    environment: &Environment,
    policy: &PolicyArgs,
    value: &SecretValue,
) -> Result<Exit, Failure> {
    if !policy.is_empty() || policy.expect_version.is_some() {
        return Err(Failure::new(
            Exit::Usage,
            "a staged value takes the policy and note of the one in use",
        )
        .hint(format!("change them with `distri secrets edit {key}`")));
    }
    let info = context.caller()?.stage(key, environment, value)?;
    let staged = info.staged_version.unwrap_or(info.version);
    terminal::note(&format!(
        "Secret '{key}' has a staged value, version {staged}; version {} stays in use.",
        info.version
    ));
    terminal::hint(&format!(
        "try it with `distri exec --staged`, take it into use with `distri secrets promote {key}`"
    ));
    Ok(Exit::Ok)
}

/// What is odd about a value; no sentence holds a part of it.
fn warn_about(key: &SecretKey, value: &SecretValue) {
    if let Some(weakness) = distri_redact::weakness(value.expose_secret()) {
        terminal::warning(&weakness.to_string());
    }
    if let Some(sentence) = Catalogue::builtin().shape_warning(key, value.expose_secret()) {
        terminal::warning(&sentence);
    }
}
