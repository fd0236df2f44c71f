//! Which audit records are asked for: the same filter for the API and for the page.

use distri_core::audit::{ActionKind, Outcome, Record};
use distri_core::ids::RunId;
use distri_core::{AgentName, Environment, SecretKey, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::ApiError;

/// What is asked for; a part that is absent leaves nothing out.
#[derive(Default)]
pub(crate) struct AuditFilter {
    /// Only alarms.
    pub(crate) alarms: bool,
    /// Only this action.
    pub(crate) action: Option<ActionKind>,
    /// Only about this key.
    pub(crate) key: Option<SecretKey>,
    /// Only in this environment.
    pub(crate) environment: Option<Environment>,
    /// Only for this agent.
    pub(crate) agent: Option<AgentName>,
    /// Only by actors of this name.
    pub(crate) actor: Option<String>,
    /// Only in this run.
    pub(crate) run: Option<RunId>,
    /// Only what was done, or only what was refused.
    pub(crate) ended: Option<Ended>,
    /// Only from this instant on.
    pub(crate) from: Option<Timestamp>,
    /// Only before this instant.
    pub(crate) until: Option<Timestamp>,
}

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    Denied,
}

impl AuditFilter {
    /// Whether a record is one of those.
    pub(crate) fn includes(&self, record: &Record) -> bool {
        fn is<T: PartialEq>(asked: Option<&T>, found: Option<&T>) -> bool {
            asked.is_none_or(|it| found == Some(it))
        }
        let has = |key: &SecretKey| record.subjects.iter().any(|it| it.key == *key);
        let ended = match record.outcome {
            Outcome::Done => Ended::Done,
            Outcome::Denied(_) => Ended::Denied,
        };
        (!self.alarms || record.action == ActionKind::Alarm)
            && self.action.is_none_or(|it| it == record.action)
            && self.key.as_ref().is_none_or(has)
            && is(self.environment.as_ref(), record.environment.as_ref())
            && is(self.agent.as_ref(), record.agent.as_ref())
            && self.actor.as_deref().is_none_or(|it| it == record.actor.name)
            && is(self.run.as_ref(), record.run.as_ref())
            && is(self.ended.as_ref(), Some(&ended))
            && self.from.is_none_or(|it| record.at >= it)
            && self.until.is_none_or(|it| record.at < it)
    }
}

impl std::str::FromStr for Ended {
    type Err = EndedError;

    fn from_str(text: &str) -> Result<Self, EndedError> {
        match text {
            "done" => Ok(Self::Done),
            "denied" => Ok(Self::Denied),
            _ => Err(EndedError),
        }
    }
}

/// The action with this word.
pub(crate) fn action(text: &str) -> Result<ActionKind, ApiError> {
    let refused = || ApiError::invalid("`action` is one of those that /v1/openapi.json lists, such as `secret.set`");
    ActionKind::ALL
        .into_iter()
        .find(|it| it.as_str() == text)
        .ok_or_else(refused)
}

/// Text that is no outcome.
#[derive(Debug, thiserror::Error)]
#[error("an outcome is `done` or `denied`")]
pub(crate) struct EndedError;

/// The beginning of a day, or an instant.
pub(crate) fn from(field: &str, text: &str) -> Result<Timestamp, ApiError> {
    instant(field, text, Ok)
}

/// The end of a day, or an instant.
pub(crate) fn until(field: &str, text: &str) -> Result<Timestamp, ApiError> {
    instant(field, text, Date::tomorrow)
}

/// Days are those of UTC, like every time that is shown.
fn instant(field: &str, text: &str, of: fn(Date) -> Result<Date, jiff::Error>) -> Result<Timestamp, ApiError> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let day = text
        .parse::<Date>()
        .and_then(of)
        .and_then(|it| TimeZone::UTC.to_timestamp(it.at(0, 0, 0, 0)));
    let refused = || {
        ApiError::invalid(format!(
            "`{field}` is a day such as `2027-01-31` or an instant such as `2027-01-31T12:00:00Z`"
        ))
    };
    day.map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_taken_from_its_beginning_to_its_end() {
        let text = |it: Result<Timestamp, ApiError>| it.map(|it| it.to_string()).ok();
        assert_eq!(
            text(from("from", "2027-01-31")).as_deref(),
            Some("2027-01-31T00:00:00Z")
        );
        assert_eq!(text(until("to", "2027-01-31")).as_deref(), Some("2027-02-01T00:00:00Z"));
        for it in [from, until] {
            let instant = "2027-01-31T12:00:00Z";
            assert_eq!(text(it("to", instant)).as_deref(), Some(instant));
            for other in ["", "yesterday", "2027-02-30", "9999-12-31T23:59:61Z"] {
                assert_eq!(text(it("to", other)), None, "{other}");
            }
        }
    }
}
