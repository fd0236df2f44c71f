//! Whether the secrets that a definition names are there, without making a store where there is none.

use distri_core::{AgentName, Clock, Environment, SecretKey, SystemClock};
use distri_vault::secrets::{ListSecrets, SecretInfo};
use serde::Serialize;

use crate::context::Context;
use crate::failure::Failure;

/// What is stored in one environment.
pub(super) struct Stored(Vec<SecretInfo>);

/// How a key stands for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Standing {
    /// There, and the agent may use it.
    Set,
    /// Not there.
    Missing,
    /// Past its expiry.
    Expired,
    /// Meant for other agents.
    OtherAgents,
}

impl Stored {
    /// Reads keys and policies. Nothing is stored where nothing was ever set up.
    pub(super) fn read(environment: &Environment) -> Result<Self, Failure> {
        let Some(context) = Context::if_there()? else {
            return Ok(Self(Vec::new()));
        };
        let listed = context.caller()?.list(&ListSecrets {
            environment: Some(environment.clone()),
            deleted: false,
        })?;
        Ok(Self(listed.into_iter().map(|it| it.info).collect()))
    }

    /// How `key` stands for `agent`.
    pub(super) fn standing(&self, key: &SecretKey, agent: &AgentName) -> Standing {
        match self.0.iter().find(|it| it.key == *key) {
            None => Standing::Missing,
            Some(it) if it.is_expired(SystemClock.now()) => Standing::Expired,
            Some(it) if !it.policy.agents.includes(Some(agent)) => Standing::OtherAgents,
            Some(_) => Standing::Set,
        }
    }
}

impl Standing {
    /// In words.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Missing => "missing",
            Self::Expired => "expired",
            Self::OtherAgents => "for other agents",
        }
    }
}
