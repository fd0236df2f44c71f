//! `POST /v1/agents`: an agent definition is checked as a run would, and kept as it was written.

use distri_core::agent::Warning;
use distri_core::authz::Scope;
use distri_vault::Caller;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::View;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

/// The most bytes of a body: a definition of 256 KiB as JSON.
const BODY: usize = 512 << 10;
/// The type of the file itself.
const MARKDOWN: &str = "text/markdown";

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "push_agent",
    path: "/v1/agents",
    summary: "Push an agent definition",
    about: "The file as `text/markdown`, or as JSON. It takes the place of the one with the same name; the same text again \
            changes nothing. An error has its line and column.",
    body: Takes::json_or(MARKDOWN, BODY, schema_of::<Body>),
    gives: &[
        Gives::json(201, "The agent is new", schema_of::<Pushed>),
        Gives::json(200, "The agent as it is now", schema_of::<Pushed>),
    ],
    scope: Some(Scope::Write),
    run: Run::Caller(push),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PushAgent")]
struct Body {
    /// The text of the file.
    markdown: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PushedAgent")]
struct Pushed {
    #[serde(flatten)]
    view: View,
    /// What is odd about the definition.
    warnings: Vec<WarningView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DefinitionWarning")]
struct WarningView {
    /// From 1.
    line: usize,
    /// From 1, in characters.
    column: usize,
    /// One sentence.
    message: String,
}

fn push(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let pushed = match input.text(MARKDOWN)? {
        Some(markdown) => caller.put_agent(markdown)?,
        None => caller.put_agent(&input.json_or::<Body>(MARKDOWN)?.markdown)?,
    };
    let status = if pushed.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let revision = pushed.info.revision;
    let reply = Pushed {
        view: pushed.info.into(),
        warnings: pushed.warnings.into_iter().map(WarningView::from).collect(),
    };
    Ok(Reply::json(&reply)?.status(status).version(revision))
}

impl From<Warning> for WarningView {
    fn from(warning: Warning) -> Self {
        Self {
            line: warning.line,
            column: warning.column,
            message: warning.message,
        }
    }
}
