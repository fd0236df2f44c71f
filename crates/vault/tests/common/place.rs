//! An installation of a test on whichever database the test runs on, with a clock that a test sets.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::sync::Arc;

use distri_core::authz::Actor;
use distri_core::clock::FixedClock;
use distri_core::{AccountName, Clock, SecretKey, SecretValue, Timestamp};
use distri_vault::{Caller, FirstUse, Home, Vault};

use crate::database::{Hands, TestDatabase};

pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
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

    pub(crate) fn clock_in(&self, seconds: i64) -> Timestamp {
        Timestamp::from_second(self.clock.now().as_second() + seconds).expect("in range")
    }

    /// Sets the clock to so much later.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.set(self.clock_in(seconds));
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

pub(crate) fn value(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec()).expect("within limits")
}
