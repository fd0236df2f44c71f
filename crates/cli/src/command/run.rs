//! `distri run`: an agent with its model, its tools and its secrets.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::Args;
use distri_core::SecretKey;
use distri_core::agent::AgentDefinition;
use distri_egress::EgressError;
use distri_runtime::lookout::Lookout;
use distri_runtime::run::{
    AgentProject, Context as RunContext, Event, ModelSelection, RunEnd, RunError, RunRequest, RunSetup, SelectError,
    Session,
};
use distri_vault::secrets::Selection;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::running::given::Given;
use crate::running::interrupt::{Interrupt, block_on};
use crate::running::learning::Learning;
use crate::running::progress::Telling;
use crate::running::sessions::VaultSessions;
use crate::running::{agent, alarms, secrets};
use crate::{log, terminal};

/// Runs an agent until its model answers.
///
/// Progress goes to standard error, the answer to standard output. Everything that is shown has the values of the
/// run's secrets, and the usual encodings of them, replaced by `[redacted:NAME]`.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The agent: its name (`agents/NAME.md`, else `NAME.md`) or the path of its definition
    #[arg(value_name = "NAME", required_unless_present = "agent", conflicts_with = "agent")]
    name: Option<String>,
    /// The same, as an option
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// What the agent is to do
    #[arg(long, value_name = "TEXT")]
    task: String,
    /// What both kinds of use take.
    #[command(flatten)]
    given: Given,
    /// Variables and secrets for this run only: `{"envs": {…}, "secrets": {…}}`
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
    /// Another model than the definition's: `test` (built in, calls the tools that the task names) or `PROVIDER/MODEL`
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Ask the model at most this often
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_iterations: Option<u32>,
    /// Print each event as a line of JSON on standard output
    #[arg(long)]
    json: bool,
}

impl Run {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let named = self.name.or(self.agent).unwrap_or_default();
        let mut project = agent::find(&named)?;
        if self.max_iterations.is_some() {
            project.definition.max_iterations = self.max_iterations;
        }
        let selection = model(&project, self.model.as_deref())?;
        let given = self
            .context
            .as_deref()
            .map(RunContext::parse)
            .transpose()
            .map_err(|it| Failure::new(Exit::Usage, it.to_string()))?;
        let given = given.unwrap_or_default();
        log::look(|| Arc::new(secrets::of_context(&given)));

        let context = Arc::new(Context::open()?);
        let required = required(&project.definition, &selection, &given);
        let telling = if self.json { Telling::Json } else { Telling::Run };
        let mut setup = prepare(&context, project, &self.given, required, telling)?;
        let learn = |setup| Learning::begin(&context, &self.given.environment, setup, &given);
        let _learning = self.given.learn.then(|| learn(&mut setup));
        let setup = RunSetup {
            context: given,
            model: self.model,
            ..setup
        };

        let interrupt = Interrupt::default();
        let request = RunRequest::new(setup, self.task).interrupted_by(interrupt.clone().wait());
        let outcome = block_on(distri_runtime::run::run(request, &mut |event: &Event| {
            telling.tell(event)
        }))??;
        match outcome.end {
            RunEnd::Interrupted => return Err(interrupt.failure()),
            RunEnd::Frozen => return Err(alarms::frozen(outcome.text)),
            RunEnd::Answered | RunEnd::FinalTool | RunEnd::MaxIterations => {}
        }
        if !outcome.is_ok() {
            return Err(Failure::new(Exit::Failed, outcome.text).hint("allow more turns with `--max-iterations N`"));
        }
        if !self.json {
            output::line(&shown(&outcome.text))?;
        }
        Ok(Exit::Ok)
    }
}

/// Releases all secrets that the agent may use; the required ones must be there.
pub(crate) fn prepare(
    context: &Arc<Context>,
    project: AgentProject,
    given: &Given,
    required: BTreeSet<SecretKey>,
    telling: Telling,
) -> Result<RunSetup, Failure> {
    let caller = context.caller()?;
    let agent = project.definition.name.clone();
    let all = Selection::All { required };
    let release = secrets::release(&caller, Some(&agent), &given.environment, all, false)?;
    secrets::warn_of_weak(&release);
    let on_leak = given.on_leak.max(project.definition.secrets.on_leak);
    let watch = alarms::watch(context, release.run, Some(&agent), on_leak, telling);
    // The run makes its own, with what `--context` adds; this one is for the log.
    log::look(|| Arc::new(Lookout::new(&release, [], watch.clone())));
    let mut setup = RunSetup::new(project, release.run);
    setup.release = Arc::new(release);
    setup.watch = watch;
    setup.params = given.params();
    setup.egress = given.network.config();
    setup.host.limits.call_deadline = given.tool_timeout;
    let store = Arc::new(VaultSessions(context.clone()));
    // Without an id each run is a conversation of its own, which leaves nothing behind.
    if let Some(id) = &given.session {
        setup.session = Session { id: id.clone(), store };
    }
    Ok(setup)
}

fn model(project: &AgentProject, instead: Option<&str>) -> Result<ModelSelection, Failure> {
    ModelSelection::of(&project.definition, instead).map_err(|error| {
        let place = match instead {
            Some(_) => "`--model`".to_owned(),
            None => agent::shown(&project.definition_path),
        };
        let exit = if instead.is_some() { Exit::Usage } else { Exit::Failed };
        let failure = Failure::new(exit, format!("{place}: {error}"));
        match error {
            SelectError::NoModel => failure.hint("or try the agent's tools without a model: `--model test`"),
            _ => failure,
        }
    })
}

/// What must be set before anything starts: the definition's keys and the model's, less those that `--context` gives.
fn required(definition: &AgentDefinition, model: &ModelSelection, given: &RunContext) -> BTreeSet<SecretKey> {
    let of_model = model
        .keys()
        .into_iter()
        .filter(|it| it.required)
        .filter_map(|it| it.key.parse().ok());
    let keys = definition.secrets.required.iter().cloned().chain(of_model);
    keys.filter(|it: &SecretKey| !given.secrets.contains_key(it.as_str()) && !given.envs.contains_key(it.as_str()))
        .collect()
}

/// An answer may hold anything; a terminal gets it without what would steer it, a pipe gets it as it is.
fn shown(text: &str) -> String {
    use std::io::IsTerminal;
    if std::io::stdout().is_terminal() {
        terminal::inert(text)
    } else {
        text.to_owned()
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        if matches!(error, RunError::Frozen) {
            return alarms::frozen(error.to_string());
        }
        let exit = match &error {
            RunError::NoModelKey { .. }
            | RunError::Unresolved { .. }
            | RunError::NoToolsFile { .. }
            | RunError::UnknownTool { .. } => Exit::Missing,
            RunError::Egress(EgressError::CaFile { path, .. }) if !path.exists() => Exit::Missing,
            RunError::Model(_) => Exit::Unreachable,
            _ => Exit::Failed,
        };
        let failure = Self::new(exit, error.to_string());
        match error {
            RunError::NoModelKey { key } => {
                failure.hint(format!("set it with `distri secrets set {key}`, or try `--model test`"))
            }
            RunError::Unresolved { variable, .. } => failure.hint(format!(
                "set it with `distri secrets set {variable}`, or give it with `--context`"
            )),
            _ => failure,
        }
    }
}
