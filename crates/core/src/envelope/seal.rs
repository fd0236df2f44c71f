//! Sealing and opening values.

use super::aead::{Aead, OpenError};
use super::canonical::Canonical;
use super::keys::{AccountKey, DataKey, Role};
use crate::ids::{AccountId, DataKeyId, InstanceId, SecretId};
use crate::names::{Environment, SecretKey};
use crate::policy::PolicyHash;
use crate::value::SecretValue;

/// A value in its envelope: the only form that a store accepts.
#[derive(Clone)]
pub struct SealedValue(Vec<u8>);

impl SealedValue {
    /// The stored bytes, not yet believed.
    #[must_use]
    pub fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Everything that a sealed version is bound to. Change one field and it does not open.
#[derive(Clone, Copy)]
pub struct SealContext<'a> {
    /// The installation.
    pub instance: InstanceId,
    /// The account that owns the secret.
    pub account: AccountId,
    /// The environment the value belongs to.
    pub environment: &'a Environment,
    /// The secret.
    pub secret: SecretId,
    /// Its name.
    pub key: &'a SecretKey,
    /// The version, from 1.
    pub version: u32,
    /// The data key that seals it.
    pub data_key: DataKeyId,
    /// The policy this version was stored with.
    pub policy: PolicyHash,
}

impl SealContext<'_> {
    pub(super) fn ad(&self) -> Canonical {
        let mut ad = Canonical::new("seal.value");
        ad.bytes(self.instance.as_bytes())
            .bytes(self.account.as_bytes())
            .text(self.environment.as_str())
            .bytes(self.secret.as_bytes())
            .text(self.key.as_str())
            .number(self.version.into())
            .bytes(self.data_key.as_bytes())
            .bytes(&self.policy.0);
        ad
    }
}

impl DataKey {
    /// Seals one version's value.
    #[must_use]
    pub fn seal(&self, context: &SealContext<'_>, value: &SecretValue) -> SealedValue {
        SealedValue(self.aead().seal(value.expose_secret(), &context.ad()))
    }

    /// Opens one version's value.
    ///
    /// # Errors
    /// [`OpenError`] when any byte of the envelope or any field of `context` differs from what was sealed.
    pub fn open(&self, context: &SealContext<'_>, sealed: &SealedValue) -> Result<SecretValue, OpenError> {
        let mut bytes = self.aead().open(&sealed.0, &context.ad())?;
        SecretValue::new(std::mem::take(&mut *bytes)).map_err(|_| OpenError::Content)
    }
}

/// Everything that a sealed piece of session data is bound to.
#[derive(Clone, Copy)]
pub struct SessionContext<'a> {
    /// The installation.
    pub instance: InstanceId,
    /// The account that owns the session.
    pub account: AccountId,
    /// The session, as its user names it.
    pub session: &'a str,
    /// The name of the piece.
    pub name: &'a str,
}

impl SessionContext<'_> {
    pub(super) fn ad(&self) -> Canonical {
        let mut ad = Canonical::new("seal.session");
        ad.bytes(self.instance.as_bytes())
            .bytes(self.account.as_bytes())
            .text(self.session)
            .text(self.name);
        ad
    }
}

impl AccountKey {
    /// Seals a piece of session data under a key derived for that purpose.
    #[must_use]
    pub fn seal_session(&self, context: &SessionContext<'_>, data: &[u8]) -> Vec<u8> {
        self.session_aead(context.account).seal(data, &context.ad())
    }

    /// Opens a piece of session data.
    ///
    /// # Errors
    /// [`OpenError`] when it, its session or its name was changed.
    pub fn open_session(
        &self,
        context: &SessionContext<'_>,
        sealed: &[u8],
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, OpenError> {
        self.session_aead(context.account).open(sealed, &context.ad())
    }

    fn session_aead(&self, account: AccountId) -> Aead {
        Aead::new(&self.derive(account.as_bytes(), "session"))
    }
}
