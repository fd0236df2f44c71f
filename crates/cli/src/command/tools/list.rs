//! `distri tools list`: names, descriptions and schemas; no secret is released for it.

use clap::Args;
use distri_core::SystemClock;
use distri_core::ids::RunId;
use distri_runtime::run::{Event, RunSetup, ToolKind, ToolSummary, list_tools};
use serde_json::Value;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::running::agent;
use crate::running::interrupt::block_on_or_interrupt;
use crate::running::progress::Telling;
use crate::terminal::inert;

/// Lists an agent's tools as a model sees them.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// The agent: its name or the path of its definition
    agent: String,
    /// Print names, descriptions and JSON Schemas as JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let project = agent::find(&self.agent)?;
        let setup = RunSetup::new(project, RunId::new(&SystemClock));
        let tools = block_on_or_interrupt(list_tools(setup, &mut |event: &Event| Telling::Console.tell(event)))??;
        if self.json {
            output::json(&tools)?;
            return Ok(Exit::Ok);
        }
        let width = tools.iter().map(|it| it.name.chars().count()).max().unwrap_or(0);
        for tool in &tools {
            output::line(&line(tool, width))?;
        }
        Ok(Exit::Ok)
    }
}

/// `send_email  (to, subject, body?)  Send an email`
fn line(tool: &ToolSummary, width: usize) -> String {
    let about = tool.description.lines().next().unwrap_or_default();
    let kind = if tool.kind == ToolKind::Http { "  [http]" } else { "" };
    inert(
        format!(
            "{:width$}  ({}){kind}  {about}",
            tool.name,
            parameters(&tool.parameters)
        )
        .trim_end(),
    )
}

/// The names of the parameters; `?` marks those that may be absent.
fn parameters(schema: &Value) -> String {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let names = schema["properties"].as_object().into_iter().flat_map(|it| it.keys());
    let names = names.map(|it| {
        if required.contains(&it.as_str()) {
            it.clone()
        } else {
            format!("{it}?")
        }
    });
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_that_may_be_absent_are_marked() {
        let schema = json!({"type": "object", "properties": {"to": {}, "cc": {}}, "required": ["to"]});
        assert_eq!(parameters(&schema), "to, cc?");
        assert_eq!(parameters(&json!({})), "");
    }
}
