//! The browser that tests drive: Chromium and its driver from Debian, and axe's rules of accessibility from npm.

#![expect(clippy::print_stderr, reason = "what it is doing is this program's output")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{fs, io};

use crate::clients::run;

/// Debian's packages, and the programs that they bring.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];
const PROGRAMS: [&str; 2] = ["/usr/bin/chromium", "/usr/bin/chromedriver"];

/// The list of what npm fetches, its lock, and where that goes.
const LIST: &str = "crates/cli/tests/browser/package.json";
const LOCK: &str = "crates/cli/tests/browser/package-lock.json";
const TARGET: &str = "target/axe";

/// Puts Chromium into the system and axe into `target/axe`, unless they are there already.
pub fn install() -> ExitCode {
    match try_install(&crate::root()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: chromium: {error}");
            ExitCode::FAILURE
        }
    }
}

fn try_install(root: &Path) -> io::Result<()> {
    if PROGRAMS.iter().any(|it| !Path::new(it).exists()) {
        eprintln!("xtask: chromium: installing it");
        run(Command::new("apt-get").args(["update", "--quiet=2"]))?;
        run(Command::new("apt-get")
            .args(["install", "--quiet=2", "--yes", "--no-install-recommends"])
            .args(PACKAGES)
            .env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    let target = root.join(TARGET);
    let wanted = fs::read_to_string(root.join(LOCK))?;
    // Written last: what a break left behind is made anew.
    let ready = target.join(".ready");
    if fs::read_to_string(&ready).is_ok_and(|it| it == wanted) {
        return Ok(());
    }
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    fs::create_dir_all(&target)?;
    fs::copy(root.join(LIST), target.join("package.json"))?;
    fs::write(target.join("package-lock.json"), &wanted)?;
    run(Command::new("npm")
        .args([
            "ci",
            "--silent",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
        ])
        .current_dir(&target))?;
    fs::write(ready, wanted)
}
