//! Process hardening: no other process of this user reads this one's memory, and no crash writes it to a disk.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

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
