//! The policy of a secret: where its value may go, for whom, and how.
//!
//! A policy is sealed in with each version: its canonical bytes are hashed into the associated data of the
//! envelope, so whoever edits the stored policy makes `open` fail instead of moving the value elsewhere.

mod agent_scope;
mod binding;
mod delivery;
mod host;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

pub use agent_scope::{AgentScope, AgentScopeError};
pub use binding::{Binding, BindingError, Scheme, Target};
pub use delivery::{Delivery, DeliveryError};
pub use host::{HostError, HostPattern};

use crate::envelope::Canonical;

/// Hosts, agents and delivery of a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Where the value may go; empty means *unbound*: no host is checked, and every face says so.
    pub hosts: Vec<Binding>,
    /// Which agents may use it.
    pub agents: AgentScope,
    /// How a run is given it.
    pub delivery: Delivery,
    /// Whether the broker may put the value into a request's body as well as into headers and the query.
    #[serde(default)]
    pub body: bool,
}

/// What a run is given of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// A placeholder; the value stays with the broker.
    Placeholder,
    /// The value itself.
    Value,
}

impl Policy {
    /// The one form of this policy: bindings sorted and without repetition.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        self.hosts.sort();
        self.hosts.dedup();
        self
    }

    /// What a run is given: a placeholder where hosts are named or it is asked for, else the value.
    #[must_use]
    pub fn given(&self) -> Given {
        match self.delivery {
            Delivery::Auto if self.hosts.is_empty() => Given::Value,
            Delivery::Auto | Delivery::Placeholder => Given::Placeholder,
            Delivery::Value => Given::Value,
        }
    }

    /// Whether no host is named and the value is given, so that it may go anywhere. A placeholder without hosts is good
    /// for cryptography on this machine and goes nowhere.
    #[must_use]
    pub fn is_unbound(&self) -> bool {
        self.hosts.is_empty() && self.given() == Given::Value
    }

    /// Whether the value may go to `target`: always for an unbound secret, else when a binding covers it.
    #[must_use]
    pub fn allows(&self, target: &Target<'_>) -> bool {
        self.is_unbound() || self.hosts.iter().any(|binding| binding.covers(target))
    }

    /// SHA-256 over the canonical bytes: what the associated data of a version holds.
    #[must_use]
    pub fn hash(&self) -> PolicyHash {
        let mut canonical = Canonical::new("policy");
        let mut hosts: Vec<String> = self.hosts.iter().map(ToString::to_string).collect();
        hosts.sort();
        hosts.dedup();
        canonical.list(hosts.iter().map(String::as_bytes));
        canonical.list(self.agents.names().map(|it| it.as_str().as_bytes()));
        canonical.bytes(self.agents.tag().as_bytes());
        canonical.bytes(self.delivery.as_str().as_bytes());
        canonical.bytes(if self.body { b"body" } else { b"" });
        let digest = digest::digest(&digest::SHA256, canonical.as_ref());
        PolicyHash(digest.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

/// The hash that binds a policy into an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyHash(pub(crate) [u8; 32]);

impl PolicyHash {
    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(hosts: &[&str]) -> Policy {
        Policy {
            hosts: hosts.iter().map(|it| it.parse().expect("a binding")).collect(),
            ..Policy::default()
        }
    }

    #[test]
    fn order_and_repetition_of_hosts_do_not_change_the_hash() {
        let one = policy(&["a.example", "b.example", "a.example"]);
        let two = policy(&["b.example", "a.example"]);
        assert_eq!(one.hash(), two.hash());
        assert_eq!(one.canonical(), two.canonical());
    }

    #[test]
    fn each_part_changes_the_hash() {
        let base = policy(&["a.example"]);
        let others = [
            policy(&["b.example"]),
            policy(&[]),
            Policy {
                agents: AgentScope::only(["x".parse().expect("a name")]),
                ..base.clone()
            },
            Policy {
                delivery: Delivery::Value,
                ..base.clone()
            },
            Policy {
                body: true,
                ..base.clone()
            },
        ];
        for other in others {
            assert_ne!(base.hash(), other.hash(), "{other:?}");
        }
    }

    #[test]
    fn hosts_or_the_word_make_a_placeholder_and_only_a_value_without_hosts_is_unbound() {
        use Given::{Placeholder, Value};
        let cases = [
            (Delivery::Auto, &["a.example"][..], Placeholder, false),
            (Delivery::Auto, &[], Value, true),
            (Delivery::Placeholder, &[], Placeholder, false),
            (Delivery::Value, &["a.example"], Value, false),
            (Delivery::Value, &[], Value, true),
        ];
        for (delivery, hosts, given, unbound) in cases {
            let policy = Policy {
                delivery,
                ..policy(hosts)
            };
            assert_eq!((policy.given(), policy.is_unbound()), (given, unbound), "{policy:?}");
        }
    }

    #[test]
    fn an_empty_agent_list_is_not_all_agents() {
        let all = Policy::default();
        let none = Policy {
            agents: AgentScope::only([]),
            ..Policy::default()
        };
        assert_ne!(all.hash(), none.hash());
    }
}
