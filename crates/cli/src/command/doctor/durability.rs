//! Whether a database's server keeps what it acknowledges. Commits to a file are flushed by distri itself.

use distri_store::Location;

use super::{Report, Status};

pub(super) fn check(location: &Location, unsafe_settings: Option<&str>, report: &mut Report) {
    match (location, unsafe_settings) {
        (Location::File(_), _) => {}
        (Location::Server(_), None) => report.add(
            "durability",
            Status::Ok,
            "the database's server keeps what it acknowledges",
            None,
        ),
        (Location::Server(_), Some(settings)) => report.add(
            "durability",
            Status::Warn,
            format!("the database's server runs without {settings}: a power cut takes what it acknowledged, records of uses included"),
            Some("turn it on in the server's configuration"),
        ),
    }
}
