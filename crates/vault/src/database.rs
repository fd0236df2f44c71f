//! The settings of the database: a server, when one is named; else the embedded file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use distri_store::{DatabaseUrl, UrlError};
use zeroize::Zeroizing;

use crate::audit::SettingsError;
use crate::config_file;

/// Reads which server has the database: from a command line, else from the variables that `get` looks up, else from
/// `file`, which need not be there. None is named for the embedded database.
///
/// | variable | in `[database]` | values |
/// |---|---|---|
/// | `DISTRI_DATABASE_URL` | `url` | `postgres://user@host/name` |
/// | `DISTRI_DATABASE_PASSWORD_FILE` | `password_file` | the absolute path of a file with the password, read for each connection |
/// | `DISTRI_DATABASE_PASSWORD` | | the password |
///
/// # Errors
/// [`SettingsError`] names what is wrong, and repeats nothing of a URL.
pub fn load(
    argument: Option<&str>,
    file: &Path,
    get: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<DatabaseUrl>, SettingsError> {
    let written = config_file::read(file)?.database;
    let variable = |name: &str| get(name).filter(|it| !it.is_empty());
    let in_variable = variable("DISTRI_DATABASE_URL").map(|it| Zeroizing::new(it.to_string_lossy().into_owned()));
    let url = match (argument, in_variable, written.url) {
        (Some(argument), ..) => {
            let url: DatabaseUrl = argument.parse()?;
            if url.has_password() {
                return Err(UrlError::PasswordSeen.into());
            }
            url
        }
        (None, Some(text), _) => text.parse()?,
        (None, None, Some(text)) => text.parse()?,
        (None, None, None) => return Ok(None),
    };
    let name = "DISTRI_DATABASE_PASSWORD_FILE";
    let password = variable("DISTRI_DATABASE_PASSWORD");
    let file = match (variable(name).map(PathBuf::from), &password) {
        (Some(_), Some(_)) => return Err(UrlError::TwoPasswords.into()),
        (Some(path), None) => Some(path),
        (None, Some(_)) => None,
        (None, None) => written.password_file.filter(|_| !url.has_password()),
    };
    Ok(Some(match (file, password) {
        (Some(path), _) if !path.is_absolute() => return Err(SettingsError::Relative { name, path }),
        (Some(path), _) => url.with_password_file(path)?,
        (None, Some(password)) => url.with_password(password.as_encoded_bytes())?,
        (None, None) => url,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        argument: Option<&str>,
        text: &str,
        variables: &[(&str, &str)],
    ) -> Result<Option<DatabaseUrl>, SettingsError> {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("config.toml");
        std::fs::write(&file, text).expect("writes");
        load(argument, &file, |name| {
            let found = variables.iter().find(|it| it.0 == name);
            found.map(|it| OsString::from(it.1))
        })
    }

    fn place(argument: Option<&str>, text: &str, variables: &[(&str, &str)]) -> String {
        let url = read(argument, text, variables).expect("is understood");
        url.map_or_else(|| "embedded".to_owned(), |it| it.place())
    }

    const FILE: &str = "[database]\nurl = \"postgres://u@file/d\"\npassword_file = \"/run/secret\"\n";

    #[test]
    fn an_argument_comes_before_a_variable_and_that_before_the_file() {
        let variable = [("DISTRI_DATABASE_URL", "postgres://u:hunter2@variable/d")];
        assert_eq!(place(None, "", &[]), "embedded");
        assert_eq!(place(None, FILE, &[]), "file:5432/d");
        assert_eq!(place(None, FILE, &variable), "variable:5432/d");
        assert_eq!(
            place(Some("postgres://u@argument/d"), FILE, &variable),
            "argument:5432/d"
        );
    }

    #[test]
    fn one_password_and_never_on_a_command_line() {
        let seen = read(Some("postgres://u:hunter2@h/d"), "", &[]);
        assert_eq!(seen, Err(UrlError::PasswordSeen.into()));
        let file = read(None, FILE, &[]).expect("is understood").expect("a server");
        assert_eq!(file.password_file(), Some(Path::new("/run/secret")));
        let password = [("DISTRI_DATABASE_PASSWORD", "hunter2")];
        let variable = read(None, FILE, &password).expect("is understood").expect("a server");
        assert!(variable.has_password() && variable.password_file().is_none());
        let both = [
            ("DISTRI_DATABASE_PASSWORD", "a"),
            ("DISTRI_DATABASE_PASSWORD_FILE", "/b"),
        ];
        assert_eq!(read(None, FILE, &both), Err(UrlError::TwoPasswords.into()));
        let twice = [
            ("DISTRI_DATABASE_URL", "postgres://u:hunter2@h/d"),
            ("DISTRI_DATABASE_PASSWORD", "a"),
        ];
        assert_eq!(read(None, "", &twice), Err(UrlError::TwoPasswords.into()));
        let relative = read(None, FILE, &[("DISTRI_DATABASE_PASSWORD_FILE", "secret")]);
        assert!(matches!(relative, Err(SettingsError::Relative { .. })));
    }
}
