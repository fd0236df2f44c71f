//! `POST /v1/placeholders/identify`: which secret, agent and run the placeholders in a text were made for.

use distri_core::audit::{Record, Subject};
use distri_core::authz::Scope;
use distri_vault::Caller;
use distri_vault::alarm::Holder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::audit::RecordView;
use crate::api::value::{Encoding, ValueText};
use crate::error::ApiError;
use crate::input::Input;
use crate::reply::Reply;
use crate::route::{Gives, Route, Run, Takes, Verb, schema_of};

/// The most bytes of a body; a longer text comes in parts.
const BODY: usize = 8 << 20;

pub(crate) static ROUTE: Route = Route {
    verb: Verb::Post,
    name: "identify_placeholders",
    path: "/v1/placeholders/identify",
    summary: "Say whose the placeholders in a text are",
    about: "As they are and in base64, hexadecimal, percent escapes and UTF-16. A longer text comes in parts that overlap by \
            4,096 bytes.",
    body: Takes::json_up_to(BODY, schema_of::<Body>),
    gives: &[Gives::json(
        200,
        "The placeholders in the order of the text",
        schema_of::<Vec<HolderView>>,
    )],
    scope: Some(Scope::Read),
    run: Run::Caller(identify),
    ..Route::BLANK
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Identify")]
struct Body {
    /// The text: a log, a message.
    value: ValueText,
    /// How it is written, `text` without it.
    #[serde(default)]
    encoding: Encoding,
}

/// A placeholder, and whose it is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PlaceholderHolder")]
struct HolderView {
    /// Where it stands, in bytes.
    start: usize,
    /// Where it ends.
    end: usize,
    /// The secret's place in the record of its release, from 0.
    place: usize,
    /// The secret, as the record has it.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    subject: Subject,
    /// The record of the release.
    release: RecordView,
}

fn identify(caller: &Caller<'_>, input: &Input) -> Result<Reply, ApiError> {
    let body: Body = input.json()?;
    let text = body.value.bytes(body.encoding)?;
    let holders = caller.identify(&text)?.into_iter().map(HolderView::from);
    Reply::json(&holders.collect::<Vec<_>>())
}

impl From<Holder> for HolderView {
    fn from(holder: Holder) -> Self {
        let release: Record = holder.release;
        Self {
            start: holder.range.start,
            end: holder.range.end,
            place: holder.id.subject(),
            subject: holder.subject,
            release: RecordView {
                seq: holder.id.release(),
                record: release,
            },
        }
    }
}
