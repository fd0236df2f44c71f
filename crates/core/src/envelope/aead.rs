//! AES-256-GCM with a random nonce: `0x01 ‖ nonce (12) ‖ ciphertext ‖ tag (16)`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::canonical::Canonical;

/// The only format so far; a later one gets the next number, and both open.
const FORMAT: u8 = 1;
/// Format byte, nonce and tag.
pub(super) const OVERHEAD: usize = 1 + NONCE_LEN + 16;

/// A key ready for use. aws-lc-rs draws the nonce, so no code here can repeat one.
pub(super) struct Aead(RandomizedNonceKey);

impl Aead {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(RandomizedNonceKey::new(&AES_256_GCM, key).expect("AES-256-GCM takes 32 bytes"))
    }

    pub(super) fn seal(&self, cleartext: &[u8], ad: &Canonical) -> Vec<u8> {
        // Sized for the tag at once: growing would leave a copy of the cleartext behind.
        let mut body = Zeroizing::new(Vec::with_capacity(cleartext.len() + 16));
        body.extend_from_slice(cleartext);
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(ad.as_ref()), &mut *body)
            .expect("a message within the limits of GCM seals");
        let mut sealed = Vec::with_capacity(OVERHEAD + cleartext.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.extend_from_slice(&body);
        sealed
    }

    pub(super) fn open(&self, sealed: &[u8], ad: &Canonical) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        if sealed.len() < OVERHEAD {
            return Err(OpenError::Truncated);
        }
        let (&format, rest) = sealed.split_first().ok_or(OpenError::Truncated)?;
        if format != FORMAT {
            return Err(OpenError::Format(format));
        }
        let (nonce, body) = rest.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError::Truncated)?;
        let mut body = Zeroizing::new(body.to_vec());
        let len = self
            .0
            .open_in_place(nonce, Aad::from(ad.as_ref()), &mut body)
            .map_err(|_| OpenError::Changed)?
            .len();
        body.truncate(len);
        Ok(body)
    }
}

/// Why an envelope does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Shorter than an envelope can be.
    #[error("the envelope is cut short")]
    Truncated,
    /// A format that this version does not know.
    #[error("the envelope has format {0}, which this version does not know")]
    Format(u8),
    /// The bytes, or what they are bound to, are not what was sealed; or another key sealed them.
    #[error("the envelope, or what it is bound to, was changed")]
    Changed,
    /// It opened to something that its role cannot be.
    #[error("the envelope holds something else than it should")]
    Content,
}
