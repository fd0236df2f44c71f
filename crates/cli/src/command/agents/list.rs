//! `distri agents list`: name, description, and how each secret stands.

use std::io::IsTerminal;

use clap::Args;
use distri_core::agent::AgentDefinition;
use distri_core::{Environment, SecretKey};
use serde::Serialize;

use super::needs::{Standing, Stored};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::running::agent::{project, project_files, shown};
use crate::terminal::{self, inert};

/// Lists `agents/*.md`, and the definitions in the current directory.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Look for the secrets in this environment
    #[arg(long = "env", value_name = "NAME", default_value = "default")]
    environment: Environment,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    name: String,
    path: String,
    description: Option<String>,
    secrets: Vec<Need>,
}

#[derive(Serialize)]
struct Need {
    key: SecretKey,
    required: bool,
    status: Standing,
}

impl List {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let stored = Stored::read(&self.environment)?;
        let mut rows = Vec::new();
        for path in project_files()? {
            match project().open(&path) {
                Ok(agent) => rows.push(row(&agent.definition, shown(&path), &stored)),
                Err(error) => terminal::warning(&error.to_string()),
            }
        }
        if self.json {
            output::json(&rows)?;
            return Ok(Exit::Ok);
        }
        if rows.is_empty() {
            terminal::note("No agents found.");
            terminal::hint("a definition is `agents/NAME.md`; see `distri agents check PATH`");
        }
        for row in &rows {
            output::line(&text(row))?;
        }
        Ok(Exit::Ok)
    }
}

fn row(definition: &AgentDefinition, path: String, stored: &Stored) -> Row {
    let name = &definition.name;
    let needs = &definition.secrets;
    let need = |key: &SecretKey, required| Need {
        key: key.clone(),
        required,
        status: stored.standing(key, name),
    };
    let required = needs.required.iter().map(|key| need(key, true));
    let secrets = required
        .chain(needs.optional.iter().map(|key| need(key, false)))
        .collect();
    Row {
        name: name.to_string(),
        path,
        description: definition.description.clone(),
        secrets,
    }
}

fn text(row: &Row) -> String {
    let about = row
        .description
        .as_deref()
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default();
    let mut text = inert(format!("{}  {about}", row.name).trim_end());
    let width = row.secrets.iter().map(|it| it.key.as_str().len()).max().unwrap_or(0);
    for it in &row.secrets {
        let (mark, colour) = match (it.status, it.required) {
            (Standing::Set, _) => ("✓", "32"),
            (_, true) => ("✗", "31"),
            (_, false) => ("·", "2"),
        };
        let optional = if it.required { "" } else { " (optional)" };
        text.push_str(&format!(
            "\n  {} {:width$}  {}{optional}",
            painted(mark, colour),
            it.key.as_str(),
            it.status.as_str()
        ));
    }
    text
}

fn painted(text: &str, colour: &str) -> String {
    if terminal::colours() && std::io::stdout().is_terminal() {
        format!("\x1b[{colour}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
