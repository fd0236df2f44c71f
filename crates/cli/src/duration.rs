//! When something expires, as people write it: `90d`, a date, an instant, or `never`.

use std::str::FromStr;

use distri_core::Timestamp;
use jiff::SignedDuration;

/// `30m`, `12h`, `90d`, `2w`, `2026-12-31`, `2026-12-31T12:00:00Z` or `never`.
///
/// A date means its first instant in UTC: a secret is never given out longer than the text can be read to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// It does not expire.
    Never,
    /// This long from the moment of the command.
    After(SignedDuration),
    /// At this instant.
    At(Timestamp),
}

impl Expiry {
    /// The instant that is meant when the command runs at `now`; an instant that is past already is refused.
    pub(crate) fn resolve(self, now: Timestamp) -> Result<Option<Timestamp>, ExpiryError> {
        let instant = match self {
            Self::Never => return Ok(None),
            Self::After(duration) => now.checked_add(duration).map_err(|_| ExpiryError::Range)?,
            Self::At(instant) => instant,
        };
        if instant <= now {
            Err(ExpiryError::Past)
        } else {
            Ok(Some(instant))
        }
    }
}

impl FromStr for Expiry {
    type Err = ExpiryError;

    fn from_str(text: &str) -> Result<Self, ExpiryError> {
        if text == "never" {
            return Ok(Self::Never);
        }
        if text.len() == "2026-12-31".len()
            && let Ok(instant) = format!("{text}T00:00:00Z").parse()
        {
            return Ok(Self::At(instant));
        }
        if let Some(duration) = parse_duration(text) {
            return duration.map(Self::After);
        }
        text.parse().map(Self::At).map_err(|_| ExpiryError::Form)
    }
}

/// How often a value is to be replaced: whole days, or `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RotateEvery(Option<u32>);

impl RotateEvery {
    /// The days, if there are any.
    pub(crate) fn days(self) -> Option<u32> {
        self.0
    }
}

impl FromStr for RotateEvery {
    type Err = RotateEveryError;

    fn from_str(text: &str) -> Result<Self, RotateEveryError> {
        if text == "never" {
            return Ok(Self(None));
        }
        let duration = parse_duration(text).and_then(Result::ok).ok_or(RotateEveryError)?;
        let days = duration.as_hours() / 24;
        let is_whole = SignedDuration::from_hours(days * 24) == duration;
        let days = u32::try_from(days).ok().filter(|it| *it > 0 && is_whole);
        days.map(|it| Self(Some(it))).ok_or(RotateEveryError)
    }
}

/// Text that is no such time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is whole days or weeks, such as `90d` or `12w`, or `never`")]
pub(crate) struct RotateEveryError;

/// Why text is no expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExpiryError {
    /// None of the forms.
    #[error(
        "an expiry is `90d` (or `m`, `h`, `w`), a date such as `2026-12-31`, an instant such as `2026-12-31T12:00:00Z`, or `never`"
    )]
    Form,
    /// Beyond what a timestamp holds, or zero.
    #[error("an expiry is from 1 minute to 100 years away")]
    Range,
    /// Already over.
    #[error("this expiry is in the past")]
    Past,
}

/// Digits and one unit; `None` when the text is something else.
pub(crate) fn parse_duration(text: &str) -> Option<Result<SignedDuration, ExpiryError>> {
    const MINUTES_IN_100_YEARS: i64 = 100 * 366 * 24 * 60;
    let unit = text.chars().next_back()?;
    let minutes = match unit {
        'm' => 1,
        'h' => 60,
        'd' => 24 * 60,
        'w' => 7 * 24 * 60,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let total = digits.parse::<i64>().ok().and_then(|it| it.checked_mul(minutes));
    Some(match total {
        Some(total) if (1..=MINUTES_IN_100_YEARS).contains(&total) => Ok(SignedDuration::from_mins(total)),
        _ => Err(ExpiryError::Range),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().expect("an instant")
    }

    fn resolved(text: &str) -> Result<Option<String>, ExpiryError> {
        Ok(text.parse::<Expiry>()?.resolve(now())?.map(|it| it.to_string()))
    }

    #[test]
    fn every_form_gives_its_instant() {
        let cases = [
            ("30m", "2026-06-01T00:30:00Z"),
            ("12h", "2026-06-01T12:00:00Z"),
            ("90d", "2026-08-30T00:00:00Z"),
            ("2w", "2026-06-15T00:00:00Z"),
            ("2026-12-31", "2026-12-31T00:00:00Z"),
            ("2026-12-31T12:00:00+02:00", "2026-12-31T10:00:00Z"),
        ];
        for (text, instant) in cases {
            assert_eq!(resolved(text), Ok(Some(instant.to_owned())), "{text}");
        }
        assert_eq!(resolved("never"), Ok(None));
    }

    #[test]
    fn rotation_is_in_whole_days() {
        let days = |text: &str| text.parse::<RotateEvery>().map(RotateEvery::days);
        assert_eq!(days("90d"), Ok(Some(90)));
        assert_eq!(days("2w"), Ok(Some(14)));
        assert_eq!(days("48h"), Ok(Some(2)));
        assert_eq!(days("never"), Ok(None));
        for text in ["", "0d", "36h", "90", "-1d", "2026-12-31", "99999999d"] {
            assert_eq!(days(text), Err(RotateEveryError), "{text}");
        }
    }

    #[test]
    fn what_is_no_expiry_is_refused() {
        for text in [
            "",
            "d",
            "-1d",
            "1.5d",
            "90",
            "soon",
            "90 d",
            "2026-13-01",
            "2026-12-31T12:00",
            "٣d",
        ] {
            assert_eq!(resolved(text), Err(ExpiryError::Form), "{text}");
        }
        for text in ["0d", "99999999d", "99999999999999999999h"] {
            assert_eq!(resolved(text), Err(ExpiryError::Range), "{text}");
        }
        for text in ["2026-06-01", "2026-05-31", "2020-01-01T00:00:00Z"] {
            assert_eq!(resolved(text), Err(ExpiryError::Past), "{text}");
        }
    }
}
