//! The log of the process itself, to standard error: off unless `DISTRI_LOG` asks for it, or the command is a server.
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

/// Starts the log at the level that `DISTRI_LOG` names, such as `info` or `distri_egress=trace`, else at `level`.
pub(crate) fn start(level: Option<&str>) {
    let named = std::env::var_os("DISTRI_LOG").and_then(|it| it.into_string().ok());
    let named = named.filter(|it| !it.is_empty());
    let Some(directives) = named.or_else(|| level.map(str::to_owned)) else {
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
        io::stderr().lock().write_all(&shown(record))?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

/// A record as it may be shown; alarms about it are raised before this returns.
fn shown(record: &[u8]) -> Vec<u8> {
    let mut text = record.to_vec();
    if let Some(lookouts) = LOOKOUTS.get() {
        // A copy, since recording an alarm may write a record itself.
        let lookouts = lookouts.read().unwrap_or_else(PoisonError::into_inner).clone();
        for lookout in lookouts {
            text = lookout.bytes(&text, Place::Log).into_owned();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use distri_core::alarm::{Alarm, AlarmRule, AlarmSink, NotRecorded, OnLeak, Watch};
    use distri_core::envelope::Keyring;
    use distri_core::ids::RunId;
    use distri_core::placeholder::{PlaceholderId, Shape};
    use distri_core::{Policy, Release, ReleasedSecret, SecretValue, SystemClock};

    use super::*;

    struct Alarms(Mutex<Vec<Alarm>>);

    impl AlarmSink for Alarms {
        fn raise(&self, alarm: &Alarm) -> Result<(), NotRecorded> {
            // As a library that is used for recording might.
            assert_eq!(shown(b"recording"), b"recording");
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(alarm.clone());
            Ok(())
        }
    }

    #[test]
    fn a_placeholder_in_a_record_is_hidden_and_an_alarm() {
        let keys = Keyring::create(&SystemClock).placeholders().clone();
        let value = "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG";
        let key: distri_core::SecretKey = "STRIPE_API_KEY".parse().expect("a key");
        let id = PlaceholderId::new(1, 0).expect("in range");
        let placeholder = keys.mint(id, &Shape::of(&key, value.as_bytes()));
        let record = format!("TRACE wrote {value} {}\n", placeholder.as_str());
        let release = Release {
            run: RunId::new(&SystemClock),
            secrets: vec![ReleasedSecret {
                version: 1,
                value: SecretValue::new(value.into()).expect("a value"),
                placeholder: Some(placeholder),
                policy: Policy::default(),
                key,
            }],
            placeholders: Some(keys),
        };
        let alarms = Arc::new(Alarms(Mutex::default()));
        let watch = Arc::new(Watch::new(alarms.clone(), OnLeak::Warn));
        LOOKOUTS.get_or_init(RwLock::default);
        look(|| Arc::new(Lookout::new(&release, [], watch)));
        assert_eq!(
            String::from_utf8_lossy(&shown(record.as_bytes())),
            "TRACE wrote [redacted:STRIPE_API_KEY] [redacted:STRIPE_API_KEY]\n"
        );
        let raised = alarms.0.lock().expect("no test panics with it");
        assert_eq!((raised.len(), raised[0].rule), (1, AlarmRule::Log));
    }
}
