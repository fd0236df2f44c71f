//! Whether rows answer the question that was asked. An index that was damaged or edited, and a server that lies, give other
//! rows, each of them authentic: the secret under another key, the version before, the token of somebody else.

use crate::StoreError;

/// The same row, if it fits.
pub(super) fn fitting<T>(
    table: &'static str,
    found: Option<T>,
    fits: impl Fn(&T) -> bool,
) -> Result<Option<T>, StoreError> {
    match found {
        Some(row) if !fits(&row) => Err(StoreError::Damaged { table }),
        fitting => Ok(fitting),
    }
}

/// The same rows, if all of them fit.
pub(super) fn all_fitting<T>(
    table: &'static str,
    found: Vec<T>,
    fits: impl Fn(&T) -> bool,
) -> Result<Vec<T>, StoreError> {
    match found.iter().all(fits) {
        true => Ok(found),
        false => Err(StoreError::Damaged { table }),
    }
}
