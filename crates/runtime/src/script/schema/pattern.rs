//! JSON Schema of what a parameter destructures: `({ to, retries = 3, from: { name } })`.

use oxc::ast::ast::*;
use serde_json::{Map, Value, json};

use super::Scope;

impl<'a> Scope<'_, 'a> {
    /// Keys without a default are required and of any type; a default makes a key optional, and its type is the
    /// default's. Further keys are refused unless the pattern collects the rest.
    pub(super) fn pattern_schema(&self, pattern: &ObjectPattern<'a>) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        let mut open = pattern.rest.is_some();
        for property in &pattern.properties {
            let Some(key) = static_key(&property.key, property.computed) else {
                open = true;
                continue;
            };
            let (target, default) = with_default(&property.value);
            if default.is_none() {
                required.push(Value::from(key.as_str()));
            }
            properties.insert(key, self.binding_schema(property, target, default));
        }
        let mut schema = Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), Value::Object(properties)),
        ]);
        if !required.is_empty() {
            schema.insert("required".to_owned(), Value::Array(required));
        }
        schema.insert("additionalProperties".to_owned(), json!(open));
        Value::Object(schema)
    }

    /// Adds to an annotation's schema what only the pattern tells: defaults, descriptions and keys.
    pub(super) fn fill(&self, schema: &mut Value, pattern: &ObjectPattern<'a>) {
        if schema.as_object().is_some_and(Map::is_empty) {
            *schema = self.pattern_schema(pattern);
            return;
        }
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            return;
        };
        let mut required = Vec::new();
        for property in &pattern.properties {
            let Some(key) = static_key(&property.key, property.computed) else {
                continue;
            };
            let (target, default) = with_default(&property.value);
            match properties.get_mut(&key) {
                Some(annotated) => {
                    if let BindingPattern::ObjectPattern(nested) = target {
                        self.fill(annotated, nested);
                    }
                    if let Some(annotated) = annotated.as_object_mut() {
                        if let Some(description) = self.docs.get(&property.span.start) {
                            annotated.entry("description").or_insert_with(|| json!(description));
                        }
                        if let Some(default) = default.and_then(constant) {
                            annotated.entry("default").or_insert(default);
                        }
                    }
                }
                None => {
                    if default.is_none() {
                        required.push(json!(key));
                    }
                    properties.insert(key, self.binding_schema(property, target, default));
                }
            }
        }
        if !required.is_empty()
            && let Some(schema) = schema.as_object_mut()
            && let Some(all) = schema.entry("required").or_insert_with(|| json!([])).as_array_mut()
        {
            all.append(&mut required);
        }
    }

    fn binding_schema(
        &self,
        property: &BindingProperty<'a>,
        target: &BindingPattern<'a>,
        default: Option<&Expression<'a>>,
    ) -> Value {
        let default = default.and_then(constant);
        let mut schema = match target {
            BindingPattern::ObjectPattern(nested) => self.pattern_schema(nested),
            BindingPattern::ArrayPattern(_) => json!({ "type": "array" }),
            _ => default.as_ref().map_or_else(|| json!({}), type_of),
        };
        if let Some(schema) = schema.as_object_mut() {
            if let Some(description) = self.docs.get(&property.span.start) {
                schema.insert("description".to_owned(), json!(description));
            }
            if let Some(default) = default {
                schema.insert("default".to_owned(), default);
            }
        }
        schema
    }
}

/// The text of a string literal or of a template without substitutions.
pub(super) fn string(expression: &Expression<'_>) -> Option<String> {
    match constant(expression)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The JSON that an expression made of literals stands for.
pub(super) fn constant(expression: &Expression<'_>) -> Option<Value> {
    match expression.get_inner_expression() {
        Expression::StringLiteral(it) => Some(json!(it.value.as_str())),
        Expression::TemplateLiteral(it) => it.single_quasi().map(|it| json!(it.as_str())),
        Expression::BooleanLiteral(it) => Some(json!(it.value)),
        Expression::NullLiteral(_) => Some(Value::Null),
        Expression::NumericLiteral(it) => number(it.value),
        Expression::UnaryExpression(it) if it.operator == UnaryOperator::UnaryNegation => {
            match it.argument.get_inner_expression() {
                Expression::NumericLiteral(it) => number(-it.value),
                _ => None,
            }
        }
        Expression::ArrayExpression(it) => it
            .elements
            .iter()
            .map(|it| it.as_expression().and_then(constant))
            .collect::<Option<Vec<_>>>()
            .map(Value::Array),
        Expression::ObjectExpression(it) => it
            .properties
            .iter()
            .map(|it| match it {
                ObjectPropertyKind::ObjectProperty(it) if it.kind == PropertyKind::Init && !it.shorthand => {
                    Some((static_key(&it.key, it.computed)?, constant(&it.value)?))
                }
                _ => None,
            })
            .collect::<Option<Map<_, _>>>()
            .map(Value::Object),
        _ => None,
    }
}

/// A number as JSON: `3`, not `3.0`, when it is a safe integer.
pub(super) fn number(value: f64) -> Option<Value> {
    const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;
    if value.fract() == 0.0 && value.abs() <= MAX_SAFE_INTEGER {
        return Some(json!(value as i64));
    }
    serde_json::Number::from_f64(value).map(Value::Number)
}

/// A key that is known without running anything.
pub(super) fn static_key(key: &PropertyKey<'_>, computed: bool) -> Option<String> {
    let literal = matches!(key, PropertyKey::StringLiteral(_) | PropertyKey::TemplateLiteral(_));
    if computed && !literal {
        None
    } else {
        key.static_name().map(Into::into)
    }
}

fn with_default<'o, 'a>(value: &'o BindingPattern<'a>) -> (&'o BindingPattern<'a>, Option<&'o Expression<'a>>) {
    match value {
        BindingPattern::AssignmentPattern(it) => (&it.left, Some(&it.right)),
        value => (value, None),
    }
}

fn type_of(default: &Value) -> Value {
    match default {
        // A key that is null by default is something else when it is given.
        Value::Null => json!({}),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "number" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(_) => json!({ "type": "array" }),
        Value::Object(_) => json!({ "type": "object" }),
    }
}
