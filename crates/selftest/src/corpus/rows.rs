//! What a row of each layer may say.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Case, CaseId, Layer};

/// A file of rows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rows<R> {
    #[serde(default = "BTreeMap::new")]
    pub(super) secrets: BTreeMap<String, SecretRow>,
    pub(super) case: Vec<R>,
}

/// A secret of the run that requests are tried with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRow {
    /// `{random}` is 32 letters and digits, `{same}` as many that all secrets share, `{placeholder}` one of another run.
    pub(crate) value: String,
    /// How often the value is written one after another.
    #[serde(default = "once")]
    pub(crate) times: usize,
    pub(crate) hosts: Vec<String>,
    #[serde(default)]
    pub(crate) body: bool,
    pub(crate) delivery: Option<String>,
    /// Only in the run of rows that name it.
    #[serde(default)]
    pub(crate) apart: bool,
}

/// A request of a run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestRow {
    id: CaseId,
    what: String,
    /// `METHOD URL`.
    pub(crate) request: String,
    #[serde(default)]
    pub(crate) headers: Vec<String>,
    #[serde(default)]
    pub(crate) body: String,
    /// How the body is packed: codings in the order in which they are applied.
    #[serde(default)]
    pub(crate) packed: Vec<Packing>,
    /// Secrets that stand apart and are in this run.
    #[serde(default)]
    pub(crate) with: Vec<String>,
    pub(crate) expect: String,
    pub(crate) alarm: Option<String>,
}

/// A way to make a body smaller.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Packing {
    Gzip,
    Br,
    Zstd,
    Deflate,
}

/// Bytes of a client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProxyRow {
    id: CaseId,
    what: String,
    /// A tunnel to this authority, asked for as usual.
    pub(crate) connect: Option<String>,
    /// Bytes to the proxy itself; where they open a tunnel, the rest goes on inside.
    pub(crate) outside: Option<String>,
    /// The server name of TLS in the tunnel; `-` for none.
    #[serde(default = "host")]
    pub(crate) sni: String,
    /// What is spoken in the tunnel.
    #[serde(default)]
    pub(crate) speaks: Speaks,
    /// Bytes in the tunnel; for HTTP/2 a head and a body in the notation of HTTP/1.
    #[serde(default)]
    pub(crate) inside: String,
    /// Each byte in a packet, a record and a frame of its own.
    #[serde(default)]
    pub(crate) bytewise: bool,
    pub(crate) expect: Expect,
    /// What arrives, for `placed` and `passed`.
    pub(crate) arrives: Option<String>,
    /// The rule by which the built-in proxy refuses.
    pub(crate) rule: Option<String>,
    /// Only the built-in proxy can be asked.
    #[serde(default)]
    pub(crate) own: bool,
}

/// What is spoken in a tunnel.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Speaks {
    #[default]
    Http1,
    Http2,
    /// No TLS.
    Clear,
}

/// What must come of a client's bytes. In no case may a value come back.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Expect {
    /// One request arrives, with the value in it.
    Placed,
    /// One request arrives, without a value.
    Passed,
    /// No request arrives.
    Refused,
    /// Whatever arrives, no value does.
    NoValue,
}

/// What a server sends back to a request that carries the value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyRow {
    id: CaseId,
    what: String,
    #[serde(default = "ok")]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) headers: Vec<String>,
    /// Fields of an informational response (103) before.
    #[serde(default)]
    pub(crate) hint: Vec<String>,
    #[serde(default)]
    pub(crate) body: String,
    /// How often the body is written one after another.
    #[serde(default = "once")]
    pub(crate) times: usize,
    #[serde(default)]
    pub(crate) packed: Vec<Packing>,
    /// Each member packed for itself (gzip), cut in the middle.
    #[serde(default)]
    pub(crate) members: bool,
    /// In chunks of so many bytes, each flushed; else with a length.
    pub(crate) chunks: Option<usize>,
    #[serde(default)]
    pub(crate) trailers: Vec<String>,
    /// So many bytes before its end the connection breaks.
    pub(crate) short: Option<usize>,
    /// Header fields of the request.
    #[serde(default)]
    pub(crate) asked: Vec<String>,
    pub(crate) expect: Back,
    /// The body as the client of the built-in proxy sees it.
    pub(crate) seen: Option<String>,
    /// Text that must not come back.
    pub(crate) absent: Option<String>,
}

/// What must come back. In no case is a value in it.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Back {
    /// A whole response.
    Scrubbed,
    /// A whole response with the same body.
    Unchanged,
    /// A whole response, or an error, or a response that shows its own cut.
    Nothing,
    /// An error, or a response that shows its own cut.
    Cut,
}

/// An attack that the runner does not try.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ElsewhereRow {
    id: CaseId,
    what: String,
    /// Names of tests.
    #[serde(default)]
    pub(super) tests: Vec<String>,
    /// Why it is out of reach.
    reason: Option<String>,
}

impl RequestRow {
    pub(super) fn case(&self) -> Case {
        let (expected, alarm) = match self.expect.as_str() {
            it if it.starts_with("placed:") => ("placed".to_owned(), None),
            "sent" => ("sent as it is".to_owned(), None),
            rule => (format!("refused: {rule}"), self.alarm.as_ref()),
        };
        let alarm = alarm.map_or_else(String::new, |it| format!(", alarm {it}"));
        case(&self.id, &self.what, Layer::Request, expected + &alarm)
    }
}

impl ProxyRow {
    pub(super) fn case(&self) -> Case {
        let expected = match self.expect {
            Expect::Placed => "placed",
            Expect::Passed => "passed on without a value",
            Expect::Refused => "nothing arrives",
            Expect::NoValue => "no value arrives",
        };
        case(&self.id, &self.what, Layer::Proxy, expected.to_owned())
    }
}

impl ReplyRow {
    pub(super) fn case(&self) -> Case {
        let expected = match self.expect {
            Back::Scrubbed => "whole, without the value",
            Back::Unchanged => "unchanged",
            Back::Nothing => "no value comes back",
            Back::Cut => "cut off, without the value",
        };
        case(&self.id, &self.what, Layer::Reply, expected.to_owned())
    }
}

impl ElsewhereRow {
    pub(super) fn case(&self) -> Case {
        let (layer, expected) = match &self.reason {
            Some(reason) => (Layer::OutOfReach, reason.clone()),
            None => (Layer::Host, self.tests.join(", ")),
        };
        case(&self.id, &self.what, layer, expected)
    }
}

fn case(id: &CaseId, what: &str, layer: Layer, expected: String) -> Case {
    Case {
        id: id.clone(),
        what: what.to_owned(),
        layer,
        expected,
    }
}

fn once() -> usize {
    1
}

fn ok() -> String {
    "200 OK".to_owned()
}

fn host() -> String {
    "{HOST}".to_owned()
}
