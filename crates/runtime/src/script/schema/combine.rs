//! JSON Schemas put together: intersections, objects, enumerations.

use serde_json::{Map, Value, json};

/// The intersection `left & right`.
pub(super) fn both(left: Value, right: Value) -> Value {
    if left == right {
        return left;
    }
    // Nothing is known of one side, so it may have further keys.
    if left == json!({}) {
        return opened(right);
    }
    if right == json!({}) {
        return opened(left);
    }
    let is_object = |it: &Value| it.get("type").is_some_and(|it| it == "object");
    match (is_object(&left), is_object(&right)) {
        (true, true) => both_objects(&left, &right),
        // A branded primitive: `string & { __brand: 'Email' }`.
        (true, false) if right.get("type").is_some() => right,
        (false, true) if left.get("type").is_some() => left,
        _ => json!({ "allOf": [left, right] }),
    }
}

fn opened(mut schema: Value) -> Value {
    if let Some(further) = schema.get_mut("additionalProperties")
        && *further == json!(false)
    {
        *further = json!(true);
    }
    schema
}

fn both_objects(left: &Value, right: &Value) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<String> = Vec::new();
    for side in [left, right] {
        for (key, schema) in side.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let merged = match properties.get(key) {
                Some(before) => both(Value::clone(before), schema.clone()),
                None => schema.clone(),
            };
            properties.insert(key.clone(), merged);
        }
        for key in side
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !required.iter().any(|it| it == key) {
                required.push(key.to_owned());
            }
        }
    }
    // Each side alone would refuse the other's keys, so a `false` holds only when both say it.
    let further = match (left.get("additionalProperties"), right.get("additionalProperties")) {
        (Some(Value::Bool(false)), further) | (further, Some(Value::Bool(false))) => further.cloned(),
        (further, _) => further.cloned(),
    };
    object(properties, required, further)
}

pub(super) fn enumeration(mut values: Vec<Value>) -> Value {
    values.dedup();
    if values.iter().all(Value::is_boolean) && values.len() == 2 {
        return json!({ "type": "boolean" });
    }
    let types = [
        ("string", values.iter().all(Value::is_string)),
        ("number", values.iter().all(Value::is_number)),
        ("boolean", values.iter().all(Value::is_boolean)),
    ];
    match types.iter().find(|(_, all)| *all) {
        Some((name, _)) => json!({ "type": name, "enum": values }),
        None => json!({ "enum": values }),
    }
}

pub(super) fn size(schema: &Value) -> usize {
    match schema {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

pub(super) fn object(properties: Map<String, Value>, required: Vec<String>, further: Option<Value>) -> Value {
    let mut schema = Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(properties)),
    ]);
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if let Some(further) = further {
        schema.insert("additionalProperties".to_owned(), further);
    }
    Value::Object(schema)
}
