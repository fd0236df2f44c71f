//! `GET /v1/agents/{name}`: an agent definition with its text.

use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Serialize;

use super::view::View;
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "get_agent",
    path: "/v1/agents/{name}",
    summary: "Read an agent definition",
    about: "With its text, as it was pushed. The entity tag is the revision.",
    gives: &[Gives::json(200, "The agent", schema_of::<Whole>)],
    refuses: &[404],
    scope: Some(Scope::Read),
    run: Run::Caller(get),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentDefinition")]
struct Whole {
    #[serde(flatten)]
    view: View,
    /// The text.
    markdown: String,
}

fn get(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let agent = caller.agent(&super::name(input)?)?;
    let revision = agent.info.revision;
    let whole = Whole {
        view: agent.info.into(),
        markdown: agent.markdown,
    };
    Ok(Reply::json(&whole)?.version(revision))
}
