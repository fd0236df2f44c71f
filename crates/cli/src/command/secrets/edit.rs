//! `secrets edit`: hosts, agents, delivery, places, note and expiry, without the value.

use clap::Args;
use distri_vault::secrets::UpdateSecret;

use super::place::Place;
use super::policy_args::PolicyArgs;
use super::view;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// Change hosts, agents, delivery, note, expiry or rotation; the value stays
///
/// What is not named stays. `--host` and `--agent` replace all there were. A change of hosts, agents
/// or delivery makes a new version with the same value.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Edit {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    policy: PolicyArgs,
}

const EXAMPLES: &str = "\
Examples:
  distri secrets edit CRM_TOKEN --host crm.example.com
  distri secrets edit CRM_TOKEN --agent sales_agent --agent support_agent
  distri secrets edit CRM_TOKEN --note 'from the CRM, settings, API' --expires 90d
  distri secrets edit CRM_TOKEN --any-host --any-agent --expires never";

impl Edit {
    /// Changes it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let key = self.place.key()?;
        if self.policy.is_empty() {
            return Err(
                Failure::new(Exit::Usage, "there is nothing to change").hint("see `distri secrets edit --help`")
            );
        }
        let request = UpdateSecret {
            hosts: self.policy.hosts(),
            agents: self.policy.agents(),
            delivery: self.policy.delivery(),
            body: self.policy.body(),
            note: self.policy.note(),
            expires_at: self.policy.expires_at()?,
            rotate_every_days: self.policy.rotate_every_days(),
            expected_version: self.policy.expect_version,
        };
        let outcome = Context::open()?
            .caller()?
            .update(&key, &self.place.environment, &request)?;
        terminal::note(&match outcome.changed {
            true => format!("Secret '{key}' changed."),
            false => format!("Secret '{key}' is like that already."),
        });
        terminal::note(&format!("  {}", view::summary(&outcome.info)));
        Ok(Exit::Ok)
    }
}
