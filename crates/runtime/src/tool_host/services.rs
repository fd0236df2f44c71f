//! What a handler may ask of the parent; the run implements it.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::keyed::{Computation, Computed};

/// The parent's answers to a tool host's requests.
///
/// Nothing here is trusted: the child runs what the agent's author wrote. Errors are sentences that
/// the handler sees as the message of the exception.
pub trait HostServices: Send + Sync + 'static {
    /// Sends a request; the reply's body is pulled chunk by chunk as the handler reads it.
    ///
    /// The future is dropped when the handler aborts or its call ends.
    fn fetch(&self, request: FetchRequest) -> BoxFuture<'_, Result<FetchReply, String>>;

    /// Reads or changes the conversation's session data; only `Get` gives a value.
    fn session(&self, op: SessionOp) -> BoxFuture<'_, Result<Option<Value>, String>>;

    /// Computes what the child cannot, because it holds only a placeholder of the key. An error is a sentence for the
    /// handler.
    fn compute(&self, computation: &Computation) -> Result<Computed, String>;

    /// One message a handler printed, unredacted, without a final newline.
    fn console(&self, level: ConsoleLevel, text: &str);
}

/// A handler's `fetch`, as written: nothing of it has been checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// Method, upper case where the Fetch standard normalises it.
    pub method: String,
    /// Absolute URL as the URL standard serialises it.
    pub url: String,
    /// Header fields in the order they were set, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body; empty when there is none.
    pub body: Bytes,
    /// What to do about a redirect.
    pub redirect: RedirectMode,
}

impl std::fmt::Debug for FetchRequest {
    /// Headers, body and query may hold secrets, so only the method is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FetchRequest")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// `redirect` of a request, in the Fetch standard's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RedirectMode {
    /// Follow it.
    Follow,
    /// Fail.
    Error,
    /// Return the redirect itself.
    Manual,
}

/// The head of a reply and where its body comes from.
pub struct FetchReply {
    /// Status code.
    pub status: u16,
    /// Reason phrase; may be empty.
    pub reason: String,
    /// The URL that answered, after redirects.
    pub url: String,
    /// Whether a redirect was followed.
    pub redirected: bool,
    /// Header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Box<dyn ReplyBody>,
}

/// A reply's body, pulled.
pub trait ReplyBody: Send {
    /// The next bytes; `None` at the end. An error is a sentence for the handler.
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, String>>;
}

/// A body that is already here.
pub struct FullBody(Option<Bytes>);

impl FullBody {
    /// A body of exactly `bytes`.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(Some(bytes.into()).filter(|it| !it.is_empty()))
    }
}

impl ReplyBody for FullBody {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, String>> {
        let bytes = self.0.take();
        Box::pin(async move { Ok(bytes) })
    }
}

/// One operation on the session's data.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionOp {
    /// The value under `key`, or nothing.
    Get {
        /// Name, 1 to 256 bytes.
        key: String,
    },
    /// Puts `value` under `key`.
    Set {
        /// Name, 1 to 256 bytes.
        key: String,
        /// Any JSON within [`HostLimits::result`](super::HostLimits::result).
        value: Value,
    },
    /// Removes `key`.
    Delete {
        /// Name, 1 to 256 bytes.
        key: String,
    },
}

/// Which console function printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsoleLevel {
    /// `console.debug`, `console.trace`.
    Debug,
    /// `console.log`, `context.log`.
    Log,
    /// `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, and rejections nobody handled.
    Error,
}
