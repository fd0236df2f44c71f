//! Limits: to which keys, agents, environments and addresses a token is limited.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::AddressRange;
use crate::envelope::Canonical;
use crate::names::{AgentName, Environment, SecretKey};
use crate::policy::AgentScope;

/// What a credential is limited to; a part that is absent limits nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// These keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<BTreeSet<SecretKey>>,
    /// These agents, and the secrets that they may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agents: Option<BTreeSet<AgentName>>,
    /// These environments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environments: Option<BTreeSet<Environment>>,
    /// Requests from these addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<BTreeSet<AddressRange>>,
}

impl Limits {
    /// Whether some secrets or agents of the account are out of reach.
    #[must_use]
    pub fn are_partial(&self) -> bool {
        self.keys.is_some() || self.agents.is_some() || self.environments.is_some()
    }

    /// Whether a secret is within reach, given the agents that its policy names.
    #[must_use]
    pub fn reach(&self, environment: &Environment, key: &SecretKey, agents: &AgentScope) -> bool {
        let for_an_agent = |ours: &BTreeSet<AgentName>| ours.iter().any(|it| agents.includes(Some(it)));
        self.reach_key(key) && self.reach_environment(environment) && self.agents.as_ref().is_none_or(for_an_agent)
    }

    pub(super) fn reach_key(&self, key: &SecretKey) -> bool {
        self.keys.as_ref().is_none_or(|it| it.contains(key))
    }

    pub(super) fn reach_environment(&self, environment: &Environment) -> bool {
        self.environments.as_ref().is_none_or(|it| it.contains(environment))
    }

    /// Whether an agent is within reach; `None` is a command that runs without one.
    pub(super) fn reach_agent(&self, agent: Option<&AgentName>) -> bool {
        let names = self.agents.as_ref();
        names.is_none_or(|it| agent.is_some_and(|agent| it.contains(agent)))
    }

    /// Whether a request from `peer` is within reach.
    #[must_use]
    pub fn reach_address(&self, peer: IpAddr) -> bool {
        let ranges = self.addresses.as_ref();
        ranges.is_none_or(|it| it.iter().any(|range| range.contains(peer)))
    }

    /// Whether these addresses are all within `other`'s.
    #[must_use]
    pub fn addresses_within(&self, other: &Self) -> bool {
        let Some(theirs) = &other.addresses else { return true };
        let ours = self.addresses.as_ref();
        ours.is_some_and(|it| it.iter().all(|range| theirs.iter().any(|wide| range.is_within(wide))))
    }

    /// Appends the limits to what a MAC covers: absent and empty differ.
    pub fn authenticate(&self, canonical: &mut Canonical) {
        fn part<T>(canonical: &mut Canonical, set: Option<&BTreeSet<T>>, text: impl Fn(&T) -> String) {
            let texts: Vec<String> = set.into_iter().flatten().map(text).collect();
            canonical.optional(set.map(|_| &[][..]));
            canonical.list(texts.iter().map(|it| it.as_bytes()));
        }
        part(canonical, self.keys.as_ref(), ToString::to_string);
        part(canonical, self.agents.as_ref(), ToString::to_string);
        part(canonical, self.environments.as_ref(), ToString::to_string);
        part(canonical, self.addresses.as_ref(), ToString::to_string);
    }

    /// Takes one of the [`words`](Self::words); whether it is one.
    pub(super) fn take(&mut self, word: &str) -> bool {
        fn set<T: FromStr + Ord>(names: &str) -> Option<BTreeSet<T>> {
            let names = names.split(',').filter(|it| !it.is_empty());
            names.map(|it| it.parse().ok()).collect()
        }
        fn part<T>(place: &mut Option<BTreeSet<T>>, set: Option<BTreeSet<T>>) -> bool {
            let is_new = place.is_none() && set.is_some();
            *place = set;
            is_new
        }
        match word.split_once(' ') {
            Some(("keys", names)) => part(&mut self.keys, set(names)),
            Some(("agents", names)) => part(&mut self.agents, set(names)),
            Some(("environments", names)) => part(&mut self.environments, set(names)),
            Some(("addresses", names)) => part(&mut self.addresses, set(names)),
            _ => false,
        }
    }

    /// Each limit in words, for records and screens.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        fn part<T: ToString>(word: &str, set: Option<&BTreeSet<T>>) -> Option<String> {
            let texts: Vec<String> = set?.iter().map(ToString::to_string).collect();
            Some(format!("{word} {}", texts.join(",")))
        }
        let parts = [
            part("keys", self.keys.as_ref()),
            part("agents", self.agents.as_ref()),
            part("environments", self.environments.as_ref()),
            part("addresses", self.addresses.as_ref()),
        ];
        parts.into_iter().flatten().collect()
    }
}
