//! A place for a database of the kind that the test program is about.

use distri_store::{Location, Store};
use xtask::postgres::Database;

/// A database that ends with the test.
pub(crate) struct Place {
    directory: tempfile::TempDir,
    database: Option<Database>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            database: crate::ON_A_SERVER.then(|| Database::create().expect("a database")),
        }
    }

    pub(crate) fn location(&self) -> Location {
        match &self.database {
            None => Location::File(self.directory.path().join("distri.db")),
            Some(database) => Location::Server(database.url().parse().expect("a URL")),
        }
    }

    /// The database on the server.
    #[allow(dead_code, reason = "the embedded one has none")]
    pub(crate) fn database(&self) -> &Database {
        self.database.as_ref().expect("a server")
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.location()).expect("opens")
    }
}
