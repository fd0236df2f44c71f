//! Bundling, from files on disk to modules that an engine runs.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod evaluate;
mod infer;
mod mutate;
mod refuse;
mod resolve;

use std::fs;
use std::path::{Path, PathBuf};

use super::{Bundle, ScriptError, bundle};

/// A project on disk.
struct Project(tempfile::TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// A project whose tools file is `text`.
    fn tools(text: &str) -> Self {
        Self::new(&[("Tools.tsx", text)])
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn bundle(&self) -> Result<Bundle, ScriptError> {
        bundle(&self.root().join("Tools.tsx"), self.root())
    }

    /// The error's sentence and the excerpt under it.
    fn refusal(&self) -> String {
        let error = self.bundle().unwrap_err();
        match error.position() {
            Some(at) => format!("{error}\n{}", at.pointer()),
            None => error.to_string(),
        }
    }
}

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path)
}
