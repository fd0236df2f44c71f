//! Recorded requests against a policy, and recorded runs into proposals: shared by `policy replay` and `secrets bind`.

use std::str::FromStr;

use crate::caller::Caller;
use distri_core::ids::RunId;
use distri_core::learn::{Note, ObservedRequest, Refusal, propose, refusal};
use distri_core::{AgentName, Environment, Policy, SecretKey, Timestamp};
use distri_vault::observed::ObservedRun;
use distri_vault::secrets::SecretInfo;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;

/// A run on the command line: its id, or `last`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WhichRun {
    /// The newest that was recorded.
    Last,
    /// This one.
    Id(RunId),
}

impl FromStr for WhichRun {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "last" => Ok(Self::Last),
            text => text
                .parse()
                .map(Self::Id)
                .map_err(|_| "a run is `last` or its id, as `distri audit list` shows it".to_owned()),
        }
    }
}

impl WhichRun {
    /// What is known of it.
    pub(crate) fn find(self, caller: &Caller<'_>) -> Result<ObservedRun, Failure> {
        match self {
            Self::Id(run) => Ok(caller.observed_run(run)?),
            Self::Last => caller.observed_runs(1)?.pop().ok_or_else(|| {
                Failure::new(Exit::Missing, "no run was recorded yet")
                    .hint("start one with `--learn`, as in `distri run NAME --task TEXT --learn`")
            }),
        }
    }
}

/// What a run teaches about one secret.
pub(crate) struct Lesson {
    /// The secret as it is.
    pub(crate) info: SecretInfo,
    /// Different requests of the run that carried it.
    pub(crate) requests: usize,
    /// The policy that is proposed; `None` where nothing was seen, or nothing can be bound.
    pub(crate) proposed: Option<Policy>,
    /// What to know about it.
    pub(crate) notes: Vec<Note>,
}

/// The lessons of `run` about `keys`, or about each secret of it that is unbound now.
pub(crate) fn lessons(caller: &Caller<'_>, run: &ObservedRun, keys: &[SecretKey]) -> Result<Vec<Lesson>, Failure> {
    let ObservedRun { about, requests, .. } = run;
    if let Some(stranger) = keys.iter().find(|it| !about.secrets.contains(it)) {
        let message = format!("run {} was not given `{stranger}`", run.run);
        return Err(Failure::new(Exit::Missing, message));
    }
    let requests: Vec<&ObservedRequest> = requests.keys().collect();
    let mut lessons = Vec::new();
    for key in about.secrets.iter().filter(|it| keys.is_empty() || keys.contains(it)) {
        let info = match caller.get(key, &about.environment) {
            Ok(info) if keys.is_empty() && !info.policy.is_unbound() => continue,
            Ok(info) => info,
            // Deleted since.
            Err(failure) if failure.exit() == Exit::Missing && keys.is_empty() => continue,
            Err(failure) => return Err(failure),
        };
        let carrying = requests.iter().filter(|it| it.spots(key).next().is_some()).count();
        let proposal = propose(key, &info.policy, &requests);
        let (proposed, notes) = proposal.map_or((None, Vec::new()), |it| (Some(it.policy), it.notes));
        lessons.push(Lesson {
            info,
            requests: carrying,
            proposed,
            notes,
        });
    }
    Ok(lessons)
}

/// Recorded requests that carried one secret, against a policy.
#[derive(Serialize)]
pub(crate) struct Trial {
    /// The secret.
    pub(crate) key: SecretKey,
    /// The policy that was tried.
    pub(crate) policy: Policy,
    /// How many different requests carried it, run by run.
    pub(crate) requests: usize,
    /// Those that the policy refuses.
    pub(crate) refused: Vec<Refused>,
}

/// A recorded request that a policy refuses.
#[derive(Serialize)]
pub(crate) struct Refused {
    pub(crate) run: RunId,
    pub(crate) at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<AgentName>,
    pub(crate) request: String,
    pub(crate) spots: Vec<String>,
    pub(crate) times: u32,
    pub(crate) rule: &'static str,
    pub(crate) why: String,
}

impl Trial {
    /// Tries `policy` on what the runs of one environment did with `key`.
    pub(crate) fn of(key: &SecretKey, policy: Policy, environment: &Environment, runs: &[ObservedRun]) -> Self {
        let mut trial = Self {
            key: key.clone(),
            policy,
            requests: 0,
            refused: Vec::new(),
        };
        for run in runs.iter().filter(|it| it.about.environment == *environment) {
            for (request, times) in &run.requests {
                if request.spots(key).next().is_none() {
                    continue;
                }
                trial.requests += 1;
                let agent = run.about.agent.as_ref();
                if let Some(refusal) = refusal(&trial.policy, key, agent, request) {
                    trial.refused.push(Refused::of(run, key, request, *times, &refusal));
                }
            }
        }
        trial
    }
}

impl Refused {
    fn of(run: &ObservedRun, key: &SecretKey, request: &ObservedRequest, times: u32, refusal: &Refusal) -> Self {
        Self {
            run: run.run,
            at: run.about.at,
            agent: run.about.agent.clone(),
            request: request.to_string(),
            spots: request.spots(key).map(ToString::to_string).collect(),
            times,
            rule: refusal.rule(),
            why: refusal.to_string(),
        }
    }
}
