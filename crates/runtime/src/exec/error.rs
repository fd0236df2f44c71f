//! Why a command did not run, in words for the person who typed it.

use std::io;

use crate::isolation::IsolationError;

/// Why a command did not run, or its output did not arrive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecError {
    /// There is no such program.
    #[error("command not found: `{program}`")]
    NotFound {
        /// As it was typed.
        program: String,
    },
    /// There is such a file, and it cannot be executed.
    #[error("cannot execute `{program}`: {source}")]
    NotExecutable {
        /// As it was typed.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The kernel ends an environment variable at the first zero byte, so the child would get a truncated value.
    #[error("`{key}` cannot be an environment variable: its value contains a zero byte")]
    ZeroByte {
        /// The secret's name.
        key: String,
    },
    /// The name is empty or holds `=` or a zero byte.
    #[error("`{key}` cannot be the name of an environment variable")]
    Name {
        /// The secret's name.
        key: String,
    },
    /// One value is over the kernel's limit for one variable (`MAX_ARG_STRLEN`, execve(2): 32 pages on Linux).
    #[error(
        "`{key}` cannot be an environment variable: its value has {bytes} bytes, over the system's limit for one variable"
    )]
    ValueTooLarge {
        /// The secret's name.
        key: String,
        /// Size of the value.
        bytes: usize,
    },
    /// Arguments and environment together are over the kernel's limit (`ARG_MAX`, execve(2)).
    #[error(
        "arguments and environment of `{program}` are over the system's limit; the secrets in it have {secrets} bytes"
    )]
    EnvironmentTooLarge {
        /// As it was typed.
        program: String,
        /// Size of all secrets with their names.
        secrets: usize,
    },
    /// The child did not start, for another reason.
    #[error("cannot start `{program}`: {source}")]
    Spawn {
        /// As it was typed.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// No pipe or pseudo-terminal for the child's output.
    #[error("cannot open a channel for the output: {0}")]
    Channel(#[source] io::Error),
    /// Signal handlers could not be installed.
    #[error("cannot prepare to pass on signals: {0}")]
    Signals(#[source] io::Error),
    /// The child could not be watched.
    #[error("cannot wait for the command: {0}")]
    Wait(#[source] io::Error),
    /// The command cannot be isolated as asked.
    #[error(transparent)]
    Isolation(#[from] IsolationError),
    /// Output was lost: a full disk, for example.
    #[error("cannot write the command's output: {0}")]
    Output(#[source] io::Error),
}

impl ExecError {
    /// The status that shells and `env` use for this: 127 not found, 126 not executable.
    pub fn exit_code(&self) -> Option<i32> {
        match self {
            Self::NotFound { .. } => Some(127),
            Self::NotExecutable { .. } => Some(126),
            _ => None,
        }
    }
}
