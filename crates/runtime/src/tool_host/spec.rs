//! What a tool host is started with, and what it says about itself.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use distri_core::SecretValue;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::script::Bundle;

/// Everything one agent's tool host needs; kept by the host, which starts again from it when a
/// child has died.
pub struct HostSpec {
    /// The agent's modules, already plain JavaScript.
    pub bundle: Bundle,
    /// The whole of `process.env`. Values must be UTF-8; they travel over the socket only.
    pub env: Vec<(String, SecretValue)>,
    /// Those of the values in `env` that are placeholders: a computation with one as its key is made by the parent.
    pub placeholders: Vec<String>,
    /// `context.attributes`: static data from the definition.
    pub attributes: Value,
    /// `context.params`: what the user passed to this run.
    pub params: Value,
    /// `context.session.id`, when the run belongs to a conversation.
    pub session_id: Option<String>,
    /// Bounds on time, memory and sizes.
    pub limits: HostLimits,
    /// The least confinement to run under; below it [`start`](super::ToolHost::start) refuses.
    pub minimum: ConfinementLevel,
    /// How the child is started.
    pub command: HostCommand,
}

impl HostSpec {
    /// A host for `bundle` without variables, with default limits and no demand on confinement.
    #[must_use]
    pub fn new(bundle: Bundle) -> Self {
        Self {
            bundle,
            env: Vec::new(),
            placeholders: Vec::new(),
            attributes: Value::Object(serde_json::Map::new()),
            params: Value::Object(serde_json::Map::new()),
            session_id: None,
            limits: HostLimits::default(),
            minimum: ConfinementLevel::Open,
            command: HostCommand::default(),
        }
    }
}

/// The program that is the child: it must call [`child_main`](super::child_main) when started so.
#[derive(Clone, Debug)]
pub struct HostCommand {
    /// Path of the executable.
    pub program: PathBuf,
    /// Its arguments; they hold no secrets.
    pub args: Vec<OsString>,
}

impl Default for HostCommand {
    /// This binary again: `/proc/self/exe __tool-host`.
    fn default() -> Self {
        Self {
            program: PathBuf::from("/proc/self/exe"),
            args: vec![OsString::from("__tool-host")],
        }
    }
}

/// Bounds on what one tool host may use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HostLimits {
    /// Bytes the JavaScript engine may allocate.
    pub memory: usize,
    /// Bytes of the engine's stack.
    pub stack: usize,
    /// How long starting may take: process, modules, `getTools`.
    pub start_deadline: Duration,
    /// How long one call may take.
    pub call_deadline: Duration,
    /// How long after a deadline the parent waits for the child's own answer before it kills it.
    pub grace: Duration,
    /// Bytes one call may print.
    pub output: usize,
    /// Bytes of JSON in one call's input, result or session value.
    pub result: usize,
    /// Bytes of one request body, and of one reply body.
    pub fetch_body: usize,
    /// Requests in flight at once.
    pub fetches: usize,
    /// Computations with a placeholder as key in one call.
    pub computations: usize,
    /// Bytes that one of them may be over.
    pub computed: usize,
}

impl Default for HostLimits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            stack: 512 << 10,
            start_deadline: Duration::from_secs(10),
            call_deadline: Duration::from_secs(30),
            grace: Duration::from_millis(500),
            output: 1 << 20,
            result: 8 << 20,
            fetch_body: 32 << 20,
            fetches: 64,
            computations: 1000,
            computed: 8 << 20,
        }
    }
}

/// A tool the entry module exports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolInfo {
    /// The name a model calls it by: `[A-Za-z_][A-Za-z0-9_.-]{0,127}`.
    pub name: String,
    /// What it does, for the model; may be empty.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of the input: the tool's own, else the one inferred from its source.
    #[serde(default)]
    pub parameters: Option<Value>,
    /// Whether its result ends the run.
    #[serde(default)]
    pub is_final: bool,
    /// The tool's `type` field, as older definitions have it.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
}

/// The layers of confinement a child has on, as it reports before it gets anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// New user, network, IPC, UTS and mount namespaces.
    pub namespaces: bool,
    /// Landlock rules: no files, no TCP, no signals or abstract sockets outside.
    pub landlock: LandlockLevel,
    /// A strict list of system calls; any other kills the child.
    pub seccomp: bool,
    /// Resource limits: address space, file size, open files, core dumps.
    pub limits: bool,
    /// Not traceable by others of its user, no core dump.
    pub undumpable: bool,
}

impl Confinement {
    /// Nothing on: what a child reports where no layer is permitted.
    #[must_use]
    pub fn none() -> Self {
        Self {
            namespaces: false,
            landlock: LandlockLevel::Off,
            seccomp: false,
            limits: false,
            undumpable: false,
        }
    }

    /// The level these layers reach together.
    #[must_use]
    pub fn level(&self) -> ConfinementLevel {
        if !self.seccomp {
            ConfinementLevel::Open
        } else if self.landlock != LandlockLevel::Full {
            ConfinementLevel::Filtered
        } else if !self.namespaces {
            ConfinementLevel::Ruled
        } else {
            ConfinementLevel::Isolated
        }
    }
}

/// How much of the landlock rules the kernel enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LandlockLevel {
    /// None.
    Off,
    /// Those that an older kernel knows.
    Partial,
    /// All that were asked for.
    Full,
}

/// Levels of confinement, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfinementLevel {
    /// Only what a JavaScript engine without file and network functions gives.
    Open,
    /// A system call filter.
    Filtered,
    /// The filter and all landlock rules.
    Ruled,
    /// Those and namespaces of its own.
    Isolated,
}

impl std::fmt::Display for ConfinementLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Filtered => "filtered",
            Self::Ruled => "ruled",
            Self::Isolated => "isolated",
        })
    }
}
