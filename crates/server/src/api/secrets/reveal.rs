//! `POST /v1/secrets/{key}/reveal`: a person reads a value, which is recorded before it is opened.

use distri_core::authz::Scope;
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::value::{Encoding, Shown};
use crate::error::ApiError;
use crate::input::{Input, environment};
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

use super::InEnvironment;
use super::view::SecretView;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "reveal_secret",
    path: "/v1/secrets/{key}/reveal",
    summary: "Read the value of a secret",
    about: "The audit record of it is written before the value is opened.",
    query: Some(schema_of::<InEnvironment>),
    body: Takes::json(schema_of::<Body>),
    gives: &[Gives::json(200, "The value", schema_of::<Revealed<'_>>)],
    refuses: &[404],
    scope: Some(Scope::Reveal),
    run: Run::Caller(reveal),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reveal")]
struct Body {
    /// Which version; the one in use without it.
    version: Option<u32>,
}

/// A value, and the secret that it is of.
#[derive(Serialize, JsonSchema)]
pub(super) struct Revealed<'v> {
    /// Its key.
    key: &'v str,
    /// Its environment.
    environment: &'v str,
    /// The version.
    version: u32,
    value: Shown<'v>,
    /// How the value is written: `base64` when it is no text.
    encoding: Encoding,
    /// What is known of the secret beside.
    secret: SecretView,
}

impl<'v> From<&'v distri_vault::secrets::Revealed> for Revealed<'v> {
    fn from(revealed: &'v distri_vault::secrets::Revealed) -> Self {
        let value = Shown(&revealed.value);
        Self {
            key: revealed.info.key.as_str(),
            environment: revealed.info.environment.as_str(),
            version: revealed.info.version,
            encoding: value.encoding(),
            value,
            secret: revealed.info.clone().into(),
        }
    }
}

fn reveal(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let query: InEnvironment = input.query()?;
    let body: Body = input.json()?;
    let revealed = caller.reveal(&input.key()?, &environment(query.environment.as_deref())?, body.version)?;
    Reply::values(&Revealed::from(&revealed), size(&revealed))
}

/// How many bytes it has, without the names of fields.
pub(super) fn size(revealed: &distri_vault::secrets::Revealed) -> usize {
    revealed.value.len() + revealed.info.note.as_ref().map_or(0, String::len) + 512
}
