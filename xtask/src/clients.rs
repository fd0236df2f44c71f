//! The client libraries that tests run through `distri exec`: fetched once with the registries' own tools.

#![expect(clippy::print_stderr, reason = "what it is doing is this program's output")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{fs, io};

/// Lists of the packages, and where they go.
const LISTS: &str = "crates/cli/tests/clients";
const TARGET: &str = "target/clients";

/// Puts the packages into `target/clients`, unless they are there already as listed.
pub fn install() -> ExitCode {
    match try_install(&crate::root()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: clients: {error}");
            ExitCode::FAILURE
        }
    }
}

fn try_install(root: &Path) -> io::Result<()> {
    let lists = root.join(LISTS);
    let target = root.join(TARGET);
    let wanted = [
        fs::read_to_string(lists.join("requirements.txt"))?,
        fs::read_to_string(lists.join("package.json"))?,
    ]
    .concat();
    // Written last: what a break left behind is made anew.
    let ready = target.join(".ready");
    if fs::read_to_string(&ready).is_ok_and(|it| it == wanted) {
        return Ok(());
    }
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    let (python, node) = (target.join("python"), target.join("node"));
    fs::create_dir_all(&node)?;
    run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
    run(Command::new(python.join("bin/python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ])
        .arg(lists.join("requirements.txt")))?;
    fs::copy(lists.join("package.json"), node.join("package.json"))?;
    run(Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--no-update-notifier"])
        .current_dir(&node))?;
    fs::write(ready, wanted)
}

/// Runs a command of an installation.
pub(crate) fn run(command: &mut Command) -> io::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| io::Error::other(format!("cannot start `{program}`: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("`{program}` failed ({status})"))),
    }
}
