//! Which agents may use a secret.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::{AgentName, AgentNameError};

/// All agents of the account, or only those named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentScope {
    /// Every agent of the account, and commands run by `exec` without an agent.
    #[default]
    All,
    /// These and no others; an empty set means no agent at all.
    Only(BTreeSet<AgentName>),
}

impl AgentScope {
    /// Only these agents.
    pub fn only(names: impl IntoIterator<Item = AgentName>) -> Self {
        Self::Only(names.into_iter().collect())
    }

    /// Whether `agent` may use the secret; `None` is a command that runs without an agent.
    #[must_use]
    pub fn includes(&self, agent: Option<&AgentName>) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => agent.is_some_and(|it| names.contains(it)),
        }
    }

    /// The names listed, sorted; none for [`All`](Self::All).
    pub fn names(&self) -> impl Iterator<Item = &AgentName> {
        match self {
            Self::All => None,
            Self::Only(names) => Some(names),
        }
        .into_iter()
        .flatten()
    }

    pub(crate) fn tag(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Only(_) => "only",
        }
    }
}

impl fmt::Display for AgentScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.pad("*"),
            Self::Only(names) if names.is_empty() => f.pad("none"),
            Self::Only(names) => f.pad(&names.iter().map(AgentName::as_str).collect::<Vec<_>>().join(",")),
        }
    }
}

impl FromStr for AgentScope {
    type Err = AgentScopeError;

    /// `*`, `none`, or names separated by commas. An agent called `none` is written `none,none`: the set has it once.
    fn from_str(text: &str) -> Result<Self, AgentScopeError> {
        match text {
            "*" => Ok(Self::All),
            "none" => Ok(Self::Only(BTreeSet::new())),
            names => Ok(Self::Only(names.split(',').map(str::parse).collect::<Result<_, _>>()?)),
        }
    }
}

/// Text that is no agent scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("agents are `*`, `none`, or names separated by commas: {0}")]
pub struct AgentScopeError(#[from] AgentNameError);
