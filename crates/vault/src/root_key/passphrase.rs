//! The root key made from a passphrase by Argon2id (RFC 9106).

use argon2::{Algorithm, Argon2, Params, Version};
use distri_core::envelope::RootKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::RootKeyError;
use super::provider::{Enrolled, KeyProvider, Surroundings, parse};
use super::trusted::Vouched;

/// The provider.
pub struct FromPassphrase;

impl KeyProvider for FromPassphrase {
    fn word(&self) -> &'static str {
        "passphrase"
    }

    fn place(&self, _around: &Surroundings<'_>, parameters: &str) -> Result<String, RootKeyError> {
        parse::<Parameters>(parameters)?;
        Ok("a passphrase".to_owned())
    }

    fn leads_outside(&self, parameters: &str) -> Result<bool, RootKeyError> {
        // It is made into a key in this process, which gives it to nobody; what that may cost is bounded below.
        parse::<Parameters>(parameters).map(|_| false)
    }

    fn remedy(&self) -> &'static str {
        "give the passphrase, or name a file with it in `DISTRI_PASSPHRASE_FILE`"
    }

    fn root_key(&self, around: &mut Surroundings<'_>, parameters: &Vouched<'_>) -> Result<RootKey, RootKeyError> {
        let parameters: Parameters = parse(parameters.as_str())?;
        // Nobody is asked for what cannot be used.
        parameters.check()?;
        derive(&(around.ask)()?, &parameters)
    }
}

/// A new slot for a passphrase that is new here.
///
/// # Errors
/// [`RootKeyError::ShortPassphrase`], or that of asking.
pub fn enrol(ask: &mut dyn FnMut() -> Result<Passphrase, RootKeyError>) -> Result<Enrolled, RootKeyError> {
    let phrase = ask()?;
    check_new(&phrase)?;
    let parameters = Parameters::recommended();
    let root = derive(&phrase, &parameters)?;
    Enrolled::new(FromPassphrase.word(), &parameters, root)
}

/// The fewest characters of a new passphrase.
const MIN_CHARS: usize = 8;

/// A passphrase, overwritten when dropped; it cannot be printed.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes over what was typed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

/// How a slot's key is made: stored readable beside the wrapped key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parameters {
    /// 16 random bytes, hexadecimal.
    salt: String,
    /// KiB of memory.
    memory: u32,
    /// Passes over it.
    passes: u32,
    /// Lanes.
    lanes: u32,
}

impl Parameters {
    /// RFC 9106's second recommendation: 64 MiB, three passes, four lanes, with a new salt.
    #[must_use]
    pub fn recommended() -> Self {
        let salt = data_encoding::HEXLOWER.encode(&RootKey::random().expose_secret()[..16]);
        Self {
            salt,
            memory: 64 * 1024,
            passes: 3,
            lanes: 4,
        }
    }

    /// Refuses what costs more than four times as much: whoever edits a row must not have this process take all memory, or
    /// work for minutes.
    fn check(&self) -> Result<(), RootKeyError> {
        const MAX_MEMORY: u32 = 256 * 1024;
        const MAX_PASSES: u32 = 12;
        const MAX_LANES: u32 = 16;
        const MAX_SALT_DIGITS: usize = 128;
        let is_bounded = self.memory <= MAX_MEMORY
            && self.passes <= MAX_PASSES
            && self.lanes <= MAX_LANES
            && self.salt.len() <= MAX_SALT_DIGITS;
        match is_bounded {
            true => Ok(()),
            false => Err(RootKeyError::Parameters),
        }
    }
}

/// Makes the root key. It takes about a tenth of a second and 64 MiB, so that guessing does too.
///
/// # Errors
/// [`RootKeyError::Parameters`] when the slot's parameters are damaged, or cost far more than those that distri writes.
pub fn derive(passphrase: &Passphrase, parameters: &Parameters) -> Result<RootKey, RootKeyError> {
    parameters.check()?;
    let salt = data_encoding::HEXLOWER
        .decode(parameters.salt.as_bytes())
        .map_err(|_| RootKeyError::Parameters)?;
    let params = Params::new(parameters.memory, parameters.passes, parameters.lanes, Some(32))
        .map_err(|_| RootKeyError::Parameters)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), &salt, key.as_mut())
        .map_err(|_| RootKeyError::Parameters)?;
    RootKey::from_bytes(key.as_ref()).map_err(|_| RootKeyError::Parameters)
}

/// Refuses a new passphrase that is too short to protect anything.
fn check_new(passphrase: &Passphrase) -> Result<(), RootKeyError> {
    if passphrase.0.chars().count() < MIN_CHARS {
        Err(RootKeyError::ShortPassphrase)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_passphrase_and_salt_give_the_same_key() {
        let parameters = Parameters {
            memory: 64,
            passes: 1,
            lanes: 1,
            ..Parameters::recommended()
        };
        let key = |text: &str| {
            derive(&Passphrase::new(text.to_owned()), &parameters)
                .expect("derives")
                .fingerprint()
        };
        assert_eq!(key("correct horse"), key("correct horse"));
        assert_ne!(key("correct horse"), key("correct hors"));
        let other = Parameters {
            salt: Parameters::recommended().salt,
            ..parameters.clone()
        };
        let other = derive(&Passphrase::new("correct horse".to_owned()), &other)
            .expect("derives")
            .fingerprint();
        assert_ne!(key("correct horse"), other);
    }

    #[test]
    fn damaged_parameters_are_an_error() {
        let good = Parameters {
            memory: 64,
            passes: 1,
            lanes: 1,
            ..Parameters::recommended()
        };
        let bad = [
            Parameters {
                salt: "zz".to_owned(),
                ..good.clone()
            },
            Parameters {
                memory: u32::MAX,
                ..good.clone()
            },
            Parameters {
                memory: 0,
                ..good.clone()
            },
            Parameters {
                memory: 256 * 1024 + 1,
                ..good.clone()
            },
            Parameters {
                passes: 13,
                ..good.clone()
            },
            Parameters {
                memory: 256 * 1024,
                lanes: 17,
                ..good.clone()
            },
            Parameters {
                salt: "00".repeat(65),
                ..good.clone()
            },
            Parameters { lanes: 0, ..good },
        ];
        for parameters in bad {
            assert!(
                derive(&Passphrase::new("x".to_owned()), &parameters).is_err(),
                "{parameters:?}"
            );
        }
    }
}
