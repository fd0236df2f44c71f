//! OpenAI's chat completions with tools, as many other providers speak them too.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Conversation, Message, Model, ModelError, Reply, ToolCall, ToolSpec, endpoint::Endpoint, select::Sampling,
    wire_names::WireNames,
};
use crate::run::event::Usage;

pub(super) struct OpenAi {
    pub(super) endpoint: Endpoint,
    pub(super) model: String,
    pub(super) sampling: Sampling,
    /// OpenAI itself refuses `max_tokens` for its newer models; other providers know nothing else.
    pub(super) is_openai: bool,
}

impl Model for OpenAi {
    fn complete<'a>(
        &'a self,
        conversation: &'a Conversation,
        tools: &'a [ToolSpec],
    ) -> BoxFuture<'a, Result<Reply, ModelError>> {
        Box::pin(async move {
            let names = WireNames::new(tools);
            let request = self.request(conversation, tools, &names);
            let reply: Completion = self.endpoint.post(&request).await?;
            self.read(reply, &names)
        })
    }
}

impl OpenAi {
    fn request<'a>(&'a self, conversation: &'a Conversation, tools: &'a [ToolSpec], names: &WireNames) -> Request<'a> {
        let sampling = &self.sampling;
        let (max_tokens, max_completion_tokens) = match self.is_openai {
            true => (None, sampling.max_tokens),
            false => (sampling.max_tokens, None),
        };
        Request {
            model: &self.model,
            messages: messages(conversation, names),
            tools: tools.iter().map(|it| Tool::of(it, names)).collect(),
            temperature: sampling.temperature,
            top_p: sampling.top_p,
            frequency_penalty: sampling.frequency_penalty,
            presence_penalty: sampling.presence_penalty,
            max_tokens,
            max_completion_tokens,
        }
    }

    fn read(&self, reply: Completion, names: &WireNames) -> Result<Reply, ModelError> {
        let Some(choice) = reply.choices.into_iter().next() else {
            return Err(self.endpoint.malformed("it has no choice"));
        };
        let message = choice.message;
        let text = message
            .content
            .map(Content::text)
            .or(message.refusal)
            .unwrap_or_default();
        let calls = message.tool_calls.unwrap_or_default().into_iter().enumerate();
        let tool_calls: Vec<_> = calls
            .map(|(index, call)| ToolCall {
                id: call
                    .id
                    .filter(|it| !it.is_empty())
                    .unwrap_or_else(|| format!("call_{index}")),
                tool: names.own(&call.function.name),
                input: input(call.function.arguments),
            })
            .collect();
        if text.is_empty() && tool_calls.is_empty() {
            let reason = choice.finish_reason.as_deref().unwrap_or("no reason given");
            return Err(ModelError::Empty(
                self.endpoint.redactor.redact_str(reason).into_owned(),
            ));
        }
        let usage = reply.usage.unwrap_or_default();
        let usage = Usage {
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
        };
        Ok(Reply {
            text,
            tool_calls,
            usage,
        })
    }
}

/// OpenAI writes the arguments as a text; some others as an object.
fn input(arguments: Value) -> Result<Value, String> {
    match arguments {
        Value::Object(_) => Ok(arguments),
        Value::Null => Ok(Value::Object(serde_json::Map::new())),
        Value::String(text) if text.trim().is_empty() => Ok(Value::Object(serde_json::Map::new())),
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(value @ Value::Object(_)) => Ok(value),
            _ => Err(text),
        },
        other => Err(other.to_string()),
    }
}

fn messages<'a>(conversation: &'a Conversation, names: &WireNames) -> Vec<WireMessage<'a>> {
    let mut wire = Vec::new();
    if !conversation.system().is_empty() {
        wire.push(WireMessage::text("system", conversation.system()));
    }
    for message in conversation.messages() {
        match message {
            Message::User(text) => wire.push(WireMessage::text("user", text)),
            Message::Assistant { text, calls } => wire.push(WireMessage {
                content: (!text.is_empty()).then_some(text),
                tool_calls: calls.iter().map(|it| WireCall::of(it, names)).collect(),
                ..WireMessage::of("assistant")
            }),
            Message::Results(results) => wire.extend(results.iter().map(|it| WireMessage {
                content: Some(&it.text),
                tool_call_id: Some(&it.call_id),
                ..WireMessage::of("tool")
            })),
        }
    }
    wire
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
}

#[derive(Serialize)]
struct WireMessage<'a> {
    role: &'static str,
    /// `null` beside calls, as the format wants it.
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WireCall>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

impl<'a> WireMessage<'a> {
    fn of(role: &'static str) -> Self {
        Self {
            role,
            content: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }

    fn text(role: &'static str, text: &'a str) -> Self {
        Self {
            content: Some(text),
            ..Self::of(role)
        }
    }
}

#[derive(Serialize)]
struct WireCall {
    id: String,
    r#type: &'static str,
    function: WireFunction,
}

#[derive(Serialize)]
struct WireFunction {
    name: String,
    arguments: String,
}

impl WireCall {
    fn of(call: &ToolCall, names: &WireNames) -> Self {
        let arguments = match &call.input {
            Ok(input) => input.to_string(),
            Err(raw) => raw.clone(),
        };
        let function = WireFunction {
            name: names.wire(&call.tool),
            arguments,
        };
        Self {
            id: call.id.clone(),
            r#type: "function",
            function,
        }
    }
}

#[derive(Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    parameters: &'a Value,
}

impl<'a> Tool<'a> {
    fn of(tool: &'a ToolSpec, names: &WireNames) -> Self {
        let function = Function {
            name: names.wire(&tool.name),
            description: &tool.description,
            parameters: &tool.parameters,
        };
        Self {
            r#type: "function",
            function,
        }
    }
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Answer,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    content: Option<Content>,
    refusal: Option<String>,
    tool_calls: Option<Vec<AnswerCall>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

impl Content {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().filter_map(|it| it.text).collect(),
        }
    }
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

#[derive(Deserialize)]
struct AnswerCall {
    id: Option<String>,
    function: AnswerFunction,
}

#[derive(Deserialize)]
struct AnswerFunction {
    name: String,
    #[serde(default)]
    arguments: Value,
}

#[derive(Default, Deserialize)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}
