//! Key providers: where root keys are kept.
//!
//! | provider | keeps it |
//! |---|---|
//! | [`file`] | in a file of mode 0600, apart from the database |
//! | [`credential`] | in a systemd credential, which systemd decrypts for one service |
//! | [`pkcs11`] | wrapped by a key that never leaves a hardware module |
//! | [`transit`] | wrapped by a key of Vault's or OpenBao's Transit engine |
//! | `aws_kms` | wrapped by a key of AWS KMS (cargo feature `aws-kms`) |
//! | [`passphrase`] | in a person's head: Argon2id makes the key from it |
//!
//! Each gives a slot its [`RootKey`](distri_core::envelope::RootKey), and that unwraps the instance key: what a slot holds
//! has one form whatever the provider. Those with a key of their own wrap a random root key with it. [`provider`] has the
//! trait and the list, [`trusted`] says whose parameters are followed; to add one: a file here, a line in [`provider::PROVIDERS`], a variant of `distri keys add-slot`.

#[cfg(feature = "aws-kms")]
pub mod aws_kms;
pub mod credential;
pub mod file;
pub mod passphrase;
pub mod pkcs11;
pub mod provider;
pub mod transit;
pub mod trusted;

mod operators_word;

use std::path::PathBuf;

pub use passphrase::Passphrase;
pub use provider::{Enrolled, KeyProvider, PROVIDERS, Surroundings, provider};
pub use trusted::{Trusted, Vouched, vouched};

/// Why a provider cannot give the root key.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// There is no file.
    #[error("there is no root key at `{}`", .path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Others may read the file.
    #[error("the root key `{}` has mode {mode:04o}: others may read it; `chmod 600` it, and rotate if they did", .path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is no root key.
    #[error("`{}` is not a root key: {reason}", .path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// The file cannot be read or written.
    #[error("cannot use the root key `{}`: {reason}", .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is another key than the one that is needed.
    #[error("the {provider} gives root key {found}, and this database needs {needed}")]
    Wrong {
        /// The provider's word.
        provider: &'static str,
        /// The fingerprint of the key given.
        found: String,
        /// The fingerprint of the key needed.
        needed: String,
    },
    /// The passphrase is not the one.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// There is nobody to ask.
    #[error("this database is locked with a passphrase: {0}")]
    NoPassphrase(String),
    /// There is nobody to ask for a new one.
    #[error("the new passphrase is not there: {0}")]
    NoNewPassphrase(String),
    /// A passphrase that is too short to protect anything.
    #[error("a passphrase has at least 8 characters")]
    ShortPassphrase,
    /// Something that the operator has to give is not given.
    #[error("{what} is not there: {how}")]
    NoAccess {
        /// What is missing.
        what: String,
        /// How it is given.
        how: String,
    },
    /// A service or a module that keeps a key does not do what it is asked for.
    #[error("{place} {fault}")]
    Keeper {
        /// Which key, where.
        place: String,
        /// What is wrong.
        fault: KeeperFault,
    },
    /// The list of key providers that may be asked.
    #[error("cannot use the list of key providers `{}`: {reason}", .path.display())]
    Trusted {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The slot's own parameters.
    #[error("the parameters of the key slot are damaged")]
    Parameters,
    /// A parameter of a new slot.
    #[error("{what} {rule}")]
    Parameter {
        /// Which parameter.
        what: &'static str,
        /// What it has to be.
        rule: &'static str,
    },
}

/// What is wrong with a service or a module that keeps a key. None of it holds a token, a PIN or an answer's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeeperFault {
    /// There is no connection, or the module does not load.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The token, PIN or signature is not accepted, or may not do this.
    #[error("is not permitted: {0}")]
    NotPermitted(&'static str),
    /// There is no such key.
    #[error("is not there: {0}")]
    NotFound(String),
    /// It is there and cannot work now.
    #[error("cannot be used now: {0}")]
    Unavailable(&'static str),
    /// What it keeps is not what it once wrapped.
    #[error("cannot unwrap this slot's root key: {0}")]
    Foreign(&'static str),
    /// An answer that was not expected.
    #[error("gave an answer that is not understood: {0}")]
    Answer(String),
}
