//! `/settings/tokens`: the tokens of the account, or one's own; never their texts.

use distri_core::Timestamp;
use distri_core::authz::Scopes;
use distri_vault::tokens::{TokenState, TokenView};
use maud::{Markup, html};

use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::component::{Tone, badge, empty, table_of_actions};
use crate::web::{Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "tokens_page",
    path: "/settings/tokens",
    run: Run::Member(show),
    ..Route::BLANK
};

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let now = visit.input.clock.now();
    let all = visit.caller.tokens()?;
    // The newest first: it is the one that somebody has just made.
    let works = |it: &&TokenView| matches!(it.state(now), TokenState::Active | TokenState::Damaged);
    let (good, over): (Vec<_>, Vec<_>) = all.iter().rev().partition(works);
    let main = html! {
        div.head {
            div {
                h1 { "Tokens" }
                p { "What programs and the command line sign in with. A token acts for whoever made it, and never does more." }
            }
            div.actions { a.button.primary href="/settings/tokens/create" { "Create token" } }
        }
        @if good.is_empty() {
            (empty("No tokens", html! { "Nothing signs in to this account by a token." }))
        } @else {
            (tokens_table("The tokens in use", &good, now))
        }
        @if !over.is_empty() {
            details.more {
                summary { "Tokens that no longer work (" (over.len()) ")" }
                (tokens_table("Tokens that were revoked or have expired", &over, now))
            }
        }
    };
    Ok(visit.page("Tokens", &main))
}

fn tokens_table(caption: &str, tokens: &[&TokenView], now: Timestamp) -> Markup {
    table_of_actions(
        caption,
        &["Name", "Scopes", "Limits", "Expires", "Last use", "Made"],
        html! { @for it in tokens { (row(it, now)) } },
    )
}

fn row(token: &TokenView, now: Timestamp) -> Markup {
    let state = token.state(now);
    html! {
        tr {
            th scope="row" {
                (token.name)
                @if state != TokenState::Active { " " (badge(tone(state), state.as_str())) }
                @if let Some(damage) = &token.damage { br; span.small { (damage) } }
            }
            td data-label="Scopes" { (words(&token.scopes)) }
            td data-label="Limits" { (limits(token)) }
            td data-label="Expires" { @if let Some(at) = token.expires_at { (when(at)) } @else { "never" } }
            td data-label="Last use" { @if let Some(at) = token.last_used_at { (when(at)) } @else { span.quiet { "not used" } } }
            td data-label="Made" { (when(token.created_at)) br; span.quiet.small { "by " (token.created_by) } }
            td.actions {
                @if token.revoked_at.is_none() {
                    a.button.slight href={ "/settings/tokens/" (token.id) "/revoke" } aria-label={ "Revoke " (token.name) } { "Revoke" }
                }
            }
        }
    }
}

/// What a token is for. A line ends between two words of it, not inside of one.
pub(super) fn words(scopes: &Scopes) -> Markup {
    html! {
        @for (index, scope) in scopes.iter().enumerate() {
            @if index > 0 { ", " }
            span.nowrap { (scope) }
        }
    }
}

/// What a token is limited to, in words.
pub(super) fn limits(token: &TokenView) -> Markup {
    let words = token.limits.words();
    html! {
        @if words.is_empty() { span.quiet { "none" } }
        @for it in &words { div { (it) } }
    }
}

fn tone(state: TokenState) -> Tone {
    match state {
        TokenState::Active => Tone::Good,
        TokenState::Expired | TokenState::Revoked => Tone::Plain,
        TokenState::Damaged => Tone::Bad,
    }
}
