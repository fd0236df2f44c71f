//! The decision: who may do what, as values that only the decision can make.
//!
//! A use case that needs a permission takes an [`Allowed`]; only [`Authority::authorize`] makes one, so a forgotten
//! check does not compile. The permission carries the limits of the credential: a stored secret is out of reach until
//! they were applied to it, so a forgotten limit does not compile either.
//!
//! | module | owns |
//! |---|---|
//! | [`action`] | what needs a permission: which roles, which scope, about secrets or about the account |
//! | [`scope`] | what a token may be made for |
//! | [`limits`] | to which keys, agents, environments and addresses a token is limited |
//! | [`decision`] | the answer |
//! | [`grants`] | what was permitted, in the words of a record |
//!
//! To add an action: its line in [`action`], its row in `table.txt`.

pub mod action;
pub mod decision;
pub mod grants;
pub mod limits;
pub mod scope;

mod address;

#[cfg(test)]
mod tests;

pub use action::{
    About, Accounts, Action, Audit, DeleteAccount, Keys, Members, Oversee, Purge, PushAgents, Read, Resolve, Reveal,
    Tokens, Write, all_actions,
};
pub use address::{AddressRange, AddressRangeError};
pub use decision::{Allowed, Authority, Denied};
pub use grants::Grants;
pub use limits::Limits;
pub use scope::{Scope, ScopeError, Scopes};

use serde::{Deserialize, Serialize};

use crate::ids::EntityId;

/// Who acts, and by which credential: the part of a decision that the audit record keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// What kind of actor this is.
    pub kind: ActorKind,
    /// Its name: the user of the operating system, a member's address, a token's name.
    pub name: String,
    /// What it may do in the account.
    pub role: Role,
    /// The token or the person, whatever its name is now. The user of this machine has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EntityId>,
}

impl Actor {
    /// The user of this machine, who owns the embedded store.
    #[must_use]
    pub fn local(name: impl Into<String>) -> Self {
        Self {
            kind: ActorKind::Local,
            name: name.into(),
            role: Role::Owner,
            id: None,
        }
    }
}

/// What kind of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// Whoever can read the embedded store's root key: the user of this machine.
    Local,
    /// A member of an account, signed in.
    Member,
    /// A token.
    Token,
    /// Nobody who is known: it is permitted nothing, and only recorded.
    Nobody,
}

impl ActorKind {
    /// The word in records and on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Member => "member",
            Self::Token => "token",
            Self::Nobody => "nobody",
        }
    }
}

/// A role in an account. The greater one may do more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads metadata.
    Viewer,
    /// Reads metadata, changes secrets, runs agents.
    Member,
    /// Everything but keys and the account itself.
    Admin,
    /// Everything, members and keys included.
    Owner,
}

impl Role {
    /// All of them, the greatest first.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Member, Self::Viewer];

    /// The word in records and on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(RoleError)
    }
}

/// Text that is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is `owner`, `admin`, `member` or `viewer`")]
pub struct RoleError;
