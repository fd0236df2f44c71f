//! The directory of one demo: for its user alone, and gone afterwards unless it is to be kept.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::failure::Failure;

use super::keys::random_bytes;

/// A home, an agent project and the authority's certificate, below one directory.
pub(super) struct Place {
    root: PathBuf,
    keep: bool,
}

/// What is left for looking around.
pub(super) struct Kept {
    /// What `DISTRI_HOME` is.
    pub(super) home: PathBuf,
    /// All of it.
    pub(super) root: PathBuf,
}

/// The project: the definition and the tools of the documentation as they are there, and an agent that means ill.
const FILES: [(&str, &str); 4] = [
    (
        "agents/payment_agent.md",
        include_str!("project/agents/payment_agent.md"),
    ),
    ("Tools.tsx", include_str!("project/Tools.tsx")),
    ("leaky/leaky_agent.md", include_str!("project/leaky/leaky_agent.md")),
    ("leaky/Tools.tsx", include_str!("project/leaky/Tools.tsx")),
];

impl Place {
    /// Makes it below the directory for temporary files.
    pub(super) fn make(keep: bool) -> Result<Self, Failure> {
        let name = data_encoding::HEXLOWER.encode(&random_bytes::<4>()?[..]);
        let root = std::env::temp_dir().join(format!("distri-demo-{name}"));
        let failed = |error| Failure::new(Exit::Failed, format!("cannot make `{}`", root.display())).cause(error);
        // The commands run elsewhere, so that a relative `TMPDIR` would mean another place to them.
        let root = std::path::absolute(&root).map_err(failed)?;
        // Not recursive: what is there already, whoever made it, is refused.
        fs::DirBuilder::new().mode(0o700).create(&root).map_err(failed)?;
        let place = Self {
            root: root.clone(),
            keep,
        };
        for (name, text) in FILES {
            let path = place.project().join(name);
            let made = path.parent().map_or(Ok(()), fs::create_dir_all);
            made.and_then(|()| fs::write(&path, text)).map_err(failed)?;
        }
        Ok(place)
    }

    /// All of it.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What `DISTRI_HOME` is.
    pub(super) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// Where the commands run.
    pub(super) fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    /// Where the certificate is that the commands trust.
    pub(super) fn ca_file(&self) -> PathBuf {
        self.root.join("ca.pem")
    }

    /// Removes it and says so if it cannot; or says where it stays.
    pub(super) fn close(self) -> Result<Option<Kept>, Failure> {
        if self.keep {
            return Ok(Some(Kept {
                home: self.home(),
                root: self.root.clone(),
            }));
        }
        let failed =
            |error| Failure::new(Exit::Failed, format!("cannot remove `{}`", self.root.display())).cause(error);
        fs::remove_dir_all(&self.root).map_err(failed)?;
        Ok(None)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.keep {
            // Closed already, or on the way out of an error or an interrupt, which is what the person is told about.
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}
