//! An installation with secrets, and tokens for it.

use std::net::IpAddr;
use std::sync::Arc;

use distri_core::audit::Record;
use distri_core::authz::{Actor, Limits};
use distri_core::clock::FixedClock;
use distri_core::credential::PlainToken;
use distri_core::{AccountName, Clock, Environment, SecretKey, SecretValue, Timestamp};
use distri_vault::secrets::SetSecret;
use distri_vault::tokens::{NewToken, TokenView};
use distri_vault::{Caller, FirstUse, Home, Vault, VaultError};

use crate::database::{Hands, TestDatabase};

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

    pub(crate) fn later(&self, seconds: i64) -> Timestamp {
        Timestamp::from_second(self.clock.now().as_second() + seconds).expect("in range")
    }
}

/// The user of this machine.
pub(crate) fn ada(vault: &Vault) -> Caller<'_> {
    vault
        .caller(Actor::local("ada"), &AccountName::default())
        .expect("the default account")
}

pub(crate) fn key(text: &str) -> SecretKey {
    text.parse().expect("a key")
}

pub(crate) fn environment(text: &str) -> Environment {
    text.parse().expect("an environment")
}

pub(crate) fn value(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec()).expect("within limits")
}

pub(crate) fn set(caller: &Caller<'_>, environment: &str, key: &str, text: &str) {
    let request = SetSecret::new(self::key(key), self::environment(environment), value(text));
    caller.set(&request).expect("sets");
}

pub(crate) fn new_token(name: &str, scopes: &str, limits: Limits) -> NewToken {
    NewToken {
        name: name.parse().expect("a name"),
        scopes: scopes.parse().expect("scopes"),
        limits,
        expires_at: None,
    }
}

/// A token that ada makes.
pub(crate) fn token(vault: &Vault, name: &str, scopes: &str, limits: Limits) -> (PlainToken, TokenView) {
    let new = new_token(name, scopes, limits);
    ada(vault).create_token(&new).expect("makes it")
}

pub(crate) fn peer() -> IpAddr {
    "192.0.2.7".parse().expect("an address")
}

pub(crate) fn by<'v>(vault: &'v Vault, token: &PlainToken) -> Result<Caller<'v>, VaultError> {
    vault.authenticate_token(&token.presented(), peer())
}

pub(crate) fn records(vault: &Vault) -> Vec<Record> {
    let newest = ada(vault).audit_newest(1_000).expect("reads");
    newest.into_iter().map(|it| it.1).collect()
}
