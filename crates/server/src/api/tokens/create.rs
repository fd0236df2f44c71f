//! `POST /v1/tokens`: a new token, whose text is in the answer and nowhere else.

use std::collections::BTreeSet;

use distri_core::authz::{Scope, Scopes};
use distri_vault::Caller;
use distri_vault::tokens::NewToken;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::{LimitsView, View};
use crate::api::field::{instant, there};
use crate::error::ApiError;
use crate::input::{Input, named};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "create_token",
    path: "/v1/tokens",
    summary: "Make a token",
    about: "Its text is shown once. It acts for whoever makes it: never with more than their role at that time, whatever they \
            become later, and one made by a token never with more than that token's scopes, addresses and expiry.",
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(201, "The token, with its text", schema_of::<Created<'_>>)],
    refuses: &[409],
    scope: Some(Scope::Admin),
    run: Run::Caller(create),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewToken")]
struct Body {
    /// Its name, one of a kind among the tokens in use.
    name: String,
    /// What it is for: one or more of `read`, `write`, `reveal`, `resolve`, `admin`, and none by which its maker's role
    /// permits nothing: `reveal` is for owners and admins.
    scopes: Vec<String>,
    /// What it is limited to.
    #[serde(default)]
    limits: LimitsView,
    /// When it stops working (RFC 3339); null for never. Without it: after 90 days, or with the token that makes it if that
    /// ends earlier.
    #[serde(default, deserialize_with = "there")]
    #[schemars(!default)]
    expires_at: Option<Option<String>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CreatedToken")]
struct Created<'t> {
    /// The text, which is shown this once.
    token: &'t str,
    #[serde(flatten)]
    view: View,
}

fn create(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    let new = NewToken {
        name: named("name", &body.name)?,
        scopes: scopes(&body.scopes)?,
        limits: body.limits.read()?,
        expires_at: match body.expires_at {
            None => Some(caller.token_expiry()),
            Some(said) => said.map(|it| instant("expires_at", &it)).transpose()?,
        },
    };
    let (token, view) = caller.create_token(&new)?;
    let token = token.expose_secret();
    let created = Created {
        token,
        view: View::new(view, input.clock.now()),
    };
    Ok(Reply::values(&created, token.len() + 4_096)?
        .once()
        .status(StatusCode::CREATED))
}

fn scopes(words: &[String]) -> Result<Scopes, ApiError> {
    let scopes: Result<BTreeSet<Scope>, _> = words.iter().map(|it| it.parse()).collect();
    scopes.and_then(Scopes::try_from).map_err(|_| {
        let all = Scope::ALL.map(|it| format!("`{it}`"));
        ApiError::invalid(format!("`scopes` is a list of one or more of {}", all.join(", ")))
    })
}
