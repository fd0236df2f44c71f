//! The OpenAPI 3.1 document, made of the list of routes and of the types that are read and written.

pub(crate) mod serve;

mod operation;
mod schemas;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::routes::documented;
use schemas::Schemas;

/// The document as it is served.
pub(crate) struct Document(Bytes);

impl Document {
    pub(crate) fn new() -> Self {
        let text = serde_json::to_vec_pretty(&document()).unwrap_or_default();
        Self(text.into())
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.0.clone()
    }
}

/// The document as JSON.
pub(crate) fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for route in documented() {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.verb.as_str().to_ascii_lowercase()] = operation::operation(route, &mut schemas);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "distri",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Secrets for AI agents",
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas.into_components(),
            "securitySchemes": {
                "apiKey": { "type": "apiKey", "in": "header", "name": "x-api-key", "description": "A token" },
                "bearer": { "type": "http", "scheme": "bearer", "description": "A token" },
            },
        },
    })
}

const ABOUT: &str = "\
Every reply is `cache-control: no-store`. No reply but those of reveal, resolve and releases has a value of a secret. \
A refusal is `{\"error\": sentence, \"code\": word}`; the word is for programs and keeps its meaning. \
Lists with `limit` have a `link` header with `rel=\"next\"` while there is more.";
