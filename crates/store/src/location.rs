//! Where a database is: in a file of this machine, or on a server.

use std::fmt;
use std::path::PathBuf;

use crate::DatabaseUrl;

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// The embedded database, in this file.
    File(PathBuf),
    /// A PostgreSQL database.
    Server(DatabaseUrl),
}

impl Location {
    /// Whether it is known, without asking anybody, that there is nothing yet.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        match self {
            Self::File(path) => !path.exists(),
            Self::Server(_) => false,
        }
    }
}

/// For people: a path, or hosts and a name.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Server(url) => f.write_str(&url.place()),
        }
    }
}
