//! `/settings/secrets`: the list of one environment; what other environments have and this one misses is in it too.

use std::collections::BTreeMap;

use distri_core::authz::Write;
use distri_core::{Environment, SecretKey, Timestamp};
use distri_vault::secrets::Listed;
use maud::{Markup, html};
use serde::{Deserialize, Deserializer};

use super::overview::{KeysShown, Overview, PAGE};
use super::{LIST, asked, list_of, piece};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::{MASK, Tone, badge, empty, encoded, table_of_actions};
use crate::web::{Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "secrets_page",
    path: LIST,
    run: Run::Member(show),
    ..Route::BLANK
};

/// What both lists of secrets are asked.
#[derive(Deserialize)]
pub(super) struct Query {
    /// What is looked for.
    #[serde(default)]
    pub(super) q: String,
    /// The last key of the page before.
    #[serde(default, deserialize_with = "key_or_none")]
    pub(super) after: Option<SecretKey>,
}

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let environment = asked(visit)?;
    let query: Query = visit.input.query()?;
    let search = query.q.trim();
    let overview = Overview::of(visit)?;
    let page = overview.page(visit, search, query.after.as_ref())?;
    let deleted = overview.deleted();
    let main = html! {
        div.head {
            div { h1 { "Secrets" } p { "Encrypted at rest. Your agents find them as environment variables." } }
            @if visit.may::<Write>() {
                div.actions {
                    a.button href={ (LIST) "/import?environment=" (environment) } { "Import .env" }
                    a.button.primary href={ (LIST) "/new?environment=" (environment) } { "Add Secret" }
                }
            }
        }
        @if overview.is_empty() {
            (empty("No secrets yet", html! { "Add the first one, such as " code { "OPENAI_API_KEY" } "." }))
        } @else {
            (tabs(&overview.environments, Some(&environment)))
            (search_box(LIST, &environment, search))
            @if page.keys.is_empty() {
                (empty("Nothing found", html! { "No key and no note has " strong { (search) } " in it." }))
            } @else {
                (table(visit, &environment, &page))
                (pages(LIST, &environment, search, &page))
            }
        }
        @if !deleted.is_none() {
            p.below { a href={ (LIST) "/deleted" } { (deleted.of("deleted", "deleted")) } span.quiet { " can be brought back" } }
        }
    };
    Ok(visit.page("Secrets", &main))
}

/// The environments, and all of them side by side where there are several.
pub(super) fn tabs(environments: &[Environment], here: Option<&Environment>) -> Markup {
    // One that has nothing yet has a tab while it is looked at.
    let extra = here.filter(|it| !environments.contains(it));
    html! {
        ul.tabs aria-label="Environments" {
            @for it in environments.iter().chain(extra) {
                li { a href=(list_of(it)) aria-current=[(Some(it) == here).then_some("page")] { (it) } }
            }
            @if environments.len() > 1 {
                li { a href={ (LIST) "/compare" } aria-current=[here.is_none().then_some("page")] { "Side by side" } }
            }
        }
    }
}

pub(super) fn search_box(action: &str, environment: &Environment, search: &str) -> Markup {
    html! {
        form.search role="search" method="get" action=(action) {
            @if !environment.is_default() { input type="hidden" name="environment" value=(environment); }
            label.only-heard for="q" { "Find a key or a note" }
            input type="search" id="q" name="q" value=(search) placeholder="Find a key or a note" autocomplete="off" spellcheck="false";
            button type="submit" { "Find" }
        }
    }
}

fn table(visit: &Visit<'_>, environment: &Environment, page: &KeysShown) -> Markup {
    let now = visit.app.clock.now();
    let rows = html! {
        @for (key, found) in &page.keys {
            @match found.get(environment) {
                Some(listed) => (row(visit, listed, now)),
                None => (missing(visit, key, environment, found)),
            }
        }
    };
    table_of_actions(
        &format!("Secrets in environment {environment}"),
        &["Key", "Value", "Goes to", "Changed"],
        rows,
    )
}

fn row(visit: &Visit<'_>, listed: &Listed, now: Timestamp) -> Markup {
    let info = &listed.info;
    html! {
        tr {
            th scope="row" {
                a href=(piece::path_of(&info.key, &info.environment, "")) { code { (info.key) } } " " (piece::badges(info, now))
                @if let Some(note) = &info.note { div.note.quiet.small { (note) } }
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
            td colspan="2" data-label="Elsewhere" {
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

/// How many there are, and the way to the next page.
pub(super) fn pages(path: &str, environment: &Environment, search: &str, page: &KeysShown) -> Markup {
    html! {
        nav.pages aria-label="Pages of the list" {
            span.quiet { (page.found.of("key", "keys")) }
            @if let Some(next) = &page.next {
                a.button.slight rel="next" href={ (path) "?environment=" (environment) "&q=" (encoded(search)) "&after=" (next) } { "Next " (PAGE) }
            }
        }
    }
}

/// A key; text that is none begins at the first page.
pub(super) fn key_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretKey>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.parse().ok())
}
