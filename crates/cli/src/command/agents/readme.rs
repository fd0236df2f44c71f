//! `distri agents readme`: the section "Required secrets", written so that a crash leaves the old file or the new one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use distri_core::agent::readme::upsert_required_secrets;
use distri_core::catalogue::Catalogue;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::running::agent;
use crate::terminal;

/// Writes the section "Required secrets" of an agent; the rest of the file stays as it is.
#[derive(Args, Debug)]
pub(crate) struct Readme {
    /// The agent: its name or the path of its definition
    agent: String,
    /// The file to write; it is made if there is none
    #[arg(long, value_name = "FILE", default_value = "README.md")]
    file: PathBuf,
}

impl Readme {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let agent = agent::find(&self.agent)?;
        let shown = self.file.display();
        let old = match fs::read_to_string(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|it| Failure::new(Exit::Failed, format!("cannot read `{shown}`: {it}")))?,
        };
        let new = upsert_required_secrets(&old, &agent.definition, Catalogue::builtin());
        if new == old {
            terminal::note(&format!("`{shown}` is up to date."));
            return Ok(Exit::Ok);
        }
        replace(&self.file, new.as_bytes())
            .map_err(|it| Failure::new(Exit::Failed, format!("cannot write `{shown}`: {it}")))?;
        terminal::note(&format!(
            "Wrote the secrets of `{}` into `{shown}`.",
            agent.definition.name
        ));
        Ok(Exit::Ok)
    }
}

/// Writes beside the file and renames. A link stays one: what it leads to is replaced.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let temporary = folder.join(format!(".distri-readme-{}", std::process::id()));
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(&temporary)?;
        if let Ok(old) = fs::metadata(&target) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)?;
        fs::File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written
}
