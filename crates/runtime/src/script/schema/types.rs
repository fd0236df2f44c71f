//! JSON Schema of a TypeScript type, as far as the module itself tells.
//!
//! Imported types, a handler's own type parameters, conditional and mapped types become `{}`, which is any JSON: a
//! schema too narrow would keep a model from passing what the handler takes.

use std::collections::HashMap;
use std::mem;

use oxc::ast::ast::*;
use serde_json::{Map, Value, json};

use super::combine::{both, enumeration, object, size};
use super::pattern::{number, static_key};
use super::{Scope, TypeDeclaration};

/// One translation; holds what keeps it finite.
pub(super) struct Types<'s, 'p, 'a> {
    scope: &'s Scope<'p, 'a>,
    /// Declarations being translated, for types that contain themselves.
    within: Vec<String>,
    /// Type parameters of the declaration being translated, with their arguments.
    arguments: HashMap<String, Value>,
    /// Types left to translate: aliases that each use the one before twice would grow without end.
    left: usize,
}

const MOST_TYPES: usize = 2_000;

impl<'s, 'p, 'a> Types<'s, 'p, 'a> {
    pub(super) fn new(scope: &'s Scope<'p, 'a>) -> Self {
        Self {
            scope,
            within: Vec::new(),
            arguments: HashMap::new(),
            left: MOST_TYPES,
        }
    }

    pub(super) fn schema(&mut self, it: &TSType<'a>) -> Value {
        if self.left == 0 {
            return json!({});
        }
        self.left -= 1;
        match it {
            TSType::TSStringKeyword(_) | TSType::TSTemplateLiteralType(_) => {
                json!({ "type": "string" })
            }
            TSType::TSNumberKeyword(_) => json!({ "type": "number" }),
            TSType::TSBooleanKeyword(_) => json!({ "type": "boolean" }),
            TSType::TSNullKeyword(_) => json!({ "type": "null" }),
            TSType::TSObjectKeyword(_) => json!({ "type": "object" }),
            TSType::TSArrayType(it) => self.array(&it.element_type),
            TSType::TSTupleType(it) => self.tuple(it),
            TSType::TSParenthesizedType(it) => self.schema(&it.type_annotation),
            TSType::TSTypeOperatorType(it) if it.operator == TSTypeOperatorOperator::Readonly => {
                self.schema(&it.type_annotation)
            }
            TSType::TSLiteralType(_) | TSType::TSUnionType(_) => self.union(it),
            TSType::TSIntersectionType(it) => it
                .types
                .iter()
                .map(|it| self.schema(it))
                .reduce(both)
                .unwrap_or_else(|| json!({})),
            TSType::TSTypeLiteral(it) => self.object(&it.members),
            TSType::TSTypeReference(it) => match &it.type_name {
                TSTypeName::IdentifierReference(id) => self.reference(&id.name, it.type_arguments.as_deref()),
                _ => json!({}),
            },
            _ => json!({}),
        }
    }

    fn array(&mut self, items: &TSType<'a>) -> Value {
        json!({ "type": "array", "items": self.schema(items) })
    }

    fn tuple(&mut self, it: &TSTupleType<'a>) -> Value {
        let mut items = Vec::new();
        for element in &it.element_types {
            let element = match element {
                TSTupleElement::TSNamedTupleMember(it) if !it.optional => it.element_type.as_ts_type(),
                element => element.as_ts_type(),
            };
            match element {
                Some(element) => items.push(self.schema(element)),
                // Optional and rest elements.
                None => return json!({ "type": "array" }),
            }
        }
        json!({ "type": "array", "minItems": items.len(), "maxItems": items.len(), "prefixItems": items })
    }

    fn union(&mut self, it: &TSType<'a>) -> Value {
        let mut literals = Vec::new();
        let mut others = Vec::new();
        self.collect(it, &mut literals, &mut others);
        if others.iter().any(|it| *it == json!({})) {
            return json!({});
        }
        if !literals.is_empty() {
            others.insert(0, enumeration(literals));
        }
        match others.len() {
            0 => json!({}),
            1 => others.swap_remove(0),
            _ => json!({ "anyOf": others }),
        }
    }

    fn collect(&mut self, it: &TSType<'a>, literals: &mut Vec<Value>, others: &mut Vec<Value>) {
        match it {
            TSType::TSUnionType(it) => it.types.iter().for_each(|it| self.collect(it, literals, others)),
            TSType::TSParenthesizedType(it) => self.collect(&it.type_annotation, literals, others),
            // JSON cannot say these; a property that may be undefined is optional.
            it if is_absent(it) => {}
            TSType::TSLiteralType(it) => match literal(&it.literal) {
                Some(value) if literals.contains(&value) => {}
                Some(value) => literals.push(value),
                None => others.push(json!({})),
            },
            it => {
                let schema = self.schema(it);
                if !others.contains(&schema) {
                    others.push(schema);
                }
            }
        }
    }

    fn object(&mut self, members: &[TSSignature<'a>]) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        let mut further = json!(false);
        for member in members {
            match member {
                TSSignature::TSPropertySignature(it) => {
                    let Some(key) = static_key(&it.key, it.computed) else {
                        further = json!(true);
                        continue;
                    };
                    let Some(annotation) = &it.type_annotation else {
                        properties.insert(key, json!({}));
                        continue;
                    };
                    let annotation = &annotation.type_annotation;
                    // Functions do not travel as JSON.
                    if matches!(annotation, TSType::TSFunctionType(_) | TSType::TSConstructorType(_)) {
                        continue;
                    }
                    let mut schema = self.schema(annotation);
                    if let (Some(text), Some(schema)) = (self.scope.docs.get(&it.span.start), schema.as_object_mut()) {
                        schema.insert("description".to_owned(), json!(text));
                    }
                    if !it.optional && !may_be_absent(annotation) {
                        required.push(key.clone());
                    }
                    properties.insert(key, schema);
                }
                TSSignature::TSIndexSignature(it) => further = self.schema(&it.type_annotation.type_annotation),
                _ => {}
            }
        }
        object(properties, required, Some(further))
    }

    fn reference(&mut self, name: &str, arguments: Option<&TSTypeParameterInstantiation<'a>>) -> Value {
        if let Some(schema) = self.arguments.get(name) {
            // An argument used twice is there twice; nested, such types double at each level.
            let size = size(schema);
            if size > self.left {
                return json!({});
            }
            self.left -= size;
            return schema.clone();
        }
        if let Some(declarations) = self.scope.types.get(name) {
            if self.within.iter().any(|it| it == name) {
                return json!({});
            }
            self.within.push(name.to_owned());
            let schema = declarations
                .iter()
                .map(|it| self.declaration(*it, arguments))
                .reduce(both);
            self.within.pop();
            return schema.unwrap_or_else(|| json!({}));
        }
        let argument = |at: usize| arguments.and_then(|it| it.params.get(at));
        match (name, argument(0)) {
            ("Array" | "ReadonlyArray", Some(items)) => self.array(items),
            ("Readonly", Some(it)) => self.schema(it),
            ("Partial", Some(it)) => {
                let mut schema = self.schema(it);
                if let Some(schema) = schema.as_object_mut() {
                    schema.shift_remove("required");
                }
                schema
            }
            ("Required", Some(it)) => {
                let schema = self.schema(it);
                match schema.get("properties").and_then(Value::as_object) {
                    Some(properties) => {
                        let required = properties.keys().cloned().collect();
                        object(
                            properties.clone(),
                            required,
                            schema.get("additionalProperties").cloned(),
                        )
                    }
                    None => schema,
                }
            }
            ("Record", Some(_)) if matches!(argument(1), Some(TSType::TSNeverKeyword(_))) => {
                object(Map::new(), Vec::new(), Some(json!(false)))
            }
            ("Record", Some(keys)) => {
                let values = argument(1).map_or_else(|| json!({}), |it| self.schema(it));
                let keys = self.schema(keys);
                match keys.get("enum").and_then(Value::as_array) {
                    Some(keys) => {
                        let keys = || keys.iter().filter_map(|it| it.as_str().map(str::to_owned));
                        object(
                            keys().map(|it| (it, values.clone())).collect(),
                            keys().collect(),
                            Some(json!(false)),
                        )
                    }
                    None => json!({ "type": "object", "additionalProperties": values }),
                }
            }
            _ => json!({}),
        }
    }

    fn declaration(
        &mut self,
        it: TypeDeclaration<'p, 'a>,
        arguments: Option<&TSTypeParameterInstantiation<'a>>,
    ) -> Value {
        match it {
            TypeDeclaration::Enum(it) => enum_schema(it),
            TypeDeclaration::Alias(it) => self.with_arguments(it.type_parameters.as_deref(), arguments, |types| {
                types.schema(&it.type_annotation)
            }),
            TypeDeclaration::Interface(it) => self.with_arguments(it.type_parameters.as_deref(), arguments, |types| {
                let own = types.object(&it.body.body);
                it.extends.iter().fold(own, |own, heritage| {
                    let inherited = match &heritage.type_name {
                        TSTypeName::IdentifierReference(id) => {
                            types.reference(&id.name, heritage.type_arguments.as_deref())
                        }
                        _ => json!({}),
                    };
                    both(inherited, own)
                })
            }),
        }
    }

    fn with_arguments(
        &mut self,
        parameters: Option<&TSTypeParameterDeclaration<'a>>,
        arguments: Option<&TSTypeParameterInstantiation<'a>>,
        translate: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let mut bound = HashMap::new();
        for (at, parameter) in parameters.iter().flat_map(|it| &it.params).enumerate() {
            let argument = arguments
                .and_then(|it| it.params.get(at))
                .or(parameter.default.as_ref());
            let schema = argument.map_or_else(|| json!({}), |it| self.schema(it));
            bound.insert(parameter.name.name.as_str().to_owned(), schema);
        }
        let outer = mem::replace(&mut self.arguments, bound);
        let schema = translate(self);
        self.arguments = outer;
        schema
    }
}

/// `true`, `'low'`, `-1`.
fn literal(it: &TSLiteral<'_>) -> Option<Value> {
    match it {
        TSLiteral::BooleanLiteral(it) => Some(json!(it.value)),
        TSLiteral::NumericLiteral(it) => number(it.value),
        TSLiteral::StringLiteral(it) => Some(json!(it.value.as_str())),
        TSLiteral::TemplateLiteral(it) => it.single_quasi().map(|it| json!(it.as_str())),
        TSLiteral::UnaryExpression(it) => match &it.argument {
            Expression::NumericLiteral(number_) if it.operator == UnaryOperator::UnaryNegation => {
                number(-number_.value)
            }
            _ => None,
        },
        TSLiteral::BigIntLiteral(_) => None,
    }
}

fn enum_schema(it: &TSEnumDeclaration<'_>) -> Value {
    let mut values = Vec::new();
    let mut next = Some(0.0);
    for member in &it.body.members {
        let value = match &member.initializer {
            Some(initializer) => super::pattern::constant(initializer).filter(|it| it.is_string() || it.is_number()),
            None => next.and_then(number),
        };
        // A computed member may be anything.
        let Some(value) = value else { return json!({}) };
        next = value.as_f64().map(|it| it + 1.0);
        values.push(value);
    }
    if values.is_empty() {
        json!({})
    } else {
        enumeration(values)
    }
}

fn is_absent(it: &TSType<'_>) -> bool {
    matches!(
        it,
        TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_) | TSType::TSNeverKeyword(_)
    )
}

fn may_be_absent(it: &TSType<'_>) -> bool {
    match it {
        TSType::TSUnionType(it) => it.types.iter().any(may_be_absent),
        TSType::TSParenthesizedType(it) => may_be_absent(&it.type_annotation),
        it => is_absent(it),
    }
}
