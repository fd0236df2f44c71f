//! A home, and hands that reach into its database.

use std::sync::Arc;

use distri_core::authz::Actor;
use distri_core::{AccountName, Environment, SecretKey, SecretValue, SystemClock};
use distri_vault::root_key::{Passphrase, RootKeyError, Surroundings};
use distri_vault::secrets::SetSecret;
use distri_vault::{Caller, FirstUse, Home, Vault, VaultError};

use crate::database::{Hands, TestDatabase};

pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) database: TestDatabase,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            database: TestDatabase::new(),
        }
    }

    pub(crate) fn home(&self) -> Home {
        self.database.home(self.directory.path())
    }

    pub(crate) fn open(&self) -> Vault {
        open(&self.home()).unwrap()
    }

    pub(crate) fn hands(&self) -> Hands<'_> {
        self.database.hands(&self.home())
    }

    /// A column of bytes, as hexadecimal digits.
    pub(crate) fn bytes(&self, column: &str, rows: &str) -> Vec<String> {
        match self.hands() {
            Hands::Embedded(database) => {
                let mut statement = database
                    .prepare(&format!("select lower(hex({column})) from {rows}"))
                    .unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.map(Result::unwrap).collect()
            }
            Hands::Server(database) => {
                let lines = database
                    .sql(&format!("select encode({column}, 'hex') from {rows}"))
                    .unwrap();
                lines.lines().map(str::to_owned).collect()
            }
        }
    }

    /// Does `work` with this home around it and nobody to ask.
    pub(crate) fn around<T>(&self, work: impl FnOnce(&mut Surroundings<'_>) -> T) -> T {
        let home = self.home();
        let mut ask = nobody;
        work(&mut Surroundings::of(&home, &mut ask))
    }

    pub(crate) fn rotate_instance(&self, vault: &Vault) {
        self.around(|around| ada(vault).rotate_instance(around)).unwrap();
    }

    /// The audit log, and every secret, are as distri wrote them.
    pub(crate) fn is_sound(&self) {
        let vault = self.open();
        assert_eq!(ada(&vault).verify_audit().unwrap().findings, []);
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

pub(crate) fn set(vault: &Vault, name: &str, text: &str) {
    let value = SecretValue::new(text.as_bytes().to_vec()).unwrap();
    ada(vault)
        .set(&SetSecret::new(key(name), Environment::default(), value))
        .unwrap();
}

pub(crate) fn revealed(vault: &Vault, name: &str, version: Option<u32>) -> Result<Vec<u8>, VaultError> {
    let revealed = ada(vault).reveal(&key(name), &Environment::default(), version)?;
    Ok(revealed.value.expose_secret().to_vec())
}
