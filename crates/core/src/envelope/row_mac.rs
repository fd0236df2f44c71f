//! MACs on rows that are not encrypted: pointers and policies.

use aws_lc_rs::hmac;

use super::canonical::Canonical;

/// HMAC-SHA256 (RFC 2104) over a row's canonical bytes. It is stored beside the row and is not secret.
#[derive(Clone)]
pub struct RowMac([u8; 32]);

impl RowMac {
    pub(super) fn compute(key: &hmac::Key, row: &Canonical) -> Self {
        let tag = hmac::sign(key, row.as_ref());
        Self(tag.as_ref().try_into().expect("HMAC-SHA256 has 32 bytes"))
    }

    pub(super) fn verify(key: &hmac::Key, row: &Canonical, mac: &[u8]) -> Result<(), RowMacError> {
        hmac::verify(key, row.as_ref(), mac).map_err(|_| RowMacError)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A row that is not the one that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the row was changed outside distri")]
pub struct RowMacError;
