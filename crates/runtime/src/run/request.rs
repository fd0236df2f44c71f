//! What a run is started with, and what comes out of it.

use std::{future::pending, sync::Arc};

use distri_core::{Release, alarm::Watch, ids::RunId};
use distri_egress::EgressConfig;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    context::Context,
    event::Usage,
    project::AgentProject,
    session::{MemorySessions, SessionStore},
};
use crate::tool_host::{ConfinementLevel, HostCommand, HostLimits};

/// An agent with everything it may use: what a run, a single call and a listing need alike.
pub struct RunSetup {
    /// The agent.
    pub project: AgentProject,
    /// The secrets, already decided about and recorded. That none of the required ones is missing
    /// was decided with them.
    pub release: Arc<Release>,
    /// Where alarms go, and whether the run is frozen.
    pub watch: Arc<Watch>,
    /// Variables for this run only.
    pub context: Context,
    /// `context.params` of the handlers: what the user passed.
    pub params: Map<String, Value>,
    /// The conversation and where its data is.
    pub session: Session,
    /// Addresses and authorities of the operator.
    pub egress: EgressConfig,
    /// How tool hosts are started and bounded.
    pub host: HostSettings,
    /// The model, instead of the definition's: `test`, `provider/model`.
    pub model: Option<String>,
}

impl RunSetup {
    /// A setup without secrets, with defaults and session data that ends with the process.
    #[must_use]
    pub fn new(project: AgentProject, run: RunId) -> Self {
        Self {
            project,
            release: Arc::new(Release::empty(run)),
            watch: Arc::new(Watch::none()),
            context: Context::default(),
            params: Map::new(),
            session: Session::default(),
            egress: EgressConfig::default(),
            host: HostSettings::default(),
            model: None,
        }
    }
}

/// A run of an agent with its model.
pub struct RunRequest {
    /// The agent and what it may use.
    pub setup: RunSetup,
    /// What the user asks for.
    pub task: String,
    /// When this is ready, the run ends in good order.
    pub interrupt: BoxFuture<'static, ()>,
}

impl RunRequest {
    /// A run that nothing interrupts.
    pub fn new(setup: RunSetup, task: impl Into<String>) -> Self {
        Self {
            setup,
            task: task.into(),
            interrupt: Box::pin(pending()),
        }
    }

    /// Ends the run when `interrupt` is ready.
    #[must_use]
    pub fn interrupted_by(mut self, interrupt: impl Future<Output = ()> + Send + 'static) -> Self {
        self.interrupt = Box::pin(interrupt);
        self
    }
}

/// A conversation.
#[derive(Clone)]
pub struct Session {
    /// Its name; handlers see it as `context.session.id`.
    pub id: String,
    /// Where its data is kept.
    pub store: Arc<dyn SessionStore>,
}

impl Default for Session {
    /// `default`, in memory.
    fn default() -> Self {
        Self {
            id: "default".to_owned(),
            store: Arc::new(MemorySessions::default()),
        }
    }
}

/// How tool hosts are started and bounded.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// The child's program.
    pub command: HostCommand,
    /// Bounds of time, memory and sizes.
    pub limits: HostLimits,
    /// The least confinement to run under.
    pub minimum: ConfinementLevel,
}

impl Default for HostSettings {
    /// This binary, default limits, no demand on confinement.
    fn default() -> Self {
        Self {
            command: HostCommand::default(),
            limits: HostLimits::default(),
            minimum: ConfinementLevel::Open,
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOutcome {
    /// Why it ended.
    pub end: RunEnd,
    /// The answer, or why there is none; redacted.
    pub text: String,
    /// How often the model was asked.
    pub iterations: u32,
    /// Tokens used, as far as the endpoint said.
    pub usage: Usage,
}

impl RunOutcome {
    /// Whether the agent answered.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self.end, RunEnd::Answered | RunEnd::FinalTool)
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// The model answered.
    Answered,
    /// A tool marked `is_final` gave the answer.
    FinalTool,
    /// The model still called tools after the last permitted turn.
    MaxIterations,
    /// [`RunRequest::interrupt`] became ready.
    Interrupted,
    /// An alarm froze the run.
    Frozen,
}

/// A tool of an agent, as a person or a model is told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSummary {
    /// Its name.
    pub name: String,
    /// What it does; may be empty.
    pub description: String,
    /// Where it comes from.
    pub kind: ToolKind,
    /// JSON Schema of its input.
    pub parameters: Value,
    /// Whether its result ends a run.
    pub is_final: bool,
}

/// Where a tool comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolKind {
    /// A handler of the tools file.
    Script,
    /// `[[tools.dynamic]]` of type `http`.
    Http,
}
