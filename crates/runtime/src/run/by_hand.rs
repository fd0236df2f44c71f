//! An agent's tools without a model: list them, call one.

use std::time::Instant;

use serde_json::Value;

use super::{
    error::{CallError, RunError},
    event::{Event, EventSink},
    ready::Ready,
    redact_json::redact_json,
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
    let mut sink = EventSink::new(ready.redactor.clone(), sink);
    let tools = Toolset::open(&setup, Purpose::List, &ready, &mut sink).await?;
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
    let mut sink = EventSink::new(ready.redactor.clone(), sink);
    let mut tools = Toolset::open(&setup, Purpose::One(tool), &ready, &mut sink).await?;
    let known = tools.names();
    if !known.iter().any(|it| it == tool) {
        return Err(CallError::Unknown {
            name: tool.to_owned(),
            known,
        });
    }
    let (id, name) = ("call_1".to_owned(), tool.to_owned());
    sink.emit(Event::ToolCall {
        id: id.clone(),
        tool: name.clone(),
        input: input.clone(),
    });
    let start = Instant::now();
    let called = tools.call(tool, input, &mut sink).await;
    let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let result = called.map(|it| redact_json(&ready.redactor, it));
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
