//! `distri doctor`: what this machine enforces, and whether the store is sound.

mod durability;
mod stored;

use std::fs;
use std::io::IsTerminal;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use clap::Args;
use distri_core::{Clock, SystemClock, Timestamp};
use distri_runtime::isolation::{HelperCommand, Isolation, IsolationReport};
use distri_runtime::tool_host::{Confinement, ConfinementLevel, HostCommand, LandlockLevel, probe};
use distri_store::NEEDED_ROOM;
use distri_vault::Home;
use distri_vault::audit::LITTLE_ROOM;
use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
use serde::Serialize;

use crate::context::{self, home, private_places};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::running::interrupt::block_on;
use crate::terminal::{self, inert};

/// Checks the store, the process, the tool host and isolation; each line is `ok`, `warn` or `fail` with what to do.
///
/// Opens every version of every secret, believes every member, token and agent definition as at its use, and verifies
/// the audit log with the rows that it says there are, as `distri audit verify` does: that takes a while where much is
/// stored. Exits with 1 when something fails, with 8 when stored data is not what distri wrote.
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Warn,
    Fail,
}

#[derive(Serialize)]
struct Line {
    check: &'static str,
    status: Status,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

#[derive(Default)]
struct Report {
    lines: Vec<Line>,
    integrity: bool,
}

impl Doctor {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let mut report = Report::default();
        context::only_here()?;
        let home = home()?;
        permissions(&home, &mut report);
        room(&home, &mut report);
        let newest = stored::store(&home, &mut report);
        clock(newest, &mut report);
        process(&mut report);
        match block_on(probe(&HostCommand::default()))? {
            Ok(confinement) => tool_host(&confinement, &mut report),
            Err(error) => report.add(
                "tool host",
                Status::Fail,
                error.to_string(),
                Some("runs with tools cannot start"),
            ),
        }
        match Isolation::start(&private_places()?, &HelperCommand::default()) {
            Ok(place) => isolation(place.report(), &mut report),
            Err(error) => report.add("isolation", Status::Warn, error.to_string(), error.hint()),
        }
        if self.json {
            output::json(&report.lines)?;
        } else {
            for line in &report.lines {
                output::line(&text(line))?;
            }
        }
        let failed = report.lines.iter().any(|it| it.status == Status::Fail);
        Ok(match (report.integrity, failed) {
            (true, _) => Exit::Integrity,
            (false, true) => Exit::Failed,
            (false, false) => Exit::Ok,
        })
    }
}

impl Report {
    fn add(&mut self, check: &'static str, status: Status, message: impl Into<String>, hint: Option<&str>) {
        self.lines.push(Line {
            check,
            status,
            message: message.into(),
            hint: hint.map(str::to_owned),
        });
    }
}

/// Who may read what the store's secrecy rests on.
fn permissions(home: &Home, report: &mut Report) {
    let (database, key) = (home.database(), home.root_key());
    let aside = |suffix: &str| database.with_file_name(format!("distri.db{suffix}"));
    let folders = [database.parent(), key.parent()];
    let open: Vec<String> = folders
        .into_iter()
        .flatten()
        .map(|it| (it.to_owned(), 0o022))
        .chain([database.clone(), aside("-wal"), aside("-shm"), key.clone()].map(|it| (it, 0o077)))
        .filter_map(|(path, forbidden)| wide_open(&path, forbidden))
        .collect();
    match open.as_slice() {
        [] => report.add(
            "permissions",
            Status::Ok,
            "only you can read the store and its key",
            None,
        ),
        open => report.add(
            "permissions",
            Status::Fail,
            format!("others have access: {}", open.join(", ")),
            Some("`chmod 700` the directories and `chmod 600` the files; rotate the values if others could read them"),
        ),
    }
}

fn wide_open(path: &Path, forbidden: u32) -> Option<String> {
    let mode = fs::metadata(path).ok()?.permissions().mode();
    (mode & forbidden != 0).then(|| format!("`{}` has mode {:04o}", path.display(), mode & 0o7777))
}

/// Without room for a record no secret is used, so the warning comes early.
fn room(home: &Home, report: &mut Report) {
    match context::room(home) {
        Some(bytes) if bytes < NEEDED_ROOM => report.add(
            "disk",
            Status::Fail,
            format!(
                "the disk is full: {} KiB are free for the database and its audit log",
                bytes >> 10
            ),
            Some("make room: without a record no secret is used"),
        ),
        Some(bytes) if bytes < LITTLE_ROOM => report.add(
            "disk",
            Status::Warn,
            format!(
                "there is room for only {} MiB of the database and its audit log",
                bytes >> 20
            ),
            Some("make room: without a record no secret is used"),
        ),
        Some(bytes) => report.add(
            "disk",
            Status::Ok,
            format!("there is room for {} MiB of the database", bytes >> 20),
            None,
        ),
        None => {}
    }
}

/// Expiry, certificates and the audit log rest on it.
fn clock(newest: Option<Timestamp>, report: &mut Report) {
    // Before the first release of anything here; a machine that shows less has lost its clock.
    const PLAUSIBLE: i64 = 1_735_689_600;
    let now = SystemClock.now();
    let behind = newest.is_some_and(|it| it > now);
    if now.as_second() < PLAUSIBLE || behind {
        let message = match newest {
            Some(it) if behind => format!("it shows {now}, and the newest audit record is of {it}"),
            _ => format!("it shows {now}"),
        };
        report.add(
            "clock",
            Status::Fail,
            message,
            Some("set the machine's time: expiry and certificates depend on it"),
        );
    } else {
        report.add(
            "clock",
            Status::Ok,
            format!("{}", now.strftime("%Y-%m-%d %H:%M:%S UTC")),
            None,
        );
    }
}

fn process(report: &mut Report) {
    match dumpable_behavior() {
        Ok(DumpableBehavior::NotDumpable) => report.add(
            "memory",
            Status::Ok,
            "other processes of yours cannot read this one's memory",
            None,
        ),
        _ => report.add(
            "memory",
            Status::Warn,
            "the kernel does not keep other processes of yours from reading this one's memory",
            None,
        ),
    }
    match getrlimit(Resource::Core).current {
        Some(0) => report.add("core dumps", Status::Ok, "off", None),
        _ => report.add(
            "core dumps",
            Status::Warn,
            "the kernel may write this process's memory to a file",
            Some("`ulimit -c 0`"),
        ),
    }
}

fn tool_host(it: &Confinement, report: &mut Report) {
    let level = it.level();
    let status = match level {
        ConfinementLevel::Isolated => Status::Ok,
        ConfinementLevel::Ruled | ConfinementLevel::Filtered => Status::Warn,
        ConfinementLevel::Open => Status::Fail,
    };
    let word = |on: bool| if on { "on" } else { "off" };
    let landlock = match it.landlock {
        LandlockLevel::Full => "on",
        LandlockLevel::Partial => "partly on",
        LandlockLevel::Off => "off",
    };
    let message = format!(
        "confinement `{level}`: namespaces {}, landlock {landlock}, system call filter {}, limits {}, non-dumpable {}",
        word(it.namespaces),
        word(it.seccomp),
        word(it.limits),
        word(it.undumpable)
    );
    let hint = match level {
        ConfinementLevel::Isolated => None,
        ConfinementLevel::Ruled => Some(
            "permit unprivileged user namespaces (`sysctl kernel.unprivileged_userns_clone`, or the container's profile)",
        ),
        ConfinementLevel::Filtered => {
            Some("use a kernel with landlock (6.12 or later has all of it), and permit it in the container's profile")
        }
        ConfinementLevel::Open => {
            Some("permit seccomp; until then only the engine itself keeps tools from files and network")
        }
    };
    report.add("tool host", status, message, hint);
}

/// What a command behind `exec --isolate` is behind, beside what isolation is refused without.
fn isolation(it: &IsolationReport, report: &mut Report) {
    let word = |on: bool| if on { "on" } else { "off" };
    let message = format!(
        "`exec --isolate` works: network and system calls on, {}, own processes {}, landlock {}",
        if it.user_namespace {
            "user namespace on"
        } else {
            "capabilities given up"
        },
        word(it.own_processes),
        word(it.landlock)
    );
    let (status, hint) = match it {
        IsolationReport {
            own_processes: false, ..
        } => (
            Status::Warn,
            Some("let a new `/proc` be mounted (containers mask parts of theirs); until then it sees that others run"),
        ),
        // Processes of its own keep to themselves without it.
        _ => (Status::Ok, None),
    };
    report.add("isolation", status, message, hint);
}

fn text(line: &Line) -> String {
    let (word, colour) = match line.status {
        Status::Ok => ("ok  ", "32"),
        Status::Warn => ("warn", "1;33"),
        Status::Fail => ("fail", "1;31"),
    };
    let word = if terminal::colours() && std::io::stdout().is_terminal() {
        format!("\x1b[{colour}m{word}\x1b[0m")
    } else {
        word.to_owned()
    };
    let hint = line
        .hint
        .as_ref()
        .map(|it| format!("\n      hint: {}", inert(it)))
        .unwrap_or_default();
    format!("{word}  {:<11}  {}{hint}", line.check, inert(&line.message))
}
