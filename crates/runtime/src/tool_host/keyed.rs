//! Cryptography with a key (HMAC, RFC 2104) and digests (FIPS 180-4), computed in the child, or in the parent where the
//! child holds only a placeholder of the key.

use aws_lc_rs::{digest, hmac};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A computation that the child asks for, because its key, or the beginning or end of its data, is a placeholder.
pub struct Computation {
    /// What to compute.
    pub operation: Operation,
    /// With which hash.
    pub hash: Hash,
    /// The key as the child has it; empty for a digest.
    pub key: Bytes,
    /// What is signed, verified or digested.
    pub data: Bytes,
}

/// What to compute.
pub enum Operation {
    /// A tag over the data.
    Sign,
    /// Whether this is the tag over the data.
    Verify(Bytes),
    /// A digest of the data.
    Digest,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Computed {
    /// A tag or a digest.
    Bytes(Vec<u8>),
    /// Whether the tag was right.
    Valid(bool),
}

/// A hash function of Web Crypto.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hash {
    /// For old protocols only.
    #[serde(rename = "SHA-1")]
    Sha1,
    /// SHA-256.
    #[serde(rename = "SHA-256")]
    Sha256,
    /// SHA-384.
    #[serde(rename = "SHA-384")]
    Sha384,
    /// SHA-512.
    #[serde(rename = "SHA-512")]
    Sha512,
}

impl Hash {
    /// The hash that Web Crypto calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "SHA-1" => Some(Self::Sha1),
            "SHA-256" => Some(Self::Sha256),
            "SHA-384" => Some(Self::Sha384),
            "SHA-512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The tag of `data` under `key`.
    #[must_use]
    pub fn sign(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key(key), data).as_ref().to_vec()
    }

    /// Whether `tag` is the tag of `data` under `key`, in time that does not depend on where it differs.
    #[must_use]
    pub fn verify(self, key: &[u8], tag: &[u8], data: &[u8]) -> bool {
        hmac::verify(&self.key(key), data, tag).is_ok()
    }

    /// The digest of the parts, one after the other.
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        let mut context = digest::Context::new(algorithm);
        parts.iter().for_each(|it| context.update(it));
        context.finish().as_ref().to_vec()
    }

    fn key(self, key: &[u8]) -> hmac::Key {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::Key::new(algorithm, key)
    }
}
