//! Passwords: Argon2id (RFC 9106) with the parameters that OWASP recommends, and no difference in work between a person
//! who is known and one who is not.

use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64;
use distri_core::credential::{random, same};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The fewest characters of a new password.
const MIN_CHARS: usize = 12;
/// The most bytes of a password: more would only be work.
const MAX_BYTES: usize = 1024;

/// A password that somebody typed, overwritten when dropped; it cannot be printed.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes over what was typed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Refuses a new one that is too short to withstand guessing, or too long.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub fn check_new(&self) -> Result<(), PasswordError> {
        match self.0.chars().count() {
            chars if chars < MIN_CHARS => Err(PasswordError::Short),
            _ if self.0.len() > MAX_BYTES => Err(PasswordError::Long),
            _ => Ok(()),
        }
    }
}

/// Why a new password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too few characters.
    #[error("a password has at least 12 characters; a few words make a good one")]
    Short,
    /// Too many bytes.
    #[error("a password has at most 1024 bytes")]
    Long,
}

/// Makes and checks hashes, one at a time: guesses from many connections at once must not take the memory of as many.
#[derive(Default)]
pub(crate) struct Hashing(Mutex<()>);

/// What is stored of a password.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// KiB of memory.
    memory: u32,
    /// Passes over it.
    passes: u32,
    /// Lanes.
    lanes: u32,
    /// 16 random bytes in base64.
    salt: String,
    /// 32 bytes in base64.
    hash: String,
}

impl Hashing {
    /// What is to be stored of a new password.
    pub(crate) fn hash(&self, password: &Password) -> String {
        let mut stored = recommended();
        let hash = self.derive(&stored, &random::<16>(), password);
        stored.salt = BASE64.encode(&hash.0);
        stored.hash = BASE64.encode(hash.1.as_ref());
        serde_json::to_string(&stored).expect("numbers and texts become JSON")
    }

    /// Whether `password` is the one of which `stored` is kept. Without anything stored it is none, after the same work.
    pub(crate) fn verify(&self, password: &Password, stored: Option<&str>) -> bool {
        let stored = stored.and_then(|it| serde_json::from_str::<Stored>(it).ok());
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(recommended);
        let salt = BASE64.decode(stored.salt.as_bytes()).unwrap_or_default();
        let expected = BASE64.decode(stored.hash.as_bytes()).unwrap_or_default();
        let derived = self.derive(&stored, &salt, password);
        same(derived.1.as_ref(), &expected) && is_known && password.0.len() <= MAX_BYTES
    }

    fn derive(&self, stored: &Stored, salt: &[u8], password: &Password) -> (Vec<u8>, Zeroizing<[u8; 32]>) {
        let _one_at_a_time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let params = Params::new(stored.memory, stored.passes, stored.lanes, Some(32)).unwrap_or_default();
        // A longer one is refused by both callers; what is hashed of it only takes the same time.
        let text = &password.0.as_bytes()[..password.0.len().min(MAX_BYTES)];
        let salt = if salt.len() < 8 { &[0; 16] } else { salt };
        let mut hash = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(text, salt, hash.as_mut())
            .expect("the lengths of password, salt and hash are in range");
        (salt.to_vec(), hash)
    }
}

/// OWASP's password storage cheat sheet: 19 MiB, two passes, one lane.
fn recommended() -> Stored {
    Stored {
        memory: 19 * 1024,
        passes: 2,
        lanes: 1,
        salt: String::new(),
        hash: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn only_the_password_itself_is_it() {
        let hashing = Hashing::default();
        let stored = hashing.hash(&password("correct horse battery"));
        assert!(hashing.verify(&password("correct horse battery"), Some(&stored)));
        assert!(!hashing.verify(&password("correct horse batterz"), Some(&stored)));
        assert!(!hashing.verify(&password(""), Some(&stored)));
        assert_ne!(
            stored,
            hashing.hash(&password("correct horse battery")),
            "each has a salt of its own"
        );
        assert!(!stored.contains("horse"));
    }

    #[test]
    fn nothing_stored_or_something_damaged_is_no_password() {
        let hashing = Hashing::default();
        for stored in [None, Some(""), Some("{}"), Some("null")] {
            assert!(!hashing.verify(&password(""), stored));
            assert!(!hashing.verify(&password("correct horse battery"), stored));
        }
        let cut = hashing
            .hash(&password("correct horse battery"))
            .replace("\"hash\":\"", "\"hash\":\"!");
        assert!(!hashing.verify(&password("correct horse battery"), Some(&cut)));
    }

    #[test]
    fn what_is_beyond_the_limit_is_refused_and_not_cut() {
        let hashing = Hashing::default();
        let stored = hashing.hash(&password(&"x".repeat(MAX_BYTES)));
        assert!(hashing.verify(&password(&"x".repeat(MAX_BYTES)), Some(&stored)));
        assert!(!hashing.verify(&password(&"x".repeat(MAX_BYTES + 1)), Some(&stored)));
        assert_eq!(
            password(&"x".repeat(MAX_BYTES + 1)).check_new(),
            Err(PasswordError::Long)
        );
        assert_eq!(password("eleven char").check_new(), Err(PasswordError::Short));
        assert_eq!(password("twelve chars").check_new(), Ok(()));
    }
}
