//! The loop: ask the model, call its tools, show it the results, until it answers.

use std::time::{Duration, Instant};

use distri_core::agent::{AgentDefinition, Slot};
use serde_json::Value;

use super::{
    error::RunError,
    event::{Event, EventSink, Usage},
    frozen::{FROZEN, until_frozen},
    model::{self, Conversation, Model, ModelSelection, Opening, Reply, ToolCall},
    ready::{self, Ready},
    request::{RunEnd, RunOutcome, RunRequest, RunSetup, Session},
    toolset::{Purpose, Toolset},
};
use crate::lookout::Place;

/// Turns of the model, where the definition says nothing.
const MAX_ITERATIONS: u32 = 10;
/// Tools that are called in one turn; a model that wants more is told so.
const MAX_CALLS: usize = 64;
/// How long a model may think before it answers; everything else has the operator's own limits.
const MODEL_PATIENCE: Duration = Duration::from_secs(600);

/// Runs an agent until its model answers.
///
/// Everything handed to `sink` and in the outcome is redacted. A failing tool does not end the run:
/// the model is told. Dropping the future ends the run and kills its tool host.
///
/// # Errors
/// As [`RunError`] says: the run could not start, or the model could not be asked. When the first
/// event was [`Event::RunStarted`] the last one is [`Event::RunFinished`] also then.
pub async fn run(request: RunRequest, sink: &mut (dyn FnMut(&Event) + Send)) -> Result<RunOutcome, RunError> {
    let RunRequest {
        mut setup,
        task,
        interrupt,
    } = request;
    let ready = Ready::of(&mut setup)?;
    let mut sink = EventSink::new(ready.lookout.clone(), sink);
    let mut progress = Progress::default();
    let conversation = async {
        let (end, text) = converse(&setup, &task, &ready, &mut sink, &mut progress).await?;
        // Here too: an alarm about the answer must come before the answer.
        Ok((end, ready.lookout.text(text, Place::Answer)))
    };
    let mut outcome: Result<RunOutcome, RunError> = tokio::select! {
        biased;
        () = interrupt => Ok((RunEnd::Interrupted, "interrupted".to_owned())),
        ended = until_frozen(&setup.watch, conversation) => {
            ended.unwrap_or_else(|_| Ok((RunEnd::Frozen, FROZEN.to_owned())))
        }
    }
    .map(|(end, text)| RunOutcome {
        end,
        text,
        iterations: 0,
        usage: Usage::default(),
    });
    let Progress {
        started,
        iterations,
        usage,
    } = progress;
    if let Ok(outcome) = &mut outcome {
        (outcome.iterations, outcome.usage) = (iterations, usage);
    }
    if started {
        let (ok, text) = match &outcome {
            Ok(outcome) => (outcome.is_ok(), outcome.text.clone()),
            Err(error) => (false, error.to_string()),
        };
        sink.emit(Event::RunFinished {
            ok,
            text,
            iterations,
            usage,
        });
    }
    outcome
}

/// How far a run is; outlives an interrupted loop.
#[derive(Default)]
struct Progress {
    started: bool,
    iterations: u32,
    usage: Usage,
}

async fn converse(
    setup: &RunSetup,
    task: &str,
    ready: &Ready,
    sink: &mut EventSink<'_>,
    progress: &mut Progress,
) -> Result<(RunEnd, String), RunError> {
    let definition = &setup.project.definition;
    let selection = ModelSelection::of(definition, setup.model.as_deref())?;
    let model = open_model(setup, &selection, ready, sink)?;
    let mut tools = Toolset::open(setup, Purpose::All, ready, sink).await?;
    let specs = tools.specs();

    let system = system_message(definition, task, setup).await?;
    let window = definition.history_size.and_then(|it| usize::try_from(it).ok());
    let mut conversation = Conversation::new(&ready.lookout, &system, task, window);
    progress.started = true;
    sink.emit(Event::RunStarted {
        run: setup.release.run.to_string(),
        agent: definition.name.to_string(),
        model: selection.to_string(),
        tools: tools.names(),
        secrets: ready.variables.uses(&ready.model_keys),
    });

    let most = definition.max_iterations.unwrap_or(MAX_ITERATIONS);
    while progress.iterations < most {
        progress.iterations += 1;
        let turn = setup.watch.enter(format!("model {}", progress.iterations));
        let mut reply = model.complete(&conversation, &specs).await?;
        progress.usage += reply.usage;
        make_ids_unique(&mut reply, progress.iterations);
        if !reply.text.is_empty() {
            sink.emit(Event::ModelText {
                text: reply.text.clone(),
            });
        }
        if reply.tool_calls.is_empty() {
            return Ok((RunEnd::Answered, reply.text));
        }
        conversation.push_reply(&reply);
        drop(turn);
        let mut results = Vec::with_capacity(reply.tool_calls.len());
        for (index, call) in reply.tool_calls.iter().enumerate() {
            let result = if index < MAX_CALLS {
                call_tool(&mut tools, call, sink).await
            } else {
                Err(format!("at most {MAX_CALLS} tools are called in one turn"))
            };
            if let Ok(output) = &result
                && tools.is_final(&call.tool)
            {
                return Ok((RunEnd::FinalTool, answer(output)));
            }
            results.push(result);
        }
        conversation.push_results(reply.tool_calls.iter().zip(&results));
    }
    let text = format!(
        "stopped after {most} turns of the model, which still calls tools (`max_iterations` in the definition is the limit)"
    );
    Ok((RunEnd::MaxIterations, text))
}

/// The model gets a way out of its own, with the same rules and more patience.
fn open_model(
    setup: &RunSetup,
    selection: &ModelSelection,
    ready: &Ready,
    sink: &mut EventSink<'_>,
) -> Result<Box<dyn Model>, RunError> {
    let mut config = setup.egress.clone();
    config.limits.header = config.limits.header.max(MODEL_PATIENCE);
    let (model, warnings) = model::open(Opening {
        selection,
        settings: &setup.project.definition.model,
        variables: &ready.variables,
        redactor: ready.lookout.redactor(),
        egress: ready::egress(setup, config)?,
    })?;
    for warning in warnings {
        sink.warn(warning);
    }
    Ok(model)
}

async fn call_tool(tools: &mut Toolset, call: &ToolCall, sink: &mut EventSink<'_>) -> Result<Value, String> {
    let shown = match &call.input {
        Ok(input) => input.clone(),
        Err(raw) => Value::from(raw.as_str()),
    };
    let (id, tool) = (call.id.clone(), call.tool.clone());
    let _step = tools.enter(&tool);
    sink.emit(Event::ToolCall {
        id: id.clone(),
        tool: tool.clone(),
        input: shown,
    });
    let start = Instant::now();
    let result = match &call.input {
        Ok(input) => tools.call(&tool, input.clone(), sink).await,
        Err(_) => Err("the arguments are not a JSON object".to_owned()),
    };
    let (output, error) = match &result {
        Ok(output) => (Some(output.clone()), None),
        Err(error) => (None, Some(error.clone())),
    };
    let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    sink.emit(Event::ToolResult {
        id,
        tool,
        ok: result.is_ok(),
        output,
        error,
        duration_ms,
    });
    result
}

/// Some endpoints number the calls of each turn anew, and an event's id must tell them apart.
fn make_ids_unique(reply: &mut Reply, iteration: u32) {
    for (index, call) in reply.tool_calls.iter_mut().enumerate() {
        if call.id.is_empty() || call.id.starts_with("call_") && call.id.len() <= "call_999".len() {
            call.id = format!("call_{iteration}_{}", index + 1);
        }
    }
}

/// A final tool's output as the run's answer: texts as they are, anything else as JSON.
fn answer(output: &Value) -> String {
    match output {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The prompt with its slots filled; `{{session.k}}` is read from the conversation's data.
async fn system_message(definition: &AgentDefinition, task: &str, setup: &RunSetup) -> Result<String, RunError> {
    let keys: Vec<String> = definition
        .prompt
        .slots()
        .filter_map(|(_, slot)| match slot {
            Slot::Session(key) => Some(key.clone()),
            _ => None,
        })
        .collect();
    let mut session = serde_json::Map::new();
    if !keys.is_empty() {
        let Session { id, store } = setup.session.clone();
        let read = tokio::task::spawn_blocking(move || {
            keys.into_iter()
                .map(|key| store.get(&id, &key).map(|value| (key, value)))
                .collect()
        });
        let read: Result<Vec<(String, Option<Value>)>, String> = read
            .await
            .unwrap_or_else(|_| Err("the session's store failed".to_owned()));
        let values = read.map_err(RunError::Setting)?;
        session.extend(values.into_iter().filter_map(|(key, value)| Some((key, value?))));
    }
    Ok(definition.prompt.render(|slot| match slot {
        Slot::Task => Some(Value::from(task)),
        Slot::Session(key) => session.get(key).cloned(),
        Slot::Attribute(key) => definition.attributes.get(key).cloned(),
        Slot::Param(key) => setup.params.get(key).cloned(),
    }))
}
