//! Lists of secrets in pages: what is asked for, and what a read of a part answers.

use distri_core::ids::AccountId;
use distri_core::policy::AgentScope;
use distri_core::{Environment, SecretKey};

use crate::Guarded;

/// A part of a list of an account's secrets, which is sorted by key and environment.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    /// Which of the two halves.
    pub half: Half,
    /// One environment, or all.
    pub environment: Option<&'a Environment>,
    /// Where it goes on.
    pub from: &'a Place,
    /// How many at most.
    pub limit: u32,
}

/// A part of the list of secrets that are not deleted, as far as a search looks at them.
#[derive(Clone, Copy)]
pub struct NamesPart<'a> {
    /// One environment, or all.
    pub environment: Option<&'a Environment>,
    /// Where it goes on.
    pub from: &'a Place,
    /// How many at most.
    pub limit: u32,
    /// Whether the agents that the policies name are asked for.
    pub with_agents: bool,
}

/// An account's secrets are two halves. A list of both is read from each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Those that are not deleted.
    Live,
    /// Those that are deleted and can be brought back.
    Deleted,
}

/// Where a list goes on. What it holds cannot be read: a place may be that of a secret beyond the limits.
#[derive(Clone)]
pub struct Place {
    pub(crate) key: String,
    pub(crate) environment: String,
}

impl Place {
    /// Before every secret.
    #[must_use]
    pub fn beginning() -> Self {
        // No key is empty.
        Self {
            key: String::new(),
            environment: String::new(),
        }
    }

    /// After this secret, whether it is there or not.
    #[must_use]
    pub fn after(key: &SecretKey, environment: &Environment) -> Self {
        Self {
            key: key.to_string(),
            environment: environment.to_string(),
        }
    }

    /// After this key in every environment.
    #[must_use]
    pub fn after_key(key: &SecretKey) -> Self {
        Self {
            key: key.to_string(),
            // Sorts after every character of an environment's name.
            environment: "~".to_owned(),
        }
    }

    /// Whether the secret comes after it.
    #[must_use]
    pub fn is_before(&self, key: &SecretKey, environment: &Environment) -> bool {
        (self.key.as_str(), self.environment.as_str()) < (key.as_str(), environment.as_str())
    }

    /// Whether every secret of the key comes before it.
    #[must_use]
    pub fn is_after_key(&self, key: &SecretKey) -> bool {
        self.key.as_str() > key.as_str()
    }
}

/// A part of a list.
pub struct Batch<S> {
    /// What was found.
    pub found: Guarded<Vec<S>>,
    /// Where the list goes on, if it does: not all that was found need be within the limits.
    pub rest: Option<Place>,
}

/// What of a secret's row a search looks at.
pub struct NameRow {
    /// Its account.
    pub account: AccountId,
    /// Its environment.
    pub environment: Environment,
    /// Its key.
    pub key: SecretKey,
    /// What people wrote about it.
    pub note: Option<String>,
    /// Which agents its policy names; nobody where that was not asked for, so that it is beyond all limits to agents.
    pub agents: AgentScope,
}

/// What there is in an account, limits or not.
#[derive(Clone, Debug)]
pub struct TallyRow {
    /// The account.
    pub account: AccountId,
    /// The environments in which there are secrets, sorted.
    pub environments: Vec<Environment>,
    /// How many keys there are, as far as they were counted.
    pub keys: u32,
    /// How many secrets are deleted, as far as they were counted.
    pub deleted: u32,
}
