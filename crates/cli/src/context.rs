//! What verbs share: the store of this machine or a server, opened, and who acts.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use distri_core::authz::Actor;
use distri_core::{AccountName, SecretValue, SystemClock};
use distri_store::Location;
use distri_vault::audit::{AuditSettings, LITTLE_ROOM};
use distri_vault::root_key::{Passphrase, RootKeyError};
use distri_vault::{FirstUse, Home, Vault, VaultError, database};
use zeroize::Zeroizing;

use crate::caller::Caller;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Client;
use crate::remote::chosen::Server;
use crate::remote::profiles::Profiles;
use crate::{hidden, terminal};

/// Where the secrets of this command are.
pub(crate) enum Context {
    /// In the store of this machine.
    Here(Box<Embedded>),
    /// On a server.
    There(Box<Client>),
}

impl Context {
    /// The server that is configured, else the embedded store, which is set up at first use.
    pub(crate) fn open() -> Result<Self, Failure> {
        Self::open_with(FirstUse::KeyFile)
    }

    /// The same for verbs that only read: they find an installation, and make none.
    pub(crate) fn open_to_read() -> Result<Self, Failure> {
        Self::open_with(FirstUse::Refuse)
    }

    /// The same with a choice of what first use does.
    pub(crate) fn open_with(first_use: FirstUse) -> Result<Self, Failure> {
        Ok(match Server::chosen()? {
            Some(server) => Self::There(Box::new(Client::new(server))),
            None => Self::Here(Box::new(Embedded::of_this_machine(first_use)?)),
        })
    }

    /// The same for verbs that have an answer where there is none.
    pub(crate) fn if_there() -> Result<Option<Self>, Failure> {
        match Self::open_to_read() {
            Err(failure) if failure.is_not_set_up() => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// The same for checking the audit log: the embedded store is opened whatever state its log is in.
    pub(crate) fn open_for_audit() -> Result<Self, Failure> {
        Ok(match Server::chosen()? {
            Some(server) => Self::There(Box::new(Client::new(server))),
            None => Self::Here(Box::new(Embedded::open_for_audit()?)),
        })
    }

    /// Who acts.
    pub(crate) fn caller(&self) -> Result<Caller<'_>, Failure> {
        self.caller_in(&AccountName::default())
    }

    /// Who acts in an account: a token is for one.
    pub(crate) fn caller_in(&self, account: &AccountName) -> Result<Caller<'_>, Failure> {
        Ok(match self {
            Self::Here(it) => Caller::Here(it.caller_in(account)?),
            Self::There(it) => {
                it.is_for(account)?;
                Caller::There(it)
            }
        })
    }
}

impl Context {
    /// How many audit records there are, where that is a cheap question.
    pub(crate) fn records(&self) -> Option<u64> {
        match self {
            Self::Here(it) => it.vault().records().ok(),
            Self::There(_) => None,
        }
    }

    /// Where the secrets are, as the end of a question before something is destroyed there.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Here(_) => "in the store of this machine".to_owned(),
            Self::There(it) => format!("on `{}`", it.place()),
        }
    }

    /// The token in use, which nobody is to be shown.
    pub(crate) fn token(&self) -> Option<&SecretValue> {
        match self {
            Self::Here(_) => None,
            Self::There(it) => Some(it.token()),
        }
    }
}

/// The embedded installation of this user: for verbs that work on the host of a store.
pub(crate) struct Embedded {
    vault: Vault,
    actor: Actor,
}

impl Embedded {
    /// Opens the embedded store; refused where a server is configured, because another store would be meant.
    pub(crate) fn open(first_use: FirstUse) -> Result<Self, Failure> {
        only_here()?;
        Self::of_this_machine(first_use)
    }

    /// Opens the embedded store whatever state its audit log is in; it is never set up here.
    pub(crate) fn open_for_audit() -> Result<Self, Failure> {
        only_here()?;
        Ok(Self::of(Vault::open_for_audit(
            &home()?,
            Arc::new(SystemClock),
            &mut ask_passphrase,
        )?))
    }

    fn of_this_machine(first_use: FirstUse) -> Result<Self, Failure> {
        Ok(Self::of(open_vault(&home()?, first_use)?))
    }

    fn of(vault: Vault) -> Self {
        // A command may run for long: what was seen in opening is said before it does.
        say_complaints(&vault);
        Self {
            vault,
            actor: Actor::local(user_name()),
        }
    }

    /// The user of this machine.
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The vault itself.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The user of this machine in the embedded store's account.
    pub(crate) fn caller(&self) -> Result<distri_vault::Caller<'_>, Failure> {
        self.caller_in(&AccountName::default())
    }

    /// The user of this machine in an account.
    pub(crate) fn caller_in(&self, account: &AccountName) -> Result<distri_vault::Caller<'_>, Failure> {
        Ok(self.vault.caller(self.actor.clone(), account)?)
    }
}

impl Drop for Embedded {
    /// The end of a command: records that waited long enough get their checkpoint, and what evidence could not be
    /// delivered is said.
    fn drop(&mut self) {
        if let Err(error) = self.vault.checkpoint_if_due() {
            terminal::warning(&error.to_string());
        }
        self.vault.end_webhook();
        say_complaints(&self.vault);
    }
}

fn say_complaints(vault: &Vault) {
    for complaint in vault.take_complaints() {
        terminal::warning(&complaint);
    }
}

/// Refuses where a server is configured: what only the host of a store can do is not done to another store instead.
pub(crate) fn only_here() -> Result<(), Failure> {
    match Server::chosen()? {
        None => Ok(()),
        Some(server) => Err(Failure::new(
            Exit::Usage,
            format!(
                "this is done on the host of a store, and `{}` is configured as the server",
                server.base_url.place()
            ),
        )
        .hint("run it there; `--local` before the verb means the store of this machine")),
    }
}

/// Opens the embedded store of `home`; warns when there is little room for it.
pub(crate) fn open_vault(home: &Home, first_use: FirstUse) -> Result<Vault, Failure> {
    if let Some(bytes) = room(home).filter(|it| *it < LITTLE_ROOM) {
        terminal::warning(&format!(
            "there is room for only {} MiB of the database and its audit log; without room for a record no secret is used",
            bytes >> 20
        ));
    }
    Ok(Vault::open(
        home,
        Arc::new(SystemClock),
        first_use,
        &mut ask_passphrase,
    )?)
}

/// How many bytes this user may still write where the database is.
pub(crate) fn room(home: &Home) -> Option<u64> {
    let Location::File(place) = home.location() else {
        return None;
    };
    let existing = place.ancestors().find(|it| it.exists())?;
    let found = rustix::fs::statvfs(existing).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

/// Where the installation is, and the settings of its database and its audit log.
pub(crate) fn home() -> Result<Home, Failure> {
    home_with(None)
}

/// The same with the database that a command line names.
pub(crate) fn home_with(database: Option<&str>) -> Result<Home, Failure> {
    let variable = |name: &str| std::env::var_os(name);
    let home = Home::from_env(variable)?;
    let audit = AuditSettings::load(&home.config_file(), variable).map_err(VaultError::from)?;
    let database = database::load(database, &home.config_file(), variable).map_err(VaultError::from)?;
    Ok(home.with_audit(audit).with_database(database))
}

/// What an isolated command must not see: the installation, and what unlocks it.
pub(crate) fn private_places() -> Result<Vec<PathBuf>, Failure> {
    const UNLOCKING: [&str; 7] = [
        "DISTRI_PASSPHRASE_FILE",
        "DISTRI_TRANSIT_TOKEN_FILE",
        "DISTRI_PKCS11_PIN_FILE",
        "DISTRI_AWS_ACCESS_KEY_FILE",
        "DISTRI_AWS_SECRET_KEY_FILE",
        "DISTRI_AWS_SESSION_TOKEN_FILE",
        "CREDENTIALS_DIRECTORY",
    ];
    let unlocking = UNLOCKING.iter().filter_map(std::env::var_os).map(PathBuf::from);
    let profiles = Profiles::private_places(|name| std::env::var_os(name));
    let places = home()?.places().into_iter().chain(unlocking);
    Ok(places.chain(profiles).collect())
}

/// The passphrase: from `DISTRI_PASSPHRASE_FILE`, else a hidden prompt.
pub(crate) fn ask_passphrase() -> Result<Passphrase, RootKeyError> {
    if let Some(path) = std::env::var_os("DISTRI_PASSPHRASE_FILE").map(PathBuf::from) {
        let text = std::fs::read_to_string(&path).map(Zeroizing::new);
        let text =
            text.map_err(|error| RootKeyError::NoPassphrase(format!("cannot read `{}`: {error}", path.display())))?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        return Ok(Passphrase::new(text.to_owned()));
    }
    if !std::io::stdin().is_terminal() && !std::path::Path::new("/dev/tty").exists() {
        return Err(RootKeyError::NoPassphrase(
            "there is no terminal to ask on; name a file in `DISTRI_PASSPHRASE_FILE`".to_owned(),
        ));
    }
    let text = hidden::ask_text("Passphrase: ");
    text.map(|mut it| Passphrase::new(std::mem::take(&mut *it)))
        .map_err(|error| {
            RootKeyError::NoPassphrase(format!(
                "cannot ask for it ({error}); name a file in `DISTRI_PASSPHRASE_FILE`"
            ))
        })
}

/// The user's name for the audit record: from the user database by number, not from a variable anybody can set.
pub(crate) fn user_name() -> String {
    let uid = rustix::process::getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let entry = passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|it| it.len() > 2 && it[2] == uid.to_string());
    entry.map_or_else(|| format!("uid {uid}"), |it| it[0].to_owned())
}
