//! `/settings/secrets/{key}/reveal`: a person reads a value, after their password, and it is on the record before.
//!
//! The value is in the answer to the form and nowhere else; that answer is kept nowhere.

use distri_core::authz::Reveal;
use distri_core::{Environment, SecretKey};
use distri_vault::secrets::{Revealed, SecretInfo};
use maud::{Markup, html};
use serde::Deserialize;

use super::history::sign;
use super::piece::path_of;
use super::{asked, needs};
use crate::error::ApiError;
use crate::reply::Reply;
use crate::route::{Route, Run};
use crate::web::value::{Place, Shown};
use crate::web::{Faults, Visit};

pub(crate) static ROUTE: Route = Route {
    name: "reveal_secret_page",
    path: "/settings/secrets/{key}/reveal",
    run: Run::Member(show),
    ..Route::BLANK
};

pub(crate) static FORM: Route = Route {
    name: "reveal_secret_by_form",
    path: "/settings/secrets/{key}/reveal",
    run: Run::Member(reveal),
    ..Route::FORM
};

#[derive(Deserialize)]
struct Query {
    /// Another version than the one in use.
    version: Option<u32>,
}

/// What is asked for.
struct Asked {
    key: SecretKey,
    environment: Environment,
    version: Option<u32>,
}

impl Asked {
    fn of(visit: &Visit<'_>) -> Result<Self, ApiError> {
        let query: Query = visit.input.query()?;
        Ok(Self {
            key: visit.input.key()?,
            environment: asked(visit)?,
            version: query.version,
        })
    }

    fn title(&self) -> String {
        format!("Reveal {}", self.key)
    }
}

fn show(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    needs::<Reveal>(visit)?;
    let asked = Asked::of(visit)?;
    let info = visit.caller.get(&asked.key, &asked.environment)?;
    let page = page(visit, &asked, &info, &Faults::default());
    Ok(visit.page(&asked.title(), &page))
}

fn reveal(visit: &Visit<'_>) -> Result<Reply, ApiError> {
    if !visit.view.is_fresh {
        needs::<Reveal>(visit)?;
    }
    let asked = Asked::of(visit)?;
    let info = visit.caller.get(&asked.key, &asked.environment)?;
    let again = |visit: &Visit<'_>, faults: &Faults| visit.again(&asked.title(), &page(visit, &asked, &info, faults));
    visit.freshly(again, |visit| shown(visit, &asked))
}

fn shown(visit: &Visit<'_>, asked: &Asked) -> Result<Reply, ApiError> {
    let Revealed { info, value } = visit.caller.reveal(&asked.key, &asked.environment, asked.version)?;
    let shown = Shown::of(&value);
    let place = Place::random();
    let path = path_of(&asked.key, &asked.environment, "");
    let main = html! {
        p.crumbs { a href=(path) { code { (info.key) } } " in " (info.environment) }
        h1 { code { (info.key) } }
        p { "Version " (info.version) ". Who reads it is in the audit log." }
        @if shown.is_base64() { p.warning-box { "The value is no text: this is its base64." } }
        pre.value #value tabindex="0" aria-label="Value" { (place) }
        div.actions {
            button type="button" data-copies="value" hidden { "Copy" }
            a.button href=(path) { "Done" }
        }
    };
    Ok(visit.page(info.key.as_str(), &main).with_value(&place, &shown))
}

fn page(visit: &Visit<'_>, asked: &Asked, info: &SecretInfo, faults: &Faults) -> Markup {
    let path = |page: &str| path_of(&info.key, &info.environment, page);
    html! {
        p.crumbs { a href=(path("")) { code { (info.key) } } " in " (info.environment) }
        h1 { "Reveal " code { (info.key) } }
        p {
            @if let Some(version) = asked.version { "Version " (version) ". " }
            "The value is shown once, on the next page, and it is recorded that you read it."
        }
        (faults.summary())
        form.stack method="post" action={
            (path("/reveal")) @if let Some(version) = asked.version { (sign(info)) "version=" (version) }
        } {
            (visit.token())
            (visit.password_again(faults, true))
            div.actions {
                button.primary type="submit" { "Reveal" }
                a.button href=(path("")) { "Cancel" }
            }
        }
    }
}
