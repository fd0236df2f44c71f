//! The time that a question is about, and which secret: shared by `who-did` and `who-could`.

use clap::Args;
use distri_core::{Clock, Environment, SecretKey, SystemClock, Timestamp};
use distri_vault::audit::Kept;

use crate::command::key_text::KeyText;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant::Instant;
use crate::table::minute;

/// A secret and a span of time.
#[derive(Debug, Args)]
pub(super) struct Period {
    /// The secret's key
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    key: KeyText,
    /// Only in this environment
    #[arg(long = "env", value_name = "NAME")]
    pub(super) environment: Option<Environment>,
    /// From this instant: a date, an instant, or a time ago such as 30d. Without it, from the beginning
    #[arg(long, value_name = "T")]
    from: Option<Instant>,
    /// Before this instant
    #[arg(long, value_name = "T", default_value = "now")]
    to: Instant,
}

impl Period {
    /// The key, parsed.
    pub(super) fn key(&self) -> Result<SecretKey, Failure> {
        self.key.parse()
    }

    /// From when to when.
    pub(super) fn span(&self) -> Result<(Timestamp, Timestamp), Failure> {
        let now = SystemClock.now();
        let from = self.from.map_or(Timestamp::UNIX_EPOCH, |it| it.resolve(now));
        let to = match self.to {
            // What this very moment brought is meant as well.
            Instant::Now => now.checked_add(jiff::SignedDuration::from_millis(1)).unwrap_or(now),
            other => other.resolve(now),
        };
        if from < to {
            Ok((from, to))
        } else {
            Err(Failure::new(Exit::Usage, "`--from` must be before `--to`"))
        }
    }
}

/// What is said of a log whose beginning was pruned.
pub(super) fn pruned(kept: Option<Kept>) -> String {
    match kept {
        Some(kept) => format!("records before number {} of {} were pruned", kept.seq, minute(kept.at)),
        None => "the records were pruned".to_owned(),
    }
}
