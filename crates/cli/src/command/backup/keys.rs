//! Recipients and identities from the command line and from files.

use std::path::Path;

use distri_core::age::{Identity, ListError, Recipient, identities_in, recipients_in};
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;

/// Those named, and those in a file.
pub(super) fn recipients(named: &[Recipient], file: Option<&Path>) -> Result<Vec<Recipient>, Failure> {
    let mut all = named.to_vec();
    if let Some(path) = file {
        all.extend(recipients_in(&read(path)?).map_err(|error| wrong(path, error))?);
    }
    let mut seen = std::collections::HashSet::new();
    all.retain(|it| seen.insert(*it));
    Ok(all)
}

/// The identities in a file, as `age-keygen` writes it.
pub(super) fn identities(path: &Path) -> Result<Vec<Identity>, Failure> {
    identities_in(&read(path)?).map_err(|error| wrong(path, error))
}

fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    text.map_err(|error| {
        let exit = match error.kind() {
            std::io::ErrorKind::NotFound => Exit::Missing,
            _ => Exit::Failed,
        };
        Failure::new(exit, format!("cannot read `{}`: {error}", path.display()))
    })
}

fn wrong(path: &Path, error: ListError) -> Failure {
    Failure::new(Exit::Usage, format!("`{}`: {error}", path.display()))
}
