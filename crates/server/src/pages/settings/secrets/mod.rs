//! `/settings/secrets`: what is kept, without any value.
//!
//! A page about one secret is below its key, in the environment that the query names: `/settings/secrets/KEY?environment=dev`.
//! No key is in small letters, so that `new` and `import` are none.

pub(crate) mod add;
pub(crate) mod list;

mod about;
mod overview;
mod piece;

use distri_core::Environment;
use serde::Deserialize;

use crate::error::ApiError;
use crate::input::environment;
use crate::web::Visit;

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

/// The list of an environment.
fn list_of(environment: &Environment) -> String {
    match environment.is_default() {
        true => LIST.to_owned(),
        false => format!("{LIST}?environment={environment}"),
    }
}
