//! The root key as a systemd credential: a file in `$CREDENTIALS_DIRECTORY`, decrypted by systemd for one service.
//!
//! `systemd-creds encrypt` binds the file on the disk to the machine's TPM or its host key; the service sees it in
//! memory only (systemd.exec(5), `LoadCredentialEncrypted=`).

use std::path::{Path, PathBuf};

use distri_core::envelope::RootKey;
use serde::{Deserialize, Serialize};

use super::provider::{Enrolled, KeyProvider, Surroundings, parse};
use super::trusted::Vouched;
use super::{RootKeyError, file};

/// The provider.
pub struct Credential;

/// Which credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parameters {
    /// Its name, a file's name.
    pub name: String,
}

impl KeyProvider for Credential {
    fn word(&self) -> &'static str {
        "credential"
    }

    fn place(&self, _around: &Surroundings<'_>, parameters: &str) -> Result<String, RootKeyError> {
        let Parameters { name } = parse(parameters)?;
        Ok(format!("systemd credential `{name}`"))
    }

    fn leads_outside(&self, parameters: &str) -> Result<bool, RootKeyError> {
        // A file's name in the directory that systemd has named.
        parse::<Parameters>(parameters).map(|_| false)
    }

    fn remedy(&self) -> &'static str {
        "start it by a unit with `LoadCredentialEncrypted=` for the credential"
    }

    fn root_key(&self, around: &mut Surroundings<'_>, parameters: &Vouched<'_>) -> Result<RootKey, RootKeyError> {
        let Parameters { name } = parse(parameters.as_str())?;
        file::read_shielded(&path(around, &name)?)
    }
}

/// A new slot for the credential `name`. Its content is in `key_file`, made when it is not there: encrypt it with
/// `systemd-creds encrypt`, and destroy it.
///
/// # Errors
/// A name that is no file's name; the file cannot be read or made.
pub fn enrol(name: &str, key_file: &Path) -> Result<Enrolled, RootKeyError> {
    check(name)?;
    let root = file::read_or_create(key_file)?;
    let parameters = Parameters { name: name.to_owned() };
    Enrolled::new(Credential.word(), &parameters, root)
}

fn path(around: &Surroundings<'_>, name: &str) -> Result<PathBuf, RootKeyError> {
    check(name)?;
    match around.given("CREDENTIALS_DIRECTORY") {
        Some(directory) => Ok(PathBuf::from(directory).join(name)),
        None => Err(RootKeyError::NoAccess {
            what: format!("the systemd credential `{name}`"),
            how: "`CREDENTIALS_DIRECTORY` is not set: this process was not started by a unit with `LoadCredentialEncrypted=`"
                .to_owned(),
        }),
    }
}

/// A credential's name must not lead out of the directory.
fn check(name: &str) -> Result<(), RootKeyError> {
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it));
    match is_name && !name.starts_with('.') {
        true => Ok(()),
        false => Err(RootKeyError::Parameters),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::root_key::Trusted;

    #[test]
    fn the_directory_that_systemd_gives_is_read_and_no_other() {
        let directory = tempfile::tempdir().expect("a directory");
        let made = directory.path().join("key");
        let enrolled = enrol("distri-root-key", &made).expect("enrols");
        fs::rename(&made, directory.path().join("distri-root-key")).expect("renames");
        // systemd gives a credential to a user that does not own it by an access list, which shows as a group's right.
        let mode = fs::Permissions::from_mode(0o440);
        fs::set_permissions(directory.path().join("distri-root-key"), mode).expect("sets");
        let variable = |name: &str| (name == "CREDENTIALS_DIRECTORY").then(|| directory.path().into());
        let mut ask = || Err(RootKeyError::NoPassphrase("nobody is here".to_owned()));
        let mut around = Surroundings {
            key_file: PathBuf::new(),
            trusted: Trusted::in_file(PathBuf::new()),
            variable: &variable,
            clock: &distri_core::SystemClock,
            ask: &mut ask,
        };
        let root = Credential.root_key(&mut around, &enrolled.vouched()).expect("reads");
        assert_eq!(root.fingerprint(), enrolled.root.fingerprint());
        for name in ["../distri-root-key", "", ".", "a/b"] {
            let parameters = serde_json::json!({ "name": name }).to_string();
            let parameters = Vouched(parameters.into());
            assert!(Credential.root_key(&mut around, &parameters).is_err(), "{name}");
            assert!(enrol(name, &made).is_err(), "{name}");
        }
        around.variable = &|_| None;
        let error = Credential
            .root_key(&mut around, &enrolled.vouched())
            .err()
            .expect("no directory");
        assert!(error.to_string().contains("CREDENTIALS_DIRECTORY"), "{error}");
    }
}
