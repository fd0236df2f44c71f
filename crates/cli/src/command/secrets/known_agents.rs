//! Agent definitions found where the command runs: `*.md` here and below `./agents`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use distri_core::SecretKey;
use distri_core::agent::{AgentDefinition, MAX_FILE_LEN};
use distri_core::lint::AgentNeeds;

use crate::caller::Caller;
use crate::terminal;

/// How deep below `./agents` definitions are looked for.
const MAX_DEPTH: usize = 4;

/// The agents whose definitions are found, by name. A file below `./agents` that has frontmatter and does not parse is
/// told, because it may need what is about to be deleted; other markdown files are none of ours.
pub(crate) fn find() -> Vec<AgentNeeds> {
    let mut found = BTreeMap::new();
    for path in markdown_in(Path::new("."), 0) {
        if let Some(Ok(definition)) = read(&path) {
            found.insert(definition.name.clone(), AgentNeeds::from(&definition));
        }
    }
    for path in markdown_in(Path::new("agents"), MAX_DEPTH) {
        match read(&path) {
            Some(Ok(definition)) => {
                found.insert(definition.name.clone(), AgentNeeds::from(&definition));
            }
            Some(Err(error)) => terminal::warning(&format!("this agent definition is not counted: {error}")),
            None => {}
        }
    }
    found.into_values().collect()
}

/// The names of the agents that need `key`: of the definitions here, and of those that were pushed.
pub(crate) fn that_require(key: &SecretKey, caller: &Caller<'_>) -> Vec<String> {
    let here = find().into_iter().filter(|it| it.required.contains(key));
    let mut names: BTreeSet<String> = here.map(|it| it.agent.to_string()).collect();
    // Whoever may delete a secret but not read what there is deletes it all the same.
    let pushed = caller.agents().unwrap_or_default();
    let pushed = pushed.into_iter().filter(|it| it.required.contains(key));
    names.extend(pushed.map(|it| it.name.to_string()));
    names.into_iter().collect()
}

/// The definition in a file; `None` for one without frontmatter, or that cannot be read.
fn read(path: &Path) -> Option<Result<AgentDefinition, distri_core::agent::DefinitionError>> {
    let metadata = fs::metadata(path).ok().filter(|it| it.is_file())?;
    if metadata.len() > MAX_FILE_LEN as u64 {
        return None;
    }
    let text = fs::read_to_string(path).ok()?;
    let has_frontmatter = text
        .trim_start_matches('\u{FEFF}')
        .lines()
        .next()
        .is_some_and(|it| it.trim_end() == "---");
    has_frontmatter.then(|| AgentDefinition::parse(&path.display().to_string(), &text).map(|it| it.definition))
}

/// `*.md` in a directory and `depth` levels below it, sorted; links to directories are not followed.
fn markdown_in(directory: &Path, depth: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => found.extend(markdown_in(&path, depth - 1)),
            Ok(kind) if !kind.is_dir() && path.extension().is_some_and(|it| it == "md") => found.push(path),
            _ => {}
        }
    }
    found.sort();
    found
}
