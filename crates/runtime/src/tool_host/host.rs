//! A running tool host: start it, call its tools; a dead child is replaced.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{
    error::{HostError, ToolError},
    exchange::{self, Channel, Ended},
    keyed::{Computation, Computed},
    process::Process,
    services::{ConsoleLevel, FetchReply, FetchRequest, HostServices, SessionOp},
    spec::{Confinement, HostCommand, HostLimits, HostSpec, ToolInfo},
    wire::{self, Failure, HEADER_CAP, Init, ToChild, ToParent, WireError},
};

/// An agent's tools, loaded in a confined child process.
///
/// Dropping it kills the child and waits for its end; so does dropping the future of a
/// [`call`](Self::call).
pub struct ToolHost {
    spec: HostSpec,
    services: Arc<dyn HostServices>,
    tools: Vec<ToolInfo>,
    confinement: Confinement,
    live: Option<Live>,
}

struct Live {
    process: Process,
    channel: Channel,
}

impl ToolHost {
    /// Starts a child, loads the modules and asks for the tools.
    ///
    /// # Errors
    /// As [`HostError`] says; nothing of the child is left then.
    pub async fn start(spec: HostSpec, services: Arc<dyn HostServices>) -> Result<Self, HostError> {
        let (live, confinement, mut tools) = launch(&spec, &services).await?;
        for tool in &mut tools {
            if tool.parameters.is_none() {
                tool.parameters = spec.bundle.schemas.get(&tool.name).cloned();
            }
        }
        Ok(Self {
            spec,
            services,
            tools,
            confinement,
            live: Some(live),
        })
    }

    /// The tools, in the order they were exported.
    #[must_use]
    pub fn tools(&self) -> &[ToolInfo] {
        &self.tools
    }

    /// The layers of confinement the first child reported.
    #[must_use]
    pub fn confinement(&self) -> &Confinement {
        &self.confinement
    }

    /// The process id of the child that waits for the next call; there is none after it was lost.
    #[must_use]
    pub fn child_id(&self) -> Option<u32> {
        self.live.as_ref().map(|live| live.process.id())
    }

    /// Calls one tool with `input` and gives what its handler returned.
    ///
    /// # Errors
    /// As [`ToolError`] says. The host stays usable after each of them.
    pub async fn call(&mut self, tool: &str, input: Value) -> Result<Value, ToolError> {
        if !self.tools.iter().any(|it| it.name == tool) {
            return Err(ToolError::Unknown(tool.to_owned()));
        }
        let limits = &self.spec.limits;
        let input = Zeroizing::new(input.to_string().into_bytes());
        if input.len() > limits.result {
            return Err(ToolError::Input {
                len: input.len(),
                limit: limits.result,
            });
        }
        // Taken out: a dropped future, like an error, takes the child along.
        let mut live = match self.live.take().map(|mut it| (it.process.is_alive(), it)) {
            Some((true, live)) => live,
            _ => launch(&self.spec, &self.services).await?.0,
        };
        let deadline_ms = u64::try_from(limits.call_deadline.as_millis()).unwrap_or(u64::MAX);
        let frame = exchange::call(tool, deadline_ms, &input).map_err(|error| ToolError::Crashed(error.to_string()))?;
        live.channel.push(frame);
        let deadline = Instant::now() + limits.call_deadline + limits.grace;
        let ended = live.channel.run(deadline, limits, &self.services).await;
        let result = match ended {
            Ended::Frame(ToParent::Done, json) if json.len() > limits.result => Err(too_large(limits)),
            Ended::Frame(ToParent::Done, json) => serde_json::from_slice(&json)
                .map_err(|_| ToolError::Result("is nested too deeply: the limit is 128 levels".to_owned())),
            Ended::Frame(ToParent::Failed { failure, message, at }, _) => {
                Err(failed(tool, failure, message, at, limits))
            }
            Ended::Frame(..) => Err(ToolError::Crashed("it sent a frame out of turn".to_owned())),
            Ended::Output => Err(ToolError::Output { limit: limits.output }),
            Ended::Deadline => Err(ToolError::Deadline(limits.call_deadline)),
            Ended::Broken(error) => Err(ToolError::Crashed(error.to_string())),
            Ended::Closed => return Err(ToolError::Crashed(live.process.end())),
        };
        if !matches!(&result, Err(error) if error.is_fatal()) {
            self.live = Some(live);
        }
        result
    }
}

/// Starts a child only to ask which layers of confinement this machine permits.
///
/// # Errors
/// When the process cannot be started or does not answer.
pub async fn probe(command: &HostCommand) -> Result<Confinement, HostError> {
    let limits = HostLimits::default();
    let deadline = Instant::now() + limits.start_deadline;
    let services: Arc<dyn HostServices> = Arc::new(NoServices);
    let (_, confinement) = greet(command, deadline, &limits, &services).await?;
    Ok(confinement)
}

/// A child with its modules loaded.
async fn launch(
    spec: &HostSpec,
    services: &Arc<dyn HostServices>,
) -> Result<(Live, Confinement, Vec<ToolInfo>), HostError> {
    let limits = &spec.limits;
    let init = init(spec)?;
    let deadline = Instant::now() + limits.start_deadline + limits.grace;
    let (mut live, confinement) = greet(&spec.command, deadline, limits, services).await?;
    let actual = confinement.level();
    if actual < spec.minimum {
        return Err(HostError::Confinement {
            actual,
            minimum: spec.minimum,
        });
    }
    // Only now: a child below the demanded level never gets a value.
    live.channel.push(init);
    match live.channel.run(deadline, limits, services).await {
        Ended::Frame(ToParent::Ready { tools }, _) => Ok((live, confinement, tools)),
        Ended::Frame(ToParent::Failed { failure, message, at }, _) => Err(match failure {
            Failure::Tools => HostError::Tools(message),
            Failure::Deadline => HostError::Deadline(limits.start_deadline),
            Failure::Memory => HostError::Memory { limit: limits.memory },
            Failure::Output => HostError::Output { limit: limits.output },
            Failure::Threw | Failure::Result | Failure::Unknown => HostError::Script { message, at },
        }),
        other => Err(not_started(other, live, limits)),
    }
}

/// A child that has said how confined it is.
async fn greet(
    command: &HostCommand,
    deadline: Instant,
    limits: &HostLimits,
    services: &Arc<dyn HostServices>,
) -> Result<(Live, Confinement), HostError> {
    let (process, stream) = Process::spawn(command).await.map_err(HostError::Spawn)?;
    let channel = Channel::new(stream, limits);
    let mut live = Live { process, channel };
    match live.channel.run(deadline, limits, services).await {
        Ended::Frame(ToParent::Hello(confinement), _) => Ok((live, confinement)),
        other => Err(not_started(other, live, limits)),
    }
}

fn not_started(ended: Ended, live: Live, limits: &HostLimits) -> HostError {
    match ended {
        Ended::Frame(..) => HostError::Crashed("it sent a frame out of turn".to_owned()),
        Ended::Output => HostError::Output { limit: limits.output },
        Ended::Deadline => HostError::Deadline(limits.start_deadline),
        Ended::Broken(error) => HostError::Crashed(error.to_string()),
        Ended::Closed => HostError::Crashed(live.process.end()),
    }
}

/// The frame with modules and values.
fn init(spec: &HostSpec) -> Result<Zeroizing<Vec<u8>>, HostError> {
    let mut values = Vec::with_capacity(spec.env.len());
    let mut env = Vec::with_capacity(spec.env.len());
    for (name, value) in &spec.env {
        let bytes = value.expose_secret();
        if std::str::from_utf8(bytes).is_err() {
            return Err(HostError::Env { name: name.clone() });
        }
        env.push((name.clone(), bytes.len()));
        values.push(bytes);
    }
    let message = ToChild::Init(Box::new(Init {
        bundle: spec.bundle.clone(),
        env,
        placeholders: spec.placeholders.clone(),
        attributes: spec.attributes.clone(),
        params: spec.params.clone(),
        session_id: spec.session_id.clone(),
        limits: spec.limits.clone(),
    }));
    wire::encode(&message, &values).map_err(|error| match error {
        WireError::TooLarge { len, cap, .. } => HostError::TooLarge { len, limit: cap },
        WireError::Malformed => HostError::TooLarge {
            len: usize::MAX,
            limit: HEADER_CAP,
        },
    })
}

fn failed(tool: &str, failure: Failure, message: String, at: Option<String>, limits: &HostLimits) -> ToolError {
    match failure {
        Failure::Threw | Failure::Tools => ToolError::Threw { message, at },
        Failure::Result => ToolError::Result(message),
        Failure::Unknown => ToolError::Unknown(tool.to_owned()),
        Failure::Deadline => ToolError::Deadline(limits.call_deadline),
        Failure::Memory => ToolError::Memory { limit: limits.memory },
        Failure::Output => ToolError::Output { limit: limits.output },
    }
}

fn too_large(limits: &HostLimits) -> ToolError {
    ToolError::Result(format!("is larger than {} bytes", limits.result))
}

/// For a child that runs nothing.
struct NoServices;

impl HostServices for NoServices {
    fn fetch(&self, _: FetchRequest) -> BoxFuture<'_, Result<FetchReply, String>> {
        Box::pin(async { Err("there is no network here".to_owned()) })
    }

    fn session(&self, _: SessionOp) -> BoxFuture<'_, Result<Option<Value>, String>> {
        Box::pin(async { Err("there is no session here".to_owned()) })
    }

    fn compute(&self, _: &Computation) -> Result<Computed, String> {
        Err("there is no key here".to_owned())
    }

    fn console(&self, _: ConsoleLevel, _: &str) {}
}
