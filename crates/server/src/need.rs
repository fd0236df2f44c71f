//! Whether an agent gets a secret that it names: what the check of an agent and its page say.

use distri_core::{AgentName, Timestamp};
use distri_vault::secrets::SecretInfo;

/// How it is with one secret of one agent in one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The agent gets it.
    Set,
    /// Nobody has set it.
    Missing,
    /// It is not given out any more.
    Expired,
    /// Its policy names other agents.
    NotForThisAgent,
}

impl Need {
    /// What is found where `secret` is.
    pub(crate) fn of(agent: &AgentName, secret: Option<&SecretInfo>, now: Timestamp) -> Self {
        match secret {
            None => Self::Missing,
            Some(it) if it.is_expired(now) => Self::Expired,
            Some(it) if !it.policy.agents.includes(Some(agent)) => Self::NotForThisAgent,
            Some(_) => Self::Set,
        }
    }

    /// The word on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Missing => "missing",
            Self::Expired => "expired",
            Self::NotForThisAgent => "not_for_this_agent",
        }
    }
}
