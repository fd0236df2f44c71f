//! The program that tries the HTTP API against its document: Schemathesis, fetched with its registry's own tool.

#![expect(clippy::print_stderr, reason = "what it is doing is this program's output")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{fs, io};

use crate::clients::run;

const TARGET: &str = "target/schemathesis";
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// Puts it into `target/schemathesis`, unless it is there already.
pub fn install() -> ExitCode {
    match try_install(&crate::root()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: schemathesis: {error}");
            ExitCode::FAILURE
        }
    }
}

fn try_install(root: &Path) -> io::Result<()> {
    let target = root.join(TARGET);
    // Written last: what a break left behind is made anew.
    let ready = target.join(".ready");
    if fs::read_to_string(&ready).is_ok_and(|it| it == SCHEMATHESIS) {
        return Ok(());
    }
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&target))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(target.join("bin/python")).args(pip).arg(SCHEMATHESIS))?;
    fs::write(ready, SCHEMATHESIS)
}
