//! A database, and servers with directories of their own.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::sync::Arc;

use distri_core::authz::Actor;
use distri_core::{AccountName, Environment, SecretKey, SecretValue, SystemClock};
use distri_vault::root_key::{Passphrase, RootKeyError};
use distri_vault::secrets::SetSecret;
use distri_vault::{Caller, FirstUse, Home, Vault, VaultError};
use xtask::postgres::Database;

pub(crate) struct Place {
    directory: tempfile::TempDir,
    pub(crate) database: Database,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::on(Database::create().unwrap())
    }

    pub(crate) fn on(database: Database) -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            database,
        }
    }

    /// The directories of one server.
    pub(crate) fn home(&self, server: usize) -> Home {
        self.home_at(server, &self.database.url())
    }

    pub(crate) fn home_at(&self, server: usize, url: &str) -> Home {
        let home = Home::below(&self.directory.path().join(server.to_string()));
        home.with_database(Some(url.parse().unwrap()))
    }

    pub(crate) fn try_open(&self, server: usize) -> Result<Vault, VaultError> {
        open(&self.home(server))
    }

    /// One server; all have the root key of the first.
    pub(crate) fn open(&self, server: usize) -> Vault {
        self.share_root_key(server);
        self.try_open(server).unwrap()
    }

    pub(crate) fn share_root_key(&self, server: usize) {
        share_root_key(&self.home(0), &self.home(server));
    }

    /// That the log, and what this server has outside of it, is sound; how long it is.
    pub(crate) fn verified(&self, server: usize) -> u64 {
        let vault = Vault::open_for_audit(&self.home(server), Arc::new(SystemClock), &mut nobody).unwrap();
        let report = ada(&vault).verify_audit().unwrap();
        assert_eq!(report.findings, []);
        report.size
    }
}

/// Gives a home the root key of another one, and nothing else of it.
pub(crate) fn share_root_key(of: &Home, with: &Home) {
    let (from, to) = (of.root_key(), with.root_key());
    if from.exists() && !to.exists() {
        let mut directories = fs::DirBuilder::new();
        let directory = to.parent().unwrap();
        directories.recursive(true).mode(0o700).create(directory).unwrap();
        fs::copy(from, &to).unwrap();
        fs::set_permissions(to, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

pub(crate) fn open(home: &Home) -> Result<Vault, VaultError> {
    Vault::open(home, Arc::new(SystemClock), FirstUse::KeyFile, &mut nobody)
}

pub(crate) fn nobody() -> Result<Passphrase, RootKeyError> {
    Err(RootKeyError::NoPassphrase("nobody".to_owned()))
}

pub(crate) fn ada(vault: &Vault) -> Caller<'_> {
    vault.caller(Actor::local("ada"), &AccountName::default()).unwrap()
}

pub(crate) fn key(text: &str) -> SecretKey {
    text.parse().unwrap()
}

/// Sets a secret; its version.
pub(crate) fn set(vault: &Vault, name: &str, text: &str) -> Result<u32, VaultError> {
    let value = SecretValue::new(text.as_bytes().to_vec()).unwrap();
    let done = ada(vault).set(&SetSecret::new(key(name), Environment::default(), value))?;
    Ok(done.info.version)
}

pub(crate) fn reveal(vault: &Vault, name: &str) -> Result<Vec<u8>, VaultError> {
    let ada = vault.caller(Actor::local("ada"), &AccountName::default())?;
    let revealed = ada.reveal(&key(name), &Environment::default(), None)?;
    Ok(revealed.value.expose_secret().to_vec())
}

/// The versions that are there, oldest first.
pub(crate) fn versions(vault: &Vault, name: &str) -> Vec<u32> {
    let history = ada(vault).history(&key(name), &Environment::default()).unwrap();
    let mut versions: Vec<u32> = history.into_iter().map(|it| it.version).collect();
    versions.sort_unstable();
    versions
}
