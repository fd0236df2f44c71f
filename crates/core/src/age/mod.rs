//! The age file format (<https://age-encryption.org/v1>) with its X25519 recipients: what a backup is encrypted in.
//!
//! A file written here opens with `age -d`, and one written by `age -r` opens here. Built on aws-lc-rs like everything
//! else that encrypts: the library of the format brings a hundred crates and a second implementation of each primitive
//! (`docs/adr/0010-age-on-the-one-cryptographic-library.md`). Held to the format by the vectors of C2SP.
//!
//! | module | owns |
//! |---|---|
//! | [`x25519`](Recipient) | recipients and identities, wrapping the file key for one |
//! | [`header`] | stanzas and their MAC |
//! | [`stream`](Writer) | the payload in sealed chunks |
//! | [`lists`](recipients_in) | files of recipients and identities |

mod bech32;
mod header;
mod lists;
mod stream;
mod x25519;

pub use lists::{ListError, identities_in, recipients_in};
pub use stream::{Reader, Writer};
pub use x25519::{Identity, KeyTextError, Recipient};

use std::io;

use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

/// The key of one file. Everything in it hangs from this.
struct FileKey(Zeroizing<[u8; 16]>);

impl FileKey {
    /// HKDF-SHA256 of the file key for one purpose.
    fn derive(&self, salt: &[u8], info: &str) -> Zeroizing<[u8; 32]> {
        hkdf_sha256(self.0.as_ref(), salt, info)
    }
}

/// HKDF-SHA256 (RFC 5869), 32 bytes.
fn hkdf_sha256(key: &[u8], salt: &[u8], info: &str) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(key)
        .expand(&[info.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(derived.as_mut()))
        .expect("HKDF-SHA256 gives 32 bytes");
    derived
}

/// Why a file does not open.
#[derive(Debug, thiserror::Error)]
pub enum AgeError {
    /// It does not begin as an age file does.
    #[error("it is no age file")]
    NotAge,
    /// The header is not as the format has it.
    #[error("its age header is damaged: {0}")]
    Header(&'static str),
    /// No identity is one of its recipients.
    #[error("it is encrypted to other recipients: none of the identities opens it")]
    NoMatch,
    /// The header is not the one that was written.
    #[error("its age header was changed")]
    Mac,
    /// The payload is not the one that was written. It is sealed in parts, which are sound or not as a whole: so many bytes
    /// before the first bad part are sound.
    #[error("its content was changed or cut short {}", in_part(.0))]
    Payload(u64),
    /// The file itself.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Where a bad part is.
fn in_part(sound: &u64) -> String {
    match sound {
        0 => format!("somewhere in its first {} bytes", stream::CHUNK),
        sound => format!("somewhere in the {} bytes after its first {sound}", stream::CHUNK),
    }
}

impl From<AgeError> for io::Error {
    fn from(error: AgeError) -> Self {
        match error {
            AgeError::Io(error) => error,
            other => Self::new(io::ErrorKind::InvalidData, other),
        }
    }
}

impl AgeError {
    /// The error that [`Reader`] put into one of `io`, or that one itself.
    #[must_use]
    pub fn of(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(own) => own,
            Err(other) => Self::Io(other),
        }
    }
}

#[cfg(test)]
mod tests;
