//! Secrets over HTTP.

pub(crate) mod configured;
pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod facts;
pub(crate) mod get;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod promote;
pub(crate) mod providers;
pub(crate) mod purge;
pub(crate) mod purge_deleted;
pub(crate) mod put;
pub(crate) mod resolve;
pub(crate) mod reveal;
pub(crate) mod reveal_all;
pub(crate) mod rollback;
pub(crate) mod stage;
pub(crate) mod undelete;
pub(crate) mod unstage;
pub(crate) mod upsert;
pub(crate) mod versions;

mod view;

use schemars::JsonSchema;
use serde::Deserialize;

/// `if-match` of routes that change a secret.
pub(crate) const IF_MATCH: &[(&str, &str)] = &[(
    "if-match",
    "The version that the client has seen, such as `\"3\"`: another one is refused with 412",
)];

/// The most bytes of a body with one value: 64 KiB, each byte written as `\u00XX`, and the rest.
pub(crate) const VALUE_BODY: usize = 448 << 10;

/// The query of routes about one secret.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InEnvironment {
    /// The environment, `default` without it; no other is looked into.
    pub(crate) environment: Option<String>,
}
