//! `GET /v1/secrets`: the secrets of the account, without their values.

use distri_core::authz::Scope;
use distri_core::{Environment, SecretKey};
use distri_vault::Caller;
use distri_vault::secrets::{ListSecrets, PageOf};
use schemars::JsonSchema;
use serde::Deserialize;

use super::view::SecretView;
use crate::error::ApiError;
use crate::input::{Input, named};
use crate::page::{Cursor, limit};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_secrets",
    path: "/v1/secrets",
    summary: "List the secrets",
    about: "Sorted by key and environment; all of them without `limit`. A secret that fails its integrity check is listed with what is wrong; the \
            others are not affected by it.",
    query: Some(schema_of::<Query>),
    gives: &[Gives::json(
        200,
        "The secrets, without their values",
        schema_of::<Vec<SecretView>>,
    )],
    scope: Some(Scope::Read),
    run: Run::Caller(list),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Query {
    /// How many secrets at most, 1 to 1,000.
    limit: Option<u32>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// One environment; all of them without it.
    environment: Option<String>,
    /// Also those that were deleted and can be brought back.
    #[serde(default)]
    deleted: bool,
}

fn list(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: Query = input.query()?;
    let wanted = ListSecrets {
        environment: query.environment.map(|it| named("environment", &it)).transpose()?,
        deleted: query.deleted,
    };
    let cursor = Cursor {
        list: "secrets",
        account: caller.account(),
    };
    let after = query.cursor.as_deref().map(|it| place(&cursor, it)).transpose()?;
    let limit = query.limit.map(|it| limit(Some(it), it)).transpose()?;
    let page = caller.list_page(&wanted, &PageOf { after, limit })?;
    let last = page.listed.last().filter(|_| page.has_more);
    let next = last.map(|it| format!("{} {}", it.info.key, it.info.environment));
    let views = page
        .listed
        .into_iter()
        .map(|it| SecretView::from(it.info).damaged(it.damage));
    let reply = Reply::json(&views.collect::<Vec<_>>())?;
    Ok(cursor.link(reply, input, next))
}

/// The secret after which a page begins.
fn place(cursor: &Cursor<'_>, text: &str) -> Result<(SecretKey, Environment), ApiError> {
    let position = cursor.position(text)?;
    let place = position
        .split_once(' ')
        .and_then(|(key, environment)| Some((key.parse().ok()?, environment.parse().ok()?)));
    place.ok_or_else(Cursor::refused)
}
