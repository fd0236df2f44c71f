//! One request of the API: its path out of segments, its query out of pairs, its body.

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;

/// A request that is not sent yet.
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the base address, percent-encoded.
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn get(segments: &[&str]) -> Self {
        Self::of(Method::GET, segments)
    }

    pub(super) fn post(segments: &[&str]) -> Self {
        Self::of(Method::POST, segments)
    }

    pub(super) fn put(segments: &[&str]) -> Self {
        Self::of(Method::PUT, segments)
    }

    pub(super) fn patch(segments: &[&str]) -> Self {
        Self::of(Method::PATCH, segments)
    }

    pub(super) fn delete(segments: &[&str]) -> Self {
        Self::of(Method::DELETE, segments)
    }

    /// Each segment stays one, whatever is in it: `../agents/foo` is the name of something, not a way.
    fn of(method: Method, segments: &[&str]) -> Self {
        let target = segments.iter().map(|it| format!("/{}", escaped(it))).collect();
        Self {
            method,
            target,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// With one more pair of the query.
    pub(super) fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(&format!("{name}={}", escaped(&value.to_string())));
        self
    }

    /// With this pair where there is a value.
    pub(super) fn query_some(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With the version that is expected, 0 for none.
    pub(super) fn expecting(self, version: Option<u32>) -> Self {
        match version {
            None => self,
            Some(0) => self.header("if-none-match", "*"),
            Some(version) => self.header("if-match", format!("\"{version}\"")),
        }
    }

    /// With a body of JSON; `size` is how many bytes of values it has, because a buffer that grew would leave copies.
    pub(super) fn json(self, body: &impl Serialize, size: usize) -> Result<Self, Failure> {
        // Escaping makes at most six bytes of one.
        let mut text = Zeroizing::new(Vec::with_capacity(1_024 + 6 * size));
        serde_json::to_writer(&mut *text, body)
            .map_err(|error| Failure::new(Exit::Failed, "cannot write JSON").cause(error))?;
        let mut call = self.header("content-type", "application/json");
        call.body = Bytes::from_owner(text);
        Ok(call)
    }
}

/// Everything but letters, digits, `-`, `_` and `~` as escapes; the point too, so that no segment is `..`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => escaped.push(char::from(byte)),
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_stays_a_segment() {
        let call = Call::delete(&["sessions", "../agents/foo?x#y", "values", "ü\r\n"]).query("environment", "a&b=c");
        assert_eq!(
            call.target,
            "/sessions/%2E%2E%2Fagents%2Ffoo%3Fx%23y/values/%C3%BC%0D%0A?environment=a%26b%3Dc"
        );
    }
}
