//! What is said of a body or a query that is not what its route takes: which field, and what is wrong with it.
//!
//! The parsers' own words repeat what was sent, and a value may stand in any place. So of their words only those are
//! taken that are the route's: what is expected, and the names of its fields. A name that the client made up is not
//! repeated: it is told those that there are.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use zeroize::Zeroizing;

use crate::error::ApiError;
use crate::page;

/// Where what is taken is written down.
const SEE: &str = "see /v1/openapi.json";
/// The most fields that are tried one by one.
const TRIED: usize = 32;
/// The longest name that is repeated.
const NAME: usize = 32;

/// Why `body` is no `T`.
pub(crate) fn body<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    let place = format!("at line {line}, column {column}");
    let words = Zeroizing::new(error.to_string());
    ApiError::invalid(match error.classify() {
        Category::Eof => "the body ends too early to be JSON".to_owned(),
        Category::Syntax if words.starts_with("recursion limit") => {
            format!("the body is nested too deep: fewer than 128 levels are read, {place}")
        }
        Category::Syntax | Category::Io => format!("the body is no JSON, {place}"),
        Category::Data => {
            let fields = fields(body);
            let field = around(&fields, offset(body, line, column))
                .or_else(|| {
                    culprit(&fields, |it| {
                        serde_json::from_slice::<T>(&without(body, &fields, it)).is_ok()
                    })
                })
                .and_then(|it| name(fields[it].name));
            match (said(&words), field) {
                _ if words.starts_with(UNKNOWN) => {
                    let taken = taken(&words);
                    format!("there is a field that this route does not take{taken}, {place}; {SEE}")
                }
                (Some(Said { name, what }), Some(field)) if field != name => {
                    format!("the field `{name}` in `{field}` {what}, {place}; {SEE}")
                }
                (Some(Said { name, what }), _) => format!("the field `{name}` {what}, {place}; {SEE}"),
                (None, Some(field)) => format!("the field `{field}` is not {}, {place}; {SEE}", expected(&words)),
                (None, None) => format!("the body is not what this route takes, {place}; {SEE}"),
            }
        }
    })
}

/// Why `query` is no `T`.
pub(crate) fn query<T: DeserializeOwned>(query: &str, error: &impl std::error::Error) -> ApiError {
    let words = Zeroizing::new(error.to_string());
    if words.starts_with(UNKNOWN) {
        let taken = taken(&words);
        return ApiError::invalid(format!(
            "the query has a field that this route does not take{taken}; {SEE}"
        ));
    }
    if let Some(Said { name, what }) = said(&words) {
        return ApiError::invalid(format!("the field `{name}` of the query {what}; {SEE}"));
    }
    let pairs: Vec<&str> = query.split('&').filter(|it| !it.is_empty()).collect();
    let others = |left_out: usize| {
        let others = pairs.iter().enumerate().filter(|it| it.0 != left_out);
        others.map(|it| *it.1).collect::<Vec<_>>().join("&")
    };
    let field = culprit(&pairs, |it| serde_urlencoded::from_str::<T>(&others(it)).is_ok())
        .and_then(|it| name(pairs[it].split('=').next()?.as_bytes()));
    match field {
        Some("limit") => page::no_limit(),
        Some(field) => ApiError::invalid(format!("the field `{field}` of the query is not of its type; {SEE}")),
        None => ApiError::invalid(format!("the query is not what this route takes; {SEE}")),
    }
}

/// How the parser begins about a field that it does not know.
const UNKNOWN: &str = "unknown field `";

/// The fields that are taken there, where the parser says them, which it does last.
fn taken(words: &str) -> String {
    let last = words.rsplit_once("`, expected ").map_or("", |it| it.1);
    let names: Vec<String> = last
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|it| Some(format!("`{}`", name(it.as_bytes())?)))
        .collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" (it takes {})", names.join(", ")),
    }
}

/// A field that the parser names itself.
struct Said<'w> {
    name: &'w str,
    what: &'static str,
}

fn said(words: &str) -> Option<Said<'_>> {
    const WAYS: &[(&str, &str)] = &[
        ("missing field `", "is missing"),
        ("duplicate field `", "is there twice"),
    ];
    WAYS.iter().find_map(|(before, what)| {
        let name = name(words.strip_prefix(before)?.split('`').next()?.as_bytes())?;
        Some(Said { name, what })
    })
}

/// What the parser expects: its last words, which are the route's.
fn expected(words: &str) -> &'static str {
    let last = words.rsplit_once(", expected ").map_or("", |it| it.1);
    const KINDS: &[(&str, &str)] = &[
        ("a string", "text"),
        ("text", "text"),
        ("a boolean", "`true` or `false`"),
        ("a sequence", "a list"),
        ("a map", "an object"),
        ("struct ", "an object"),
        ("u", "a whole number that fits"),
        ("i", "a whole number that fits"),
        ("f64", "a number"),
    ];
    let kind = KINDS.iter().find(|it| last.starts_with(it.0));
    kind.map_or("what it takes", |it| it.1)
}

/// A name that may be repeated.
fn name(name: &[u8]) -> Option<&str> {
    let is_plain = (1..=NAME).contains(&name.len()) && name.iter().all(|it| it.is_ascii_lowercase() || *it == b'_');
    std::str::from_utf8(name).ok().filter(|_| is_plain)
}

/// The one without which everything is well.
fn culprit<T>(all: &[T], is_well_without: impl Fn(usize) -> bool) -> Option<usize> {
    (0..all.len().min(TRIED)).find(|it| is_well_without(*it))
}

/// A field of the body: its name as it is written, and the bytes of both name and value.
struct Field<'b> {
    name: &'b [u8],
    bytes: Range<usize>,
}

/// The fields of an object, as far as it can be followed.
fn fields(body: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let (mut depth, mut begun) = (0_usize, None);
    let mut at = 0;
    while let Some(byte) = body.get(at) {
        let next = match byte {
            b'"' => string_end(body, at),
            _ => at + 1,
        };
        match byte {
            b'"' if depth == 1 && begun.is_none() => {
                begun = Some((at, &body[at + 1..next.saturating_sub(1).max(at + 1)]))
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' => {
                if let (1, Some((from, name))) = (depth, begun) {
                    fields.push(Field { name, bytes: from..at });
                    begun = None;
                }
                depth -= usize::from(*byte != b',' && depth > 0);
            }
            _ => {}
        }
        at = next;
    }
    if let Some((from, name)) = begun {
        let bytes = from..body.len();
        fields.push(Field { name, bytes });
    }
    fields
}

/// Behind the string that begins at `from`.
fn string_end(body: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(byte) = body.get(at) {
        at += match byte {
            b'"' => return at + 1,
            b'\\' => 2,
            _ => 1,
        };
    }
    body.len()
}

/// The field in which the parser stopped; none when it had read the whole object.
fn around(fields: &[Field<'_>], stopped: usize) -> Option<usize> {
    fields
        .iter()
        .position(|it| it.bytes.start < stopped && stopped <= it.bytes.end)
}

/// How many bytes the parser had read at this line and column.
fn offset(body: &[u8], line: usize, column: usize) -> usize {
    let breaks = body.iter().enumerate().filter(|it| *it.1 == b'\n');
    let begins = breaks.map(|it| it.0 + 1);
    std::iter::once(0)
        .chain(begins)
        .nth(line.saturating_sub(1))
        .unwrap_or(0)
        + column
}

/// The object without one of its fields. It may hold a value, so it is overwritten after its use.
fn without(body: &[u8], fields: &[Field<'_>], left_out: usize) -> Zeroizing<Vec<u8>> {
    let mut object = Zeroizing::new(Vec::with_capacity(body.len() + 2));
    object.push(b'{');
    for (_, field) in fields.iter().enumerate().filter(|it| it.0 != left_out) {
        if object.len() > 1 {
            object.push(b',');
        }
        object.extend_from_slice(&body[field.bytes.clone()]);
    }
    object.push(b'}');
    object
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what matters is whether it can be read")]
    struct Body {
        key: String,
        days: Option<u32>,
        #[serde(default)]
        inner: Inner,
        #[serde(flatten)]
        about: About,
    }

    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what matters is whether it can be read")]
    struct Inner {
        names: Vec<String>,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "what matters is whether it can be read")]
    struct About {
        note: Option<String>,
        body: Option<bool>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what matters is whether it can be read")]
    struct Query {
        limit: Option<u32>,
        after: Option<u64>,
        #[serde(default)]
        alarms: bool,
    }

    fn of_body(text: &str) -> String {
        let error = serde_json::from_slice::<Body>(text.as_bytes()).err().expect(text);
        body::<Body>(text.as_bytes(), &error).message
    }

    #[test]
    fn the_field_is_named_and_nothing_that_was_sent() {
        let cases = [
            (r#"{"days": 1}"#, "the field `key` is missing"),
            (
                r#"{"key": "s3cret", "kez": "s3cret"}"#,
                "there is a field that this route does not take",
            ),
            (
                r#"{"key": "s3cret", "s3cret": 1}"#,
                "there is a field that this route does not take",
            ),
            (
                r#"{"key": "s3cret", "key": "s3cret"}"#,
                "the field `key` is there twice",
            ),
            (r#"{"key": 1}"#, "the field `key` is not text"),
            (r#"{"key": ["s3cret", "}"]}"#, "the field `key` is not text"),
            (
                r#"{"key": "s3cret", "days": "s3cret"}"#,
                "the field `days` is not a whole number that fits",
            ),
            (
                r#"{"days": -1, "key": "s3cret"}"#,
                "the field `days` is not a whole number that fits",
            ),
            (
                "{\"key\":\n\"s3cret\",\n \"days\": 1.5}",
                "the field `days` is not a whole number that fits",
            ),
            (
                r#"{"note": ["s3cret"], "key": "a\"b,}"}"#,
                "the field `note` is not text",
            ),
            (
                r#"{"key": "a", "body": "s3cret, expected u32"}"#,
                "the field `body` is not `true` or `false`",
            ),
            (
                r#"{"key": "a", "inner": {"names": "s3cret"}}"#,
                "the field `inner` is not a list",
            ),
            (
                r#"{"key": "a", "inner": {}}"#,
                "the field `names` in `inner` is missing",
            ),
            (
                r#"{"key": "a", "inner": {"names": [], "more": "s3cret"}}"#,
                "there is a field that this route does not take (it takes `names`)",
            ),
            (r#"["s3cret"]"#, "the body is not what this route takes"),
            (r#""s3cret""#, "the body is not what this route takes"),
            (r#"{"key": s3cret}"#, "the body is no JSON"),
            (r#"{"key": "s3cret"#, "the body ends too early"),
        ];
        for (text, begins) in cases {
            let said = of_body(text);
            assert!(said.starts_with(begins), "{text}: {said}");
            assert!(!said.contains("s3cret"), "{text}: {said}");
        }
        let deep = format!("{{\"note\": {}", "[".repeat(200));
        assert!(of_body(&deep).starts_with("the body is nested too deep: fewer than 128 levels are read"));
        // Not even JSON whose end is nowhere makes it panic.
        for text in [
            r#"{"key": 1, "a\"#,
            r#"{"key": 1, ""#,
            r#"{"key": 1}]]]"#,
            "{\"key\": 1,\n\n\"\\",
        ] {
            let _ = of_body(text);
        }
    }

    #[test]
    fn the_field_of_a_query_is_named_too() {
        let cases = [
            ("limit=-1", "`limit` is a number from 1 to 1000"),
            ("limit=s3cret&alarms=true", "`limit` is a number from 1 to 1000"),
            (
                "limit=1&after=s3cret",
                "the field `after` of the query is not of its type",
            ),
            ("alarms=s3cret", "the field `alarms` of the query is not of its type"),
            (
                "limt=s3cret",
                "the query has a field that this route does not take (it takes `limit`, `after`, `alarms`)",
            ),
            ("limit=1&limit=2", "the field `limit` of the query is there twice"),
            ("s3cret", "the query has a field that this route does not take"),
            ("after=s3cret&alarms=s3cret", "the query is not what this route takes"),
        ];
        for (text, begins) in cases {
            let error = serde_urlencoded::from_str::<Query>(text).err().expect(text);
            let said = query::<Query>(text, &error).message;
            assert!(said.starts_with(begins), "{text}: {said}");
            assert!(!said.contains("s3cret"), "{text}: {said}");
        }
    }
}
