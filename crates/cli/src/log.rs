//! The log of the process itself: off unless `DISTRI_LOG` asks for it, to standard error.
//!
//! Values of secrets are not a thing a field can hold: their types have no `Debug` and no `Display`. But a log has text
//! of others too (a host's name, a library's words), and a value may be part of that: so each record passes the
//! lookouts over everything that was released, which raise an alarm when there is a placeholder in it.

use std::io::{self, Write};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use distri_runtime::lookout::{Lookout, Place};
use tracing_subscriber::EnvFilter;

/// Who looks at each record; unset while there is no log.
static LOOKOUTS: OnceLock<RwLock<Vec<Arc<Lookout>>>> = OnceLock::new();

/// Starts the log at the level that `DISTRI_LOG` names, such as `info` or `distri_egress=trace`.
pub(crate) fn start() {
    let Some(directives) = std::env::var_os("DISTRI_LOG")
        .and_then(|it| it.into_string().ok())
        .filter(|it| !it.is_empty())
    else {
        return;
    };
    LOOKOUTS.get_or_init(RwLock::default);
    let filter = EnvFilter::try_new(&directives).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Hiding)
        .with_ansi(crate::terminal::colours())
        .init();
}

/// Has `lookout` look at every later record. It is made only where there is a log.
pub(crate) fn look(lookout: impl FnOnce() -> Arc<Lookout>) {
    if let Some(lookouts) = LOOKOUTS.get() {
        lookouts.write().unwrap_or_else(PoisonError::into_inner).push(lookout());
    }
}

/// Standard error behind the lookouts. A record is formatted as a whole and written at once.
struct Hiding;

impl Write for Hiding {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let mut text = record.to_vec();
        if let Some(lookouts) = LOOKOUTS.get() {
            // A copy, since recording an alarm may write a record itself.
            let lookouts = lookouts.read().unwrap_or_else(PoisonError::into_inner).clone();
            for lookout in lookouts {
                text = lookout.bytes(&text, Place::Log).into_owned();
            }
        }
        io::stderr().lock().write_all(&text)?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}
