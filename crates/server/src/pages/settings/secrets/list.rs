//! `/settings/secrets`: the list of one environment; what other environments have and this one misses is in it too.

use std::collections::BTreeMap;

use distri_core::authz::Write;
use distri_core::{Environment, SecretKey, Timestamp};
use distri_vault::secrets::Listed;
use maud::{Markup, html};
use serde::Deserialize;

use super::overview::Overview;
use super::{LIST, asked, list_of, piece};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::{MASK, Tone, badge, empty, encoded};
use crate::web::{Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "secrets_page",
    path: LIST,
    run: Run::Member(show),
    ..Route::BLANK
};

/// How many keys are on one page.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct Query {
    /// What is looked for.
    #[serde(default)]
    q: String,
    /// The last key of the page before.
    after: Option<String>,
}

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let environment = asked(visit)?;
    let query: Query = visit.input.query()?;
    let search = query.q.trim();
    let mut overview = Overview::of(visit)?;
    let is_empty = overview.keys.is_empty();
    overview.search(search);
    let found = overview.keys.len();
    if let Some(after) = query.after.as_deref().and_then(|it| it.parse::<SecretKey>().ok()) {
        overview.keys = overview.keys.split_off(&after);
        overview.keys.remove(&after);
    }
    let shown: Vec<_> = overview.keys.iter().take(PAGE).collect();
    let next = shown.last().filter(|_| overview.keys.len() > PAGE).map(|it| it.0);
    let deleted = overview.deleted.len();
    let main = html! {
        div.head {
            div { h1 { "Secrets" } p { "Encrypted at rest. Your agents find them as environment variables." } }
            @if visit.may::<Write>() {
                div.actions { a.button.primary href={ (LIST) "/new?environment=" (environment) } { "Add Secret" } }
            }
        }
        @if is_empty {
            (empty("No secrets yet", html! { "Add the first one, such as " code { "OPENAI_API_KEY" } "." }))
        } @else {
            (tabs(&overview.environments, &environment))
            (search_box(&environment, search))
            @if shown.is_empty() {
                (empty("Nothing found", html! { "No key and no note has " strong { (search) } " in it." }))
            } @else {
                (table(visit, &environment, &shown))
                (pages(&environment, search, found, next))
            }
        }
        @if deleted > 0 {
            p.below { a href={ (LIST) "/deleted" } { (deleted) " deleted" } span.quiet { " can be brought back" } }
        }
    };
    Ok(visit.page("Secrets", &main))
}

fn tabs(environments: &[Environment], here: &Environment) -> Markup {
    // One that has nothing yet has a tab while it is looked at.
    let extra = Some(here).filter(|it| !environments.contains(it));
    html! {
        ul.tabs aria-label="Environments" {
            @for it in environments.iter().chain(extra) {
                li { a href=(list_of(it)) aria-current=[(it == here).then_some("page")] { (it) } }
            }
        }
    }
}

fn search_box(environment: &Environment, search: &str) -> Markup {
    html! {
        form.search role="search" method="get" action=(LIST) {
            @if !environment.is_default() { input type="hidden" name="environment" value=(environment); }
            label.only-heard for="q" { "Find a key or a note" }
            input type="search" id="q" name="q" value=(search) placeholder="Find a key or a note" autocomplete="off" spellcheck="false";
            button type="submit" { "Find" }
        }
    }
}

fn table(
    visit: &Visit<'_>,
    environment: &Environment,
    shown: &[(&SecretKey, &BTreeMap<Environment, Listed>)],
) -> Markup {
    let now = visit.app.clock.now();
    html! {
        div.sheet {
            table.cards {
                caption.only-heard { "Secrets in environment " (environment) }
                thead { tr {
                    th scope="col" { "Key" } th scope="col" { "Value" } th scope="col" { "Goes to" }
                    th scope="col" { "Changed" } th scope="col" { span.only-heard { "Actions" } }
                } }
                tbody {
                    @for (key, found) in shown {
                        @match found.get(environment) {
                            Some(listed) => (row(visit, listed, now)),
                            None => (missing(visit, key, environment, found)),
                        }
                    }
                }
            }
        }
    }
}

fn row(visit: &Visit<'_>, listed: &Listed, now: Timestamp) -> Markup {
    let info = &listed.info;
    html! {
        tr {
            th scope="row" {
                a href=(piece::path_of(&info.key, &info.environment, "")) { code { (info.key) } } " " (piece::badges(info, now))
                @if let Some(note) = &info.note { div.quiet.small { (note) } }
                @if let Some(damage) = &listed.damage { div { (badge(Tone::Bad, "damaged")) " " (damage) } }
            }
            td data-label="Value" { span.mask aria-label="hidden" { (MASK) } " " span.quiet.small.nowrap { "version " (info.version) } }
            td data-label="Goes to" { (piece::hosts(info)) }
            td data-label="Changed" { span.nowrap { (when(info.updated_at)) } }
            td.actions {
                @if visit.may::<Write>() {
                    a.button.slight href=(piece::path_of(&info.key, &info.environment, "/edit")) { "Edit" span.only-heard { " " (info.key) } }
                    " "
                    a.button.slight.danger href=(piece::path_of(&info.key, &info.environment, "/delete")) { "Delete" span.only-heard { " " (info.key) } }
                }
            }
        }
    }
}

/// A key that other environments have.
fn missing(
    visit: &Visit<'_>,
    key: &SecretKey,
    environment: &Environment,
    found: &BTreeMap<Environment, Listed>,
) -> Markup {
    html! {
        tr.ghost {
            th scope="row" { code { (key) } }
            td data-label="Value" { span.missing { "missing here" } }
            td colspan="2" {
                span.quiet { "set in " @for (index, it) in found.keys().enumerate() { @if index > 0 { ", " } (it) } }
            }
            td.actions {
                @if visit.may::<Write>() {
                    a.button.slight href={ (LIST) "/new?environment=" (environment) "&key=" (key) } {
                        "Add" span.only-heard { " " (key) " in " (environment) }
                    }
                }
            }
        }
    }
}

fn pages(environment: &Environment, search: &str, found: usize, next: Option<&SecretKey>) -> Markup {
    html! {
        nav.pages aria-label="Pages of the list" {
            span.quiet { (found) @if found == 1 { " key" } @else { " keys" } }
            @if let Some(next) = next {
                a.button.slight rel="next" href={ (LIST) "?environment=" (environment) "&q=" (encoded(search)) "&after=" (next) } { "Next " (PAGE) }
            }
        }
    }
}
