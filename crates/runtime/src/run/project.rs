//! Finds an agent's definition and what belongs to it.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Component, Path, PathBuf},
};

use distri_core::{
    AgentName,
    agent::{AgentDefinition, DefinitionError, MAX_FILE_LEN, Warning},
};

use crate::script::find_tools_file;

/// A folder with agents: definitions in it or in its `agents` folder.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
}

/// One agent: its definition, and where its files are.
#[derive(Clone, Debug)]
pub struct AgentProject {
    /// What the definition says.
    pub definition: AgentDefinition,
    /// What is odd about it; printed as `{path}:{line}:{column}: {message}`.
    pub warnings: Vec<Warning>,
    /// The definition's file.
    pub definition_path: PathBuf,
    /// Tools may import files in here and nowhere else.
    pub root: PathBuf,
    /// `Tools.tsx` and its like, where there is one.
    pub tools_file: Option<PathBuf>,
}

/// Why there is no agent.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// No file for the name.
    #[error("there is no agent `{name}`; looked at {}", places(.looked))]
    NotFound {
        /// As it was asked for.
        name: String,
        /// Each file that would have been it.
        looked: Vec<PathBuf>,
    },
    /// Neither a name nor a path.
    #[error("`{0}` is no agent: give its name (letters, digits and `_`) or the path of its `.md` file")]
    Name(String),
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no definition; the message has line and column.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
}

impl Project {
    /// The project in `start_dir`.
    ///
    /// Folders above it are not searched: a definition says which secrets a run gets, and one in
    /// `/tmp` or in a shared parent may be somebody else's.
    #[must_use]
    pub fn find(start_dir: &Path) -> Self {
        Self {
            root: start_dir.to_owned(),
        }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The agent called `wanted`: `agents/NAME.md`, else `NAME.md`; or the file, when `wanted` has a
    /// `/` or ends with `.md`.
    ///
    /// # Errors
    /// As [`ProjectError`] says.
    pub fn agent(&self, wanted: &str) -> Result<AgentProject, ProjectError> {
        let looked = if wanted.contains('/') || wanted.ends_with(".md") {
            vec![self.root.join(wanted)]
        } else if wanted.parse::<AgentName>().is_ok() {
            let file = format!("{wanted}.md");
            vec![self.root.join("agents").join(&file), self.root.join(&file)]
        } else {
            return Err(ProjectError::Name(wanted.to_owned()));
        };
        match looked.iter().find(|it| it.is_file()) {
            Some(path) => self.open(path),
            None => Err(ProjectError::NotFound {
                name: wanted.to_owned(),
                looked,
            }),
        }
    }

    /// The definitions of the project: each `.md` file of its `agents` folder, sorted by name.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn definitions(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(self.root.join("agents")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let is_readme = path.file_stem().is_some_and(|it| it.eq_ignore_ascii_case("readme"));
            if path.extension().is_some_and(|it| it == "md") && !is_readme && path.is_file() {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// The agent in the file at `path`.
    ///
    /// # Errors
    /// As [`ProjectError`] says.
    pub fn open(&self, path: &Path) -> Result<AgentProject, ProjectError> {
        let text = read(path).map_err(|source| ProjectError::Read {
            path: path.to_owned(),
            source,
        })?;
        let parsed = AgentDefinition::parse(&shown(path, &self.root), &text)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let root = self.root_of(folder);
        Ok(AgentProject {
            definition: parsed.definition,
            warnings: parsed.warnings,
            definition_path: path.to_owned(),
            tools_file: find_tools_file(folder, &root),
            root,
        })
    }

    /// This project's root for what lies in it; else the definition's folder, or the one around `agents`.
    fn root_of(&self, folder: &Path) -> PathBuf {
        let climbs = |it: &Path| it.components().any(|part| part == Component::ParentDir);
        if folder.strip_prefix(&self.root).is_ok_and(|rest| !climbs(rest)) {
            return self.root.clone();
        }
        match folder.parent() {
            Some(parent) if folder.ends_with("agents") => parent.to_owned(),
            _ => folder.to_owned(),
        }
    }
}

/// At most one byte more than a definition may have: the parser says what is wrong with more.
fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let limit = MAX_FILE_LEN as u64 + 1;
    io::Read::read_to_end(&mut io::Read::take(fs::File::open(path)?, limit), &mut bytes)?;
    let cut = bytes.len() > MAX_FILE_LEN;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // The limit may have cut a character.
        Err(error) if cut => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error.utf8_error())),
    }
}

fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

fn places(looked: &[PathBuf]) -> String {
    let mut text = String::new();
    for (index, path) in looked.iter().enumerate() {
        let separator = if index == 0 { "" } else { " and " };
        let _ = write!(text, "{separator}`{}`", path.display());
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn definition(name: &str) -> String {
        format!("---\nname = \"{name}\"\n---\n")
    }

    #[test]
    fn a_name_is_looked_up_in_agents_and_then_beside() {
        let dir = tempfile::tempdir().unwrap();
        let project = Project::find(dir.path());
        let error = project.agent("payment_agent").unwrap_err().to_string();
        assert!(error.contains("agents/payment_agent.md` and `"), "{error}");

        fs::write(dir.path().join("payment_agent.md"), definition("beside")).unwrap();
        assert_eq!(
            project.agent("payment_agent").unwrap().definition.name.as_str(),
            "beside"
        );
        fs::create_dir(dir.path().join("agents")).unwrap();
        fs::write(dir.path().join("agents/payment_agent.md"), definition("inside")).unwrap();
        fs::write(dir.path().join("agents/README.md"), "about").unwrap();
        fs::write(dir.path().join("Tools.tsx"), "").unwrap();
        let agent = project.agent("payment_agent").unwrap();
        assert_eq!(agent.definition.name.as_str(), "inside");
        assert_eq!(agent.root, dir.path());
        assert_eq!(agent.tools_file, Some(dir.path().join("Tools.tsx")));
        assert_eq!(
            project.definitions().unwrap(),
            [dir.path().join("agents/payment_agent.md")]
        );

        assert!(matches!(project.agent("no agent"), Err(ProjectError::Name(_))));
    }

    #[test]
    fn a_path_brings_its_own_root() {
        let dir = tempfile::tempdir().unwrap();
        let other = dir.path().join("other/agents");
        fs::create_dir_all(&other).unwrap();
        fs::create_dir(dir.path().join("here")).unwrap();
        fs::write(other.join("x.md"), definition("x")).unwrap();
        let project = Project::find(&dir.path().join("here"));
        let agent = project.agent("../other/agents/x.md").unwrap();
        assert_eq!(agent.root, dir.path().join("here/../other"));
    }

    #[test]
    fn a_fault_has_its_place() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("x.md"), "---\nname = 3\n---\n").unwrap();
        let error = Project::find(dir.path()).agent("x").unwrap_err().to_string();
        assert!(error.starts_with("x.md:2:"), "{error}");
    }
}
