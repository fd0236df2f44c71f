//! Why a tool host did not start, and why a call failed.

use std::time::Duration;

use super::spec::ConfinementLevel;

/// A tool host that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The process itself.
    #[error("cannot start the tool host's process: {0}")]
    Spawn(#[source] std::io::Error),
    /// Fewer layers than demanded.
    #[error("the tool host is confined at level `{actual}`, and `{minimum}` is demanded")]
    Confinement {
        /// What this machine permits.
        actual: ConfinementLevel,
        /// What the specification demands.
        minimum: ConfinementLevel,
    },
    /// A module does not load, or `getTools` threw.
    #[error("{}", located(.message, .at.as_deref()))]
    Script {
        /// Name and message of the exception.
        message: String,
        /// `file:line:column` of the first frame in the agent's own modules.
        at: Option<String>,
    },
    /// The tools themselves are wrong: duplicate or malformed name, no handler, no `getTools`.
    #[error("{0}")]
    Tools(String),
    /// A variable's value cannot be a JavaScript string.
    #[error("the value of `{name}` is not UTF-8 and cannot be in `process.env`")]
    Env {
        /// The variable.
        name: String,
    },
    /// The modules, attributes and params together exceed a frame.
    #[error("the agent's modules and attributes are {len} bytes; the limit is {limit}")]
    TooLarge {
        /// Bytes of JSON.
        len: usize,
        /// Most bytes.
        limit: usize,
    },
    /// Loading the modules took too long.
    #[error("loading the tools took longer than {0:?}")]
    Deadline(Duration),
    /// Loading the modules exhausted the engine's memory.
    #[error("loading the tools used more than {} of memory", size(*.limit))]
    Memory {
        /// Most bytes.
        limit: usize,
    },
    /// Loading the modules printed too much.
    #[error("loading the tools printed more than {}", size(*.limit))]
    Output {
        /// Most bytes.
        limit: usize,
    },
    /// The child ended, or broke the protocol.
    #[error("the tool host died while starting: {0}")]
    Crashed(String),
}

/// A call that gave no result. The host goes on; where the child is lost, the next call starts a
/// fresh one.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// No such tool.
    #[error("there is no tool `{0}`")]
    Unknown(String),
    /// The handler threw or rejected.
    #[error("{}", located(.message, .at.as_deref()))]
    Threw {
        /// Name and message of the exception, or the thrown value as text.
        message: String,
        /// `file:line:column` of the first frame in the agent's own modules.
        at: Option<String>,
    },
    /// What the handler returned is not JSON or is too large.
    #[error("the tool's result {0}")]
    Result(String),
    /// The input exceeds [`HostLimits::result`](super::HostLimits::result).
    #[error("the tool's input is {len} bytes; the limit is {limit}")]
    Input {
        /// Bytes of JSON.
        len: usize,
        /// Most bytes.
        limit: usize,
    },
    /// The handler did not finish in time.
    #[error("the tool did not finish within {0:?}")]
    Deadline(Duration),
    /// The handler used more memory than it may.
    #[error("the tool used more than {} of memory", size(*.limit))]
    Memory {
        /// Most bytes.
        limit: usize,
    },
    /// The handler printed more than it may.
    #[error("the tool printed more than {}", size(*.limit))]
    Output {
        /// Most bytes.
        limit: usize,
    },
    /// The child ended, or broke the protocol.
    #[error("the tool host died during the call: {0}")]
    Crashed(String),
    /// No fresh child could be started.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl ToolError {
    /// Whether the child is of no further use.
    pub(super) fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Deadline(_) | Self::Memory { .. } | Self::Output { .. } | Self::Crashed(_)
        )
    }
}

fn located(message: &str, at: Option<&str>) -> String {
    match at {
        Some(at) => format!("{message} (at {at})"),
        None => message.to_owned(),
    }
}

/// `67108864` as `64 MiB`: limits are round numbers nearly always.
fn size(bytes: usize) -> String {
    match bytes {
        bytes if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        bytes if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} bytes"),
    }
}
