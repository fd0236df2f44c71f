//! The schemas of wire types: what is read and what is written are generated apart, since they need not be the same.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value};

use crate::error::ErrorBody;
use crate::route::SchemaOf;

pub(super) struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
        let mut schemas = Self {
            read: settings.clone().for_deserialize().into_generator(),
            written: settings.for_serialize().into_generator(),
        };
        schemas.written(crate::route::schema_of::<ErrorBody<'_>>);
        schemas
    }

    /// The schema of what a client sends.
    pub(super) fn read(&mut self, schema: SchemaOf) -> Value {
        schema(&mut self.read).to_value()
    }

    /// The schema of what a client gets.
    pub(super) fn written(&mut self, schema: SchemaOf) -> Value {
        schema(&mut self.written).to_value()
    }

    /// The fields of a query, each with whether it must be there.
    pub(super) fn fields(&mut self, schema: SchemaOf) -> Vec<(String, Value, bool)> {
        let mut value = self.read(schema);
        let name = value["$ref"]
            .as_str()
            .and_then(|it| it.rsplit('/').next())
            .map(str::to_owned);
        if let Some(name) = name {
            // A query is parameters, not a component.
            value = self.read.definitions_mut().remove(&name).unwrap_or_default();
        }
        let required = value["required"].clone();
        let is_required = |name: &str| required.as_array().is_some_and(|it| it.iter().any(|it| it == name));
        let fields = value["properties"].as_object().cloned().unwrap_or_default();
        let fields = fields.into_iter().map(|(name, schema)| {
            let needed = is_required(&name);
            (name, schema, needed)
        });
        fields.collect()
    }

    /// All that the operations refer to.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        let mut components = self.written.take_definitions(true);
        components.extend(self.read.take_definitions(true));
        components.sort_keys();
        components
    }
}
