//! Models: whatever reads a conversation and answers with text and tool calls.
//!
//! The wire formats are small structs of our own. The client libraries of the field each bring an
//! HTTP client, and that would be a second way out: the model's key is a secret with hosts like any
//! other, so its requests go through [`Egress`](distri_egress::Egress), which checks where values go
//! and which addresses are dialled.
//!
//! | file | owns |
//! |---|---|
//! | `select.rs` | definition → provider, endpoint, key |
//! | `conversation.rs` | what the model is shown; redacts all of it |
//! | `endpoint.rs` | POST with key, retries and limits |
//! | `openai.rs`, `anthropic.rs` | the two wire formats |
//! | `wire_names.rs` | tool names that both formats permit |
//! | `test_model.rs`, `sample.rs` | the built-in model `test`, and arguments made from a schema |
//!
//! To add a provider: a file with its wire format that implements [`Model`], and one arm in
//! `select.rs`.

mod anthropic;
mod conversation;
mod endpoint;
mod openai;
mod sample;
mod select;
mod test_model;
mod wire_names;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::event::Usage;

pub use conversation::{Conversation, Message, ToolOutcome};
pub use select::{ModelKey, ModelSelection, SelectError};
pub(super) use select::{Opening, open};

/// A model that takes part in a run.
pub trait Model: Send + Sync {
    /// Reads the conversation and says what comes next.
    fn complete<'a>(
        &'a self,
        conversation: &'a Conversation,
        tools: &'a [ToolSpec],
    ) -> BoxFuture<'a, Result<Reply, ModelError>>;
}

/// A tool as a model is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does; may be empty.
    pub description: String,
    /// JSON Schema of its input, of type object.
    pub parameters: Value,
}

/// One turn of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// What it says; may be empty when it calls tools.
    pub text: String,
    /// The tools it calls, in order; none means that it is done.
    pub tool_calls: Vec<ToolCall>,
    /// What the turn cost.
    pub usage: Usage,
}

/// A model's wish to call a tool.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// Ties the result to the call.
    pub id: String,
    /// The tool's name as in its [`ToolSpec`], or one that does not exist.
    pub tool: String,
    /// The input, or what the model wrote instead of a JSON object.
    pub input: Result<Value, String>,
}

/// Why a model gave no turn. Texts of the endpoint in it are redacted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The endpoint does not accept the key.
    #[error(
        "`{host}` refused {} with status {status}: {message}",
        .key.as_ref().map_or("a request without a key".to_owned(), |it| format!("the key {it}"))
    )]
    Key {
        /// Where the request went.
        host: String,
        /// The keys of the secrets that were sent, each in backticks.
        key: Option<String>,
        /// 401 or 403.
        status: u16,
        /// The endpoint's words.
        message: String,
    },
    /// Any other error status.
    #[error("`{host}` answered with status {status}: {message}")]
    Status {
        /// Where the request went.
        host: String,
        /// Not retried.
        status: u16,
        /// The endpoint's words.
        message: String,
    },
    /// Still busy or failing after the last attempt.
    #[error("`{host}` answered with status {status} to each of {attempts} attempts: {message}")]
    Busy {
        /// Where the request went.
        host: String,
        /// 429 or 5xx, of the last attempt.
        status: u16,
        /// How often it was asked.
        attempts: u32,
        /// The endpoint's words.
        message: String,
    },
    /// It wants us to wait longer than a run does.
    #[error("`{host}` answered with status {status} and asks to wait for {seconds} s: {message}")]
    Wait {
        /// Where the request went.
        host: String,
        /// 429 or 5xx.
        status: u16,
        /// What `retry-after` says.
        seconds: u64,
        /// The endpoint's words.
        message: String,
    },
    /// Refused by the way out, or no connection.
    #[error("the model cannot be asked: {0}")]
    Egress(String),
    /// The reply is not what the format says.
    #[error("the reply of `{host}` cannot be read: {reason}")]
    Malformed {
        /// Where it came from.
        host: String,
        /// What is wrong.
        reason: String,
    },
    /// The model stopped without a word or a call.
    #[error("the model stopped without an answer: {0}")]
    Empty(String),
}
