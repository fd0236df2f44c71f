//! `distri exec`: any command with secrets in its environment and its output redacted.
//!
//! No catalogue, (without `--agent`) no TOML and (without a secret that has hosts) no runtime on this path: it costs a
//! few milliseconds over the bare command.

mod watch;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use distri_core::agent::AgentDefinition;
use distri_core::alarm::OnLeak;
use distri_core::{AgentName, Environment, Release, SecretKey};
use distri_runtime::exec::{ExecError, ExecOutcome, ExecSpec, exec};
use distri_runtime::isolation::{HelperCommand, Isolation, IsolationError};
use distri_runtime::lookout::Lookout;
use distri_vault::secrets::Selection;

use crate::command::key_text::{KeyText, parse_all};
use crate::context::{Context, private_places};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::log;
use crate::running::broker::Broker;
use crate::running::learning::Learning;
use crate::running::network::Network;
use crate::running::progress::Telling;
use crate::running::{agent, alarms, secrets};

/// Runs a command to its end, and ends as it ended.
///
/// The command gets the secrets as environment variables beside what it inherits, except `DISTRI_*`: a placeholder of
/// each that has hosts, the value of each that has none. What it writes to standard output and standard error has
/// values and placeholders, and the usual encodings of them, replaced by `[redacted:NAME]`.
///
/// With a secret that has hosts, a broker runs beside the command, and the environment leads clients to it (curl,
/// Python, Node.js, git, …; `docs/clients.md` has the list). It puts the value in the placeholder's place in requests
/// to those hosts; everything else is tunnelled untouched.
#[derive(Args, Debug)]
pub(crate) struct Exec {
    /// As this agent: the secrets that its definition lists (all, if it lists none) and that are meant for it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["only", "all"])]
    agent: Option<String>,
    /// Only these secrets; all of them must be set
    #[arg(long, value_name = "KEY,KEY", value_delimiter = ',', conflicts_with = "all")]
    only: Vec<KeyText>,
    /// All secrets that are not reserved for certain agents (the default)
    #[arg(long)]
    all: bool,
    /// Take the secrets of this environment; no other is looked into
    #[arg(long = "env", value_name = "NAME", default_value = "default")]
    environment: Environment,
    /// Give the staged value of each secret that has one, to try it before `secrets promote`
    #[arg(long)]
    staged: bool,
    /// When a version that the command uses changes: release the new ones, ask the command to end (SIGTERM), and start it
    /// again with them
    #[arg(long)]
    watch: bool,
    /// With --watch, how long the command may take to end before it is killed
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "watch")]
    grace: u64,
    /// What an alarm does, such as a placeholder in the output: `warn`, or `freeze`, which ends the command. A
    /// definition's `on_leak` can make it stricter
    #[arg(long, value_name = "HOW", default_value_t = OnLeak::Warn)]
    on_leak: OnLeak,
    /// Record where requests go and which secrets they carry, for `secrets bind --from-run` and `policy replay`. The
    /// broker looks into every connection then: a client that pins certificates or speaks another protocol inside of TLS
    /// fails
    #[arg(long, conflicts_with = "lock")]
    learn: bool,
    /// Without a network but the broker, Unix sockets, other processes, or sight of distri's own files; refused where
    /// the machine does not permit that (`distri doctor` says). Nothing that the command started outlives it
    #[arg(long)]
    isolate: bool,
    /// Refuse every host that none of the secrets is bound to, for whatever goes through the broker
    #[arg(long, help_heading = "Network")]
    lock: bool,
    /// The broker's way out.
    #[command(flatten)]
    network: Network,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl Exec {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let only: BTreeSet<_> = parse_all(&self.only)?;
        let agent = self.agent.as_deref().map(agent::find).transpose()?;
        let definition = agent.map(|it| it.definition);
        let context = Arc::new(Context::open()?);
        let asked = Asked {
            selection: self.selection(&context, definition.as_ref(), only)?,
            agent: definition.as_ref().map(|it| it.name.clone()),
            environment: self.environment.clone(),
            staged: self.staged,
        };
        let on_leak = definition.map_or(OnLeak::Warn, |it| it.secrets.on_leak);
        let one = One {
            context: &context,
            asked: &asked,
            on_leak: self.on_leak.max(on_leak),
            exec: &self,
        };
        // Before any value is released: it is not, to a command that cannot be isolated as asked.
        let isolation = one.isolation()?;
        let outcome = match self.watch {
            false => one.run(asked.release(&context)?, isolation, exec)?,
            true => watch::run(&one, isolation, Duration::from_secs(self.grace))?,
        };
        if outcome == ExecOutcome::Frozen {
            return Err(alarms::frozen("the command is ended by an alarm"));
        }
        Ok(Exit::Child(u8::try_from(outcome.exit_code()).unwrap_or(u8::MAX)))
    }

    fn selection(
        &self,
        context: &Context,
        definition: Option<&AgentDefinition>,
        only: BTreeSet<SecretKey>,
    ) -> Result<Selection, Failure> {
        Ok(match definition {
            Some(definition) => secrets::listed_by(&context.caller()?, definition, &self.environment)?,
            None if !only.is_empty() => Selection::Only(only),
            None => Selection::All {
                required: BTreeSet::new(),
            },
        })
    }
}

/// Which secrets the command gets.
pub(super) struct Asked {
    agent: Option<AgentName>,
    environment: Environment,
    selection: Selection,
    staged: bool,
}

impl Asked {
    /// Records the release and opens the values.
    fn release(&self, context: &Context) -> Result<Release, Failure> {
        let (caller, selection) = (context.caller()?, self.selection.clone());
        let release = secrets::release(&caller, self.agent.as_ref(), &self.environment, selection, self.staged)?;
        secrets::warn_of_weak(&release);
        Ok(release)
    }
}

/// The command with everything beside it, from a release to its end.
struct One<'e> {
    context: &'e Arc<Context>,
    asked: &'e Asked,
    on_leak: OnLeak,
    exec: &'e Exec,
}

impl One<'_> {
    fn isolation(&self) -> Result<Option<Isolation>, Failure> {
        match self.exec.isolate {
            true => Ok(Some(Isolation::start(&private_places()?, &HelperCommand::default())?)),
            false => Ok(None),
        }
    }

    fn run(
        &self,
        release: Release,
        mut isolation: Option<Isolation>,
        run: impl FnOnce(ExecSpec<'_>) -> Result<ExecOutcome, ExecError>,
    ) -> Result<ExecOutcome, Failure> {
        let Exec { network, lock, .. } = self.exec;
        let agent = self.asked.agent.as_ref();
        let watch = alarms::watch(self.context, release.run, agent, self.on_leak, Telling::Console);
        let release = Arc::new(release);
        let learn = || Learning::of_command(self.context, agent.cloned(), &self.asked.environment, &release);
        let learning = self.exec.learn.then(learn);
        let way_out = isolation.as_mut().and_then(Isolation::take_listener);
        let needed = *lock || self.exec.learn || way_out.is_some();
        let broker = if needed || release.secrets.iter().any(|it| !it.policy.hosts.is_empty()) {
            let observer = learning.as_ref().map(Learning::observer);
            Some(Broker::start(
                release.clone(),
                watch.clone(),
                network,
                *lock,
                observer,
                way_out,
            )?)
        } else {
            network.warn_unused();
            None
        };
        let password = broker.as_ref().map(Broker::password);
        let hidden = password.iter().map(|(name, password)| (*name, password));
        // A command can read the file that it is in.
        let hidden = hidden.chain(self.context.token().map(|it| ("DISTRI_API_KEY", it)));
        let lookout = Arc::new(Lookout::new(&release, hidden, watch));
        log::look(|| lookout.clone());
        let mut command = self.exec.command.iter().cloned();
        Ok(run(ExecSpec {
            program: command.next().unwrap_or_default(),
            args: command.collect(),
            secrets: release.secrets.iter().map(|it| (it.key.as_str(), it.given())).collect(),
            lookout,
            variables: broker.as_ref().map(Broker::environment).unwrap_or_default(),
            clear_env: false,
            remove: Vec::new(),
            isolation,
        })?)
    }
}

impl From<ExecError> for Failure {
    fn from(error: ExecError) -> Self {
        let exit = error
            .exit_code()
            .and_then(|it| u8::try_from(it).ok())
            .map_or(Exit::Failed, Exit::Child);
        let failure = Self::new(exit, error.to_string());
        match error {
            ExecError::ZeroByte { .. } | ExecError::ValueTooLarge { .. } | ExecError::EnvironmentTooLarge { .. } => {
                failure.hint("name the secrets that the command needs with `--only KEY,KEY`")
            }
            ExecError::Isolation(error) => error.into(),
            _ => failure,
        }
    }
}

impl From<IsolationError> for Failure {
    fn from(error: IsolationError) -> Self {
        let failure = Self::new(Exit::Failed, error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
