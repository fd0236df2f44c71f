//! `policy replay`: which recorded requests a policy would refuse.

use crate::caller::Caller;
use clap::Args;
use distri_core::policy::{AgentScope, Binding, Delivery};
use distri_core::{AgentName, Environment, Policy};
use distri_vault::observed::KEPT_RUNS;

use super::trial::{Trial, WhichRun, lessons};
use crate::command::key_text::KeyText;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{minute, table};
use crate::{output, terminal};

/// Say which recorded requests a policy would refuse
///
/// The requests of runs with `--learn` are tried on the secret's policy with the changes that are named; nothing is
/// changed. Exit code 1 when one would be refused.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Replay {
    /// The secret's key
    #[arg(
        value_name = "KEY",
        required_unless_present = "from_run",
        conflicts_with = "from_run"
    )]
    key: Option<KeyText>,
    /// Try what `secrets bind --from-run` proposes, on all recorded runs: a run's id, or `last`
    #[arg(long, value_name = "RUN")]
    from_run: Option<WhichRun>,
    /// The environment
    #[arg(
        long = "env",
        value_name = "NAME",
        default_value = "default",
        conflicts_with = "from_run"
    )]
    environment: Environment,
    #[command(flatten)]
    changes: Changes,
    /// Only the newest N recorded runs
    #[arg(long, value_name = "N", default_value_t = KEPT_RUNS)]
    runs: u32,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

/// What is different in the policy that is tried.
#[derive(Debug, Args)]
struct Changes {
    /// A host the value may go to, and no others: `[METHODS ]host[:port][/path]` (repeatable)
    #[arg(long = "host", value_name = "HOST", conflicts_with_all = ["any_host", "from_run"])]
    hosts: Vec<Binding>,
    /// Any host
    #[arg(long, conflicts_with = "from_run")]
    any_host: bool,
    /// An agent that may use the secret, and no others (repeatable)
    #[arg(long = "agent", value_name = "NAME", conflicts_with_all = ["any_agent", "from_run"])]
    agents: Vec<AgentName>,
    /// Every agent
    #[arg(long, conflicts_with = "from_run")]
    any_agent: bool,
    /// `placeholder`, `value` or `auto`
    #[arg(long, value_name = "HOW", conflicts_with = "from_run")]
    delivery: Option<Delivery>,
    /// Whether the broker may put the value into bodies: `--body` or `--body=false`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        conflicts_with = "from_run")]
    body: Option<bool>,
}

const NOTES: &str = "\
JSON: an array of {key, policy, requests, refused: [{run, at, agent, request, spots, times, rule, why}]}.
requests counts the different ones that carried the secret; rule is wrong-host, wrong-place, too-often or
not-for-this-agent.

Examples:
  distri policy replay CRM_TOKEN                       # the policy as it is
  distri policy replay CRM_TOKEN --host 'POST api.crm.example/v1' --runs 10
  distri policy replay --from-run last";

impl Replay {
    /// Tries it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Context::open()?;
        let trials = self.trials(&context.caller()?)?;
        if self.json {
            output::json(&trials)?;
        } else {
            print(&trials)?;
        }
        match trials.iter().all(|it| it.refused.is_empty()) {
            true => Ok(Exit::Ok),
            false => Ok(Exit::Failed),
        }
    }

    fn trials(&self, caller: &Caller<'_>) -> Result<Vec<Trial>, Failure> {
        let runs = caller.observed_runs(self.runs)?;
        if let Some(which) = self.from_run {
            let run = which.find(caller)?;
            let lessons = lessons(caller, &run, &[])?;
            let proposed = lessons.into_iter().filter_map(|it| Some((it.info.key, it.proposed?)));
            let trials = proposed.map(|(key, it)| Trial::of(&key, it, &run.about.environment, &runs));
            return Ok(trials.collect());
        }
        let Some(key) = self.key.as_ref().map(KeyText::parse).transpose()? else {
            return Ok(Vec::new());
        };
        let policy = self.changes.apply(caller.get(&key, &self.environment)?.policy);
        Ok(vec![Trial::of(&key, policy, &self.environment, &runs)])
    }
}

impl Changes {
    fn apply(&self, policy: Policy) -> Policy {
        let agents = match &self.agents[..] {
            [] if self.any_agent => AgentScope::All,
            [] => policy.agents,
            names => AgentScope::only(names.iter().cloned()),
        };
        let hosts = match &self.hosts[..] {
            [] if !self.any_host => policy.hosts,
            hosts => hosts.to_vec(),
        };
        let policy = Policy {
            hosts,
            agents,
            delivery: self.delivery.unwrap_or(policy.delivery),
            body: self.body.unwrap_or(policy.body),
        };
        policy.canonical()
    }
}

fn print(trials: &[Trial]) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for trial in trials {
        rows.extend(trial.refused.iter().map(|it| {
            vec![
                minute(it.at),
                it.agent.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
                trial.key.to_string(),
                it.request.clone(),
                it.times.to_string(),
                it.rule.to_owned(),
                it.why.clone(),
            ]
        }));
    }
    if !rows.is_empty() {
        let headings = ["RUN BEGAN", "AGENT", "SECRET", "REQUEST", "TIMES", "RULE", "WHY"];
        output::line(&table(&headings, rows))?;
    }
    if trials.is_empty() {
        terminal::note("This run proposes nothing.");
    }
    for trial in trials {
        let key = &trial.key;
        terminal::note(&match (trial.refused.len(), trial.requests) {
            (_, 0) => format!("No recorded request carried '{key}'."),
            (refused, all) => format!("'{key}': {refused} of {all} recorded requests would be refused."),
        });
    }
    Ok(())
}
