//! `POST /v1/runs/{id}/alarms`: a runtime saw a placeholder where none must be; the record is on the disk before the answer.

use distri_core::alarm::{Alarm, AlarmRule};
use distri_core::authz::Scope;
use distri_core::placeholder::PlaceholderId;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::error::ApiError;
use crate::input::{Input, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

/// The most bytes of a place, a destination or a step: a host's name has 253.
const WORDS: usize = 512;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "raise_alarm",
    path: "/v1/runs/{id}/alarms",
    summary: "Record an alarm of a run",
    about: "By the runtime that has the run's release. A run whose alarm cannot be recorded ends: no use goes without \
            evidence.",
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::nothing(204, "It is recorded")],
    refuses: &[404],
    scope: Some(Scope::Resolve),
    run: Run::Caller(alarm),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Alarm")]
struct Body {
    /// The run's agent; a command has none.
    agent: Option<String>,
    /// What is wrong, such as `wrong-host`; `docs/audit.md` has the words.
    rule: String,
    /// Where it was seen, in words without any content, such as `header user-agent`.
    place: String,
    /// Host and port of the request it was seen in.
    destination: Option<String>,
    /// The step of the run.
    step: Option<String>,
    /// The secret of the run that it is about, where known.
    key: Option<String>,
    /// The number of the record of the release that the placeholder is of, when it was one.
    record: Option<u64>,
    /// The secret's place in that record, from 0.
    #[serde(rename = "place_in_record")]
    subject: Option<u16>,
}

fn alarm(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let run = super::run(input)?;
    let body: Body = input.json()?;
    let texts = [Some(&body.place), body.destination.as_ref(), body.step.as_ref()];
    let is_words = |it: &&String| it.len() <= WORDS && !it.chars().any(char::is_control);
    if !texts.iter().flatten().all(is_words) {
        return Err(ApiError::invalid(format!(
            "`place`, `destination` and `step` have at most {WORDS} bytes and no control characters"
        )));
    }
    let found = match (body.record, body.subject) {
        (Some(record), Some(subject)) => PlaceholderId::new(record, subject.into()),
        _ => None,
    };
    let alarm = Alarm {
        rule: rule(body.rule)?,
        place: body.place,
        destination: body.destination,
        step: body.step,
        found,
        key: body.key.map(|it| named("key", &it)).transpose()?,
    };
    let agent = body.agent.map(|it| named("agent", &it)).transpose()?;
    caller.alarm(run, agent.as_ref(), &alarm)?;
    Ok(Reply::nothing())
}

fn rule(word: String) -> Result<AlarmRule, ApiError> {
    serde_json::from_value(Value::String(word)).map_err(|_| ApiError::invalid("`rule` is none that there is"))
}
