//! How often a key may draw a random nonce.

/// With random 96-bit nonces a key seals at most 2³² messages (NIST SP 800-38D, section 8.3).
pub const MAX_USES: u64 = 1 << 32;

/// The count after one more use.
///
/// # Errors
/// [`UsesExhausted`] at [`MAX_USES`]: the key must be rotated first.
pub fn next_use(count: u64) -> Result<u64, UsesExhausted> {
    if count < MAX_USES {
        Ok(count + 1)
    } else {
        Err(UsesExhausted)
    }
}

/// A key that has sealed as many messages as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this key has sealed 2^32 messages, the limit of NIST SP 800-38D; rotate it")]
pub struct UsesExhausted;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_allowed_use_is_the_limit() {
        assert_eq!(next_use(0), Ok(1));
        assert_eq!(next_use(MAX_USES - 1), Ok(MAX_USES));
        assert_eq!(next_use(MAX_USES), Err(UsesExhausted));
    }
}
