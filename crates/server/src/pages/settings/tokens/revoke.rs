//! `/settings/tokens/{id}/revoke`: asks, then revokes: the token stops at its next request, for good.

use distri_core::ids::TokenId;
use distri_vault::VaultError;
use maud::html;

use super::list::limits;
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::{Visit, when};

pub(crate) static ROUTE: Route = Route {
    name: "revoke_token_page",
    path: "/settings/tokens/{id}/revoke",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "revoke_token_by_form",
    path: "/settings/tokens/{id}/revoke",
    run: Run::Member(revoke),
    ..Route::FORM
};

const TITLE: &str = "Revoke token";

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let id = id(visit)?.to_string();
    let tokens = visit.caller.tokens()?;
    let token = tokens.iter().find(|it| it.id == id).ok_or(VaultError::NoToken)?;
    let main = html! {
        p.crumbs { a href="/settings/tokens" { "Tokens" } }
        h1 { (TITLE) " " (token.name) "?" }
        div.warning-box { p { "Whatever signs in with it is refused from its next request on. This cannot be undone." } }
        dl.facts {
            dt { "Scopes" } dd { (token.scopes) }
            dt { "Limits" } dd { (limits(token)) }
            dt { "Last use" } dd { @if let Some(at) = token.last_used_at { (when(at)) } @else { "not used" } }
            dt { "Made" } dd { (when(token.created_at)) " by " (token.created_by) }
        }
        form.stack method="post" action={ "/settings/tokens/" (token.id) "/revoke" } {
            (visit.token())
            div.actions {
                button.danger type="submit" { (TITLE) }
                a.button href="/settings/tokens" { "Cancel" }
            }
        }
    };
    Ok(visit.page(TITLE, &main))
}

fn revoke(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    visit.caller.revoke_token(id(visit)?)?;
    Ok(visit.done("/settings/tokens", "token-revoked"))
}

/// Text that is no identifier is nobody's.
fn id(visit: &Visit<'_>) -> Result<TokenId, ApiError> {
    let id = visit.input.parameter("id").parse();
    id.map_err(|_| VaultError::NoToken.into())
}
