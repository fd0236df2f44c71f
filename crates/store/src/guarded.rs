//! Stored secrets, out of reach until the limits of a permission were applied to them.

use distri_core::authz::Allowed;

use crate::rows::{OpenableRow, SecretView};

/// What was found, before it is known whether whoever asks may know of it. Only [`within`](Self::within) gives it out.
#[must_use]
pub struct Guarded<T>(T);

impl<T> Guarded<T> {
    pub(crate) fn new(found: T) -> Self {
        Self(found)
    }
}

impl<S: AsRef<SecretView>> Guarded<Option<S>> {
    /// The secret, if there is one and the permission's account and limits include it: beyond them there is none.
    #[must_use]
    pub fn within<A>(self, allowed: &Allowed<A>) -> Option<S> {
        self.0.filter(|it| is_within(it.as_ref(), allowed))
    }
}

impl<S: AsRef<SecretView>> Guarded<Vec<S>> {
    /// Those that the permission's account and limits include.
    #[must_use]
    pub fn within<A>(mut self, allowed: &Allowed<A>) -> Vec<S> {
        self.0.retain(|it| is_within(it.as_ref(), allowed));
        self.0
    }
}

fn is_within<A>(view: &SecretView, allowed: &Allowed<A>) -> bool {
    let secret = &view.secret;
    secret.account == allowed.account() && allowed.reaches(&secret.environment, &secret.key, &view.policy.agents)
}

impl AsRef<Self> for SecretView {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl AsRef<SecretView> for OpenableRow {
    fn as_ref(&self) -> &SecretView {
        &self.view
    }
}
