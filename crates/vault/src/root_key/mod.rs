//! Key providers: where the root key is kept.
//!
//! | provider | keeps it |
//! |---|---|
//! | [`file`] | in a file of mode 0600, apart from the database |
//! | [`passphrase`] | in a person's head: Argon2id makes the key from it |

pub mod file;
pub mod passphrase;

use std::path::PathBuf;

pub use passphrase::Passphrase;

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
    /// A passphrase that is too short to protect anything.
    #[error("a passphrase has at least 8 characters")]
    ShortPassphrase,
    /// The slot's own parameters.
    #[error("the parameters of the key slot are damaged")]
    Parameters,
}
