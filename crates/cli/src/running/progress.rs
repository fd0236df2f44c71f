//! Telling a run's events as they come: lines for a person on standard error, or JSON lines on standard output.
//!
//! Every text in an event is redacted before it arrives here.

use std::io::Write;

use distri_runtime::run::{Event, SecretDelivery, SecretUse};
use distri_runtime::tool_host::ConsoleLevel;
use serde_json::Value;

use crate::output;
use crate::terminal::{self, inert};

/// How events are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// All of them, one JSON object a line on standard output.
    Json,
    /// What a person wants to see of a run.
    Run,
    /// Only what a handler prints: for a single call, whose result is the output.
    Console,
}

impl Telling {
    /// Tells one event.
    pub(crate) fn tell(self, event: &Event) {
        match self {
            Self::Json => {
                // A reader that went away ends the telling, not the run.
                let line = serde_json::to_string(event).map(|it| output::line(&it));
                drop(line);
            }
            Self::Run => say(&run_line(event)),
            Self::Console => say(&console_line(event)),
        }
    }
}

/// The longest piece of input or output on a line for people; the whole is in `--json`.
const SHOWN: usize = 160;

fn run_line(event: &Event) -> Option<String> {
    let line = match event {
        Event::RunStarted {
            agent, model, secrets, ..
        } => {
            let given = match secrets.as_slice() {
                [] => "no secrets".to_owned(),
                secrets => secrets.iter().map(secret).collect::<Vec<_>>().join(", "),
            };
            format!("{} {}", bold(agent), dim(&format!("· {model} · {given}")))
        }
        // The last words are the answer, which goes to standard output.
        Event::ModelText { .. } => return None,
        Event::ToolCall { tool, input, .. } => format!("{} {} {}", cyan("→"), bold(tool), dim(&short(input))),
        Event::ToolResult {
            tool,
            ok: true,
            output,
            duration_ms,
            ..
        } => {
            let output = output.as_ref().map(short).unwrap_or_default();
            format!("{} {tool} {output} {}", green("✓"), dim(&format!("{duration_ms} ms")))
        }
        Event::ToolResult {
            tool,
            error,
            duration_ms,
            ..
        } => {
            let error = error.as_deref().unwrap_or("failed");
            format!(
                "{} {tool} failed: {} {}",
                red("✗"),
                cut(error),
                dim(&format!("{duration_ms} ms"))
            )
        }
        Event::Log { text } => dim(&cut(text)),
        Event::RunFinished { iterations, usage, .. } if usage.input_tokens + usage.output_tokens > 0 => dim(&format!(
            "{iterations} turns, {} + {} tokens",
            usage.input_tokens, usage.output_tokens
        )),
        // An alarm is told by whoever records it.
        Event::RunFinished { .. } | Event::Alarm { .. } => return None,
        Event::Console { .. } | Event::Warning { .. } => return console_line(event),
    };
    Some(line)
}

fn console_line(event: &Event) -> Option<String> {
    match event {
        Event::Console { level, text } => {
            let text = inert(text).replace('\n', "\n  ");
            Some(match level {
                ConsoleLevel::Warn => format!("  {} {text}", yellow("warn")),
                ConsoleLevel::Error => format!("  {} {text}", red("error")),
                ConsoleLevel::Debug | ConsoleLevel::Log | ConsoleLevel::Info => format!("  {} {text}", dim("log")),
            })
        }
        Event::Warning { text } => {
            terminal::warning(text);
            None
        }
        _ => None,
    }
}

fn secret(it: &SecretUse) -> String {
    match it.delivery {
        SecretDelivery::Placeholder => format!("{} (placeholder)", it.key),
        SecretDelivery::Value => format!("{} (value)", it.key),
        SecretDelivery::UnboundValue => format!("{} (value, unbound)", it.key),
        SecretDelivery::Model => format!("{} (model only)", it.key),
    }
}

fn short(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    let mut shown: String = inert(text)
        .chars()
        .map(|c| if c == '\n' { ' ' } else { c })
        .take(SHOWN)
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

fn say(line: &Option<String>) {
    if let Some(line) = line {
        // A closed standard error is no reason to fail. The parts are inert, the colours are ours.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

fn bold(text: &str) -> String {
    painted("1", text)
}

fn dim(text: &str) -> String {
    painted("2", text)
}

fn red(text: &str) -> String {
    painted("31", text)
}

fn green(text: &str) -> String {
    painted("32", text)
}

fn yellow(text: &str) -> String {
    painted("33", text)
}

fn cyan(text: &str) -> String {
    painted("36", text)
}

fn painted(colour: &str, text: &str) -> String {
    let text = inert(text);
    if terminal::colours() {
        format!("\x1b[{colour}m{text}\x1b[0m")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_steering_text_is_cut_and_inert() {
        let line = cut(&format!("a\x1b[2J\n{}", "x".repeat(500)));
        assert_eq!(line.chars().count(), SHOWN + 1);
        assert!(line.starts_with("a\u{FFFD}[2J x") && line.ends_with('…'), "{line}");
    }
}
