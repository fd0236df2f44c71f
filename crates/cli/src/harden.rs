//! Process hardening: no other process of this user reads this one's memory, no crash writes it to a disk, and no crowd of
//! clients takes the files away that a server needs.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Makes the process non-dumpable (so that `ptrace` and `/proc/PID/mem` are refused to the same user) and forbids
/// core files. A kernel that refuses is not a reason to refuse the user; `distri doctor` says what holds.
pub(crate) fn harden() {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    );
}

/// Files that a server opens beside its connections: the database, its log, evidence, sockets that listen.
const BESIDE_CONNECTIONS: u64 = 128;

/// Permits as many open files as the system lets this process have: the usual first limit of 1,024 is there for programs
/// that cannot count further, and a server's connections alone would reach it. Says how many there are when they are too
/// few for so many connections.
///
/// # Errors
/// How many files may be open.
pub(crate) fn permit_files(connections: usize) -> Result<(), u64> {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    );
    match getrlimit(Resource::Nofile).current {
        Some(files) if files < connections as u64 + BESIDE_CONNECTIONS => Err(files),
        Some(_) | None => Ok(()),
    }
}
