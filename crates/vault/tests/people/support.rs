//! An installation with people.

use std::net::IpAddr;
use std::sync::Arc;

use distri_core::audit::Record;
use distri_core::authz::{Actor, Role};
use distri_core::clock::FixedClock;
use distri_core::credential::PresentedSession;
use distri_core::{AccountName, Clock, EmailAddress, SecretValue, Timestamp};
use distri_vault::people::{FirstOwner, Joining, LogIn, NewInvitation, Password, SessionView, SignedIn};
use distri_vault::secrets::SetSecret;
use distri_vault::{Caller, FirstUse, Home, Vault, VaultError};

use crate::database::{Hands, TestDatabase};

pub(crate) const WORDS: &str = "correct horse battery";

pub(crate) struct Place {
    directory: tempfile::TempDir,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) database: TestDatabase,
}

impl Place {
    pub(crate) fn new() -> Self {
        let start = Timestamp::from_second(1_800_000_000).expect("in range");
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            clock: Arc::new(FixedClock::at(start)),
            database: TestDatabase::new(),
        }
    }

    pub(crate) fn home(&self) -> Home {
        self.database.home(self.directory.path())
    }

    pub(crate) fn open(&self) -> Vault {
        let ask = &mut || panic!("nobody is asked");
        Vault::open(&self.home(), self.clock.clone(), FirstUse::KeyFile, ask).expect("opens")
    }

    pub(crate) fn database(&self) -> Hands<'_> {
        self.database.hands(&self.home())
    }

    pub(crate) fn pass(&self, seconds: i64) {
        let later = Timestamp::from_second(self.clock.now().as_second() + seconds);
        self.clock.set(later.expect("in range"));
    }
}

/// The user of this machine.
pub(crate) fn local(vault: &Vault) -> Caller<'_> {
    vault
        .caller(Actor::local("root"), &AccountName::default())
        .expect("the default account")
}

pub(crate) fn email(name: &str) -> EmailAddress {
    format!("{name}@example.com").parse().expect("an address")
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

pub(crate) fn peer() -> IpAddr {
    "192.0.2.7".parse().expect("an address")
}

/// Ada comes by the setup link.
pub(crate) fn owner(vault: &Vault) -> SignedIn {
    let link = vault.setup_link().expect("asks").expect("there is no owner yet");
    let owner = FirstOwner {
        email: email("ada"),
        name: "Ada".parse().expect("a name"),
        password: password(WORDS),
    };
    vault.set_up(&link.presented(), &owner).expect("sets up")
}

/// Somebody comes by an invitation of `by`.
pub(crate) fn join(vault: &Vault, by: &Caller<'_>, name: &str, role: Role) -> SignedIn {
    let new = NewInvitation {
        email: email(name),
        role,
    };
    let (link, _) = by.invite(&new).expect("invites");
    let joining = Joining {
        name: Some(name.parse().expect("a name")),
        password: password(WORDS),
    };
    vault
        .accept_invitation(&link.presented(), &joining, peer())
        .expect("joins")
}

pub(crate) fn log_in(vault: &Vault, name: &str, text: &str, from: IpAddr) -> Result<SignedIn, VaultError> {
    vault.log_in(&LogIn {
        email: &email(name),
        password: &password(text),
        peer: from,
        previous: None,
    })
}

pub(crate) fn by<'v>(vault: &'v Vault, session: &PresentedSession) -> (Caller<'v>, SessionView) {
    vault.authenticate_session(session).expect("signed in")
}

pub(crate) fn set(caller: &Caller<'_>, key: &str, text: &str) -> Result<(), VaultError> {
    let value = SecretValue::new(text.as_bytes().to_vec()).expect("within limits");
    let request = SetSecret::new(key.parse().expect("a key"), Default::default(), value);
    caller.set(&request).map(drop)
}

pub(crate) fn reveal(caller: &Caller<'_>, key: &str) -> Result<Vec<u8>, VaultError> {
    let revealed = caller.reveal(&key.parse().expect("a key"), &Default::default(), None)?;
    Ok(revealed.value.expose_secret().to_vec())
}

pub(crate) fn records(vault: &Vault) -> Vec<Record> {
    let newest = local(vault).audit_newest(1_000).expect("reads");
    newest.into_iter().map(|it| it.1).collect()
}
