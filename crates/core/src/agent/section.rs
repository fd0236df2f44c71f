//! One table of the frontmatter, read key by key, so that types are checked where they stand and no key is lost.

use std::ops::RangeInclusive;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::position::{Fault, quoted};
use crate::names::is_near;

/// A value and the offset in the whole file where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) offset: usize,
}

impl<T> At<T> {
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::at(self.offset, message)
    }

    fn with<U>(&self, value: U) -> At<U> {
        At {
            value,
            offset: self.offset,
        }
    }
}

/// A key that the author chose, and its string.
pub(super) type Entry<'a> = (At<&'a str>, At<&'a str>);

/// A table: each read marks its key as known, and [`finish`](Section::finish) warns of the others.
pub(super) struct Section<'a> {
    path: String,
    table: &'a DeTable<'a>,
    offset: usize,
    base: usize,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// The document's own table, which begins at byte `base` of the file.
    pub(super) fn root(table: &'a DeTable<'a>, base: usize) -> Self {
        Self {
            path: String::new(),
            table,
            offset: base,
            base,
            known: Vec::new(),
        }
    }

    pub(super) fn string(&mut self, key: &'static str) -> Result<Option<At<&'a str>>, Fault> {
        let Some(it) = self.find(key) else { return Ok(None) };
        as_string(&self.name(key), it).map(Some)
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<String>, Fault> {
        Ok(self.string(key)?.map(|it| it.value.to_owned()))
    }

    pub(super) fn required(&mut self, key: &'static str) -> Result<At<&'a str>, Fault> {
        let name = self.name(key);
        self.string(key)?
            .ok_or_else(|| Fault::at(self.offset, format!("`{name}` is missing")))
    }

    pub(super) fn strings(&mut self, key: &'static str) -> Result<Option<Vec<At<&'a str>>>, Fault> {
        let Some(it) = self.find(key) else { return Ok(None) };
        let name = self.name(key);
        let DeValue::Array(items) = it.value else {
            return Err(wrong_type(&name, "an array of strings", it));
        };
        let items = items.iter().map(|item| {
            as_string(
                &format!("{name}[]"),
                At {
                    value: item.get_ref(),
                    offset: self.base + item.span().start,
                },
            )
        });
        items.collect::<Result<_, _>>().map(Some)
    }

    /// A whole number inside `range`.
    pub(super) fn whole(&mut self, key: &'static str, range: RangeInclusive<u32>) -> Result<Option<u32>, Fault> {
        let Some(it) = self.find(key) else { return Ok(None) };
        let name = self.name(key);
        let DeValue::Integer(number) = it.value else {
            return Err(wrong_type(&name, "a whole number", it));
        };
        match i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .and_then(|it| u32::try_from(it).ok())
        {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            _ if *range.end() == u32::MAX => Err(it.fault(format!("`{name}` must be at least {}", range.start()))),
            _ => Err(it.fault(format!("`{name}` must be from {} to {}", range.start(), range.end()))),
        }
    }

    /// A number, whole or not, inside `range`.
    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Result<Option<f64>, Fault> {
        let Some(it) = self.find(key) else { return Ok(None) };
        let name = self.name(key);
        let number = match it.value {
            DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            // Every whole number that is in range has an exact float.
            DeValue::Integer(number) => i32::from_str_radix(number.as_str(), number.radix()).ok().map(f64::from),
            _ => return Err(wrong_type(&name, "a number", it)),
        };
        number
            .filter(|number| range.contains(number))
            .map(Some)
            .ok_or_else(|| it.fault(format!("`{name}` must be from {} to {}", range.start(), range.end())))
    }

    pub(super) fn section(&mut self, key: &'static str) -> Result<Option<Section<'a>>, Fault> {
        let Some(it) = self.find(key) else { return Ok(None) };
        self.as_section(self.name(key), it).map(Some)
    }

    /// An array of tables.
    pub(super) fn sections(&mut self, key: &'static str) -> Result<Vec<Section<'a>>, Fault> {
        let Some(it) = self.find(key) else {
            return Ok(Vec::new());
        };
        let name = self.name(key);
        let DeValue::Array(items) = it.value else {
            return Err(wrong_type(&name, "an array of tables", it));
        };
        items
            .iter()
            .map(|item| {
                self.as_section(
                    name.clone(),
                    At {
                        value: item.get_ref(),
                        offset: self.base + item.span().start,
                    },
                )
            })
            .collect()
    }

    /// Keys that the file's author chooses, each with a string, in the order of the file.
    pub(super) fn string_entries(self) -> Result<Vec<Entry<'a>>, Fault> {
        let mut entries = Vec::with_capacity(self.table.len());
        for (key, value) in self.table {
            let value = At {
                value: value.get_ref(),
                offset: self.base + value.span().start,
            };
            let key = At {
                value: key.get_ref().as_ref(),
                offset: self.base + key.span().start,
            };
            entries.push((key, as_string(&format!("{}.{}", self.path, key.value), value)?));
        }
        entries.sort_by_key(|(key, _)| key.offset);
        Ok(entries)
    }

    /// The whole table as JSON: times as text; numbers that JSON has no form for are refused.
    pub(super) fn into_json(self) -> Result<serde_json::Map<String, Value>, Fault> {
        json_table(self.table, self.base)
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// Warns of each key that was never asked for.
    pub(super) fn finish(self, warnings: &mut Vec<Fault>) {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            let near = self.known.iter().find(|known| is_near(known, name));
            let hint = near.map(|it| format!("; did you mean `{it}`")).unwrap_or_default();
            let place = if self.path.is_empty() {
                String::new()
            } else {
                format!(" in `{}`", self.path)
            };
            warnings.push(Fault::at(
                self.base + key.span().start,
                format!("unknown key {}{place} is ignored{hint}", quoted(name)),
            ));
        }
    }

    fn find(&mut self, key: &'static str) -> Option<At<&'a DeValue<'a>>> {
        self.known.push(key);
        let (_, value) = self.table.iter().find(|(it, _)| it.get_ref() == key)?;
        Some(At {
            value: value.get_ref(),
            offset: self.base + value.span().start,
        })
    }

    fn name(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn as_section(&self, path: String, it: At<&'a DeValue<'a>>) -> Result<Section<'a>, Fault> {
        let DeValue::Table(table) = it.value else {
            return Err(wrong_type(&path, "a table", it));
        };
        Ok(Section {
            path,
            table,
            offset: it.offset,
            base: self.base,
            known: Vec::new(),
        })
    }
}

fn as_string<'a>(name: &str, it: At<&'a DeValue<'a>>) -> Result<At<&'a str>, Fault> {
    match it.value {
        DeValue::String(text) => Ok(it.with(text.as_ref())),
        _ => Err(wrong_type(name, "a string", it)),
    }
}

fn wrong_type(name: &str, expected: &str, it: At<&DeValue<'_>>) -> Fault {
    let article = if it.value.type_str().starts_with(['a', 'i']) {
        "an"
    } else {
        "a"
    };
    it.fault(format!(
        "{} must be {expected}, not {article} {}",
        quoted(name),
        it.value.type_str()
    ))
}

fn json_table(table: &DeTable<'_>, base: usize) -> Result<serde_json::Map<String, Value>, Fault> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
        .into_iter()
        .map(|(key, value)| {
            let value = At {
                value: value.get_ref(),
                offset: base + value.span().start,
            };
            Ok((key.get_ref().to_string(), json(value, base)?))
        })
        .collect()
}

/// TOML's parser bounds the depth, and with it this recursion.
fn json(it: At<&DeValue<'_>>, base: usize) -> Result<Value, Fault> {
    Ok(match it.value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(yes) => Value::Bool(*yes),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Value::from)
            .map_err(|_| it.fault("the number does not fit in 64 bits"))?,
        DeValue::Float(number) => number
            .as_str()
            .parse()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map(Value::Number)
            .ok_or_else(|| it.fault("JSON has no form for this number"))?,
        DeValue::Array(items) => items
            .iter()
            .map(|item| {
                json(
                    At {
                        value: item.get_ref(),
                        offset: base + item.span().start,
                    },
                    base,
                )
            })
            .collect::<Result<_, _>>()?,
        DeValue::Table(table) => Value::Object(json_table(table, base)?),
    })
}
