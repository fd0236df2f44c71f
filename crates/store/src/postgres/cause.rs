//! Why the server, or the way to it, failed, and what follows from that.
//!
//! Of the server's words only the code and the message are kept: `DETAIL` quotes rows, and messages about data quote data.

use std::error::Error;
use std::fmt;
use std::io;

use crate::{DatabaseUrl, StoreError};

/// Why something failed. All units of one transaction hear the same.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    pub(super) kind: Kind,
    text: String,
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The connection is gone, or is to a server that cannot write: what it had not committed did not happen.
    Gone,
    /// The server takes nobody in at the moment.
    NotNow,
    /// The server undid the transaction so that another one could go on.
    Undone,
    /// Name, password, certificate or database are wrong: no attempt will do better.
    Refused,
    /// A lock or an answer took too long.
    Slow,
    /// A rule of the schema.
    Conflict,
    /// The disk of the server is full.
    Full,
    /// Its pages are damaged.
    Corrupt,
    /// Anything else.
    Other,
}

impl Cause {
    pub(super) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }

    /// Whether the same may well work in a moment.
    pub(super) fn passes(&self) -> bool {
        matches!(self.kind, Kind::Gone | Kind::NotNow | Kind::Undone)
    }

    /// For units of a transaction in which a statement failed that need not be theirs: they try again.
    pub(super) fn of_somebody(self) -> Self {
        match self.passes() {
            true => self,
            false => Self {
                kind: Kind::Undone,
                ..self
            },
        }
    }

    /// In terms of the store.
    pub(super) fn at(self, url: &DatabaseUrl) -> StoreError {
        match self.kind {
            Kind::Gone | Kind::NotNow => StoreError::Unreachable {
                place: url.place(),
                source: Box::new(self),
            },
            Kind::Refused => StoreError::Refused {
                place: url.place(),
                source: Box::new(self),
            },
            Kind::Slow => StoreError::Busy {
                seconds: url.statement_seconds(),
            },
            Kind::Conflict => StoreError::Conflict,
            Kind::Full => StoreError::Unwritable {
                reason: "the disk of its server is full",
            },
            Kind::Corrupt => StoreError::Corrupt,
            Kind::Undone | Kind::Other => StoreError::Database(Box::new(self)),
        }
    }
}

impl From<tokio_postgres::Error> for Cause {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(said) = error.as_db_error() {
            let code = said.code().code();
            // Class 22 is about data, and quotes it.
            let message = if code.starts_with("22") {
                "data of a wrong form"
            } else {
                said.message()
            };
            return Self::new(kind_of(code), format!("{message} ({code})"));
        }
        let kind = if error.is_closed() { Kind::Gone } else { Kind::Other };
        match error.source() {
            Some(source) => match source.downcast_ref::<io::Error>() {
                Some(io) => Self::from_io(io, &error.to_string()),
                None => Self::new(kind, format!("{error}: {source}")),
            },
            None => Self::new(kind, error.to_string()),
        }
    }
}

impl Cause {
    /// A failure of the socket or of the TLS on it.
    pub(super) fn from_io(error: &io::Error, doing: &str) -> Self {
        let is_tls = error.get_ref().is_some_and(|it| it.is::<rustls::Error>());
        let kind = match error.kind() {
            _ if is_tls => Kind::Refused,
            io::ErrorKind::Other | io::ErrorKind::InvalidInput | io::ErrorKind::PermissionDenied => Kind::Refused,
            _ => Kind::Gone,
        };
        Self::new(kind, format!("{doing}: {error}"))
    }
}

/// By the SQLSTATE, or its class.
fn kind_of(code: &str) -> Kind {
    match code {
        "40001" | "40P01" => Kind::Undone,
        // Shutting down, crashed, starting up; a server that became a replica; a transaction that stood still for too
        // long; a statement whose tables were changed by a migration.
        "57P01" | "57P02" | "57P05" | "25006" | "25P03" | "25P04" | "0A000" => Kind::Gone,
        "57P03" | "53300" => Kind::NotNow,
        "57014" | "55P03" => Kind::Slow,
        "53100" => Kind::Full,
        "XX001" | "XX002" => Kind::Corrupt,
        _ => match &code[..2.min(code.len())] {
            "08" => Kind::Gone,
            "23" => Kind::Conflict,
            "28" | "3D" | "42" => Kind::Refused,
            _ => Kind::Other,
        },
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_tried_again_and_what_does_not_is_not() {
        let passes = |code: &str| Cause::new(kind_of(code), "").passes();
        for code in ["40001", "40P01", "57P01", "57P03", "53300", "08006", "25006", "25P03"] {
            assert!(passes(code), "{code}");
        }
        for code in [
            "23505", "28P01", "3D000", "42P01", "57014", "53100", "XX001", "22P02", "", "P0001",
        ] {
            assert!(!passes(code), "{code}");
        }
    }
}
