//! The decision: who may do what, as values that only the decision can make.
//!
//! A use case that needs a permission takes an [`Allowed`]; only [`Actor::authorize`] makes one, so a forgotten
//! check does not compile.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

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
}

impl ActorKind {
    /// The word in records and on screens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Member => "member",
            Self::Token => "token",
        }
    }
}

/// A role in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything, members and keys included.
    Owner,
    /// Everything but keys and the account itself.
    Admin,
    /// Reads metadata, changes secrets, runs agents.
    Member,
    /// Reads metadata.
    Viewer,
}

impl Role {
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

/// Something that needs a permission. Each is a type, so that a permission for one is none for another.
pub trait Action {
    /// The word in a denial and in the audit log.
    const WORD: &'static str;
    /// Whether `role` may do it.
    fn permits(role: Role) -> bool;
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal : $($role:ident)|+),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl Action for $name {
            const WORD: &'static str = $word;

            fn permits(role: Role) -> bool {
                matches!(role, $(Role::$role)|+)
            }
        }
    )+

        /// Each action's word and which roles may do it, for documentation and completeness tests.
        pub fn all_actions() -> Vec<(&'static str, Vec<Role>)> {
            const ROLES: [Role; 4] = [Role::Owner, Role::Admin, Role::Member, Role::Viewer];
            vec![$(($word, ROLES.into_iter().filter(|it| $name::permits(*it)).collect())),+]
        }
    };
}

actions! {
    /// Seeing keys, versions, policies and history, never a value.
    Read = "read": Owner | Admin | Member | Viewer,
    /// Setting, deleting, restoring secrets and changing their policy.
    Write = "write": Owner | Admin | Member,
    /// Reading a value as a person.
    Reveal = "reveal": Owner | Admin,
    /// Handing values to a run.
    Resolve = "resolve": Owner | Admin | Member,
    /// Reading the audit log.
    Audit = "audit": Owner | Admin,
    /// Dropping bodies of the audit log, and accepting that it has fallen behind.
    Oversee = "oversee": Owner,
}

/// The answer *yes*, for one actor, one action and one account.
#[must_use]
pub struct Allowed<A> {
    actor: Actor,
    account: AccountId,
    action: PhantomData<A>,
}

impl<A> Allowed<A> {
    /// Who may.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// In which account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }
}

impl Actor {
    /// The user of this machine, who owns the embedded store.
    #[must_use]
    pub fn local(name: impl Into<String>) -> Self {
        Self {
            kind: ActorKind::Local,
            name: name.into(),
            role: Role::Owner,
        }
    }

    /// Decides whether this actor may do `A` in `account`.
    ///
    /// # Errors
    /// [`Denied`] names the action; it says nothing of what exists.
    pub fn authorize<A: Action>(&self, account: AccountId) -> Result<Allowed<A>, Denied> {
        if A::permits(self.role) {
            Ok(Allowed {
                actor: self.clone(),
                account,
                action: PhantomData,
            })
        } else {
            Err(Denied {
                action: A::WORD,
                role: self.role.as_str(),
            })
        }
    }
}

/// The answer *no*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the role `{role}` does not permit `{action}`")]
pub struct Denied {
    /// What was asked for.
    pub action: &'static str,
    /// The role that does not permit it.
    pub role: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_permit_what_the_table_says() {
        let account = AccountId::from_bytes([0; 16]);
        let actor = |role| Actor {
            role,
            ..Actor::local("t")
        };
        assert!(actor(Role::Viewer).authorize::<Read>(account).is_ok());
        assert!(actor(Role::Viewer).authorize::<Write>(account).is_err());
        assert!(actor(Role::Member).authorize::<Resolve>(account).is_ok());
        assert!(actor(Role::Member).authorize::<Reveal>(account).is_err());
        assert!(actor(Role::Admin).authorize::<Reveal>(account).is_ok());
        for (action, roles) in all_actions() {
            assert!(roles.contains(&Role::Owner), "an owner may {action}");
        }
    }
}
