//! `/settings/secrets/deleted`: what can be brought back.

use distri_core::authz::Write;
use maud::html;

use super::overview::Overview;
use super::{LIST, piece};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::empty;
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
            div.sheet { table.cards {
                caption.only-heard { "Deleted secrets" }
                thead { tr {
                    th scope="col" { "Key" } th scope="col" { "Environment" } th scope="col" { "Deleted" }
                    th scope="col" { span.only-heard { "Actions" } }
                } }
                tbody {
                    @for it in &deleted {
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
            } }
        }
    };
    Ok(visit.page("Deleted secrets", &main))
}
