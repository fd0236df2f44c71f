//! One operation of the document, from a row of the list.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::schemas::Schemas;
use crate::route::{Gives, Route, Run, Verb};

/// The statuses that any request may be refused with.
const ALWAYS: &[u16] = &[400, 421, 431, 500, 503];
/// And one that needs a token.
const WITH_TOKEN: &[u16] = &[401, 403, 429];
/// And one that changes something: its `idempotency-key` may be in use.
const WITH_KEY: &[u16] = &[409, 422];
/// And one with a body.
const WITH_BODY: &[u16] = &[408, 413, 415];

const ONCE: (&str, &str) = (
    "idempotency-key",
    "A word of the client's for this request: sent again within a day, it is answered again and not done again",
);

pub(super) fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let mut operation = json!({
        "operationId": route.name,
        "tags": [tag(route)],
        "summary": route.summary,
        "description": route.about,
        "responses": responses(route, schemas),
    });
    let parameters = parameters(route, schemas);
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = &route.body {
        let mut content = Map::new();
        let json = json!({ "schema": schemas.read(body.schema) });
        content.insert("application/json".to_owned(), json);
        if let Some(text) = body.text {
            content.insert(
                text.to_owned(),
                json!({ "schema": { "type": "string", "minLength": 1 } }),
            );
        }
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    if let Some(scope) = route.scope {
        operation["x-scope"] = json!(scope.as_str());
    }
    operation["security"] = match route.run {
        Run::Caller(_) | Run::Together(_) => json!([{ "apiKey": [] }, { "bearer": [] }]),
        _ => json!([]),
    };
    operation
}

/// `secrets` of `/v1/secrets/{key}`.
fn tag(route: &Route) -> &'static str {
    route
        .path
        .trim_start_matches("/v1/")
        .split('/')
        .find(|it| !it.is_empty())
        .unwrap_or("server")
}

fn parameters(route: &Route, schemas: &mut Schemas) -> Vec<Value> {
    let mut parameters = Vec::new();
    for segment in route.path.split('/') {
        if let Some(name) = segment.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
            parameters.push(json!({
                "name": name, "in": "path", "required": true, "schema": form_of(route.path, name),
            }));
        }
    }
    for (name, schema, required) in route.query.map(|it| schemas.fields(it)).unwrap_or_default() {
        let about = schema["description"].clone();
        let mut parameter = json!({ "name": name, "in": "query", "required": required, "schema": schema });
        if about.is_string() {
            parameter["description"] = about;
        }
        parameters.push(parameter);
    }
    let once = (route.takes_token() && route.verb != Verb::Get).then_some(ONCE);
    for (name, about) in route.headers.iter().chain(&once) {
        parameters.push(json!({
            "name": name, "in": "header", "required": false, "description": about, "schema": { "type": "string" },
        }));
    }
    parameters
}

/// What a parameter of a path looks like.
fn form_of(path: &str, name: &str) -> Value {
    match name {
        "key" => json!({ "type": "string", "pattern": "^[A-Z_][A-Z0-9_]{0,127}$" }),
        "id" if !path.starts_with("/v1/sessions/") => json!({ "type": "string", "format": "uuid" }),
        _ => json!({ "type": "string", "minLength": 1, "maxLength": 256 }),
    }
}

fn responses(route: &Route, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    for gives in route.gives {
        responses.insert(gives.status.to_string(), answer(gives, schemas));
    }
    for status in refusals(route) {
        let reason = StatusCode::from_u16(status).ok().and_then(|it| it.canonical_reason());
        responses.insert(
            status.to_string(),
            json!({
                "description": reason.unwrap_or("Refused"),
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
            }),
        );
    }
    Value::Object(responses)
}

fn answer(gives: &Gives, schemas: &mut Schemas) -> Value {
    match gives.schema {
        None => json!({ "description": gives.about }),
        Some(schema) => json!({
            "description": gives.about,
            "content": { gives.media: { "schema": schemas.written(schema) } },
        }),
    }
}

/// Every status of a refusal, in order.
pub(super) fn refusals(route: &Route) -> Vec<u16> {
    let mut statuses = [ALWAYS, route.refuses].concat();
    if route.takes_token() {
        statuses.extend(WITH_TOKEN);
        // `x-workspace-id`
        statuses.push(404);
        if route.verb != Verb::Get {
            statuses.extend(WITH_KEY);
        }
    }
    statuses.extend(if route.body.is_some() { WITH_BODY } else { &[413] });
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}
