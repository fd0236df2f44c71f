//! The answer: role, then scope, then limits.

use std::marker::PhantomData;
use std::sync::Arc;

use super::{About, Action, Actor, ActorKind, Limits, Scope, Scopes};
use crate::ids::AccountId;
use crate::names::{AgentName, Environment, SecretKey};
use crate::policy::AgentScope;

/// All that a decision goes by: who acts, and what the credential is good for.
#[derive(Clone, Debug)]
pub struct Authority {
    actor: Actor,
    /// `None`: whatever the role permits.
    scopes: Option<Scopes>,
    limits: Arc<Limits>,
    /// Whether the person gave the password a short while ago.
    is_fresh: bool,
    /// Whether it is for the account that the installation was made with.
    is_first_account: bool,
}

impl Authority {
    /// Of an actor without a token: whatever the role permits.
    #[must_use]
    pub fn of(actor: Actor) -> Self {
        Self {
            is_fresh: actor.kind != ActorKind::Member,
            actor,
            scopes: None,
            limits: Arc::default(),
            is_first_account: false,
        }
    }

    /// Of a person who is signed in; `is_fresh` says whether the password was given a short while ago.
    #[must_use]
    pub fn of_member(actor: Actor, is_fresh: bool) -> Self {
        Self {
            is_fresh,
            ..Self::of(actor)
        }
    }

    /// Of a token: what the role permits, as far as scopes and limits go.
    #[must_use]
    pub fn of_token(actor: Actor, scopes: Scopes, limits: Limits) -> Self {
        Self {
            scopes: Some(scopes),
            limits: Arc::new(limits),
            ..Self::of(actor)
        }
    }

    /// The same, for the account that the installation was made with, or for another.
    #[must_use]
    pub fn in_first_account(self, is_first_account: bool) -> Self {
        Self {
            is_first_account,
            ..self
        }
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The scopes; `None` without a token.
    #[must_use]
    pub fn scopes(&self) -> Option<&Scopes> {
        self.scopes.as_ref()
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether the password was given a short while ago, where that is asked of `action` in some cases only.
    ///
    /// # Errors
    /// [`Denied::NotFresh`], only for a person who is signed in.
    pub fn freshly(&self, action: &'static str) -> Result<(), Denied> {
        match self.is_fresh {
            true => Ok(()),
            false => Err(Denied::NotFresh { action }),
        }
    }

    /// Decides whether this actor may do `A` in `account`.
    ///
    /// # Errors
    /// [`Denied`] names the action; it says nothing of what exists.
    pub fn authorize<A: Action>(&self, account: AccountId) -> Result<Allowed<A>, Denied> {
        let action = A::WORD;
        if !A::permits(self.actor.role) {
            let role = self.actor.role.as_str();
            return Err(Denied::Role { action, role });
        }
        if self.scopes.as_ref().is_some_and(|it| !it.has(A::SCOPE)) {
            return Err(Denied::Scope {
                action,
                scope: A::SCOPE,
            });
        }
        if A::ABOUT != About::Secrets && self.limits.are_partial() {
            return Err(Denied::Limited { action });
        }
        if A::ABOUT == About::Installation && !self.is_first_account && self.actor.kind != ActorKind::Local {
            return Err(Denied::Elsewhere { action });
        }
        if A::FRESH && !self.is_fresh {
            return Err(Denied::NotFresh { action });
        }
        Ok(Allowed {
            actor: self.actor.clone(),
            account,
            limits: Arc::clone(&self.limits),
            action: PhantomData,
        })
    }
}

/// The answer *yes*, for one actor, one action and one account, within the limits of one credential.
#[must_use]
pub struct Allowed<A> {
    actor: Actor,
    account: AccountId,
    limits: Arc<Limits>,
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

    /// Whether a stored secret is within the limits. One that is not is as if it were not there.
    #[must_use]
    pub fn reaches(&self, environment: &Environment, key: &SecretKey, agents: &AgentScope) -> bool {
        self.limits.reach(environment, key, agents)
    }

    /// The permission to know of `account` as a whole, such as how many secrets it has.
    ///
    /// # Errors
    /// [`Denied::Limited`] for a credential that is limited to some of its secrets, or is of another account.
    pub fn whole(&self, account: AccountId) -> Result<(), Denied>
    where
        A: Action,
    {
        match self.limits.are_partial() || account != self.account {
            true => Err(Denied::Limited { action: A::WORD }),
            false => Ok(()),
        }
    }

    /// Whether an agent is within the limits; `None` is a command that runs without one.
    #[must_use]
    pub fn reaches_agent(&self, agent: Option<&AgentName>) -> bool {
        self.limits.reach_agent(agent)
    }

    /// The permission to put a secret at this place, whether there is one or not.
    ///
    /// # Errors
    /// [`Denied::Limit`], the same for what exists and for what does not.
    pub fn place(&self, environment: &Environment, key: &SecretKey) -> Result<(), Denied> {
        if !self.limits.reach_key(key) {
            return Err(Denied::Limit { what: "key" });
        }
        self.environment(environment)
    }

    /// The permission to look into this environment.
    ///
    /// # Errors
    /// [`Denied::Limit`].
    pub fn environment(&self, environment: &Environment) -> Result<(), Denied> {
        match self.limits.reach_environment(environment) {
            true => Ok(()),
            false => Err(Denied::Limit { what: "environment" }),
        }
    }

    /// The permission to act for this agent.
    ///
    /// # Errors
    /// [`Denied::Limit`].
    pub fn agent(&self, agent: Option<&AgentName>) -> Result<(), Denied> {
        match self.reaches_agent(agent) {
            true => Ok(()),
            false => Err(Denied::Limit { what: "agent" }),
        }
    }
}

/// The answer *no*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The role does not permit it.
    #[error("the role `{role}` does not permit `{action}`")]
    Role {
        /// What was asked for.
        action: &'static str,
        /// The role that does not permit it.
        role: &'static str,
    },
    /// The token was not made for it.
    #[error("the token does not permit `{action}`: it lacks the scope `{scope}`")]
    Scope {
        /// What was asked for.
        action: &'static str,
        /// The scope that it needs.
        scope: Scope,
    },
    /// The token is limited to some secrets, and this is about the account as a whole.
    #[error("the token does not permit `{action}`: it is limited to some keys, agents or environments")]
    Limited {
        /// What was asked for.
        action: &'static str,
    },
    /// It is about the whole installation, and this account is one of several in it.
    #[error("`{action}` is about the whole installation: it is for owners of the account that it was made with")]
    Elsewhere {
        /// What was asked for.
        action: &'static str,
    },
    /// What was named is beyond the token's limits, whether it exists or not.
    #[error("the token's limits do not include this {what}")]
    Limit {
        /// `key`, `agent` or `environment`.
        what: &'static str,
    },
    /// A token would be good for more than whoever makes it is.
    #[error("a token cannot make one with more than its own {what}")]
    Beyond {
        /// `scopes`, `addresses` or `expiry`.
        what: &'static str,
    },
    /// Somebody with a greater role is changed by nobody below, and nobody gives a greater role than their own.
    #[error("the role `{role}` is not enough to {what} somebody who is `{above}`")]
    Above {
        /// Such as `remove`.
        what: &'static str,
        /// The role of whoever asks.
        role: &'static str,
        /// The greater one.
        above: &'static str,
    },
    /// The password was given too long ago.
    #[error("`{action}` needs the password again")]
    NotFresh {
        /// What was asked for.
        action: &'static str,
    },
}

impl Denied {
    /// The rule's name in records.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Role { .. } | Self::Above { .. } => "role",
            Self::Scope { .. } => "scope",
            Self::Limited { .. } | Self::Limit { .. } | Self::Beyond { .. } => "limits",
            Self::Elsewhere { .. } => "account",
            Self::NotFresh { .. } => "password",
        }
    }
}
