//! What the model is shown: system message, task, turns and results, past the lookout as they come in.

use std::sync::Arc;

use serde_json::Value;

use super::{Reply, ToolCall};
use crate::{
    lookout::{Lookout, Place},
    run::redact_json::{redact_json, redact_string},
};

/// Most bytes of one tool's result that a model is shown.
pub(crate) const RESULT_LIMIT: usize = 256 << 10;

/// A conversation with a model.
///
/// There is no way to put text into it but past its lookout, so nothing that a model is sent was
/// forgotten to be redacted.
pub struct Conversation {
    lookout: Arc<Lookout>,
    system: String,
    messages: Vec<Message>,
    /// How many messages after the task are shown.
    window: usize,
}

/// One message; consecutive ones never have the same role.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The task.
    User(String),
    /// A model's turn.
    Assistant {
        /// What it said; may be empty.
        text: String,
        /// What it called.
        calls: Vec<ToolCall>,
    },
    /// The results of the turn before, one for each call, in order.
    Results(Vec<ToolOutcome>),
}

/// What became of one tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOutcome {
    /// The call's id.
    pub call_id: String,
    /// The tool's name.
    pub tool: String,
    /// Whether the tool answered.
    pub ok: bool,
    /// Its result as JSON, or the error's sentence.
    pub text: String,
}

impl Conversation {
    /// A conversation that begins with `task`. After it, at most `window` messages are shown.
    pub(crate) fn new(lookout: &Arc<Lookout>, system: &str, task: &str, window: Option<usize>) -> Self {
        let task = lookout.text(task.to_owned(), Place::Prompt);
        Self {
            lookout: lookout.clone(),
            system: lookout.text(system.to_owned(), Place::Prompt),
            messages: vec![Message::User(task)],
            window: window.unwrap_or(usize::MAX),
        }
    }

    /// The system message; may be empty.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> &str {
        match self.messages.first() {
            Some(Message::User(task)) => task,
            _ => "",
        }
    }

    /// The task and the latest messages; results are never shown without the turn that asked for them.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        let rest = self.messages.get(1..).unwrap_or_default();
        let mut from = rest.len().saturating_sub(self.window);
        // The latest results must stay, whatever the window: else the model would call again for ever.
        from = from.min(rest.len().saturating_sub(2));
        if matches!(rest.get(from), Some(Message::Results(_))) {
            from = from.saturating_sub(1);
        }
        self.messages.iter().take(1).chain(rest.get(from..).unwrap_or_default())
    }

    /// Adds a model's turn.
    pub(crate) fn push_reply(&mut self, reply: &Reply) {
        let lookout = &self.lookout;
        let text = |it: &String, place| lookout.text(it.clone(), place);
        let calls = reply.tool_calls.iter().map(|call| ToolCall {
            id: text(&call.id, Place::ToolInput),
            tool: text(&call.tool, Place::ToolInput),
            input: match &call.input {
                Ok(input) => Ok(lookout.json(input.clone(), Place::ToolInput)),
                Err(raw) => Err(text(raw, Place::ToolInput)),
            },
        });
        let message = Message::Assistant {
            text: text(&reply.text, Place::ModelText),
            calls: calls.collect(),
        };
        self.messages.push(message);
    }

    /// Adds the results of the last turn, which were looked at when the tools gave them.
    pub(crate) fn push_results<'r>(
        &mut self,
        results: impl IntoIterator<Item = (&'r ToolCall, &'r Result<Value, String>)>,
    ) {
        let redactor = self.lookout.redactor();
        let text = |it: &String| redact_string(redactor, it.clone());
        let outcomes = results.into_iter().map(|(call, result)| ToolOutcome {
            call_id: text(&call.id),
            tool: text(&call.tool),
            ok: result.is_ok(),
            text: cut(match result {
                Ok(output) => text(&redact_json(redactor, output.clone()).to_string()),
                Err(error) => text(error),
            }),
        });
        let outcomes = outcomes.collect();
        self.messages.push(Message::Results(outcomes));
    }
}

/// Cuts what is already redacted, so that no part of a value can be left at the edge.
fn cut(mut text: String) -> String {
    if text.len() > RESULT_LIMIT {
        let total = text.len();
        text.truncate(text.floor_char_boundary(RESULT_LIMIT));
        text.push_str(&format!("… (cut: {RESULT_LIMIT} of {total} bytes)"));
    }
    text
}

#[cfg(test)]
mod tests {
    use distri_redact::Redactor;
    use serde_json::json;

    use super::*;

    const SECRET: &str = "sk-live-0123456789";

    fn turn(n: usize) -> Reply {
        let call = ToolCall {
            id: n.to_string(),
            tool: "t".to_owned(),
            input: Ok(json!({"k": SECRET})),
        };
        Reply {
            text: format!("say {SECRET}"),
            tool_calls: vec![call],
            ..Reply::default()
        }
    }

    fn with_turns(window: Option<usize>, turns: usize) -> Conversation {
        let redactor = Redactor::builder().secret("K", SECRET.as_bytes()).build();
        let lookout = Arc::new(Lookout::hiding(redactor));
        let mut conversation = Conversation::new(&lookout, SECRET, SECRET, window);
        for n in 0..turns {
            let reply = turn(n);
            conversation.push_reply(&reply);
            let result = Ok(json!([SECRET]));
            conversation.push_results(reply.tool_calls.iter().map(|it| (it, &result)));
        }
        conversation
    }

    #[test]
    fn nothing_in_it_is_unredacted() {
        let conversation = with_turns(None, 2);
        let all: Vec<_> = conversation.messages().collect();
        let text = format!("{} {all:?}", conversation.system());
        assert!(!text.contains(SECRET), "{text}");
        assert_eq!(text.matches("[redacted:K]").count(), 2 + 2 * 3);
    }

    #[test]
    fn the_window_keeps_the_task_and_whole_turns() {
        for (window, expected) in [
            (None, 9),
            (Some(100), 9),
            (Some(4), 5),
            (Some(3), 5),
            (Some(1), 3),
            (Some(0), 3),
        ] {
            let conversation = with_turns(window, 4);
            let shown: Vec<_> = conversation.messages().collect();
            assert_eq!(shown.len(), expected, "{window:?}");
            assert!(matches!(shown[0], Message::User(_)));
            assert!(matches!(shown[1], Message::Assistant { .. }), "{window:?}");
            assert!(matches!(shown[expected - 1], Message::Results(_)));
        }
    }

    #[test]
    fn a_long_result_is_cut_after_it_was_redacted() {
        let mut conversation = with_turns(None, 0);
        let reply = turn(0);
        let long = Ok(json!(format!("{}{SECRET}", "ä".repeat(RESULT_LIMIT / 2 - 3))));
        conversation.push_results(reply.tool_calls.iter().map(|it| (it, &long)));
        let Some(Message::Results(results)) = conversation.messages().last() else {
            panic!("results")
        };
        assert!(results[0].text.contains("(cut:") && !results[0].text.contains("sk-"));
    }
}
