//! `/settings/secrets`: what is kept, without any value.
//!
//! A page about one secret is below its key, in the environment that the query names: `/settings/secrets/KEY?environment=dev`.
//! No key is in small letters, so that `new` and `import` are none.

pub(crate) mod add;
pub(crate) mod compare;
pub(crate) mod delete;
pub(crate) mod deleted;
pub(crate) mod edit;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod one;
pub(crate) mod promote;
pub(crate) mod reveal;
pub(crate) mod rollback;
pub(crate) mod undelete;
pub(crate) mod unstage;

mod about;
mod dependents;
mod history;
mod overview;
mod piece;

use distri_core::Environment;
use distri_core::authz::Action;
use serde::Deserialize;

use crate::error::{ApiError, Code};
use crate::input::environment;
use crate::web::{Form, Visit};

/// The list.
pub(crate) const LIST: &str = "/settings/secrets";

/// The most bytes of a form with one value: 64 KiB, each byte as `%XX`, and the rest.
pub(crate) const VALUE_FORM: usize = 256 << 10;

/// The query of pages in one environment.
#[derive(Deserialize)]
struct InEnvironment {
    environment: Option<String>,
}

/// The environment that the query names, or the default one.
fn asked(visit: &Visit<'_>) -> Result<Environment, ApiError> {
    let query: InEnvironment = visit.input.query()?;
    environment(query.environment.as_deref().filter(|it| !it.is_empty()))
}

/// Refuses to show a form that its reader's role does not permit to send. The use case refuses it anyway.
fn needs<A: Action>(visit: &Visit<'_>) -> Result<(), ApiError> {
    match visit.may::<A>() {
        true => Ok(()),
        false => Err(ApiError::new(Code::Forbidden, "your role does not permit this")),
    }
}

/// The version that a form was made for.
fn expected(form: &Form) -> Result<Option<u32>, ApiError> {
    let text = form.given("expected");
    let refused = |_| ApiError::invalid("the form names no version that it was made for");
    text.map(|it| it.parse().map_err(refused)).transpose()
}

/// The list of an environment.
fn list_of(environment: &Environment) -> String {
    match environment.is_default() {
        true => LIST.to_owned(),
        false => format!("{LIST}?environment={environment}"),
    }
}
