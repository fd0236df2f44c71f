//! `GET /v1/secrets/providers`: the providers of models and the keys they take.

use distri_core::catalogue::{Catalogue, Provider, ProviderKey};
use distri_vault::Caller;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "list_providers",
    path: "/v1/secrets/providers",
    summary: "List the providers of models and their keys",
    about: "What a form for the keys of a provider shows. The same for every account.",
    gives: &[Gives::json(200, "The providers", schema_of::<Vec<ProviderView>>)],
    run: Run::Caller(providers),
    ..Route::BLANK
};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Provider")]
struct ProviderView {
    /// `openai`, `anthropic`, …
    id: &'static str,
    /// For people.
    label: &'static str,
    /// Its keys.
    keys: Vec<KeyView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProviderKey")]
struct KeyView {
    /// The key.
    key: &'static str,
    /// The field's label.
    label: &'static str,
    /// What the empty field shows.
    placeholder: &'static str,
    /// Whether the provider cannot be used without it.
    required: bool,
    /// Whether it is masked; an endpoint's address is not.
    sensitive: bool,
}

fn providers(_caller: &Caller<'_>, _input: &Input) -> Result<Reply, ApiError> {
    let providers = Catalogue::builtin().providers().iter().map(ProviderView::from);
    Reply::json(&providers.collect::<Vec<_>>())
}

impl From<&'static Provider> for ProviderView {
    fn from(provider: &'static Provider) -> Self {
        Self {
            id: &provider.id,
            label: &provider.label,
            keys: provider.keys.iter().map(KeyView::from).collect(),
        }
    }
}

impl From<&'static ProviderKey> for KeyView {
    fn from(key: &'static ProviderKey) -> Self {
        Self {
            key: key.key.as_str(),
            label: &key.label,
            placeholder: &key.placeholder,
            required: key.required,
            sensitive: key.sensitive,
        }
    }
}
