//! A secret's cleartext, between `open` (or a person's input) and the place that uses it.

use zeroize::Zeroizing;

/// The most bytes a value may have.
pub const MAX_VALUE_LEN: usize = 64 * 1024;

/// The cleartext of one version of a secret: 1 byte to 64 KiB, any bytes, exactly as given.
///
/// It has no `Debug`, `Display`, `Serialize`, `Clone` or `==`; the bytes are overwritten when it is
/// dropped. The word [`expose_secret`](Self::expose_secret) marks each use for a reviewer's search.
///
/// ```compile_fail
/// let value = distri_core::SecretValue::new(b"sk_live".to_vec()).unwrap();
/// println!("{value:?}");
/// ```
///
/// ```compile_fail
/// let value = distri_core::SecretValue::new(b"sk_live".to_vec()).unwrap();
/// let copy = value.clone();
/// ```
///
/// ```compile_fail
/// let value = distri_core::SecretValue::new(b"sk_live".to_vec()).unwrap();
/// let same = value == value;
/// ```
pub struct SecretValue(Zeroizing<Box<[u8]>>);

impl SecretValue {
    /// Takes over `bytes`, byte for byte.
    ///
    /// # Errors
    /// An empty value and one over [`MAX_VALUE_LEN`] are refused; nothing is ever cut or trimmed.
    pub fn new(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let bytes = Zeroizing::new(bytes);
        match bytes.len() {
            0 => Err(ValueError::Empty),
            len if len > MAX_VALUE_LEN => Err(ValueError::TooLong { len }),
            // An exact allocation: shrinking a vector would leave the old bytes behind.
            _ => Ok(Self(Zeroizing::new(Box::from(bytes.as_slice())))),
        }
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes, 1 to [`MAX_VALUE_LEN`].
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a value is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether both hold the same bytes, in time that depends only on their lengths.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

/// Why bytes cannot be a secret's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// No byte at all.
    #[error("the value is empty; a secret has at least 1 byte")]
    Empty,
    /// More than [`MAX_VALUE_LEN`] bytes.
    #[error("the value has {len} bytes; a secret has at most 65536 (64 KiB)")]
    TooLong {
        /// The bytes given.
        len: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_exact() {
        assert_eq!(SecretValue::new(vec![]).err(), Some(ValueError::Empty));
        assert_eq!(SecretValue::new(vec![0]).map(|it| it.len()), Ok(1));
        assert_eq!(
            SecretValue::new(vec![b'x'; MAX_VALUE_LEN]).map(|it| it.len()),
            Ok(MAX_VALUE_LEN)
        );
        assert_eq!(
            SecretValue::new(vec![b'x'; MAX_VALUE_LEN + 1]).err(),
            Some(ValueError::TooLong { len: MAX_VALUE_LEN + 1 })
        );
    }

    #[test]
    fn any_bytes_stay_as_they_are() {
        for bytes in [
            &b"\0"[..],
            b"\r\n",
            b"$2a$10$x",
            b"\xEF\xBB\xBFbom",
            b"\xFF\xFE",
            b" spaces ",
        ] {
            let value = SecretValue::new(bytes.to_vec()).expect("within limits");
            assert_eq!(value.expose_secret(), bytes);
        }
    }
}
