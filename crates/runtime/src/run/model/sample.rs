//! Arguments made from a JSON Schema: what a tool can be tried with when nobody gives any.

use serde_json::{Map, Value};

/// An input that fits `schema` in shape: only what is required, enums by their first value, strings
/// by their property's name, `1`, `true`, and lists of one.
pub(super) fn arguments(schema: &Value) -> Value {
    match sample(schema, None, 0) {
        Value::Object(members) => Value::Object(members),
        _ => Value::Object(Map::new()),
    }
}

/// Schemas may nest without end; deeper than this nobody looks.
const DEPTH: usize = 16;

fn sample(schema: &Value, name: Option<&str>, depth: usize) -> Value {
    if depth > DEPTH {
        return Value::Null;
    }
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|it| it.first()) {
        return first.clone();
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema.get(choice).and_then(Value::as_array).and_then(|it| it.first()) {
            return sample(first, name, depth + 1);
        }
    }
    match kind(schema) {
        "object" => object(schema, depth),
        "array" => {
            let item = schema
                .get("items")
                .map_or(Value::Null, |it| sample(it, name, depth + 1));
            Value::Array(vec![if item.is_null() { string(name) } else { item }])
        }
        "number" | "integer" => Value::from(1),
        "boolean" => Value::Bool(true),
        "null" => Value::Null,
        _ => string(name),
    }
}

/// The first type named, or what the other keywords speak of.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or("string"),
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    }
}

fn object(schema: &Value, depth: usize) -> Value {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let members = required.filter_map(Value::as_str).map(|name| {
        let property = schema
            .get("properties")
            .and_then(|it| it.get(name))
            .unwrap_or(&Value::Null);
        (name.to_owned(), sample(property, Some(name), depth + 1))
    });
    Value::Object(members.collect())
}

fn string(name: Option<&str>) -> Value {
    Value::from(name.unwrap_or("example"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_type_has_its_sample() {
        let schema = json!({
            "type": "object",
            "required": ["to", "count", "loud", "tags", "level", "nested", "either", "any"],
            "properties": {
                "to": {"type": "string"},
                "count": {"type": "integer"},
                "loud": {"type": "boolean"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "level": {"type": "string", "enum": ["high", "low"]},
                "nested": {"type": "object", "required": ["x"], "properties": {"x": {"type": ["number", "null"]}}},
                "either": {"anyOf": [{"type": "number"}, {"type": "string"}]},
                "any": {},
                "optional": {"type": "string"}
            }
        });
        assert_eq!(
            arguments(&schema),
            json!({
                "to": "to", "count": 1, "loud": true, "tags": ["tags"], "level": "high",
                "nested": {"x": 1}, "either": 1, "any": "any"
            })
        );
    }

    #[test]
    fn strange_schemas_give_an_empty_object() {
        for schema in [
            json!(null),
            json!(true),
            json!({"type": "string"}),
            json!({"required": "x"}),
            json!([]),
        ] {
            assert_eq!(arguments(&schema), json!({}), "{schema}");
        }
    }
}
