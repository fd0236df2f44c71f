//! An instant in the past, as people write it: a date, an instant, `now`, or a time ago such as `30d`.

use std::str::FromStr;

use distri_core::Timestamp;
use jiff::SignedDuration;

use crate::duration::parse_duration;

/// `2026-12-31`, `2026-12-31T12:00:00Z`, `now`, or `30m`, `12h`, `90d`, `2w` ago. A date means its first instant in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instant {
    /// When the command runs.
    Now,
    /// This long before.
    Ago(SignedDuration),
    /// This one.
    At(Timestamp),
}

impl Instant {
    /// The instant that is meant when the command runs at `now`.
    pub(crate) fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Now => now,
            Self::Ago(duration) => now.checked_sub(duration).unwrap_or(Timestamp::MIN),
            Self::At(instant) => instant,
        }
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, InstantError> {
        if text == "now" {
            return Ok(Self::Now);
        }
        if text.len() == "2026-12-31".len()
            && let Ok(instant) = format!("{text}T00:00:00Z").parse()
        {
            return Ok(Self::At(instant));
        }
        match parse_duration(text) {
            Some(duration) => duration.map(Self::Ago).map_err(|_| InstantError),
            None => text.parse().map(Self::At).map_err(|_| InstantError),
        }
    }
}

/// Text that is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an instant is a date such as `2026-12-31`, `2026-12-31T12:00:00Z`, `now`, or a time ago such as `30d` (or `m`, `h`, `w`)"
)]
pub(crate) struct InstantError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_gives_its_instant() {
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().expect("an instant");
        for (text, expected) in [
            ("now", "2026-06-01T00:00:00Z"),
            ("30m", "2026-05-31T23:30:00Z"),
            ("1d", "2026-05-31T00:00:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
        ] {
            let instant: Instant = text.parse().expect(text);
            assert_eq!(instant.resolve(now).to_string(), expected, "{text}");
        }
        for text in ["", "d", "-1d", "soon", "2026-13-01", "0d", "90"] {
            assert_eq!(text.parse::<Instant>(), Err(InstantError), "{text}");
        }
    }
}
