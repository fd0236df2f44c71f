//! `GET /v1/keys`: which root keys open the store, and the history of the keys under them, as fingerprints.

use std::borrow::Cow;

use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::keys::KeyStatus;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, schema_of};

pub(crate) static ROUTE: Route = Route {
    name: "key_status",
    path: "/v1/keys",
    summary: "Say which keys there are",
    about: "Fingerprints, never keys; where root keys are kept is for the operator. For owners of the account that the \
            installation was made with.",
    gives: &[Gives::json(200, "The keys", schema_of::<View>)],
    scope: Some(Scope::Admin),
    run: Run::Caller(status),
    ..Route::BLANK
};

#[derive(Serialize)]
#[serde(transparent)]
struct View(KeyStatus);

fn status(caller: &Caller<'_>, _input: &Input) -> Result<Reply, ApiError> {
    Reply::json(&View(caller.key_status_without_places()?))
}

impl JsonSchema for View {
    fn schema_name() -> Cow<'static, str> {
        "KeyStatus".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let list = |about: &str| json_schema!({ "type": "array", "items": { "type": "object" }, "description": about });
        json_schema!({
            "type": "object",
            "required": ["slots", "instance_keys", "account_keys"],
            "properties": {
                "slots": list("What unlocks the store: provider, fingerprints, since when"),
                "instance_keys": list("The instance keys, oldest first"),
                "account_keys": list("The versions of the account's key, oldest first"),
            },
        })
    }
}
