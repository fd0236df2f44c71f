//! `/settings/secrets/{key}/delete`: Delete, which agents may break, Confirm.

use distri_core::authz::Write;
use distri_vault::secrets::RECOVERY_DAYS;
use maud::html;

use super::dependents::Dependents;
use super::piece::path_of;
use super::{asked, expected, list_of, needs};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::Visit;

pub(crate) static ROUTE: Route = Route {
    name: "delete_secret_page",
    path: "/settings/secrets/{key}/delete",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "delete_secret_by_form",
    path: "/settings/secrets/{key}/delete",
    run: Run::Member(delete),
    ..Route::FORM
};

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    needs::<Write>(visit)?;
    let (key, environment) = (visit.input.key()?, asked(visit)?);
    let info = visit.caller.get(&key, &environment)?;
    let dependents = Dependents::of(visit, &key, &info.policy.agents)?;
    let path = |page: &str| path_of(&key, &environment, page);
    let main = html! {
        p.crumbs { a href=(path("")) { code { (key) } } " in " (environment) }
        h1 { "Delete " code { (key) } "?" }
        div.danger-box {
            p { strong { "Deleting a secret may break agents that depend on it." } }
            (dependents.shown())
        }
        p { "Nobody is given it from then on. It can be brought back until it is purged, for " (RECOVERY_DAYS) " days at least." }
        form.actions method="post" action=(path("/delete")) {
            (visit.token())
            input type="hidden" name="expected" value=(info.version);
            button.danger type="submit" { "Confirm" }
            a.button href=(path("")) { "Cancel" }
        }
    };
    Ok(visit.page(&format!("Delete {key}"), &main))
}

fn delete(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    let (key, environment) = (visit.input.key()?, asked(visit)?);
    visit.caller.delete_at(&key, &environment, expected(&visit.form)?)?;
    Ok(visit.done(&list_of(&environment), "deleted"))
}
