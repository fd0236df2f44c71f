//! The keyring: what hangs from the evidence key of an unlocked installation, for its whole life.

use std::sync::Arc;

use aws_lc_rs::hmac;

use super::aead::OpenError;
use super::canonical::Canonical;
use super::keys::{AccountKey, DataKey, EvidenceKey, Role, Wrapped};
use super::row_mac::{RowMac, RowMacError};
use crate::audit::note::NoteSigner;
use crate::clock::Clock;
use crate::credential::{Kind, PlainSetup, Presented};
use crate::ids::{AccountId, DataKeyId, InstanceId, SecretId};
use crate::placeholder::PlaceholderKey;

/// The unlocked keys of one installation.
pub struct Keyring {
    instance: InstanceId,
    evidence: EvidenceKey,
    row_mac: hmac::Key,
    placeholders: Arc<PlaceholderKey>,
    audit_mac: hmac::Key,
    credentials: hmac::Key,
}

impl Keyring {
    /// That of a new installation.
    #[must_use]
    pub fn create(clock: &dyn Clock) -> Self {
        Self::of(InstanceId::new(clock), EvidenceKey::random())
    }

    /// The installation.
    #[must_use]
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Makes and recognises this instance's placeholders.
    #[must_use]
    pub fn placeholders(&self) -> &Arc<PlaceholderKey> {
        &self.placeholders
    }

    /// Wraps a data key under its account's key.
    #[must_use]
    pub fn wrap_data_key(&self, owner: &DataKeyOwner, account_key: &AccountKey, key: &DataKey) -> Wrapped<DataKey> {
        key.wrap_under(&account_key.aead(), &self.data_key_ad(owner))
    }

    /// Unwraps a data key.
    ///
    /// # Errors
    /// [`OpenError`] when it belongs to another secret, account or key version, or was changed.
    pub fn unwrap_data_key(
        &self,
        owner: &DataKeyOwner,
        account_key: &AccountKey,
        wrapped: &Wrapped<DataKey>,
    ) -> Result<DataKey, OpenError> {
        DataKey::unwrap_under(&account_key.aead(), wrapped, &self.data_key_ad(owner))
    }

    /// HMAC-SHA256 over a row's canonical bytes.
    #[must_use]
    pub fn mac_row(&self, row: &Canonical) -> RowMac {
        RowMac::compute(&self.row_mac, row)
    }

    /// Checks a row's MAC in constant time.
    ///
    /// # Errors
    /// [`RowMacError`] when the row is not the one that was written.
    pub fn verify_row(&self, row: &Canonical, mac: &[u8]) -> Result<(), RowMacError> {
        RowMac::verify(&self.row_mac, row, mac)
    }

    /// HMAC-SHA256 over the canonical bytes of an audit entry or of the log's head state.
    #[must_use]
    pub fn mac_audit(&self, row: &Canonical) -> RowMac {
        RowMac::compute(&self.audit_mac, row)
    }

    /// Checks the MAC of an audit entry or of the log's head state in constant time.
    ///
    /// # Errors
    /// [`RowMacError`] when the row is not the one that was written.
    pub fn verify_audit(&self, row: &Canonical, mac: &[u8]) -> Result<(), RowMacError> {
        RowMac::verify(&self.audit_mac, row, mac)
    }

    /// What is stored of a credential: HMAC-SHA256 over its kind and text, under a key that is not in the database. A
    /// credential has 256 random bits, so that a slow hash would add nothing.
    #[must_use]
    pub fn hash_credential<K: Kind>(&self, credential: &Presented<K>) -> CredentialHash {
        let mut canonical = Canonical::new("hash.credential");
        canonical.text(K::WORD).text(credential.expose_secret());
        CredentialHash(self.mac_credential(&canonical))
    }

    /// HMAC-SHA256 over what a backup says of itself: only this installation can have made it.
    #[must_use]
    pub fn mac_backup(&self, content: &Canonical) -> RowMac {
        RowMac::compute(&self.backup_mac(), content)
    }

    /// Checks a backup's MAC in constant time.
    ///
    /// # Errors
    /// [`RowMacError`] when this installation did not make it, or it was changed.
    pub fn verify_backup(&self, content: &Canonical, mac: &[u8]) -> Result<(), RowMacError> {
        RowMac::verify(&self.backup_mac(), content, mac)
    }

    /// Derived when it is needed, which is seldom.
    fn backup_mac(&self) -> hmac::Key {
        let key = self.evidence.derive(self.instance.as_bytes(), "backup-mac");
        hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
    }

    /// Signs checkpoints of the audit log. Derived, so that nothing else has to be kept: whoever can unlock the
    /// installation can sign, and its public key stays the same for life.
    #[must_use]
    pub fn checkpoint_signer(&self) -> NoteSigner {
        let seed = self.evidence.derive(self.instance.as_bytes(), "audit-checkpoint");
        NoteSigner::from_seed(format!("distri/{}", self.instance), &seed)
    }

    pub(super) fn evidence(&self) -> &EvidenceKey {
        &self.evidence
    }

    pub(super) fn of(instance: InstanceId, key: EvidenceKey) -> Self {
        let mac_key = |purpose| hmac::Key::new(hmac::HMAC_SHA256, key.derive(instance.as_bytes(), purpose).as_ref());
        let (row_mac, audit_mac) = (mac_key("row-mac"), mac_key("audit-mac"));
        let credentials = mac_key("credential-hash");
        Self {
            instance,
            placeholders: Arc::new(PlaceholderKey::new(&key.derive(instance.as_bytes(), "placeholder"))),
            evidence: key,
            row_mac,
            audit_mac,
            credentials,
        }
    }

    /// The link by which the first owner is made. Derived, so that every server of an installation shows the same one.
    #[must_use]
    pub fn setup_link(&self, nonce: &[u8; 32]) -> PlainSetup {
        let mut canonical = Canonical::new("derive.setup");
        canonical.bytes(nonce);
        PlainSetup::of(&self.mac_credential(&canonical))
    }

    /// What a form of this session carries to show that a page of ours sent it, and which account that page showed. Whoever
    /// knows it does not know the session.
    #[must_use]
    pub fn csrf(&self, session: &CredentialHash, account: Option<AccountId>) -> [u8; 32] {
        let mut canonical = Canonical::new("derive.csrf");
        canonical
            .bytes(session.as_bytes())
            .optional(account.as_ref().map(|it| &it.as_bytes()[..]));
        self.mac_credential(&canonical)
    }

    /// What is stored of somebody who tries to sign in, where the address itself should not be.
    #[must_use]
    pub fn hash_attempt(&self, kind: &str, address: &[u8]) -> [u8; 32] {
        let mut canonical = Canonical::new("hash.attempt");
        canonical.text(kind).bytes(address);
        self.mac_credential(&canonical)
    }

    fn mac_credential(&self, canonical: &Canonical) -> [u8; 32] {
        let tag = hmac::sign(&self.credentials, canonical.as_ref());
        tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes")
    }

    fn data_key_ad(&self, owner: &DataKeyOwner) -> Canonical {
        let mut ad = Canonical::new("wrap.data");
        ad.bytes(self.instance.as_bytes())
            .bytes(owner.account.as_bytes())
            .number(owner.account_key_version.into())
            .bytes(owner.secret.as_bytes())
            .bytes(owner.data_key.as_bytes());
        ad
    }
}

/// A credential as it is stored and looked up. It is not secret: whoever has it cannot present it. A look-up by it may
/// take a time that depends on it, because nobody without the key can choose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialHash([u8; 32]);

impl CredentialHash {
    /// The hash with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What a data key's wrapping is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataKeyOwner {
    /// The account whose key wraps it.
    pub account: AccountId,
    /// The version of that account key.
    pub account_key_version: u32,
    /// The secret it serves.
    pub secret: SecretId,
    /// Its own identifier.
    pub data_key: DataKeyId,
}
