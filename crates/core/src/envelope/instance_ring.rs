//! An unlocked instance key: it wraps account keys, and the evidence key beside them. It can be replaced.

use super::aead::{Aead, OpenError};
use super::canonical::Canonical;
use super::keyring::Keyring;
use super::keys::{AccountKey, EvidenceKey, Fingerprint, InstanceKey, KeyBytes, Role, RootKey, Wrapped};
use crate::clock::Clock;
use crate::ids::{AccountId, InstanceId, SlotId};

/// What a slot's wrapping of the instance key is bound to.
#[derive(Clone, Copy, Debug)]
pub struct SlotContext<'a> {
    /// The installation.
    pub instance: InstanceId,
    /// The slot.
    pub slot: SlotId,
    /// The provider's word, such as `file` or `passphrase`.
    pub provider: &'a str,
}

impl SlotContext<'_> {
    pub(super) fn ad(&self) -> Canonical {
        let mut ad = Canonical::new("wrap.instance");
        ad.bytes(self.instance.as_bytes())
            .bytes(self.slot.as_bytes())
            .text(self.provider);
        ad
    }
}

/// The unlocked instance key of one installation.
pub struct InstanceRing {
    instance: InstanceId,
    key: InstanceKey,
    aead: Aead,
}

impl InstanceRing {
    /// A new installation with a new instance key.
    #[must_use]
    pub fn create(clock: &dyn Clock) -> Self {
        Self::from_parts(InstanceId::new(clock), InstanceKey::random())
    }

    /// A new instance key for the same installation.
    #[must_use]
    pub fn successor(&self) -> Self {
        Self::from_parts(self.instance, InstanceKey::random())
    }

    /// Unwraps the instance key that `root` keeps in a slot.
    ///
    /// # Errors
    /// [`OpenError`] when this root key did not wrap it, or the slot was changed.
    pub fn unlock(root: &RootKey, slot: &SlotContext<'_>, wrapped: &Wrapped<InstanceKey>) -> Result<Self, OpenError> {
        let key = InstanceKey::unwrap_under(&root.aead(), wrapped, &slot.ad())?;
        Ok(Self::from_parts(slot.instance, key))
    }

    /// Wraps the instance key for a slot.
    #[must_use]
    pub fn wrap_for(&self, root: &RootKey, slot: &SlotContext<'_>) -> Wrapped<InstanceKey> {
        self.key.wrap_under(&root.aead(), &slot.ad())
    }

    /// The installation.
    #[must_use]
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Which instance key this is.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.key.fingerprint()
    }

    /// Wraps an account key.
    #[must_use]
    pub fn wrap_account_key(&self, account: AccountId, version: u32, key: &AccountKey) -> Wrapped<AccountKey> {
        key.wrap_under(&self.aead, &self.account_ad(account, version))
    }

    /// Unwraps an account key.
    ///
    /// # Errors
    /// [`OpenError`] when it belongs to another account, version or installation, or was changed.
    pub fn unwrap_account_key(
        &self,
        account: AccountId,
        version: u32,
        wrapped: &Wrapped<AccountKey>,
    ) -> Result<AccountKey, OpenError> {
        AccountKey::unwrap_under(&self.aead, wrapped, &self.account_ad(account, version))
    }

    /// The keyring, from the evidence key that is stored. Until the instance key is first replaced there is none: then the
    /// instance key is both.
    ///
    /// # Errors
    /// [`OpenError`] when the evidence key belongs to another instance key or installation, or was changed.
    pub fn keyring(&self, evidence: Option<&Wrapped<EvidenceKey>>) -> Result<Keyring, OpenError> {
        let key = match evidence {
            Some(wrapped) => EvidenceKey::unwrap_under(&self.aead, wrapped, &self.evidence_ad())?,
            None => EvidenceKey::from_bytes(KeyBytes::from_slice(&self.key.bytes().0[..]).ok_or(OpenError::Content)?),
        };
        Ok(Keyring::of(self.instance, key))
    }

    /// Wraps the evidence key of `keyring`.
    #[must_use]
    pub fn wrap_evidence(&self, keyring: &Keyring) -> Wrapped<EvidenceKey> {
        keyring.evidence().wrap_under(&self.aead, &self.evidence_ad())
    }

    fn from_parts(instance: InstanceId, key: InstanceKey) -> Self {
        Self {
            instance,
            aead: key.aead(),
            key,
        }
    }

    fn account_ad(&self, account: AccountId, version: u32) -> Canonical {
        let mut ad = Canonical::new("wrap.account");
        ad.bytes(self.instance.as_bytes())
            .bytes(account.as_bytes())
            .number(version.into());
        ad
    }

    fn evidence_ad(&self) -> Canonical {
        let mut ad = Canonical::new("wrap.evidence");
        ad.bytes(self.instance.as_bytes());
        ad
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn what_hangs_from_the_evidence_key_outlives_the_instance_key() {
        let first = InstanceRing::create(&SystemClock);
        let keyring = first.keyring(None).expect("the first is both");
        let second = first.successor();
        assert_ne!(first.fingerprint(), second.fingerprint());
        let wrapped = second.wrap_evidence(&keyring);
        let again = second.keyring(Some(&wrapped)).expect("unwraps");
        let row = Canonical::new("t");
        assert!(again.verify_row(&row, keyring.mac_row(&row).as_bytes()).is_ok());
        assert_eq!(again.checkpoint_signer().key(), keyring.checkpoint_signer().key());
        // Neither the old instance key nor that of another installation unwraps it, and without it nothing fits.
        assert!(first.keyring(Some(&wrapped)).is_err());
        assert!(InstanceRing::create(&SystemClock).keyring(Some(&wrapped)).is_err());
        let without = second.keyring(None).expect("is both");
        assert!(without.verify_row(&row, keyring.mac_row(&row).as_bytes()).is_err());
    }
}
