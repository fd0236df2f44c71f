//! An HTTP tool: the model gives path, method, headers and body, the definition gives the place and
//! the credentials.
//!
//! Only the definition's strings are templates. What the model writes is text: a `$NAME` in it would
//! let a model place any secret anywhere.

use distri_core::agent::{HttpTool, Rendered};
use distri_egress::{Egress, Request, Response};
use distri_redact::{RedactStream, Redactor};
use serde_json::{Map, Value, json};

use super::{error::RunError, redact_json::redact_string, variables::Variables};

/// Most bytes of a reply's body that are handed on.
pub(super) const BODY_LIMIT: usize = 1 << 20;

/// An HTTP tool with its variables put in.
pub(super) struct HttpCaller {
    /// Ends without `/`.
    base: Rendered,
    headers: Vec<(String, Rendered)>,
}

impl HttpCaller {
    /// Puts the variables in.
    ///
    /// # Errors
    /// A variable that nobody has, before anything is sent.
    pub(super) fn resolve(tool: &HttpTool, variables: &Variables) -> Result<Self, RunError> {
        let place = |part: &str| format!("{part} of the tool `{}`", tool.name);
        let base = variables.fill_url(&tool.base_url, &place("`base_url`"))?;
        let headers = tool.headers.iter().map(|(name, template)| {
            Ok((
                name.clone(),
                variables.fill(template, &place(&format!("header `{name}`")))?,
            ))
        });
        Ok(Self {
            base,
            headers: headers.collect::<Result<_, RunError>>()?,
        })
    }

    /// Sends what the model asked for; the result is `{status, headers, body}`.
    ///
    /// # Errors
    /// A sentence for the model.
    pub(super) async fn call(&self, input: Value, egress: &Egress, redactor: &Redactor) -> Result<Value, String> {
        let request = self.request(input)?;
        let show = |it: String| redact_string(redactor, it);
        let response = egress.send(request).await.map_err(|it| show(it.to_string()))?;
        reply(response, redactor).await.map_err(|it| show(it.to_string()))
    }

    fn request(&self, input: Value) -> Result<Request, String> {
        let Value::Object(mut input) = input else {
            return Err("the input is an object with `path`, `method`, `headers` and `body`".to_owned());
        };
        let path = match input.remove("path") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(path)) => path,
            Some(_) => return Err("`path` is a text".to_owned()),
        };
        let body = input.remove("body").filter(|it| !it.is_null());
        let method = match input.remove("method") {
            None | Some(Value::Null) if body.is_some() => "POST".to_owned(),
            None | Some(Value::Null) => "GET".to_owned(),
            Some(Value::String(method)) => method.to_ascii_uppercase(),
            Some(_) => return Err("`method` is a text".to_owned()),
        };
        let mut headers = given_headers(input.remove("headers"))?;
        if let Some(unknown) = input.keys().next() {
            return Err(format!(
                "`{unknown}` is unknown: there are `path`, `method`, `headers` and `body`"
            ));
        }
        let (bytes, content_type) = match body {
            None => (Vec::new(), None),
            Some(Value::String(text)) => (text.into_bytes(), Some("text/plain; charset=utf-8")),
            Some(json) => (json.to_string().into_bytes(), Some("application/json")),
        };
        if let Some(content_type) = content_type
            && !headers.iter().any(|(name, _)| name == "content-type")
        {
            headers.push(("content-type".to_owned(), content_type.to_owned()));
        }
        for (name, value) in &self.headers {
            headers.retain(|(it, _)| !it.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value.expose_secret().to_owned()));
        }
        self.locate(&method, &path, headers, bytes)
    }

    /// Base and path as one request that is still below the base.
    fn locate(
        &self,
        method: &str,
        path: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<Request, String> {
        let base = self.base.expose_secret();
        let (path_place, path_query) = split_query(path);
        if path_place.contains("://") || path_place.starts_with("//") {
            return Err("`path` is a path below the tool's own URL, without scheme and host".to_owned());
        }
        if path.contains('#') {
            return Err("`path` has a fragment (`#`), which is never sent".to_owned());
        }
        let (base_place, base_query) = split_query(base);
        let base_place = base_place.trim_end_matches('/');
        let mut url = base_place.to_owned();
        match path_place.strip_prefix('/').unwrap_or(path_place) {
            "" if path_place.is_empty() => {}
            rest => {
                url.push('/');
                url.push_str(rest);
            }
        }
        for (separator, query) in ["?", "&"].iter().zip([base_query, path_query].into_iter().flatten()) {
            url.push_str(separator);
            url.push_str(query);
        }

        let parse = |url: &str, headers, body| Request::parse(method, url, headers, body).map_err(|it| it.to_string());
        let request = parse(&url, headers, body)?;
        // The parser has refused dots, escaped slashes and whatever reads in two ways; that host and
        // beginning are still the base's is checked on what will be sent.
        let base = parse(base_place, Vec::new(), Vec::new())?;
        let prefix = base.path().trim_end_matches('/');
        let below = request.path().strip_prefix(prefix);
        let same_place =
            (request.scheme(), request.host(), request.port()) == (base.scheme(), base.host(), base.port());
        if !same_place || !below.is_some_and(|it| it.is_empty() || it.starts_with('/')) {
            return Err("`path` leads away from the tool's own URL".to_owned());
        }
        Ok(request)
    }
}

/// The schema of every HTTP tool's input.
pub(super) fn parameters() -> Value {
    json!({
        "type": "object",
        "properties": {
            "path": {
                "type": "string",
                "description": "Path below the tool's base URL, with an optional query, such as `/v1/items?limit=10`"
            },
            "method": {
                "type": "string",
                "enum": ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
                "description": "GET unless there is a body, then POST"
            },
            "headers": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Additional headers; credentials are set already"
            },
            "body": {"description": "A JSON value, or a text that is sent as it is"}
        },
        "required": ["path"]
    })
}

fn split_query(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((place, query)) => (place, Some(query).filter(|it| !it.is_empty())),
        None => (text, None),
    }
}

fn given_headers(headers: Option<Value>) -> Result<Vec<(String, String)>, String> {
    let members = match headers {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(members)) => members,
        Some(_) => return Err("`headers` is an object of names and texts".to_owned()),
    };
    let mut out: Vec<(String, String)> = Vec::with_capacity(members.len());
    for (name, value) in members {
        let value = match value {
            Value::String(text) => text,
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(format!("header `{name}` is a text")),
        };
        let name = name.to_ascii_lowercase();
        if out.iter().any(|(it, _)| *it == name) {
            return Err(format!("header `{name}` is given twice"));
        }
        out.push((name, value));
    }
    Ok(out)
}

async fn reply(mut response: Response, redactor: &Redactor) -> Result<Value, distri_egress::EgressError> {
    let mut whole = Vec::new();
    let mut cut: Option<Cut> = None;
    while let Some(chunk) = response.chunk().await? {
        let cut = match &mut cut {
            Some(cut) => cut,
            None if whole.len() + chunk.len() <= BODY_LIMIT => {
                whole.extend_from_slice(&chunk);
                continue;
            }
            // Redacted before it is cut: half a value at the edge is no needle any more.
            none => none.insert(Cut::begin(redactor, &std::mem::take(&mut whole))),
        };
        cut.push(&chunk);
        if cut.shown.len() >= BODY_LIMIT {
            break;
        }
    }
    let mut headers = Map::new();
    for (name, value) in &response.headers {
        match headers.get_mut(name) {
            Some(Value::String(values)) => {
                values.push_str(", ");
                values.push_str(value);
            }
            _ => {
                headers.insert(name.clone(), Value::from(value.as_str()));
            }
        }
    }
    let mut reply = Map::new();
    reply.insert("status".to_owned(), Value::from(response.status));
    reply.insert("headers".to_owned(), Value::Object(headers));
    match cut {
        None => {
            reply.insert("body".to_owned(), body(&whole, redactor));
        }
        Some(cut) => {
            reply.insert("body".to_owned(), Value::from(cut.text()));
            let note = format!("the body is cut: the first {BODY_LIMIT} bytes are here");
            reply.insert("note".to_owned(), Value::from(note));
        }
    }
    Ok(Value::Object(reply))
}

/// JSON as such, anything else as text.
fn body(bytes: &[u8], redactor: &Redactor) -> Value {
    match serde_json::from_slice(bytes) {
        Ok(json) => json,
        Err(_) if bytes.is_empty() => Value::Null,
        // Redacted as bytes: what is no UTF-8 would lose its needles in the conversion.
        Err(_) => Value::from(String::from_utf8_lossy(&redactor.redact(bytes))),
    }
}

/// A body over the limit.
struct Cut {
    stream: RedactStream,
    shown: Vec<u8>,
}

impl Cut {
    fn begin(redactor: &Redactor, first: &[u8]) -> Self {
        let mut cut = Self {
            stream: redactor.stream(),
            shown: Vec::with_capacity(BODY_LIMIT),
        };
        cut.push(first);
        cut
    }

    fn push(&mut self, chunk: &[u8]) {
        self.stream.push(chunk, &mut self.shown);
    }

    /// What the stream still holds back is dropped with it.
    fn text(mut self) -> String {
        self.shown.truncate(BODY_LIMIT);
        String::from_utf8_lossy(&self.shown).into_owned()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::sync::Arc;

    use distri_core::{Release, SystemClock, agent::ConfigTemplate, ids::RunId};

    use super::*;
    use crate::run::context::Context;

    fn variables() -> Variables {
        let context = Context::parse(r#"{"secrets": {"TOKEN": "s3cret/tok en"}, "envs": {"HOST": "api.example.com"}}"#);
        Variables::new(Arc::new(Release::empty(RunId::new(&SystemClock))), context.unwrap())
    }

    fn tool(base_url: &str) -> HttpTool {
        HttpTool {
            name: "shop".to_owned(),
            description: None,
            base_url: ConfigTemplate::parse(base_url).unwrap(),
            headers: vec![(
                "Authorization".to_owned(),
                ConfigTemplate::parse("Bearer $TOKEN").unwrap(),
            )],
        }
    }

    fn url(base_url: &str, path: &str) -> Result<String, String> {
        let caller = HttpCaller::resolve(&tool(base_url), &variables()).unwrap();
        caller.request(json!({"path": path})).map(|it| it.url())
    }

    #[test]
    fn paths_are_joined_below_the_base() {
        for (base, path, expected) in [
            ("https://h.example/v1", "/items", "https://h.example/v1/items"),
            ("https://h.example/v1/", "items?x=1", "https://h.example/v1/items?x=1"),
            ("https://h.example", "/", "https://h.example/"),
            ("https://h.example", "", "https://h.example/"),
            ("https://h.example/v1", "", "https://h.example/v1"),
            ("https://h.example/v1", "/", "https://h.example/v1/"),
            (
                "https://h.example/v1?key=$TOKEN",
                "/a?b=c",
                "https://h.example/v1/a?key=s3cret%2Ftok%20en&b=c",
            ),
            ("https://$HOST/v1", "/a", "https://api.example.com/v1/a"),
            (
                "https://h.example",
                "/go?to=https://x.example/",
                "https://h.example/go?to=https://x.example/",
            ),
        ] {
            assert_eq!(url(base, path).as_deref(), Ok(expected), "{base} {path}");
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for path in [
            "../v2",
            "/../v2",
            "a/../../b",
            "/%2e%2e/x",
            "/%252e%252e/x",
            "/..;/x",
            "/a%2f..%2fb",
            "\\..\\x",
            "https://evil.example/",
            "//evil.example/",
            "@evil.example/",
            ":80@evil.example",
            "/a#b",
            "/a\r\nb",
        ] {
            let joined = url("https://h.example/v1", path);
            assert!(
                joined.as_ref().is_err() || joined.as_ref().unwrap().starts_with("https://h.example/v1/"),
                "{path}: {joined:?}"
            );
            if path.contains("..") || path.contains("2e") || path.contains("//") {
                assert!(joined.is_err(), "{path}: {joined:?}");
            }
        }
        assert!(url("https://h.example", "@evil.example/").is_ok_and(|it| it.starts_with("https://h.example/@")));
    }

    #[test]
    fn the_definitions_headers_win() {
        let caller = HttpCaller::resolve(&tool("https://h.example"), &variables()).unwrap();
        let input = json!({
            "path": "/x", "body": {"a": "$TOKEN"}, "headers": {"AUTHORIZATION": "mine", "X-N": 3}
        });
        let request = caller.request(input).unwrap();
        assert_eq!(request.method(), "POST");
        assert_eq!(request.header("authorization"), Some("Bearer s3cret/tok en"));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("x-n"), Some("3"));
        assert_eq!(
            &request.body()[..],
            br#"{"a":"$TOKEN"}"#,
            "what the model writes is no template"
        );
    }

    #[test]
    fn a_missing_variable_is_named() {
        let variables = variables();
        let error = HttpCaller::resolve(&tool("https://h.example/$NOBODY"), &variables)
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "unresolved variable: $NOBODY (in `base_url` of the tool `shop`)"
        );
    }

    #[test]
    fn strange_inputs_are_refused_in_words() {
        let caller = HttpCaller::resolve(&tool("https://h.example"), &variables()).unwrap();
        for (input, word) in [
            (json!([]), "object"),
            (json!({"path": 3}), "`path`"),
            (json!({"path": "/", "method": []}), "`method`"),
            (json!({"path": "/", "method": "CONNECT"}), "method"),
            (json!({"path": "/", "headers": []}), "`headers`"),
            (json!({"path": "/", "headers": {"x": {}}}), "`x`"),
            (json!({"path": "/", "headers": {"host": "evil.example"}}), "host"),
            (json!({"path": "/", "url": "x"}), "`url`"),
        ] {
            let error = caller.request(input).err().unwrap();
            assert!(error.to_lowercase().contains(word), "{error}");
        }
    }
}
