//! The built-in model `test`: deterministic, so that an agent's tools can be tried without a model.
//!
//! It calls the tools that the task names, in that order, or all of them once when the task names
//! none; then it answers with the results in one line.

use std::{cmp::Reverse, ops::Range};

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::{Conversation, Message, Model, ModelError, Reply, ToolCall, ToolOutcome, ToolSpec, sample::arguments};

pub(super) struct TestModel;

impl Model for TestModel {
    fn complete<'a>(
        &'a self,
        conversation: &'a Conversation,
        tools: &'a [ToolSpec],
    ) -> BoxFuture<'a, Result<Reply, ModelError>> {
        let results = conversation.messages().find_map(|it| match it {
            Message::Results(results) => Some(results),
            _ => None,
        });
        let reply = match results {
            Some(results) => Reply {
                text: summary(results),
                ..Reply::default()
            },
            None => first_turn(conversation.task(), tools),
        };
        Box::pin(async { Ok(reply) })
    }
}

fn first_turn(task: &str, tools: &[ToolSpec]) -> Reply {
    let mut wanted = wanted(task, tools);
    if wanted.is_empty() {
        wanted = tools.iter().map(|it| (it, None)).collect();
    }
    if wanted.is_empty() {
        return Reply {
            text: "there are no tools to call".to_owned(),
            ..Reply::default()
        };
    }
    let calls = wanted.into_iter().enumerate().map(|(index, (tool, given))| ToolCall {
        id: format!("call_{}", index + 1),
        tool: tool.name.clone(),
        input: Ok(given.unwrap_or_else(|| arguments(&tool.parameters))),
    });
    Reply {
        tool_calls: calls.collect(),
        ..Reply::default()
    }
}

type Wanted<'t> = (&'t ToolSpec, Option<Value>);

/// The tools that the task names as whole words, in order, each with the JSON object behind it.
/// Named again without an object, a tool is only spoken of; names inside an object are data.
fn wanted<'t>(task: &str, tools: &'t [ToolSpec]) -> Vec<Wanted<'t>> {
    let mut wanted: Vec<Wanted<'t>> = Vec::new();
    let mut from = 0;
    while let Some((tool, end)) = next_mention(task, from, tools).map(|(tool, at)| (tool, at.end)) {
        let brace = task[end..].find('{').map_or(task.len(), |it| end + it);
        let next = next_mention(task, end, tools).map_or(task.len(), |(_, at)| at.start);
        let object = if brace < next { object_at(task, brace) } else { None };
        from = object.as_ref().map_or(end, |(_, behind)| *behind);
        let given = object.map(|(object, _)| object);
        if given.is_some() || !wanted.iter().any(|(it, _)| it.name == tool.name) {
            wanted.push((tool, given));
        }
    }
    wanted
}

fn next_mention<'t>(task: &str, from: usize, tools: &'t [ToolSpec]) -> Option<(&'t ToolSpec, Range<usize>)> {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mentions = tools.iter().filter_map(|tool| {
        let len = tool.name.len();
        let start = task[from..]
            .match_indices(&tool.name)
            .map(|(at, _)| from + at)
            .find(|start| {
                let before = task[..*start].chars().next_back();
                let after = task[start + len..].chars().next();
                !before.is_some_and(word) && !after.is_some_and(word)
            })?;
        Some((tool, start..start + len))
    });
    // Of two names at one place the longer one is meant: `mail` and `mail.send`.
    mentions.min_by_key(|(_, at)| (at.start, Reverse(at.end)))
}

/// The JSON object that begins at `start`, and where it ends.
fn object_at(task: &str, start: usize) -> Option<(Value, usize)> {
    let mut objects = serde_json::Deserializer::from_str(&task[start..]).into_iter::<Map<String, Value>>();
    let object = objects.next()?.ok()?;
    Some((Value::Object(object), start + objects.byte_offset()))
}

/// Most characters of one result in the answer.
const SHOWN: usize = 300;

fn summary(results: &[ToolOutcome]) -> String {
    let line = |it: &ToolOutcome| {
        let text = it.text.replace(['\n', '\r'], " ");
        let mut shown: String = text.chars().take(SHOWN).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        match it.ok {
            true => format!("{}: {shown}", it.tool),
            false => format!("{} failed: {shown}", it.tool),
        }
    };
    results.iter().map(line).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tools() -> Vec<ToolSpec> {
        let schema = json!({"type": "object", "required": ["to"], "properties": {"to": {"type": "string"}}});
        ["send_email", "send_email_later", "mail", "mail.send"]
            .map(|name| ToolSpec {
                name: name.to_owned(),
                description: String::new(),
                parameters: schema.clone(),
            })
            .to_vec()
    }

    fn called(task: &str) -> Vec<(String, Value)> {
        let calls = first_turn(task, &tools()).tool_calls.into_iter();
        calls.map(|it| (it.tool, it.input.expect("an object"))).collect()
    }

    #[test]
    fn it_calls_what_the_task_names() {
        let made = json!({"to": "to"});
        let call = |name: &str, input: &Value| (name.to_owned(), input.clone());
        let given = json!({"to": "ann"});
        assert_eq!(called("please send_email to Ann"), [call("send_email", &made)]);
        assert_eq!(called(r#"send_email {"to": "ann"} now"#), [call("send_email", &given)]);
        assert_eq!(
            called(r#"use mail.send with {"to":"ann"}, then send_email_later; mail.send was first"#),
            [call("mail.send", &given), call("send_email_later", &made)]
        );
        assert_eq!(
            called(r#"mail {"to":"ann"} mail {"to":"ann"}"#),
            [call("mail", &given), call("mail", &given)]
        );
        assert_eq!(
            called(r#"mail {"to":"mail.send"}"#),
            [call("mail", &json!({"to": "mail.send"}))]
        );
        assert_eq!(called("send_email {not json}"), [call("send_email", &made)]);
        assert_eq!(called("tell me a story").len(), 4);
    }

    #[test]
    fn without_tools_it_says_so() {
        let reply = first_turn("anything", &[]);
        assert!(reply.tool_calls.is_empty() && !reply.text.is_empty());
    }
}
