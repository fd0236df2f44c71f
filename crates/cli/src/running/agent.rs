//! Finding agents: the one a person named, and all of a project.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use distri_core::agent::MAX_FILE_LEN;
use distri_runtime::run::{AgentProject, Project, ProjectError};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal;

/// The project in the current directory.
pub(crate) fn project() -> Project {
    Project::find(Path::new("."))
}

/// The agent that a person named, by name or by path; what is odd about its definition is told.
pub(crate) fn find(named: &str) -> Result<AgentProject, Failure> {
    let agent = look_up(named)?;
    for it in &agent.warnings {
        terminal::warning(&format!(
            "{}:{}:{}: {}",
            shown(&agent.definition_path),
            it.line,
            it.column,
            it.message
        ));
    }
    Ok(agent)
}

/// The same, without a word about oddities.
pub(crate) fn look_up(named: &str) -> Result<AgentProject, Failure> {
    project().agent(named).map_err(|error| {
        let missing = matches!(error, ProjectError::NotFound { .. });
        let failure = Failure::from(error);
        if missing { failure.hint(known_agents()) } else { failure }
    })
}

impl From<ProjectError> for Failure {
    fn from(error: ProjectError) -> Self {
        let exit = match &error {
            ProjectError::NotFound { .. } => Exit::Missing,
            ProjectError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Exit::Missing,
            ProjectError::Name(_) => Exit::Usage,
            ProjectError::Read { .. } | ProjectError::Definition(_) => Exit::Failed,
        };
        Self::new(exit, error.to_string())
    }
}

/// The agent files of the project: those in `agents`, and beside it the pages that begin as a definition does and
/// have a name (other tools' pages begin alike, in YAML).
pub(crate) fn project_files() -> Result<Vec<PathBuf>, Failure> {
    let mut files = project().definitions()?;
    files.extend(markdown_here().into_iter().filter(|it| is_definition(it)));
    Ok(files)
}

/// A path as a person would type it.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

fn known_agents() -> String {
    let files = project_files().unwrap_or_default();
    let agents = files
        .iter()
        .filter_map(|it| Some(format!("`{}`", it.file_stem()?.to_str()?)));
    let agents: Vec<String> = agents.collect();
    match agents.as_slice() {
        [] => "go to the project's directory, or name the definition by its path".to_owned(),
        agents => format!("the project has {}", agents.join(", ")),
    }
}

fn markdown_here() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(".") else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|it| it.path());
    let mut files: Vec<PathBuf> = paths
        .filter(|it| it.extension().is_some_and(|it| it == "md") && it.is_file())
        .collect();
    files.sort();
    files
}

fn is_definition(path: &Path) -> bool {
    let Ok(file) = fs::File::open(path) else { return false };
    has_toml_name(BufReader::new(file.take(MAX_FILE_LEN as u64)))
}

/// Whether the text begins with a line `---` and has a line `name = …` before the next one.
fn has_toml_name(text: impl BufRead) -> bool {
    let mut lines = text.lines().map_while(Result::ok);
    let opens = lines
        .next()
        .is_some_and(|it| it.trim_start_matches('\u{FEFF}').trim_end() == "---");
    let is_name = |it: String| {
        it.trim_start()
            .strip_prefix("name")
            .is_some_and(|it| it.trim_start().starts_with('='))
    };
    opens && lines.take_while(|it| it.trim_end() != "---").any(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_has_a_name_in_toml() {
        assert!(has_toml_name(&b"---\ndescription = \"d\"\nname=\"x\"\n---\n"[..]));
        for other in [
            "---\nname: x\n---\n",
            "# Mine\nname = 1\n",
            "---\ntitle = 1\n---\nname = 2\n",
            "",
        ] {
            assert!(!has_toml_name(other.as_bytes()), "{other:?}");
        }
    }
}
