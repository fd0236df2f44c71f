//! Stored secrets, out of reach until the limits of a permission were applied to them.

use distri_core::authz::{Action, Allowed, Denied};

use crate::lists::{NameRow, TallyRow};
use crate::rows::{OpenableRow, SecretView};

/// What was found, before it is known whether whoever asks may know of it. Only [`within`](Self::within) gives it out.
#[must_use]
pub struct Guarded<T>(T);

impl<T> Guarded<T> {
    pub(crate) fn new(found: T) -> Self {
        Self(found)
    }
}

impl<S: Reached> Guarded<Option<S>> {
    /// The secret, if there is one and the permission's account and limits include it: beyond them there is none.
    #[must_use]
    pub fn within<A>(self, allowed: &Allowed<A>) -> Option<S> {
        self.0.filter(|it| it.is_within(allowed))
    }
}

impl<S: Reached> Guarded<Vec<S>> {
    /// Those that the permission's account and limits include.
    #[must_use]
    pub fn within<A>(mut self, allowed: &Allowed<A>) -> Vec<S> {
        self.0.retain(|it| it.is_within(allowed));
        self.0
    }
}

impl Guarded<TallyRow> {
    /// What was counted, for a permission without limits: it is the account's, and within limits there may be less.
    ///
    /// # Errors
    /// [`Denied::Limited`].
    pub fn whole<A: Action>(self, allowed: &Allowed<A>) -> Result<TallyRow, Denied> {
        allowed.whole(self.0.account)?;
        Ok(self.0)
    }
}

/// What is about one secret.
pub trait Reached {
    /// Whether the permission's account and limits include it.
    fn is_within<A>(&self, allowed: &Allowed<A>) -> bool;
}

impl Reached for SecretView {
    fn is_within<A>(&self, allowed: &Allowed<A>) -> bool {
        let secret = &self.secret;
        secret.account == allowed.account() && allowed.reaches(&secret.environment, &secret.key, &self.policy.agents)
    }
}

impl Reached for OpenableRow {
    fn is_within<A>(&self, allowed: &Allowed<A>) -> bool {
        self.view.is_within(allowed)
    }
}

impl Reached for NameRow {
    fn is_within<A>(&self, allowed: &Allowed<A>) -> bool {
        self.account == allowed.account() && allowed.reaches(&self.environment, &self.key, &self.agents)
    }
}
