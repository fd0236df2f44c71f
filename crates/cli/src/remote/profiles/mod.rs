//! Profiles: servers that somebody has logged in to, in the files that the original's users have already.
//!
//! `credentials` is an INI file, a section for each profile with `api_key`, `workspace_id` and `api_url`; `config` says
//! `active_profile = "name"`. What else is in them stays as it is. They are in `~/.distri`, or below `DISTRI_HOME` where that
//! is set: whoever moves everything of distri elsewhere must not reach a server by what lies in another place.

mod file;
mod ini;

use std::ffi::OsString;
use std::path::PathBuf;

use distri_core::SecretValue;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use file::Others;
pub(crate) use ini::Section;
use ini::{Ini, set_active};

/// Where the files are.
pub(crate) struct Profiles {
    directory: PathBuf,
}

/// What a profile says.
pub(crate) struct Profile {
    /// Its name.
    pub(crate) name: String,
    /// The server.
    pub(crate) api_url: Option<String>,
    /// The token, which goes to that server and to no other.
    pub(crate) api_key: Option<SecretValue>,
    /// The account, as an id.
    pub(crate) workspace_id: Option<String>,
}

/// A profile without its token.
#[derive(Serialize)]
pub(crate) struct Listed {
    /// Its name.
    pub(crate) name: String,
    /// The server.
    pub(crate) api_url: Option<String>,
    /// Whether it is in use where nobody names another.
    pub(crate) active: bool,
}

/// The name of the profile that is meant when nobody names one.
const DEFAULT: &str = "default";

impl Profiles {
    /// The place for this environment; none where there is neither `DISTRI_HOME` nor `HOME`.
    pub(crate) fn find(get: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        Self::all(get).next()
    }

    /// Every place where files with tokens may be, whichever is in use; the one in use comes first.
    fn all(get: impl Fn(&str) -> Option<OsString>) -> impl Iterator<Item = Self> {
        let place = |name: &str, below: &str| {
            let path = get(name).filter(|it| !it.is_empty()).map(PathBuf::from)?;
            Some(Self {
                directory: path.join(below),
            })
        };
        [place("DISTRI_HOME", "profiles"), place("HOME", ".distri")]
            .into_iter()
            .flatten()
    }

    /// What an isolated command must not see: each such place, and the file itself, which may be a link that leads out of it.
    pub(crate) fn private_places(get: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
        Self::all(get)
            .flat_map(|it| [it.credentials(), it.directory])
            .filter(|it| it.exists())
            .collect()
    }

    /// The same, where there has to be one.
    pub(crate) fn here() -> Result<Self, Failure> {
        Self::find(|name| std::env::var_os(name)).ok_or_else(|| {
            Failure::new(
                Exit::Failed,
                "there is no place for profiles: neither `DISTRI_HOME` nor `HOME` is set",
            )
        })
    }

    /// The profile of this name, or the active one. One open file that is not there is all that this costs whoever
    /// never logged in.
    pub(crate) fn read(&self, name: Option<&str>) -> Result<Option<Profile>, Failure> {
        let Some(text) = file::read(&self.credentials(), Others::Nothing)? else {
            return Ok(None);
        };
        let credentials = Ini::parse(&text);
        let name = match name {
            Some(name) => name.to_owned(),
            None => self.active()?.unwrap_or_else(|| DEFAULT.to_owned()),
        };
        let Some(section) = credentials.section(&name) else {
            return Ok(None);
        };
        let api_key = section.get("api_key").map(|it| SecretValue::new(it.into()));
        Ok(Some(Profile {
            api_url: section.get("api_url").map(str::to_owned),
            api_key: api_key.transpose().map_err(|_| {
                Failure::new(Exit::NotAuthenticated, format!("the profile `{name}` has no token"))
                    .hint(format!("`distri login --profile {name}` saves one"))
            })?,
            workspace_id: section.get("workspace_id").map(str::to_owned),
            name,
        }))
    }

    /// All of them.
    pub(crate) fn list(&self) -> Result<Vec<Listed>, Failure> {
        let active = self.active_or_default()?;
        let Some(text) = file::read(&self.credentials(), Others::Nothing)? else {
            return Ok(Vec::new());
        };
        let credentials = Ini::parse(&text);
        let all = credentials.names().map(|name| Listed {
            name: name.to_owned(),
            api_url: credentials
                .section(name)
                .and_then(|it| it.get("api_url").map(str::to_owned)),
            active: name == active,
        });
        Ok(all.collect())
    }

    /// Saves a profile and makes it the active one.
    pub(crate) fn save(&self, name: &str, section: &Section<'_>) -> Result<(), Failure> {
        let _lock = file::lock(&self.directory)?;
        file::change(&self.credentials(), Others::Nothing, |text| {
            Ini::parse(text).with(name, section)
        })?;
        file::change(&self.config(), Others::Read, |text| set_active(text, Some(name)))
    }

    /// Forgets the token of a profile; whether there was one.
    pub(crate) fn forget(&self, name: &str) -> Result<bool, Failure> {
        let _lock = file::lock(&self.directory)?;
        let known = match file::read(&self.credentials(), Others::Nothing)? {
            Some(text) => Ini::parse(&text).section(name).is_some(),
            None => false,
        };
        if known {
            file::change(&self.credentials(), Others::Nothing, |text| {
                Ini::parse(text).without(name)
            })?;
            if self.active()?.as_deref() == Some(name) {
                file::change(&self.config(), Others::Read, |text| set_active(text, None))?;
            }
        }
        Ok(known)
    }

    /// Makes a profile the active one.
    pub(crate) fn activate(&self, name: &str) -> Result<(), Failure> {
        let _lock = file::lock(&self.directory)?;
        file::change(&self.config(), Others::Read, |text| set_active(text, Some(name)))
    }

    /// The active profile's name, where one is said.
    pub(crate) fn active(&self) -> Result<Option<String>, Failure> {
        let text = file::read(&self.config(), Others::Read)?.unwrap_or_default();
        Ok(ini::active(&text))
    }

    /// The name that is meant without one.
    pub(crate) fn active_or_default(&self) -> Result<String, Failure> {
        Ok(self.active()?.unwrap_or_else(|| DEFAULT.to_owned()))
    }

    fn credentials(&self) -> PathBuf {
        self.directory.join("credentials")
    }

    fn config(&self) -> PathBuf {
        self.directory.join("config")
    }
}

/// A profile's name on the command line: what a section's heading can hold.
pub(crate) fn checked_name(name: &str) -> Result<&str, Failure> {
    let fits = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"-_.@".contains(&it));
    match fits {
        true => Ok(name),
        false => Err(Failure::new(
            Exit::Usage,
            "a profile's name has 1 to 64 letters, digits, `-`, `_`, `.` or `@`",
        )),
    }
}
