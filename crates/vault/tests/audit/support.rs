//! A home with a clock that stands still, and hands that reach into its files.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use distri_core::authz::Actor;
use distri_core::clock::FixedClock;
use distri_core::ids::RunId;
use distri_core::{AccountName, Clock, Environment, SecretKey, SecretValue, SystemClock, Timestamp};
use distri_vault::audit::{AuditReport, AuditSettings};
use distri_vault::root_key::{Passphrase, RootKeyError};
use distri_vault::secrets::{ReleaseSecrets, Selection, SetSecret};
use distri_vault::{Caller, FirstUse, Home, Vault, VaultError};

use crate::database::{Hands, Kept, TestDatabase};

pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) settings: AuditSettings,
    pub(crate) database: TestDatabase,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            clock: Arc::new(FixedClock::at(Timestamp::from_second(1_800_000_000).unwrap())),
            settings: AuditSettings::default(),
            database: TestDatabase::new(),
        }
    }

    pub(crate) fn home(&self) -> Home {
        let home = self.database.home(self.directory.path());
        home.with_audit(self.settings.clone())
    }

    pub(crate) fn try_open(&self) -> Result<Vault, VaultError> {
        Vault::open(&self.home(), self.clock.clone(), FirstUse::KeyFile, &mut nobody)
    }

    pub(crate) fn open(&self) -> Vault {
        self.try_open().unwrap()
    }

    pub(crate) fn open_for_audit(&self) -> Vault {
        Vault::open_for_audit(&self.home(), self.clock.clone(), &mut nobody).unwrap()
    }

    pub(crate) fn verify(&self) -> AuditReport {
        ada(&self.open_for_audit()).verify_audit().unwrap()
    }

    /// What verifying says first.
    pub(crate) fn first_finding(&self) -> String {
        self.verify()
            .findings
            .first()
            .map(|it| it.what.clone())
            .unwrap_or_default()
    }

    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.home().checkpoint_file()
    }

    pub(crate) fn tip(&self) -> PathBuf {
        self.directory.path().join("state/audit-tip")
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.clock
            .set(Timestamp::from_second(self.clock.now().as_second() + seconds).unwrap());
    }

    /// Edits the database as somebody who may write there: no trigger is in the way.
    pub(crate) fn edit(&self, sql: &str) {
        self.database().without_rules(sql).unwrap();
    }

    pub(crate) fn database(&self) -> Hands<'_> {
        self.database.hands(&self.home())
    }

    /// A copy of the database, to put back later.
    pub(crate) fn keep_database(&self) -> Kept {
        self.database.keep(&self.home())
    }

    /// A copy of the database, after which it has gone on over a checkpoint.
    pub(crate) fn kept_and_gone_on(&self) -> Kept {
        set(&self.open(), "A", "common");
        let kept = self.keep_database();
        let vault = self.open();
        set(&vault, "A", "one");
        self.wait(61);
        set(&vault, "A", "two");
        kept
    }

    pub(crate) fn put_back(&self, kept: &Kept) {
        self.database.put_back(&self.home(), kept);
    }
}

fn nobody() -> Result<Passphrase, RootKeyError> {
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

/// Releases everything to an agent, or to a command.
pub(crate) fn release(vault: &Vault, agent: Option<&str>) {
    let request = ReleaseSecrets {
        agent: agent.map(|it| it.parse().unwrap()),
        environment: Environment::default(),
        selection: Selection::All {
            required: BTreeSet::new(),
        },
    };
    ada(vault).release(RunId::new(&SystemClock), &request).unwrap();
}

impl Place {
    pub(crate) fn clock_in(&self, seconds: i64) -> Timestamp {
        Timestamp::from_second(self.clock.now().as_second() + seconds).unwrap()
    }
}
