//! An agent's tools without a model: list them, call one.

use std::time::Instant;

use serde_json::Value;

use super::{
    error::{CallError, RunError},
    event::{Event, EventSink},
    frozen::until_frozen,
    ready::Ready,
    request::{RunSetup, ToolSummary},
    toolset::{Purpose, Toolset},
};

/// The agent's tools, in the order a model sees them. No variable of an HTTP tool is needed.
///
/// # Errors
/// As [`RunError`] says.
pub async fn list_tools(
    mut setup: RunSetup,
    sink: &mut (dyn FnMut(&Event) + Send),
) -> Result<Vec<ToolSummary>, RunError> {
    let ready = Ready::of(&mut setup)?;
    let mut sink = EventSink::new(ready.lookout.clone(), sink);
    let opened = Toolset::open(&setup, Purpose::List, &ready, &mut sink);
    let tools = until_frozen(&setup.watch, opened)
        .await
        .map_err(|_| RunError::Frozen)??;
    Ok(tools.summaries().cloned().collect())
}

/// Calls one tool of the agent; `sink` gets what it prints, its call and its result.
///
/// The value and all events are redacted. Dropping the future kills the tool host.
///
/// # Errors
/// As [`CallError`] says.
pub async fn call_tool(
    mut setup: RunSetup,
    tool: &str,
    input: Value,
    sink: &mut (dyn FnMut(&Event) + Send),
) -> Result<Value, CallError> {
    let ready = Ready::of(&mut setup)?;
    let mut sink = EventSink::new(ready.lookout.clone(), sink);
    let called = until_frozen(&setup.watch, call(&setup, &ready, tool, input, &mut sink)).await;
    called.map_err(|_| RunError::Frozen)?
}

async fn call(
    setup: &RunSetup,
    ready: &Ready,
    tool: &str,
    input: Value,
    sink: &mut EventSink<'_>,
) -> Result<Value, CallError> {
    let mut tools = Toolset::open(setup, Purpose::One(tool), ready, sink).await?;
    let known = tools.names();
    if !known.iter().any(|it| it == tool) {
        return Err(CallError::Unknown {
            name: tool.to_owned(),
            known,
        });
    }
    let _step = tools.enter(tool);
    let (id, name) = ("call_1".to_owned(), tool.to_owned());
    sink.emit(Event::ToolCall {
        id: id.clone(),
        tool: name.clone(),
        input: input.clone(),
    });
    let start = Instant::now();
    let result = tools.call(tool, input, sink).await;
    let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (output, error) = match &result {
        Ok(output) => (Some(output.clone()), None),
        Err(error) => (None, Some(error.clone())),
    };
    sink.emit(Event::ToolResult {
        id,
        tool: name,
        ok: result.is_ok(),
        output,
        error,
        duration_ms,
    });
    result.map_err(CallError::Failed)
}
