//! `--learn`: recording where the requests of a run go and which secrets they carry.
//!
//! What is new is written as the run goes, at most once a second, and the rest at its end, however it ends: a run that
//! is killed has taught what it did until then. That a request could not be recorded does not stop it: the release was
//! recorded before anything left, and this is no evidence but a lesson.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use distri_core::ids::RunId;
use distri_core::learn::ObservedRequest;
use distri_core::{AgentName, Clock, Environment, Release, SecretKey, SystemClock};
use distri_egress::Observer;
use distri_redact::Redactor;
use distri_runtime::run::{Context as RunContext, RunSetup};
use distri_vault::observed::{ObservedAbout, ObservedBatch};

use crate::context::Context;
use crate::terminal;

/// Different requests of one run that are kept; the others are counted.
const MOST: usize = 4_096;
const BETWEEN_WRITES: Duration = Duration::from_secs(1);

/// Records a run's requests until it is dropped.
pub(crate) struct Learning(Arc<Recorder>);

impl Learning {
    /// Begins to record the requests of an agent's run; no secret that was `given` for it alone is in what is kept.
    pub(crate) fn begin(
        context: &Arc<Context>,
        environment: &Environment,
        setup: &mut RunSetup,
        given: &RunContext,
    ) -> Self {
        let agent = Some(setup.project.definition.name.clone());
        let hidden = given
            .secrets
            .iter()
            .fold(Redactor::builder(), |builder, (name, value)| {
                builder.secret(name, value.expose_secret())
            });
        let learning = Self::of(context, agent, environment, &setup.release, hidden.build(), false);
        setup.egress.observer = Some(learning.observer());
        learning
    }

    /// Begins to record the requests of a command, which its broker's observer is told of.
    pub(crate) fn of_command(
        context: &Arc<Context>,
        agent: Option<AgentName>,
        environment: &Environment,
        release: &Release,
    ) -> Self {
        Self::of(context, agent, environment, release, Redactor::none(), true)
    }

    fn of(
        context: &Arc<Context>,
        agent: Option<AgentName>,
        environment: &Environment,
        release: &Release,
        hidden: Redactor,
        is_command: bool,
    ) -> Self {
        let unbound = release.secrets.iter().filter(|it| it.policy.is_unbound());
        Self(Arc::new(Recorder {
            context: context.clone(),
            run: release.run,
            about: ObservedAbout {
                at: SystemClock.now(),
                agent,
                environment: environment.clone(),
                secrets: release.secrets.iter().map(|it| it.key.clone()).collect(),
            },
            unbound: unbound.map(|it| it.key.clone()).collect(),
            hidden,
            is_command,
            state: Mutex::default(),
        }))
    }

    /// What is told of requests.
    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        self.0.clone()
    }
}

impl Drop for Learning {
    fn drop(&mut self) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Also of a run without requests it is known that it had none.
        if state.batches == 0 || !state.pending.is_empty() || state.left_out > 0 {
            self.0.write(&mut state);
        }
        self.0.tell(&state);
    }
}

struct Recorder {
    context: Arc<Context>,
    run: RunId,
    about: ObservedAbout,
    unbound: Vec<SecretKey>,
    /// What egress knows nothing of.
    hidden: Redactor,
    is_command: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: HashSet<ObservedRequest>,
    pending: BTreeMap<ObservedRequest, u32>,
    left_out: u64,
    batches: u32,
    requests: u64,
    written: Option<Instant>,
    failure: Option<String>,
}

impl Observer for Recorder {
    fn sent(&self, mut request: ObservedRequest) {
        for text in [&mut request.host, &mut request.path] {
            *text = self.hidden.redact_str(text).into_owned();
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests += 1;
        let is_new = !state.known.contains(&request);
        if is_new && state.known.len() >= MOST {
            state.left_out += 1;
            return;
        }
        let times = state.pending.entry(request.clone()).or_default();
        *times = times.saturating_add(1);
        if is_new {
            state.known.insert(request);
            if state.written.is_none_or(|it| it.elapsed() >= BETWEEN_WRITES) {
                self.write(&mut state);
            }
        }
    }
}

impl Recorder {
    fn write(&self, state: &mut State) {
        let batch = ObservedBatch {
            about: self.about.clone(),
            requests: state.pending.iter().map(|(it, times)| (it.clone(), *times)).collect(),
            left_out: state.left_out,
        };
        let number = state.batches + 1;
        let caller = self.context.caller();
        let written = caller.and_then(|it| it.observe(self.run, number, &batch));
        state.written = Some(Instant::now());
        match written {
            Ok(()) => {
                state.batches = number;
                state.pending.clear();
                state.left_out = 0;
                state.failure = None;
            }
            // Kept for the next try.
            Err(error) => state.failure = Some(error.message().to_owned()),
        }
    }

    fn tell(&self, state: &State) {
        if let Some(failure) = &state.failure {
            terminal::warning(&format!("not all requests of this run were recorded: {failure}"));
        }
        let carried = |key: &&SecretKey| state.known.iter().any(|it| it.spots(key).next().is_some());
        let learned = self.unbound.iter().filter(carried).map(|it| format!("`{it}`"));
        let learned: Vec<String> = learned.collect();
        let requests = match state.requests {
            1 => "1 request".to_owned(),
            many => format!("{many} requests"),
        };
        if learned.is_empty() {
            terminal::note(&format!("Recorded {requests}; none carried a secret without hosts."));
            if self.is_command && state.requests == 0 {
                terminal::hint(
                    "a command's requests are seen only where its client reads `HTTPS_PROXY`, see `docs/clients.md`",
                );
            }
            return;
        }
        terminal::note(&format!(
            "Recorded {requests}; carried without hosts: {}.",
            learned.join(", ")
        ));
        terminal::hint("`distri secrets bind --from-run last` proposes where they may go");
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recorder({})", self.run)
    }
}
