//! `/settings/secrets/{key}`: all that is known of one secret, but its value.

use distri_core::authz::{Reveal, Write};
use distri_core::policy::Given;
use distri_vault::secrets::SecretInfo;
use maud::{Markup, html};

use super::dependents::Dependents;
use super::piece::path_of;
use super::{asked, history, list_of, piece};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::MASK;
use crate::web::{Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "secret_page",
    path: "/settings/secrets/{key}",
    run: Run::Member(show),
    ..Route::BLANK
};

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let (key, environment) = (visit.input.key()?, asked(visit)?);
    let info = visit.caller.get(&key, &environment)?;
    let versions = visit.caller.history(&key, &environment)?;
    let dependents = Dependents::of(visit, &key, &info.policy.agents)?;
    let main = html! {
        p.crumbs { a href=(list_of(&environment)) { "Secrets" } " in " (environment) }
        div.head {
            div { h1 { code { (key) } } p { (piece::badges(&info, visit.app.clock.now())) } }
            (actions(visit, &info))
        }
        (staged(visit, &info))
        div.card { (facts(&info)) }
        h2 { "Agents" }
        (dependents.shown())
        h2 { "Versions" }
        (history::table(visit, &info, &versions))
    };
    Ok(visit.page(key.as_str(), &main))
}

fn actions(visit: &Visit<'_>, info: &SecretInfo) -> Markup {
    let path = |page: &str| path_of(&info.key, &info.environment, page);
    html! {
        div.actions {
            @if visit.may::<Write>() { a.button.primary href=(path("/edit")) { "Edit" } }
            @if visit.may::<Reveal>() { a.button href=(path("/reveal")) { "Reveal" } }
            @if visit.may::<Write>() { a.button.danger href=(path("/delete")) { "Delete" } }
        }
    }
}

/// The next value, which waits beside the one in use.
fn staged(visit: &Visit<'_>, info: &SecretInfo) -> Markup {
    let path = |page: &str| path_of(&info.key, &info.environment, page);
    html! {
        @if let Some(version) = info.staged_version {
            div.warning-box {
                p { "Version " (version) " waits beside the one in use. Take it into use once its service knows it." }
                @if visit.may::<Write>() {
                    div.actions {
                        form method="post" action=(path("/promote")) { (visit.token()) button type="submit" { "Take into use" } }
                        form method="post" action=(path("/unstage")) { (visit.token()) button type="submit" { "Give up" } }
                    }
                }
            }
        }
    }
}

fn facts(info: &SecretInfo) -> Markup {
    html! {
        dl.facts {
            dt { "Value" } dd { span.mask aria-label="hidden" { (MASK) } " " span.quiet { "version " (info.version) ", set " (when(info.value_changed_at)) } }
            dt { "Goes to" }
            dd {
                @if info.policy.hosts.is_empty() { (piece::hosts(info)) }
                @else { ul { @for host in &info.policy.hosts { li { code { (host) } } } } }
            }
            dt { "Agents" } dd { (piece::agents(&info.policy.agents)) }
            dt { "Runs get" }
            dd {
                @match info.policy.given() { Given::Placeholder => "a placeholder", Given::Value => "the value itself" }
                @if info.policy.body { ", also in bodies of requests" }
            }
            @if let Some(at) = info.expires_at { dt { "Expires" } dd { (when(at)) } }
            @if let Some(days) = info.rotate_every_days {
                dt { "Rotation" }
                dd { "every " (days) " days" @if let Some(at) = info.rotation_due_at { ", due " (when(at)) } }
            }
            @if let Some(note) = &info.note { dt { "Note" } dd.note { (note) } }
            dt { "Since" } dd { (when(info.created_at)) }
        }
    }
}
