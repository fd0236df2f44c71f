//! `distri tools call`: one call, its result as JSON on standard output.

use std::sync::Arc;

use clap::Args;
use distri_runtime::run::{CallError, Context as RunContext, Event, call_tool};
use serde_json::{Map, Value};

use crate::command::run::prepare;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::running::agent;
use crate::running::given::Given;
use crate::running::interrupt::block_on_or_interrupt;
use crate::running::learning::Learning;
use crate::running::progress::Telling;

/// Calls one tool of an agent.
///
/// The result is printed as JSON, with the values of the agent's secrets, and the usual encodings of them, replaced
/// by `[redacted:NAME]`; so is what the handler prints, on standard error.
#[derive(Args, Debug)]
pub(crate) struct Call {
    /// The agent: its name or the path of its definition
    agent: String,
    /// The tool's name
    tool: String,
    /// The tool's input as JSON
    #[arg(long, value_name = "JSON", default_value = "{}")]
    args: String,
    /// What both kinds of use take.
    #[command(flatten)]
    given: Given,
    /// Print each event as a line of JSON instead of the result alone
    #[arg(long)]
    json: bool,
}

impl Call {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let input = parse_args(&self.args)?;
        let project = agent::find(&self.agent)?;
        let required = project.definition.secrets.required.iter().cloned().collect();
        let context = Arc::new(Context::open()?);
        let telling = if self.json { Telling::Json } else { Telling::Console };
        let mut setup = prepare(&context, project, &self.given, required, telling)?;
        let learn = |setup| Learning::begin(&context, &self.given.environment, setup, &RunContext::default());
        let _learning = self.given.learn.then(|| learn(&mut setup));
        let mut sink = |event: &Event| telling.tell(event);
        let result = block_on_or_interrupt(call_tool(setup, &self.tool, input, &mut sink))??;
        if !self.json {
            output::json(&result)?;
        }
        Ok(Exit::Ok)
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Run(error) => error.into(),
            CallError::Unknown { .. } => Self::new(Exit::Missing, error.to_string()),
            CallError::Failed(message) => Self::new(Exit::Failed, message),
        }
    }
}

/// Not by the command line's parser: its message would repeat the text, which may hold anything.
fn parse_args(text: &str) -> Result<Value, Failure> {
    if text.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_str(text).map_err(|it| {
        let place = format!("line {}, column {}", it.line(), it.column());
        Failure::new(Exit::Usage, format!("`--args` is not JSON at {place}"))
    })
}
