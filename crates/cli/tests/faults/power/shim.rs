//! The shim, built, and how it is loaded into commands and servers.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) struct Shim {
    library: PathBuf,
    pub(super) log: PathBuf,
}

impl Shim {
    /// In this directory.
    pub(super) fn in_(directory: &Path) -> Self {
        let library = directory.join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/power/shim.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&library, &source])
            .args(["-ldl", "-lpthread"])
            .status();
        assert!(built.unwrap().success());
        let log = directory.join("power.log");
        std::fs::write(&log, "").unwrap();
        // A database server runs as somebody else.
        std::fs::set_permissions(&log, std::fs::Permissions::from_mode(0o666)).unwrap();
        Self { library, log }
    }

    /// The variables with which a process is watched at what it does below these directories.
    pub(super) fn watching(&self, roots: &[&Path]) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let roots: Vec<String> = roots.iter().map(|it| text(it)).collect();
        let variables = [
            ("LD_PRELOAD", text(&self.library)),
            ("DISTRI_POWER_ROOT", roots.join(":")),
            ("DISTRI_POWER_LOG", text(&self.log)),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).into()
    }
}
