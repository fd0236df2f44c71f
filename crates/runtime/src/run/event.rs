//! What a run tells while it goes on, and the one place through which all of it passes the lookout.

use std::sync::Arc;

use distri_core::alarm::{Alarm, AlarmRule};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    lookout::{Lookout, Place},
    tool_host::ConsoleLevel,
};

/// One thing that happened in a run. As JSON, `type` says which (`run_started`, `tool_call`, …).
///
/// Every text in an event that reaches a sink is redacted already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The model is about to be asked for the first time. Always the first event but for console
    /// messages and warnings of loading.
    RunStarted {
        /// The run's id, as the audit record has it.
        run: String,
        /// The agent's name.
        agent: String,
        /// `provider/model`.
        model: String,
        /// Names of the tools, in the order the model sees them.
        tools: Vec<String>,
        /// The secrets this run was given, sorted by key.
        secrets: Vec<SecretUse>,
    },
    /// Something the model said.
    ModelText {
        /// Its words.
        text: String,
    },
    /// A tool is about to be called.
    ToolCall {
        /// Ties the call to its result.
        id: String,
        /// The tool's name.
        tool: String,
        /// Its input.
        input: Value,
    },
    /// A tool has answered or failed; the run goes on either way.
    ToolResult {
        /// The call's id.
        id: String,
        /// The tool's name.
        tool: String,
        /// Whether `output` or `error` is there.
        ok: bool,
        /// What the tool returned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Milliseconds from the call to the answer.
        duration_ms: u64,
    },
    /// A handler printed something.
    Console {
        /// Which console function.
        level: ConsoleLevel,
        /// What it printed, without a final newline.
        text: String,
    },
    /// The runtime's own progress.
    Log {
        /// A sentence.
        text: String,
    },
    /// Something that is probably not meant so.
    Warning {
        /// A sentence.
        text: String,
    },
    /// Something that must not be was noticed, and recorded before this is told.
    Alarm {
        /// What is wrong.
        rule: AlarmRule,
        /// Where it was seen.
        place: String,
        /// Host and port of the request it was seen in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        destination: Option<String>,
        /// The step of the run, such as `send_email 1`: the tool and the number of its call.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
        /// The secret of this run that it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// The last event of every run that started.
    RunFinished {
        /// Whether the agent answered.
        ok: bool,
        /// The answer, or why there is none.
        text: String,
        /// How often the model was asked.
        iterations: u32,
        /// Tokens used, as far as the endpoint said.
        #[serde(default)]
        usage: Usage,
    },
}

/// A secret of a run, and how the run got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretUse {
    /// Its key.
    pub key: String,
    /// Where its value is.
    pub delivery: SecretDelivery,
}

/// Where in a run a secret's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretDelivery {
    /// A placeholder, in the tools' `process.env`; the value is put in its place on the way out, and only towards its
    /// hosts.
    Placeholder,
    /// The value itself, in the tools' `process.env`, and bound to its hosts on the way out.
    Value,
    /// The value itself, in the tools' `process.env`, and no host is named that it is bound to.
    UnboundValue,
    /// Only in requests to the model; no tool sees it.
    Model,
}

/// Tokens that a model used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
    }
}

impl From<&Alarm> for Event {
    fn from(alarm: &Alarm) -> Self {
        Self::Alarm {
            rule: alarm.rule,
            place: alarm.place.clone(),
            destination: alarm.destination.clone(),
            step: alarm.step.clone(),
            key: alarm.key.as_ref().map(ToString::to_string),
        }
    }
}

/// Where events go to: the caller's function, behind the lookout.
pub(super) struct EventSink<'s> {
    lookout: Arc<Lookout>,
    out: &'s mut (dyn FnMut(&Event) + Send),
}

impl<'s> EventSink<'s> {
    pub(super) fn new(lookout: Arc<Lookout>, out: &'s mut (dyn FnMut(&Event) + Send)) -> Self {
        Self { lookout, out }
    }

    /// The only way to the caller: whatever was put into `event` leaves redacted, after alarms about it.
    pub(super) fn emit(&mut self, event: Event) {
        let shown = event.shown(&self.lookout);
        (self.out)(&shown);
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.emit(Event::Warning { text: text.into() });
    }
}

impl Event {
    /// The event as it may be shown: each text and tree redacted. Tags, levels, counts and the keys
    /// of secrets are words of ours and stay: a value such as `tool_call` must not break the stream's
    /// grammar. So is all of an alarm.
    fn shown(self, lookout: &Lookout) -> Self {
        let text = |it: String, place| lookout.text(it, place);
        let tree = |it: Value, place| lookout.json(it, place);
        match self {
            Self::RunStarted {
                run,
                agent,
                model,
                tools,
                secrets,
            } => Self::RunStarted {
                run,
                agent: text(agent, Place::Notice),
                model: text(model, Place::Notice),
                tools: tools.into_iter().map(|it| text(it, Place::ToolDescription)).collect(),
                secrets,
            },
            Self::ModelText { text: it } => Self::ModelText {
                text: text(it, Place::ModelText),
            },
            Self::ToolCall { id, tool, input } => Self::ToolCall {
                id: text(id, Place::ToolInput),
                tool: text(tool, Place::ToolInput),
                input: tree(input, Place::ToolInput),
            },
            Self::ToolResult {
                id,
                tool,
                ok,
                output,
                error,
                duration_ms,
            } => Self::ToolResult {
                id: text(id, Place::ToolInput),
                tool: text(tool, Place::ToolInput),
                ok,
                output: output.map(|it| tree(it, Place::ToolResult)),
                error: error.map(|it| text(it, Place::ToolError)),
                duration_ms,
            },
            Self::Console { level, text: it } => Self::Console {
                level,
                text: text(it, Place::Console),
            },
            Self::Log { text: it } => Self::Log {
                text: text(it, Place::Notice),
            },
            Self::Warning { text: it } => Self::Warning {
                text: text(it, Place::Notice),
            },
            Self::Alarm { .. } => self,
            Self::RunFinished {
                ok,
                text: it,
                iterations,
                usage,
            } => Self::RunFinished {
                ok,
                text: text(it, Place::Answer),
                iterations,
                usage,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use distri_redact::Redactor;
    use serde_json::json;

    use super::*;

    const SECRET: &str = "sk-live-0123456789";

    fn hiding(value: &[u8]) -> Arc<Lookout> {
        Arc::new(Lookout::hiding(Redactor::builder().secret("K", value).build()))
    }

    /// One event of each kind with the secret in every text.
    fn loaded() -> Vec<Event> {
        let s = || format!("x {SECRET} y");
        vec![
            Event::RunStarted {
                run: "0190".to_owned(),
                agent: s(),
                model: s(),
                tools: vec![s()],
                secrets: vec![SecretUse {
                    key: "K".to_owned(),
                    delivery: SecretDelivery::Placeholder,
                }],
            },
            Event::ModelText { text: s() },
            Event::ToolCall {
                id: s(),
                tool: s(),
                input: json!({SECRET: [s()]}),
            },
            Event::ToolResult {
                id: s(),
                tool: s(),
                ok: true,
                output: Some(json!([s()])),
                error: Some(s()),
                duration_ms: 1,
            },
            Event::Console {
                level: ConsoleLevel::Log,
                text: s(),
            },
            Event::Log { text: s() },
            Event::Warning { text: s() },
            Event::RunFinished {
                ok: true,
                text: s(),
                iterations: 1,
                usage: Usage::default(),
            },
        ]
    }

    #[test]
    fn no_text_of_any_event_passes_unredacted() {
        let lookout = hiding(SECRET.as_bytes());
        for event in loaded() {
            let mut seen = Vec::new();
            let mut out = |it: &Event| seen.push(it.clone());
            EventSink::new(lookout.clone(), &mut out).emit(event);
            let text = serde_json::to_string(&seen).unwrap();
            assert!(!text.contains(SECRET) && text.contains("[redacted:K]"), "{text}");
            let back: Vec<Event> = serde_json::from_str(&text).unwrap();
            assert_eq!(back, seen);
        }
    }

    #[test]
    fn a_value_equal_to_a_tag_leaves_the_grammar_alone() {
        let lookout = hiding(b"model_text");
        let mut lines = Vec::new();
        let mut out = |it: &Event| lines.push(serde_json::to_value(it).unwrap());
        EventSink::new(lookout, &mut out).emit(Event::ModelText {
            text: "model_text".to_owned(),
        });
        assert_eq!(lines, [json!({"type": "model_text", "text": "[redacted:K]"})]);
    }
}
