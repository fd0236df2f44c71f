//! What verbs that make a root key say and ask.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use distri_vault::root_key::{Passphrase, RootKeyError};
use zeroize::Zeroizing;

use crate::{hidden, terminal};

pub(super) const PASSPHRASE: &str = "The passphrase is asked for twice, hidden; without a terminal it is the content of the file that DISTRI_PASSPHRASE_FILE names.";

pub(super) fn keep_a_copy(key_file: &Path) {
    terminal::note(&format!("The root key is in `{}`.", key_file.display()));
    terminal::hint("keep a copy of it apart from the database and its copies: without it nothing can be read");
}

/// A passphrase that is new: from the file that `variable` names, else asked for twice.
pub(super) fn new_passphrase(variable: &str) -> Result<Passphrase, RootKeyError> {
    let failed = |reason: String| RootKeyError::NoNewPassphrase(reason);
    if let Some(path) = std::env::var_os(variable)
        .filter(|it: &OsString| !it.is_empty())
        .map(PathBuf::from)
    {
        let text = std::fs::read_to_string(&path).map(Zeroizing::new);
        let text = text.map_err(|error| failed(format!("cannot read `{}`: {error}", path.display())))?;
        return Ok(Passphrase::new(text.strip_suffix('\n').unwrap_or(&text).to_owned()));
    }
    let ask = |prompt: &str| {
        hidden::ask_text(prompt).map_err(|error| {
            failed(format!(
                "cannot ask for it ({error}); name a file with it in `{variable}`"
            ))
        })
    };
    let mut first = ask("New passphrase: ")?;
    if *first != *ask("Again: ")? {
        return Err(failed("the two passphrases are not the same".to_owned()));
    }
    Ok(Passphrase::new(std::mem::take(&mut *first)))
}
