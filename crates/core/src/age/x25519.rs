//! X25519 recipients and identities: `age1…` and `AGE-SECRET-KEY-1…`.
//!
//! The file key is wrapped for a recipient `r` with an ephemeral pair `(e, E)`: ChaCha20-Poly1305, nonce zero, under
//! HKDF-SHA256 of `X25519(e, r)` with salt `E ‖ r`. The key is used once, so that the nonce may be constant.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::error::Unspecified;
use data_encoding::BASE64_NOPAD;
use zeroize::Zeroizing;

use super::header::Stanza;
use super::{AgeError, FileKey, bech32, hkdf_sha256};

const INFO: &str = "age-encryption.org/v1/X25519";
/// The word of the stanza.
const TAG: &str = "X25519";
const RECIPIENT: &str = "age";
const IDENTITY: &str = "age-secret-key-";

/// Somebody to whom a file is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recipient([u8; 32]);

/// What opens files that were encrypted to its recipient.
pub struct Identity {
    private: PrivateKey,
    recipient: Recipient,
}

/// Text that is no such key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// Not a recipient.
    #[error("a recipient is `age1…`, as `age-keygen` prints it; this is not, or a character of it is wrong")]
    Recipient,
    /// Not an identity.
    #[error(
        "an identity is `AGE-SECRET-KEY-1…`, as `age-keygen` prints it; this is not, or a character of it is wrong"
    )]
    Identity,
}

impl Recipient {
    /// Wraps the file key for this recipient.
    pub(super) fn wrap(&self, key: &FileKey) -> Result<Stanza, Unspecified> {
        let ephemeral = PrivateKey::generate(&X25519)?;
        let share = public_of(&ephemeral)?;
        let sealing = shared(&ephemeral, self.0, &share, &self.0).ok_or(Unspecified)?;
        let mut body = key.0.to_vec();
        sealing.seal_in_place_append_tag(nonce(), Aad::empty(), &mut body)?;
        Ok(Stanza {
            tag: TAG.to_owned(),
            arguments: vec![BASE64_NOPAD.encode(&share)],
            body,
        })
    }
}

impl Identity {
    /// A new identity.
    ///
    /// # Panics
    /// When the operating system has no random bytes.
    #[must_use]
    pub fn generate() -> Self {
        let private = PrivateKey::generate(&X25519).expect("the operating system's random source answers");
        Self::of(private).expect("a generated key has a public one")
    }

    /// To whom files are encrypted that this opens.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        self.recipient
    }

    /// The text that `age` reads it from.
    #[must_use]
    pub fn expose_secret(&self) -> Zeroizing<String> {
        use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin};
        let seed: Result<Curve25519SeedBin<'_>, _> = self.private.as_be_bytes();
        let seed = seed.expect("an X25519 key has its bytes");
        Zeroizing::new(bech32::encode(IDENTITY, seed.as_ref()).to_ascii_uppercase())
    }

    /// The file key, when `stanza` was made for this identity.
    pub(super) fn unwrap(&self, stanza: &Stanza) -> Result<Option<FileKey>, AgeError> {
        if stanza.tag != TAG {
            return Ok(None);
        }
        let [share] = &stanza.arguments[..] else {
            return Err(AgeError::Header("an X25519 stanza has one argument"));
        };
        let share = BASE64_NOPAD.decode(share.as_bytes()).unwrap_or_default();
        let share: [u8; 32] = share
            .try_into()
            .map_err(|_| AgeError::Header("an X25519 share has 32 bytes"))?;
        let mut body: [u8; 32] = stanza.body[..]
            .try_into()
            .map_err(|_| AgeError::Header("a wrapped file key has 32 bytes"))?;
        // RFC 7748: a share of low order gives zero, which aws-lc refuses.
        let opening = shared(&self.private, share, &share, &self.recipient.0)
            .ok_or(AgeError::Header("an X25519 share is of low order"))?;
        let Ok(opened) = opening.open_in_place(nonce(), Aad::empty(), &mut body) else {
            return Ok(None);
        };
        let mut key = Zeroizing::new([0; 16]);
        key.copy_from_slice(opened);
        Ok(Some(FileKey(key)))
    }

    fn of(private: PrivateKey) -> Option<Self> {
        let recipient = Recipient(public_of(&private).ok()?);
        Some(Self { private, recipient })
    }
}

impl FromStr for Recipient {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let bytes = bech32::decode(RECIPIENT, text).filter(|_| text.starts_with("age1"));
        let bytes = bytes.and_then(|it| it.try_into().ok());
        bytes.map(Self).ok_or(KeyTextError::Recipient)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&bech32::encode(RECIPIENT, &self.0))
    }
}

impl FromStr for Identity {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let bytes = bech32::decode(IDENTITY, text).map(Zeroizing::new);
        let private = bytes.and_then(|it| PrivateKey::from_private_key(&X25519, &it).ok());
        private.and_then(Self::of).ok_or(KeyTextError::Identity)
    }
}

/// The key that wraps the file key, once.
fn shared(private: &PrivateKey, peer: [u8; 32], share: &[u8; 32], recipient: &[u8; 32]) -> Option<LessSafeKey> {
    let salt = [share.as_slice(), recipient].concat();
    let peer = UnparsedPublicKey::new(&X25519, peer);
    let key = agree(private, peer, Unspecified, |secret| {
        Ok(hkdf_sha256(secret, &salt, INFO))
    })
    .ok()?;
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).expect("ChaCha20-Poly1305 takes 32 bytes");
    Some(LessSafeKey::new(key))
}

fn public_of(private: &PrivateKey) -> Result<[u8; 32], Unspecified> {
    private
        .compute_public_key()?
        .as_ref()
        .try_into()
        .map_err(|_| Unspecified)
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}
