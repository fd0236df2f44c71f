//! Why a run could not start or go on. Whatever text came from outside is redacted in here already.

use std::path::PathBuf;

use distri_core::agent::RenderError;
use distri_egress::EgressError;

use super::{
    frozen::FROZEN,
    model::{ModelError, SelectError},
};
use crate::{
    lookout::{Lookout, Place},
    script::ScriptError,
    tool_host::{HostError, ToolError},
};

/// A run that could not start, or ended without an outcome.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The model named by the definition.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The model's key is not among the secrets.
    #[error("the model needs the secret `{key}`, which this run was not given")]
    NoModelKey {
        /// The secret's key.
        key: String,
    },
    /// A template refers to a variable that nobody has. Nothing was sent.
    #[error("unresolved variable: ${variable} (in {place})")]
    Unresolved {
        /// Its name.
        variable: String,
        /// What refers to it.
        place: String,
    },
    /// Something in the definition or the request cannot be used.
    #[error("{0}")]
    Setting(String),
    /// `[tools] external` names tools, and there is no file that could have them.
    #[error("there is no tools file for `{}`: no `Tools.tsx` beside it, in the project's root or in `src`", .definition.display())]
    NoToolsFile {
        /// The definition.
        definition: PathBuf,
    },
    /// `[tools] external` names a tool that the tools file does not have.
    #[error("the tools file has no tool `{name}`; it has {}", list(.known))]
    UnknownTool {
        /// As the definition names it.
        name: String,
        /// What is there.
        known: Vec<String>,
    },
    /// Two tools with one name.
    #[error("two tools are called `{0}`: one of the tools file, one of `[[tools.dynamic]]`")]
    DuplicateTool(String),
    /// A tool whose name holds a secret, which models and events would have to show.
    #[error("the name of a tool contains the value of `{key}`")]
    SecretInToolName {
        /// The secret's key.
        key: String,
    },
    /// The tools file does not compile.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The tools do not load.
    #[error("the tools of the agent cannot be loaded: {0}")]
    ToolHost(String),
    /// The way out cannot be set up.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// The model does not answer.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An alarm froze it before it was a run.
    #[error("{FROZEN}")]
    Frozen,
}

/// A tool called by hand that gave no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It was not reached.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There is no such tool.
    #[error("the agent has no tool `{name}`; it has {}", list(.known))]
    Unknown {
        /// As it was asked for.
        name: String,
        /// What is there.
        known: Vec<String>,
    },
    /// It failed; its words are redacted.
    #[error("{0}")]
    Failed(String),
}

impl RunError {
    pub(super) fn template(error: RenderError, place: &str) -> Self {
        match error {
            RenderError::Unresolved { name } => Self::Unresolved {
                variable: name,
                place: place.to_owned(),
            },
            RenderError::NotText { .. } => Self::Setting(format!("{error} ({place})")),
        }
    }

    pub(super) fn host(lookout: &Lookout, error: &HostError) -> Self {
        Self::ToolHost(lookout.text(error.to_string(), Place::ToolError))
    }
}

/// A failed call in words, for the model, the events and the caller.
pub(super) fn failed(lookout: &Lookout, error: &ToolError) -> String {
    lookout.text(error.to_string(), Place::ToolError)
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", "),
    }
}
