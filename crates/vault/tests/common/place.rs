//! An installation of a test on whichever database the test runs on, with a clock that a test sets.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::sync::Arc;

use distri_core::clock::FixedClock;
use distri_core::{Clock, Timestamp};
use distri_vault::{FirstUse, Home, Vault};

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
