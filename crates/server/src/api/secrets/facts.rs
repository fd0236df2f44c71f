//! `GET /v1/secrets/facts`: what the best practices are judged by, without a value.

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::secrets::SecretFacts;
use schemars::JsonSchema;
use serde::Serialize;

use super::view::SecretView;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_facts",
    path: "/v1/secrets/facts",
    summary: "Say what the best practices are judged by",
    about: "Values are compared inside of the store: it takes the scopes `read` and `write`. `distri secrets lint` makes \
            findings of it.",
    gives: &[Gives::json(200, "The secrets", schema_of::<Vec<Facts>>)],
    scope: Some(Scope::Write),
    run: Run::Caller(facts),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecretFacts")]
struct Facts {
    secret: SecretView,
    /// How many values it has had.
    values_set: usize,
    /// Whether its value is too short or too common to be found in output.
    weak: bool,
    /// The environments in which the same key has the same value.
    same_value_in: Vec<String>,
}

fn facts(caller: &Caller<'_>, _input: &Input) -> Result<Reply, ApiError> {
    let facts = caller.facts(&|value| distri_redact::weakness(value).is_some())?;
    Reply::json(&facts.into_iter().map(Facts::from).collect::<Vec<_>>())
}

impl From<SecretFacts> for Facts {
    fn from(facts: SecretFacts) -> Self {
        Self {
            secret: facts.info.into(),
            values_set: facts.values_set,
            weak: facts.weak,
            same_value_in: facts.same_value_in.into_iter().map(String::from).collect(),
        }
    }
}
