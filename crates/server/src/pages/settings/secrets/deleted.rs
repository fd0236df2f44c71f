//! `/settings/secrets/deleted`: what can be brought back.

use distri_core::authz::Write;
use distri_core::{Environment, SecretKey};
use distri_vault::secrets::{Listed, PageOf};
use maud::{Markup, html};
use serde::Deserialize;

use super::list::key_or_none;
use super::overview::PAGE;
use super::{LIST, asked, piece};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::{empty, table_of_actions};
use crate::web::{Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "deleted_secrets_page",
    path: PATH,
    run: Run::Member(show),
    ..Route::BLANK
};

const PATH: &str = "/settings/secrets/deleted";

#[derive(Deserialize)]
struct Query {
    /// The last key of the page before; its environment is beside it.
    #[serde(default, deserialize_with = "key_or_none")]
    after: Option<SecretKey>,
}

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let query: Query = visit.input.query()?;
    let is_first = query.after.is_none();
    let page = visit.caller.list_deleted(&PageOf {
        after: query
            .after
            .map(|key| Ok::<_, ApiError>((key, asked(visit)?)))
            .transpose()?,
        limit: Some(PAGE),
    })?;
    let deleted = &page.listed;
    let main = html! {
        p.crumbs { a href=(LIST) { "Secrets" } }
        h1 { "Deleted secrets" }
        @if deleted.is_empty() && is_first {
            (empty("Nothing is deleted", html! { "What is deleted can be brought back from here." }))
        }
        @else if deleted.is_empty() {
            (empty("Nothing more is deleted", html! { a href=(PATH) { "Back to the first page" } }))
        }
        @else {
            (table_of_actions("Deleted secrets", &["Key", "Environment", "Deleted"], rows(visit, deleted)))
        }
        @if let Some(last) = deleted.last().filter(|_| page.has_more) { (next(&last.info.key, &last.info.environment)) }
    };
    Ok(visit.page("Deleted secrets", &main))
}

fn next(key: &SecretKey, environment: &Environment) -> Markup {
    html! {
        nav.pages aria-label="Pages of the list" {
            a.button.slight rel="next" href={ (PATH) "?environment=" (environment) "&after=" (key) } { "Next " (PAGE) }
        }
    }
}

fn rows(visit: &Visit<'_>, deleted: &[Listed]) -> Markup {
    html! {
        @for it in deleted {
            tr {
                th scope="row" { code { (it.info.key) } }
                td data-label="Environment" { (it.info.environment) }
                td data-label="Deleted" { @if let Some(at) = it.info.deleted_at { (when(at)) } }
                td.actions {
                    @if visit.may::<Write>() {
                        form method="post" action=(piece::path_of(&it.info.key, &it.info.environment, "/undelete")) {
                            (visit.token())
                            button.slight type="submit" { "Bring back" span.only-heard { " " (it.info.key) " in " (it.info.environment) } }
                        }
                    }
                }
            }
        }
    }
}
