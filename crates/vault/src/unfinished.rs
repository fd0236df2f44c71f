//! What was decided and waits for its commit: requests that come together share a transaction on one thread.
//!
//! Each use case that has such a form does what its plain one does, in two halves. Between them nothing has happened yet:
//! nobody may be told of it, and no value is opened.

use crate::VaultError;

/// A use case whose first half is done. When it is dropped, it may or may not happen.
#[must_use = "it has not happened yet"]
pub struct Unfinished<'c, T>(Box<dyn FnOnce() -> Result<T, VaultError> + 'c>);

impl<'c, T> Unfinished<'c, T> {
    pub(crate) fn new(finish: impl FnOnce() -> Result<T, VaultError> + 'c) -> Self {
        Self(Box::new(finish))
    }

    /// Waits for the commit, and does what comes after it.
    ///
    /// # Errors
    /// Those of the use case; nothing has happened then.
    pub fn finish(self) -> Result<T, VaultError> {
        (self.0)()
    }
}
