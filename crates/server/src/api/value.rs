//! Values on the wire: text as it is, other bytes as base64. The bytes are overwritten when they are dropped.

use std::borrow::Cow;
use std::fmt;

use data_encoding::BASE64;
use distri_core::SecretValue;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use crate::error::ApiError;

/// How a value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    /// As it is.
    #[default]
    Text,
    /// As base64 with padding (RFC 4648), for bytes that are no text.
    Base64,
}

/// A value that a client sends, not yet decoded.
pub(crate) struct ValueText(Zeroizing<Vec<u8>>);

impl ValueText {
    pub(crate) fn decode(self, encoding: Encoding) -> Result<SecretValue, ApiError> {
        let bytes = std::mem::take(&mut *self.bytes(encoding)?);
        SecretValue::new(bytes).map_err(|error| ApiError::invalid(error.to_string()))
    }

    /// The bytes, however many they are.
    pub(crate) fn bytes(self, encoding: Encoding) -> Result<Zeroizing<Vec<u8>>, ApiError> {
        match encoding {
            Encoding::Text => Ok(self.0),
            Encoding::Base64 => {
                let decoded = BASE64.decode(&self.0).map(Zeroizing::new);
                decoded.map_err(|_| ApiError::invalid("this is no base64 with padding, as `encoding` says"))
            }
        }
    }
}

impl<'de> Deserialize<'de> for ValueText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = ValueText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ValueText, E> {
                Ok(ValueText(Zeroizing::new(text.as_bytes().to_vec())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl JsonSchema for ValueText {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "description": "The value: 1 byte to 64 KiB", "writeOnly": true })
    }
}

/// A value on its way to a client that may have it.
pub(crate) struct Shown<'v>(pub(crate) &'v SecretValue);

impl Shown<'_> {
    /// How it is written.
    pub(crate) fn encoding(&self) -> Encoding {
        match std::str::from_utf8(self.0.expose_secret()) {
            Ok(_) => Encoding::Text,
            Err(_) => Encoding::Base64,
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.expose_secret();
        match std::str::from_utf8(bytes) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.serialize_str(&Zeroizing::new(BASE64.encode(bytes))),
        }
    }
}

impl JsonSchema for Shown<'_> {
    fn schema_name() -> Cow<'static, str> {
        "ShownValue".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "The value, as its encoding says" })
    }
}
