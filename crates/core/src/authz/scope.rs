//! Scopes: what a token may be made for. They add up; none includes another.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Role, all_actions};

/// One thing that a token may be made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Seeing keys, versions, policies and history.
    Read,
    /// Changing secrets and agent definitions.
    Write,
    /// Reading values as a person.
    Reveal,
    /// Handing values to runs.
    Resolve,
    /// Tokens, members, the audit log.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Read, Self::Write, Self::Reveal, Self::Resolve, Self::Admin];

    /// The word on the command line, in records and on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Reveal => "reveal",
            Self::Resolve => "resolve",
            Self::Admin => "admin",
        }
    }

    /// Whether a token with this scope could do anything by it while its maker has `role`.
    #[must_use]
    pub fn is_of_use_to(self, role: Role) -> bool {
        all_actions()
            .iter()
            .any(|it| it.scope == self && it.roles.contains(&role))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(ScopeError)
    }
}

/// One or more scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeSet<Scope>", into = "BTreeSet<Scope>")]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Whether `scope` is one of them.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

impl TryFrom<BTreeSet<Scope>> for Scopes {
    type Error = ScopeError;

    fn try_from(scopes: BTreeSet<Scope>) -> Result<Self, ScopeError> {
        if scopes.is_empty() {
            Err(ScopeError)
        } else {
            Ok(Self(scopes))
        }
    }
}

impl From<Scopes> for BTreeSet<Scope> {
    fn from(scopes: Scopes) -> Self {
        scopes.0
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.pad(&words.join(","))
    }
}

impl FromStr for Scopes {
    type Err = ScopeError;

    /// Scopes separated by commas.
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let scopes: BTreeSet<Scope> = text.split(',').map(str::parse).collect::<Result<_, _>>()?;
        scopes.try_into()
    }
}

/// Text that is no list of scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("scopes are one or more of `read`, `write`, `reveal`, `resolve` and `admin`, separated by commas")]
pub struct ScopeError;
