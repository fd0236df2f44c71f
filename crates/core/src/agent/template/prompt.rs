//! The template of a prompt: `{{task}}`, `{{session.k}}`, `{{attributes.k}}` and `{{params.k}}`, and never a secret.
//!
//! `\{{` is two braces. Three braces around a name mean the same as two, as agents of the original write them. A `$`
//! has no meaning here, so prices and shell examples stay as they are.

use serde_json::Value;

use super::{TemplateError, braces};
use crate::agent::position::quoted;

/// An agent's instructions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptTemplate {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Slot { offset: usize, slot: Slot },
}

/// What a prompt may refer to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// `{{task}}`: what the user asks for.
    Task,
    /// `{{session.k}}`: a value of the conversation.
    Session(String),
    /// `{{attributes.k}}`: a static value of the agent.
    Attribute(String),
    /// `{{params.k}}`: a value passed by the user.
    Param(String),
}

impl PromptTemplate {
    /// Parses `text`.
    ///
    /// # Errors
    /// A secret, anything else that is unknown, and `{{` that is not closed on its line.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find("{{") {
            let start = at + found;
            if text[at..start].ends_with('\\') {
                literal.push_str(&text[at..start - 1]);
                // Each brace of a run is part of the escape.
                let run = text[start..].bytes().take_while(|b| *b == b'{').count();
                literal.push_str(&text[start..start + run]);
                at = start + run;
                continue;
            }
            literal.push_str(&text[at..start]);
            let (inner, after) = slot_text(text, start)?;
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Slot {
                offset: start,
                slot: Slot::parse(inner).map_err(|it| TemplateError::at(start, it))?,
            });
            at = after;
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }

    /// Whether there are no instructions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What is referred to, each with its byte offset in the template's text.
    pub fn slots(&self) -> impl Iterator<Item = (usize, &Slot)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Slot { offset, slot } => Some((*offset, slot)),
            Part::Text(_) => None,
        })
    }

    /// The text with values in place: strings as they are, others as JSON, what `lookup` does not know as nothing.
    pub fn render(&self, mut lookup: impl FnMut(&Slot) -> Option<Value>) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Slot { slot, .. } => match lookup(slot) {
                    None => {}
                    Some(Value::String(text)) => out.push_str(&text),
                    Some(value) => out.push_str(&value.to_string()),
                },
            }
        }
        out
    }
}

impl Slot {
    fn parse(inner: &str) -> Result<Self, String> {
        if inner == "task" {
            return Ok(Self::Task);
        }
        if inner == "secrets" || inner.starts_with("secrets.") || inner.starts_with("secrets[") {
            return Err("a secret in a prompt reaches the model; use it in a tool instead".to_owned());
        }
        if let Some((scope, key)) = inner.split_once('.')
            && (1..=128).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        {
            match scope {
                "session" => return Ok(Self::Session(key.to_owned())),
                "attributes" => return Ok(Self::Attribute(key.to_owned())),
                "params" => return Ok(Self::Param(key.to_owned())),
                _ => {}
            }
        }
        Err(format!(
            "unknown {}; known are `{{{{task}}}}`, `{{{{session.k}}}}`, `{{{{attributes.k}}}}` and `{{{{params.k}}}}`; write `\\{{{{` for the braces themselves",
            quoted(&format!("{{{{{inner}}}}}"))
        ))
    }
}

/// What stands in the two or three braces at `start`, and the offset after them.
fn slot_text(text: &str, start: usize) -> Result<(&str, usize), TemplateError> {
    let (inner, after) = braces(text, start)?;
    match inner.strip_prefix('{') {
        Some(inner) if text[after..].starts_with('}') => Ok((inner.trim(), after + 1)),
        _ => Ok((inner, after)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_put_in_once() {
        let lookup = |slot: &Slot| match slot {
            Slot::Task => Some(json!("do {{params.n}} $X")),
            Slot::Session(k) if k == "a-b" => Some(json!({"x": [1, "y"]})),
            Slot::Attribute(_) => Some(json!(1.5)),
            Slot::Param(k) if k == "n" => Some(json!(null)),
            _ => None,
        };
        for (text, rendered) in [
            ("", ""),
            ("{{task}}", "do {{params.n}} $X"),
            ("a {{ task }} b {{{task}}}", "a do {{params.n}} $X b do {{params.n}} $X"),
            (
                "{{session.a-b}}|{{session.none}}|{{attributes.x}}|{{params.n}}",
                "{\"x\":[1,\"y\"]}||1.5|null",
            ),
            (
                "\\{{task}} \\{{{task}}} $HOME $5 {x} é",
                "{{task}} {{{task}}} $HOME $5 {x} é",
            ),
        ] {
            assert_eq!(PromptTemplate::parse(text).unwrap().render(lookup), rendered, "{text}");
        }
    }

    #[test]
    fn a_secret_or_unknown_name_is_refused_at_its_place() {
        for (text, offset, words) in [
            ("x {{secrets.A}}", 2, "reaches the model"),
            ("é\n{{ secrets.A }}", 3, "reaches the model"),
            ("{{{secrets.A}}}", 0, "reaches the model"),
            ("{{secrets}}", 0, "reaches the model"),
            ("{{user}}", 0, "unknown `{{user}}`"),
            ("{{#if task}}", 0, "unknown"),
            ("{{session.}}", 0, "unknown"),
            ("{{session.a.b}}", 0, "unknown"),
            ("a {{task", 2, "not closed"),
            ("{{task\n}}", 0, "not closed"),
        ] {
            let error = PromptTemplate::parse(text).unwrap_err();
            assert_eq!(error.offset, offset, "{text}");
            assert!(error.message.contains(words), "{text}: {}", error.message);
        }
    }
}
