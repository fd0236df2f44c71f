//! Runs of an agent: the model loop, HTTP tools, session data, events.
//!
//! Everything that leaves a run passes its [`Lookout`](crate::lookout::Lookout) in one of three places, and there is no way
//! around them: events in `EventSink::emit`, what a model is sent in [`Conversation`], results in `Toolset::call`.
//! Whatever goes out over the network goes through [`Egress`](distri_egress::Egress).
//!
//! # Use
//!
//! ```no_run
//! # use std::{path::Path, sync::Arc};
//! # use distri_core::{Release, SystemClock, ids::RunId};
//! # use distri_runtime::run::*;
//! # async fn example(release: Arc<Release>) -> Result<(), Box<dyn std::error::Error>> {
//! let agent = Project::find(Path::new(".")).agent("payment_agent")?;
//! // The keys to release beside those of `[secrets]`: the model's own.
//! let model_keys = ModelSelection::of(&agent.definition, None)?.keys();
//!
//! let mut setup = RunSetup::new(agent, release.run);
//! setup.release = release; // decided about and recorded by the vault
//! setup.context = Context::parse(r#"{"envs": {"REGION": "eu"}}"#)?;
//! setup.session = Session { id: "default".into(), store: Arc::new(MemorySessions::default()) };
//! setup.model = Some("test".into()); // instead of the definition's
//!
//! let request = RunRequest::new(setup, "send_email to Ann")
//!     .interrupted_by(async { let _ = tokio::signal::ctrl_c().await; });
//! let mut sink = |event: &Event| { let _line = serde_json::to_string(event); };
//! let outcome = run(request, &mut sink).await?;
//! # let _ = (model_keys, outcome.is_ok(), outcome.text);
//! # Ok(()) }
//! ```
//!
//! `list_tools(setup, &mut sink)` and `call_tool(setup, name, input, &mut sink)` need no model. A
//! program that runs tools must call [`child_main`](crate::tool_host::child_main) when it is started
//! as `__tool-host`; `setup.host.command` names another program.
//!
//! | file | owns |
//! |---|---|
//! | `project.rs` | definition by name or path, its root and tools file |
//! | `request.rs` | what a run takes and gives |
//! | `context.rs` | `--context` |
//! | `variables.rs`, `ready.rs` | look-up, lookout, the tools' environment |
//! | `frozen.rs` | the end of a run that an alarm has frozen |
//! | `agent_loop.rs` | [`run`] |
//! | `by_hand.rs` | [`call_tool`], [`list_tools`] |
//! | `toolset.rs` | the tools of both kinds under one name each |
//! | `http_tool.rs` | `[[tools.dynamic]]` |
//! | `services.rs`, `fetch.rs`, `session.rs` | what handlers reach: requests, session data, console |
//! | `model/` | providers and their wire formats, the model `test` |
//! | `signing/` | HMAC and digests with the value behind a placeholder |
//! | `event.rs`, `redact_json.rs` | what is told, redacted |
//! | `error.rs` | why a run could not be |

mod agent_loop;
mod by_hand;
mod context;
mod error;
mod event;
mod fetch;
mod frozen;
mod http_tool;
mod model;
mod project;
mod ready;
mod redact_json;
mod request;
mod services;
mod session;
mod signing;
mod toolset;
mod variables;

pub use agent_loop::run;
pub use by_hand::{call_tool, list_tools};
pub use context::{Context, ContextError};
pub use error::{CallError, RunError};
pub use event::{Event, SecretDelivery, SecretUse, Usage};
pub use model::{
    Conversation, Message, Model, ModelError, ModelKey, ModelSelection, Reply, SelectError, ToolCall, ToolOutcome,
    ToolSpec,
};
pub use project::{AgentProject, Project, ProjectError};
pub use redact_json::redact_json;
pub use request::{HostSettings, RunEnd, RunOutcome, RunRequest, RunSetup, Session, ToolKind, ToolSummary};
pub use session::{MemorySessions, SessionStore};
