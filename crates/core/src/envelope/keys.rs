//! One type for each role of key. They cannot be printed, compared, cloned or serialised.

use std::marker::PhantomData;

use aws_lc_rs::{digest, hkdf, rand};
use zeroize::Zeroizing;

use super::aead::{Aead, OpenError};
use super::canonical::Canonical;

/// 256 bits of a key, overwritten when dropped.
pub(super) struct KeyBytes(pub(super) Zeroizing<[u8; 32]>);

impl KeyBytes {
    fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(bytes.as_mut()).expect("the operating system's random source answers");
        Self(bytes)
    }

    pub(super) fn from_slice(slice: &[u8]) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        if slice.len() != bytes.len() {
            return None;
        }
        bytes.copy_from_slice(slice);
        Some(Self(bytes))
    }

    /// HKDF-SHA256 (RFC 5869) for one purpose: no key ever does two jobs.
    fn derive(&self, salt: &[u8], purpose: &str) -> Self {
        let mut derived = Zeroizing::new([0; 32]);
        let info = [b"distri/1/".as_slice(), purpose.as_bytes()];
        hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
            .extract(self.0.as_ref())
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(derived.as_mut()))
            .expect("HKDF-SHA256 gives 32 bytes");
        Self(derived)
    }
}

/// What every role of key can do inside the envelope.
pub(super) trait Role: Sized {
    fn bytes(&self) -> &KeyBytes;
    fn from_bytes(bytes: KeyBytes) -> Self;

    /// A key of its own for one purpose.
    fn derive(&self, salt: &[u8], purpose: &str) -> Zeroizing<[u8; 32]> {
        self.bytes().derive(salt, purpose).0
    }

    fn aead(&self) -> Aead {
        Aead::new(&self.bytes().0)
    }

    /// Wraps this key under `parent`.
    fn wrap_under(&self, parent: &Aead, ad: &Canonical) -> Wrapped<Self> {
        Wrapped(parent.seal(self.bytes().0.as_ref(), ad), PhantomData)
    }

    /// Unwraps a key of this role.
    fn unwrap_under(parent: &Aead, wrapped: &Wrapped<Self>, ad: &Canonical) -> Result<Self, OpenError> {
        let bytes = parent.open(&wrapped.0, ad)?;
        KeyBytes::from_slice(&bytes)
            .map(Self::from_bytes)
            .ok_or(OpenError::Content)
    }
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        pub struct $name(KeyBytes);

        impl $name {
            /// A new random key.
            #[must_use]
            pub fn random() -> Self {
                Self(KeyBytes::random())
            }

            /// The first eight bytes of SHA-256 over the role and the key: says which key is needed, tells nothing of it.
            #[must_use]
            pub fn fingerprint(&self) -> Fingerprint {
                Fingerprint::of(stringify!($name), &self.0)
            }
        }

        impl Role for $name {
            fn bytes(&self) -> &KeyBytes {
                &self.0
            }

            fn from_bytes(bytes: KeyBytes) -> Self {
                Self(bytes)
            }
        }
    )+};
}

roles! {
    /// The key that a key provider keeps, apart from the data. It wraps the instance key and nothing else.
    RootKey,
    /// The key of one installation. It wraps account keys and the evidence key.
    InstanceKey,
    /// What MACs, hashes, placeholders and signatures of one installation are derived from. It never changes: what was
    /// signed stays signed, and a token that was given out stays one.
    EvidenceKey,
    /// The key of one account. It wraps the data keys of its secrets; destroying it shreds them all.
    AccountKey,
    /// The key of one secret. It seals that secret's versions; destroying it shreds them.
    DataKey,
}

impl RootKey {
    /// The key with these 32 bytes, as a provider hands them over.
    ///
    /// # Errors
    /// Any other length is refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyLenError> {
        KeyBytes::from_slice(bytes)
            .map(Self)
            .ok_or(KeyLenError { len: bytes.len() })
    }

    /// The bytes, for the provider that writes them down.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0.0
    }
}

/// Bytes that are no 256-bit key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a root key has 32 bytes, this has {len}")]
pub struct KeyLenError {
    /// The bytes given.
    pub len: usize,
}

/// A key of role `K` under another key: safe to store.
pub struct Wrapped<K>(Vec<u8>, PhantomData<K>);

impl<K> Wrapped<K> {
    /// The stored bytes, not yet believed.
    #[must_use]
    pub fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes, PhantomData)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<K> Clone for Wrapped<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

/// Which key this is, for messages and for finding the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    fn of(role: &str, key: &KeyBytes) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"distri/1/fingerprint/");
        context.update(role.as_bytes());
        context.update(key.0.as_ref());
        let mut first = [0; 8];
        first.copy_from_slice(&context.finish().as_ref()[..8]);
        Self(first)
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}
