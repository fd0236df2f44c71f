//! The log of the process itself: off unless `DISTRI_LOG` asks for it, to standard error.
//!
//! Values of secrets are not a thing a field can hold: their types have no `Debug` and no `Display`. But a log has text
//! of others too (a host's name, a library's words), and a value may be part of that: so each record passes the
//! redactors of everything that was released.

use std::io::{self, Write};
use std::sync::{OnceLock, PoisonError, RwLock};

use distri_redact::Redactor;
use tracing_subscriber::EnvFilter;

/// What is hidden; unset while there is no log.
static HIDDEN: OnceLock<RwLock<Vec<Redactor>>> = OnceLock::new();

/// Starts the log at the level that `DISTRI_LOG` names, such as `info` or `distri_egress=trace`.
pub(crate) fn start() {
    let Some(directives) = std::env::var_os("DISTRI_LOG")
        .and_then(|it| it.into_string().ok())
        .filter(|it| !it.is_empty())
    else {
        return;
    };
    HIDDEN.get_or_init(RwLock::default);
    let filter = EnvFilter::try_new(&directives).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Hiding)
        .with_ansi(crate::terminal::colours())
        .init();
}

/// Hides what `redactor` finds in every later record.
pub(crate) fn hide(redactor: &Redactor) {
    if let Some(hidden) = HIDDEN.get() {
        let mut hidden = hidden.write().unwrap_or_else(PoisonError::into_inner);
        hidden.push(redactor.clone());
    }
}

/// Standard error behind the redactors. A record is formatted as a whole and written at once.
struct Hiding;

impl Write for Hiding {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let mut text = record.to_vec();
        if let Some(hidden) = HIDDEN.get() {
            for redactor in hidden.read().unwrap_or_else(PoisonError::into_inner).iter() {
                text = redactor.redact(&text).into_owned();
            }
        }
        io::stderr().lock().write_all(&text)?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}
