//! Signed notes: text with Ed25519 signatures under it, as C2SP `signed-note` and Go's `sumdb/note` have them.
//!
//! ```text
//! text, ending in a line break
//!
//! — name base64(key id (4) ‖ signature over the text (64))
//! ```
//!
//! *key id* = SHA-256(name ‖ 0A ‖ 01 ‖ public key)[..4]; a public key travels as `name+hex(key id)+base64(01 ‖ key)`.
//! What the crates for this would add is a second cryptographic library; the format itself is this file.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use data_encoding::{BASE64, HEXLOWER};

/// The type byte of an Ed25519 key.
const ED25519_TYPE: u8 = 1;
/// Go's limit; the specification asks for at least 16.
const MAX_SIGNATURES: usize = 100;
/// The em dash and space before a signature.
const DASH: &str = "— ";

/// A public key with its owner's name: what an auditor needs to check a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    public: [u8; 32],
}

impl VerifierKey {
    /// The owner's name, which a checkpoint repeats as its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of a note that this key signed. Signatures of other keys are ignored, whatever they are.
    ///
    /// # Errors
    /// [`NoteError`] when the note is malformed, or is not signed by this key.
    pub fn open<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        if note.chars().any(|it| it < ' ' && it != '\n') {
            return Err(NoteError::Malformed);
        }
        let at = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, signatures) = (&note[..=at], &note[at + 2..]);
        let lines = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let mut found = None;
        for (count, line) in lines.split('\n').enumerate() {
            let signature = Signature::parse(line)
                .filter(|_| count < MAX_SIGNATURES)
                .ok_or(NoteError::Malformed)?;
            // As in Go, the first signature of a known key decides.
            if found.is_none() && signature.name == self.name && signature.id == self.id() {
                found = Some(signature.bytes);
            }
        }
        let signature = found.ok_or(NoteError::NotSigned)?;
        UnparsedPublicKey::new(&ED25519, &self.public)
            .verify(text.as_bytes(), &signature)
            .map_err(|_| NoteError::Signature)?;
        Ok(text)
    }

    fn id(&self) -> [u8; 4] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(self.name.as_bytes());
        context.update(&[b'\n', ED25519_TYPE]);
        context.update(&self.public);
        let mut id = [0; 4];
        id.copy_from_slice(&context.finish().as_ref()[..4]);
        id
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519_TYPE][..], &self.public].concat();
        write!(
            f,
            "{}+{}+{}",
            self.name,
            HEXLOWER.encode(&self.id()),
            BASE64.encode(&key)
        )
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let decoded = BASE64.decode(key.as_bytes()).map_err(|_| NoteError::Key)?;
        let Some((&ED25519_TYPE, public)) = decoded.split_first() else {
            return Err(NoteError::Key);
        };
        let key = Self {
            name: name.to_owned(),
            public: public.try_into().map_err(|_| NoteError::Key)?,
        };
        if is_name(name) && HEXLOWER.encode(&key.id()) == id {
            Ok(key)
        } else {
            Err(NoteError::Key)
        }
    }
}

/// A private key with its owner's name. It cannot be printed, cloned or serialised.
pub struct NoteSigner {
    key: VerifierKey,
    pair: Ed25519KeyPair,
}

impl NoteSigner {
    /// The signer with this seed (RFC 8032, section 5.1.5).
    ///
    /// # Panics
    /// When `name` is no key name: it is made by distri, never given.
    #[must_use]
    pub fn from_seed(name: String, seed: &[u8; 32]) -> Self {
        assert!(is_name(&name), "a key name has no space and no plus");
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("an Ed25519 seed has 32 bytes");
        let public = pair
            .public_key()
            .as_ref()
            .try_into()
            .expect("an Ed25519 key has 32 bytes");
        Self {
            key: VerifierKey { name, public },
            pair,
        }
    }

    /// The public half.
    #[must_use]
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The note over `text`, which ends in a line break and has no other control character.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        let signature = [&self.key.id()[..], self.pair.sign(text.as_bytes()).as_ref()].concat();
        format!("{text}\n{DASH}{} {}\n", self.key.name, BASE64.encode(&signature))
    }
}

struct Signature<'n> {
    name: &'n str,
    id: [u8; 4],
    bytes: Vec<u8>,
}

impl<'n> Signature<'n> {
    fn parse(line: &'n str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
        let decoded = BASE64.decode(encoded.as_bytes()).ok()?;
        let (id, bytes) = decoded.split_first_chunk::<4>()?;
        (is_name(name) && !bytes.is_empty()).then(|| Self {
            name,
            id: *id,
            bytes: bytes.to_vec(),
        })
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|it: char| it.is_whitespace() || it == '+' || it.is_control())
}

/// Why a note or a key is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not the form of a signed note.
    #[error("it is not a signed note")]
    Malformed,
    /// No signature of the key.
    #[error("it is not signed by this key")]
    NotSigned,
    /// A signature of the key that does not fit the text.
    #[error("its signature does not fit: the text or the signature was changed")]
    Signature,
    /// Not the form of a public key.
    #[error("a public key is `NAME+ID+KEY`, as `distri audit key` prints it")]
    Key,
}

#[cfg(test)]
mod tests;
