//! `/settings/secrets/deleted`: what can be brought back.

use distri_core::authz::Write;
use distri_vault::secrets::Listed;
use maud::{Markup, html};

use super::overview::Overview;
use super::{LIST, piece};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::{empty, table_of_actions};
use crate::web::{Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "deleted_secrets_page",
    path: "/settings/secrets/deleted",
    run: Run::Member(show),
    ..Route::BLANK
};

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let deleted = Overview::of(visit)?.deleted()?;
    let main = html! {
        p.crumbs { a href=(LIST) { "Secrets" } }
        h1 { "Deleted secrets" }
        @if deleted.is_empty() { (empty("Nothing is deleted", html! { "What is deleted can be brought back from here." })) }
        @else {
            (table_of_actions("Deleted secrets", &["Key", "Environment", "Deleted"], rows(visit, &deleted)))
        }
    };
    Ok(visit.page("Deleted secrets", &main))
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
