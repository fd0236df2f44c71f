//! Homes with secrets, a file for a backup, and somebody who can open it.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use distri_core::age::{Identity, Reader, Recipient, Writer};
use distri_core::authz::Actor;
use distri_core::{AccountName, Environment, SecretKey, SecretValue, SystemClock};
use distri_vault::backup::{
    BackupError, BackupMade, BackupReport, CreateBackup, RestoreBackup, Restored, check_backup, restore_backup,
};
use distri_vault::root_key::{Passphrase, RootKeyError};
use distri_vault::secrets::SetSecret;
use distri_vault::{Caller, FirstUse, Home, Vault};

pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn home(&self) -> Home {
        Home::below(self.directory.path())
    }

    pub(crate) fn open(&self) -> Vault {
        Vault::open(&self.home(), Arc::new(SystemClock), FirstUse::KeyFile, &mut nobody).unwrap()
    }

    /// Gives this home the root key of another one, and nothing else of it.
    pub(crate) fn take_root_key_of(&self, other: &Self) {
        let to = self.home().root_key();
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(other.home().root_key(), to).unwrap();
    }
}

/// A backup's file and who can open it.
pub(crate) struct Kept {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) identities: Vec<Identity>,
}

impl Kept {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            identities: vec![Identity::generate()],
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("backup.age")
    }

    pub(crate) fn recipients(&self) -> Vec<Recipient> {
        self.identities.iter().map(Identity::recipient).collect()
    }

    pub(crate) fn make(&self, vault: &Vault) -> BackupMade {
        let to = self.file();
        let request = CreateBackup {
            to: &to,
            recipients: &self.recipients(),
        };
        ada(vault).create_backup(&request).unwrap()
    }

    pub(crate) fn check(&self) -> Result<BackupReport, BackupError> {
        check_backup(&self.file(), &self.identities)
    }

    /// Restores into an empty home, without any consent.
    pub(crate) fn restore(&self, place: &Place) -> Result<Restored, BackupError> {
        self.restore_with(place, false, false)
    }

    pub(crate) fn restore_with(
        &self,
        place: &Place,
        replace: bool,
        accept_rollback: bool,
    ) -> Result<Restored, BackupError> {
        let file = self.file();
        let request = RestoreBackup {
            file: &file,
            identities: &self.identities,
            replace,
            accept_rollback,
            trust: &[],
        };
        let clock = Arc::new(SystemClock);
        restore_backup(&place.home(), clock, &Actor::local("ada"), &request, &mut nobody)
    }

    /// What is inside, as whoever has the identity sees it.
    pub(crate) fn content(&self) -> Vec<u8> {
        let file = std::fs::read(self.file()).unwrap();
        let mut content = Vec::new();
        let mut reader = Reader::new(&file[..], &self.identities).unwrap();
        reader.read_to_end(&mut content).unwrap();
        content
    }

    /// Encrypts other content to the same recipients, as anybody can.
    pub(crate) fn put_content(&self, content: &[u8]) {
        let mut writer = Writer::new(Vec::new(), &self.recipients()).unwrap();
        writer.write_all(content).unwrap();
        std::fs::write(self.file(), writer.finish().unwrap()).unwrap();
    }
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

pub(crate) fn set_bytes(vault: &Vault, name: &str, value: &[u8]) {
    let value = SecretValue::new(value.to_vec()).unwrap();
    ada(vault)
        .set(&SetSecret::new(key(name), Environment::default(), value))
        .unwrap();
}

pub(crate) fn set(vault: &Vault, name: &str, text: &str) {
    set_bytes(vault, name, text.as_bytes());
}

pub(crate) fn value_of(vault: &Vault, name: &str, version: u32) -> Vec<u8> {
    let revealed = ada(vault).reveal(&key(name), &Environment::default(), Some(version));
    revealed.unwrap().value.expose_secret().to_vec()
}
