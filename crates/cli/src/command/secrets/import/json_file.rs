//! Reading `{"KEY": "value"}`. Messages name lines and keys, never what the file holds.

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use zeroize::Zeroizing;

use super::Entry;

/// The entries in the order of the file; a key that is there twice is refused.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let mut reader = serde_json::Deserializer::from_slice(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    let pairs = reader.deserialize_map(Pairs).and_then(|it| reader.end().map(|()| it));
    // The parser's own sentence may repeat a string of the file.
    let pairs = pairs.map_err(|it| {
        format!(
            "line {}, column {}: it is not an object of keys and strings",
            it.line(),
            it.column()
        )
    })?;
    let mut entries: Vec<Entry> = Vec::with_capacity(pairs.len());
    for (index, (key, value)) in pairs.into_iter().enumerate() {
        if entries.iter().any(|it| it.key == key) {
            return Err(format!("`{}` is there twice", crate::terminal::inert(&key)));
        }
        let value = bytes_of(value).ok_or_else(|| {
            format!(
                "`{}` is neither a string nor {{\"base64\": \"..\"}}",
                crate::terminal::inert(&key)
            )
        })?;
        entries.push(Entry {
            place: format!("entry {}", index + 1),
            key,
            value,
        });
    }
    Ok(entries)
}

fn bytes_of(value: serde_json::Value) -> Option<Zeroizing<Vec<u8>>> {
    match value {
        serde_json::Value::String(text) => Some(Zeroizing::new(text.into_bytes())),
        serde_json::Value::Object(object) if object.len() == 1 => {
            let text = object.get("base64")?.as_str()?;
            data_encoding::BASE64.decode(text.as_bytes()).ok().map(Zeroizing::new)
        }
        _ => None,
    }
}

/// Keeps every pair: a map would keep the last of two and say nothing.
struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(String, serde_json::Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        const MOST: usize = 100_000;
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            if pairs.len() == MOST {
                return Err(A::Error::custom("too many"));
            }
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
