//! `distri agents check`: everything that can be said about a definition before it runs.

use std::fmt;
use std::path::Path;

use clap::Args;
use distri_core::ids::RunId;
use distri_core::{Environment, SecretKey, SystemClock};
use distri_runtime::run::{AgentProject, ModelSelection, ProjectError, RunError, RunSetup, SelectError, list_tools};

use super::needs::{Standing, Stored};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::running::agent::{look_up, project, project_files, shown};
use crate::running::interrupt::block_on_or_interrupt;
use crate::terminal;

/// Checks agent definitions and their tools; nothing is released and no secret needs to be set.
///
/// Exits with 1 when there is an error; warnings and notes alone are no failure.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Names or paths; without any, all agents of the project
    agents: Vec<String>,
    /// Look for the secrets in this environment
    #[arg(long = "env", value_name = "NAME", default_value = "default")]
    environment: Environment,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Severity {
    Error,
    Warning,
    Note,
}

/// What was found, with its place as far as it has one.
struct Finding {
    severity: Severity,
    place: String,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(f, "{}: {word}: {}", self.place, self.message)
    }
}

impl Check {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let stored = Stored::read(&self.environment)?;
        let mut findings = Vec::new();
        let mut checked = 0;
        if self.agents.is_empty() {
            for path in project_files()? {
                checked += 1;
                match project().open(&path) {
                    Ok(agent) => look(&agent, &stored, &mut findings)?,
                    Err(error) => findings.push(unreadable(&path, &error)),
                }
            }
        }
        for named in &self.agents {
            checked += 1;
            match project().agent(named) {
                Ok(agent) => look(&agent, &stored, &mut findings)?,
                Err(ProjectError::NotFound { .. } | ProjectError::Name(_)) => {
                    look_up(named)?;
                }
                Err(error) => findings.push(unreadable(Path::new(named), &error)),
            }
        }
        for finding in &findings {
            output::line(&terminal::inert(&finding.to_string()))?;
        }
        let count = |severity| findings.iter().filter(|it| it.severity == severity).count();
        let errors = count(Severity::Error);
        terminal::note(&format!(
            "{} checked: {}, {}, {}",
            many(checked, "agent"),
            many(errors, "error"),
            many(count(Severity::Warning), "warning"),
            many(count(Severity::Note), "note")
        ));
        Ok(if errors == 0 { Exit::Ok } else { Exit::Failed })
    }
}

fn unreadable(path: &Path, error: &ProjectError) -> Finding {
    let (place, message) = match error {
        ProjectError::Definition(it) => (format!("{}:{}:{}", it.file, it.line, it.column), it.message.clone()),
        other => (shown(path), other.to_string()),
    };
    Finding {
        severity: Severity::Error,
        place,
        message,
    }
}

fn look(agent: &AgentProject, stored: &Stored, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    let path = shown(&agent.definition_path);
    let mut add = |severity, place: &str, message: String| {
        findings.push(Finding {
            severity,
            place: place.to_owned(),
            message,
        })
    };
    for it in &agent.warnings {
        add(
            Severity::Warning,
            &format!("{path}:{}:{}", it.line, it.column),
            it.message.clone(),
        );
    }
    match ModelSelection::of(&agent.definition, None) {
        Ok(model) => {
            for key in model.keys().into_iter().filter(|it| it.required) {
                // A key of the definition itself is told below.
                let Ok(name) = key.key.parse::<SecretKey>() else {
                    continue;
                };
                if !agent.definition.named_secrets().contains(&name)
                    && stored.standing(&name, &agent.definition.name) != Standing::Set
                {
                    add(
                        Severity::Note,
                        &path,
                        format!("the model needs `{name}`, which is not set"),
                    );
                }
            }
        }
        Err(SelectError::NoModel) => add(Severity::Note, &path, SelectError::NoModel.to_string()),
        Err(error) => add(Severity::Error, &path, error.to_string()),
    }
    if agent.tools_file.is_none()
        && agent.definition.tools.dynamic.is_empty()
        && agent.definition.tools.external.names().is_empty()
    {
        add(
            Severity::Note,
            &path,
            "it has no tools: no `Tools.tsx` beside it, in the project's root or in `src`".to_owned(),
        );
    }
    let setup = RunSetup::new(agent.clone(), RunId::new(&SystemClock));
    if let Err(error) = block_on_or_interrupt(list_tools(setup, &mut |_| {}))? {
        let (place, message) = place_of(&error, &path);
        // Loading may need a secret's value, which a check has not.
        let severity = if matches!(error, RunError::ToolHost(_)) {
            Severity::Warning
        } else {
            Severity::Error
        };
        add(severity, &place, message);
    }
    let needs = &agent.definition.secrets;
    for key in agent.definition.named_secrets() {
        let standing = stored.standing(&key, &agent.definition.name);
        if standing != Standing::Set {
            let role = match (needs.required.contains(&key), needs.optional.contains(&key)) {
                (true, _) => "required secret",
                (_, true) => "optional secret",
                _ => "secret of a template",
            };
            add(
                Severity::Note,
                &path,
                format!("{role} `{key}` is {}; `distri secrets set {key}`", standing.as_str()),
            );
        }
    }
    for template in agent.definition.config_templates() {
        for name in template.names().filter(|it| it.parse::<SecretKey>().is_err()) {
            add(
                Severity::Note,
                &path,
                format!("`${name}` in a template can be no secret; each run must give it with `--context`"),
            );
        }
    }
    Ok(())
}

/// A script's error brings its place along; the others are about the definition.
fn place_of(error: &RunError, path: &str) -> (String, String) {
    let message = error.to_string();
    if let RunError::Script(script) = error
        && let Some(at) = script.position()
    {
        let place = at.to_string();
        let message = message
            .strip_prefix(&format!("{place}: "))
            .unwrap_or(&message)
            .to_owned();
        return (place, message);
    }
    (path.to_owned(), message)
}

fn many(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}
