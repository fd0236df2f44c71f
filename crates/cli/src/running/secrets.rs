//! Which secrets leave to an agent or a command, and what of them cannot be hidden in output.

use std::collections::BTreeSet;

use distri_core::agent::AgentDefinition;
use distri_core::ids::RunId;
use distri_core::{AgentName, Clock, Environment, Release, SecretKey, SystemClock};
use distri_redact::{Redactor, weakness};
use distri_runtime::lookout::Lookout;
use distri_runtime::run::Context;
use distri_vault::secrets::{ListSecrets, MissingReason, ReleaseSecrets, Selection};

use crate::caller::Caller;
use crate::failure::Failure;
use crate::terminal;

/// Records the release and opens the values, or the staged one of each secret that has one; what is missing is named together
/// with the commands that set it.
pub(crate) fn release(
    caller: &Caller<'_>,
    agent: Option<&AgentName>,
    environment: &Environment,
    selection: Selection,
    staged: bool,
) -> Result<Release, Failure> {
    let request = ReleaseSecrets {
        agent: agent.cloned(),
        environment: environment.clone(),
        selection,
    };
    let released = caller.release(RunId::new(&SystemClock), &request, staged);
    released.map_err(|failure| match failure.missing_secrets() {
        [] => failure,
        missing => {
            let hint = how_to_set(missing, environment);
            failure.hint(hint)
        }
    })
}

/// The commands that set what is missing, as far as setting it helps.
fn how_to_set(missing: &[(String, String)], environment: &Environment) -> String {
    let env = if environment.is_default() {
        String::new()
    } else {
        format!(" --env {environment}")
    };
    let reserved = MissingReason::NotForThisAgent.to_string();
    let unset = missing.iter().filter(|it| it.1 != reserved);
    let mut commands: Vec<String> = unset
        .map(|(key, _)| format!("`distri secrets set {key}{env}`"))
        .collect();
    match (commands.pop(), commands.as_slice()) {
        (None, _) => format!("`distri secrets list{env} --json` shows which agents each secret is for"),
        (Some(only), []) => format!("set it with {only}"),
        (Some(last), others) => format!("set them with {} and {last}", others.join(", ")),
    }
}

/// What `exec --agent` gives: the keys that the definition lists, where it lists any; else all that the agent may use.
pub(crate) fn listed_by(
    caller: &Caller<'_>,
    definition: &AgentDefinition,
    environment: &Environment,
) -> Result<Selection, Failure> {
    let needs = &definition.secrets;
    if needs.required.is_empty() && needs.optional.is_empty() {
        return Ok(Selection::All {
            required: BTreeSet::new(),
        });
    }
    let mut keys: BTreeSet<SecretKey> = needs.required.iter().cloned().collect();
    if !needs.optional.is_empty() {
        let usable = usable(caller, Some(&definition.name), environment)?;
        keys.extend(needs.optional.iter().filter(|it| usable.contains(*it)).cloned());
    }
    Ok(Selection::Only(keys))
}

/// The keys that are set, not expired, and permitted to this agent.
pub(crate) fn usable(
    caller: &Caller<'_>,
    agent: Option<&AgentName>,
    environment: &Environment,
) -> Result<BTreeSet<SecretKey>, Failure> {
    let listed = caller.list(&ListSecrets {
        environment: Some(environment.clone()),
        deleted: false,
    })?;
    let now = SystemClock.now();
    let usable = listed
        .into_iter()
        .map(|it| it.info)
        .filter(|it| !it.is_expired(now) && it.policy.agents.includes(agent));
    Ok(usable.map(|it| it.key).collect())
}

/// What of the release cannot be looked for in output is named to the person.
pub(crate) fn warn_of_weak(release: &Release) {
    let weak = release
        .secrets
        .iter()
        .filter(|it| weakness(it.value.expose_secret()).is_some());
    let weak: Vec<String> = weak.map(|it| format!("`{}`", it.key)).collect();
    if !weak.is_empty() {
        terminal::warning(&format!(
            "too short or too common to be redacted in output: {}",
            weak.join(", ")
        ));
    }
}

/// Finds every secret that `--context` gives.
pub(crate) fn of_context(context: &Context) -> Lookout {
    let secrets = context.secrets.iter();
    let redactor = secrets.fold(Redactor::builder(), |it, (name, value)| {
        it.secret(name, value.expose_secret())
    });
    Lookout::hiding(redactor.build())
}
