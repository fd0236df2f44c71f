//! `/settings/secrets/compare`: keys × environments, the missing ones visible.

use distri_core::authz::Write;
use distri_core::{Environment, Timestamp};
use distri_vault::secrets::Listed;
use maud::{Markup, html};

use super::LIST;
use super::list::{Query, pages, search_box, tabs};
use super::overview::{KeysShown, Overview};
use super::piece::{self, path_of};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::Visit;
use crate::web::component::{MASK, empty};

pub(crate) static ROUTE: Route = Route {
    name: "compare_secrets_page",
    path: PATH,
    run: Run::Member(show),
    ..Route::BLANK
};

const PATH: &str = "/settings/secrets/compare";

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let query: Query = visit.input.query()?;
    let search = query.q.trim();
    let overview = Overview::of(visit)?;
    let page = overview.page(visit, search, query.after.as_ref())?;
    let main = html! {
        div.head { div { h1 { "Secrets side by side" } p { "Each environment has values of its own; none is looked up in another." } } }
        (tabs(&overview.environments, None))
        (search_box(PATH, &Environment::default(), search))
        @if page.keys.is_empty() {
            (empty("Nothing found", html! { "No key and no note has " strong { (search) } " in it." }))
        } @else {
            (table(visit, &overview.environments, &page))
            (pages(PATH, &Environment::default(), search, &page))
        }
    };
    Ok(visit.page("Secrets side by side", &main))
}

fn table(visit: &Visit<'_>, environments: &[Environment], page: &KeysShown) -> Markup {
    let now = visit.app.clock.now();
    html! {
        // It may be wider than the screen: then it scrolls by itself, with the keyboard too. On a narrow one each key is a
        // card that has its environments below each other.
        div.sheet role="region" aria-label="Secrets by environment" tabindex="0" {
            table.wide.cards {
                caption.only-heard { "Keys and the environments that have them" }
                thead { tr { th scope="col" { "Key" } @for it in environments { th scope="col" { (it) } } } }
                tbody {
                    @for (key, found) in &page.keys {
                        tr {
                            th scope="row" { code { (key) } }
                            @for environment in environments {
                                td data-label=(environment) {
                                    @match found.get(environment) {
                                        Some(listed) => (cell(listed, now)),
                                        None => {
                                            span.missing { "missing" }
                                            @if visit.may::<Write>() {
                                                " "
                                                a.small href={ (LIST) "/new?environment=" (environment) "&key=" (key) } {
                                                    "Add" span.only-heard { " " (key) " in " (environment) }
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(listed: &Listed, now: Timestamp) -> Markup {
    let info = &listed.info;
    html! {
        a.nowrap href=(path_of(&info.key, &info.environment, "")) {
            span.mask aria-hidden="true" { (MASK) } " version " (info.version)
            span.only-heard { " of " (info.key) " in " (info.environment) }
        }
        " " (piece::badges(info, now))
    }
}
