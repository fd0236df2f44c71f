//! Anthropic's messages with `tool_use` and `tool_result` blocks.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Conversation, Message, Model, ModelError, Reply, ToolCall, ToolSpec, endpoint::Endpoint, select::Sampling,
    wire_names::WireNames,
};
use crate::run::event::Usage;

/// The format's version, sent with each request.
pub(super) const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// The format demands a bound; this one suits answers and tool calls.
const MAX_TOKENS: u32 = 4096;

pub(super) struct Anthropic {
    pub(super) endpoint: Endpoint,
    pub(super) model: String,
    pub(super) sampling: Sampling,
}

impl Model for Anthropic {
    fn complete<'a>(
        &'a self,
        conversation: &'a Conversation,
        tools: &'a [ToolSpec],
    ) -> BoxFuture<'a, Result<Reply, ModelError>> {
        Box::pin(async move {
            let names = WireNames::new(tools);
            let request = Request {
                model: &self.model,
                max_tokens: self.sampling.max_tokens.unwrap_or(MAX_TOKENS),
                system: conversation.system(),
                messages: messages(conversation, &names),
                tools: tools.iter().map(|it| Tool::of(it, &names)).collect(),
                temperature: self.sampling.temperature,
                top_p: self.sampling.top_p,
            };
            let reply: Answer = self.endpoint.post(&request).await?;
            self.read(reply, &names)
        })
    }
}

impl Anthropic {
    fn read(&self, reply: Answer, names: &WireNames) -> Result<Reply, ModelError> {
        let mut text = String::new();
        let mut tool_calls = Vec::new();
        for block in reply.content {
            match block {
                AnswerBlock::Text { text: part } => text.push_str(&part),
                AnswerBlock::ToolUse { id, name, input } => tool_calls.push(ToolCall {
                    id,
                    tool: names.own(&name),
                    input: if input.is_object() {
                        Ok(input)
                    } else {
                        Err(input.to_string())
                    },
                }),
                AnswerBlock::Other => {}
            }
        }
        if text.is_empty() && tool_calls.is_empty() {
            let reason = reply.stop_reason.as_deref().unwrap_or("no reason given");
            return Err(ModelError::Empty(
                self.endpoint.redactor.redact_str(reason).into_owned(),
            ));
        }
        Ok(Reply {
            text,
            tool_calls,
            usage: reply.usage.unwrap_or_default(),
        })
    }
}

fn messages<'a>(conversation: &'a Conversation, names: &WireNames) -> Vec<WireMessage<'a>> {
    conversation
        .messages()
        .map(|message| match message {
            Message::User(text) => WireMessage {
                role: "user",
                content: vec![Block::Text { text }],
            },
            Message::Assistant { text, calls } => {
                let said = (!text.trim().is_empty()).then_some(Block::Text { text });
                let calls = calls.iter().map(|call| Block::ToolUse {
                    id: &call.id,
                    name: names.wire(&call.tool),
                    input: match &call.input {
                        Ok(input) => input.clone(),
                        // The format takes objects only.
                        Err(raw) => json!({ "malformed": raw }),
                    },
                });
                WireMessage {
                    role: "assistant",
                    content: said.into_iter().chain(calls).collect(),
                }
            }
            Message::Results(results) => {
                let blocks = results.iter().map(|it| Block::ToolResult {
                    tool_use_id: &it.call_id,
                    content: &it.text,
                    is_error: !it.ok,
                });
                WireMessage {
                    role: "user",
                    content: blocks.collect(),
                }
            }
        })
        .collect()
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    system: &'a str,
    messages: Vec<WireMessage<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
}

#[derive(Serialize)]
struct WireMessage<'a> {
    role: &'static str,
    content: Vec<Block<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        text: &'a str,
    },
    ToolUse {
        id: &'a str,
        name: String,
        input: Value,
    },
    ToolResult {
        tool_use_id: &'a str,
        content: &'a str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
}

#[derive(Serialize)]
struct Tool<'a> {
    name: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    input_schema: &'a Value,
}

impl<'a> Tool<'a> {
    fn of(tool: &'a ToolSpec, names: &WireNames) -> Self {
        Self {
            name: names.wire(&tool.name),
            description: &tool.description,
            input_schema: &tool.parameters,
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    content: Vec<AnswerBlock>,
    stop_reason: Option<String>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum AnswerBlock {
    Text {
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
        input: Value,
    },
    /// Thinking and whatever else the format grows.
    #[serde(other)]
    Other,
}
