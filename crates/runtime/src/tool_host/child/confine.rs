//! Confinement of the child, before it has seen a byte of anybody's code.
//!
//! The layers are independent, so each goes on where it is permitted and the child reports which:
//! whoever started it decides whether they suffice. The order matters: namespaces need system calls
//! that landlock and seccomp then take away, and seccomp, which takes away the most, is last.

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use nix::{
    libc,
    sched::{CloneFlags, unshare},
};
use rustix::{
    process::{
        DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior, set_parent_process_death_signal, setrlimit,
    },
    thread::{disable_transparent_huge_pages, set_no_new_privs},
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter,
};

use crate::tool_host::spec::{Confinement, LandlockLevel};

/// Most bytes of address space: the engine's own limit is far below, this bounds its bugs.
const ADDRESS_SPACE: u64 = 1 << 30;

/// Puts on every layer that this machine permits.
pub(super) fn confine() -> Confinement {
    close_inherited();
    // Without it `unshare` of a user namespace is all an unprivileged process may do anyway.
    let _ = set_no_new_privs(true);
    // Memory is counted by pages: a few huge ones would hide how much a tool used.
    let _ = disable_transparent_huge_pages(true);
    let limits = limit_resources();
    let namespaces = leave_namespaces();
    // After `unshare`, which may change the credentials, and those reset both.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let undumpable = set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok();
    let landlock = deny_files_and_net();
    let seccomp = filter_system_calls();
    Confinement {
        namespaces,
        landlock,
        seccomp,
        limits,
        undumpable,
    }
}

/// Closes what the parent may have leaked; only the socket and `/dev/null` twice remain.
fn close_inherited() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let open = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect::<Vec<i32>>();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // The listing's own descriptor is closed already.
        let _ = nix::unistd::close(fd);
    }
}

fn limit_resources() -> bool {
    let set = |resource, most| {
        setrlimit(
            resource,
            Rlimit {
                current: Some(most),
                maximum: Some(most),
            },
        )
        .is_ok()
    };
    // Files: the three there are, and one for landlock's rules while they are made.
    [
        set(Resource::As, ADDRESS_SPACE),
        set(Resource::Core, 0),
        set(Resource::Fsize, 0),
        set(Resource::Nofile, 8),
        set(Resource::Nproc, 0),
        set(Resource::Memlock, 0),
    ]
    .into_iter()
    .all(|it| it)
}

/// An empty network, no shared memory, no mounts that anyone else sees.
fn leave_namespaces() -> bool {
    unshare(
        CloneFlags::CLONE_NEWUSER
            | CloneFlags::CLONE_NEWNET
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWNS,
    )
    .is_ok()
}

/// Landlock with every right handled and no rule that grants one.
fn deny_files_and_net() -> LandlockLevel {
    let abi = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))
        .and_then(|it| it.handle_access(AccessNet::from_all(abi)))
        .and_then(|it| it.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    match status.map(|it| it.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => LandlockLevel::Full,
        Ok(RulesetStatus::PartiallyEnforced) => LandlockLevel::Partial,
        Ok(RulesetStatus::NotEnforced) | Err(_) => LandlockLevel::Off,
    }
}

/// Two filters, of which the kernel takes the stricter answer: opening files is refused with an
/// error, since the C library looks for time zones; all that is not on the list kills.
fn filter_system_calls() -> bool {
    let (Some(refuse), Some(kill)) = (refusing_filter(), killing_filter()) else {
        return false;
    };
    apply_filter(&refuse).is_ok() && apply_filter(&kill).is_ok()
}

/// Answered with `EACCES` instead of death.
const REFUSED: &[i64] = &[
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_readlinkat,
    libc::SYS_faccessat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
];

/// What an engine with one thread, one socket and no files needs.
const ALLOWED: &[i64] = &[
    // The socket.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_close,
    // Memory; `mmap` and `mprotect` follow with conditions.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_getrusage,
    // Time and chance.
    libc::SYS_clock_gettime,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    // The C library's own.
    libc::SYS_futex,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_sched_yield,
    // The end; `abort` sends itself a signal.
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

fn refusing_filter() -> Option<BpfProgram> {
    let rules = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EACCES.unsigned_abs());
    compile(rules, SeccompAction::Allow, refuse)
}

fn killing_filter() -> Option<BpfProgram> {
    let mut rules = ALLOWED
        .iter()
        .chain(REFUSED)
        .map(|call| (*call, Vec::new()))
        .collect::<BTreeMap<i64, Vec<SeccompRule>>>();
    // Memory that can be written to is never run.
    let exec = u64::from(libc::PROT_EXEC.unsigned_abs());
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        let not_exec = SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(exec), 0);
        rules.insert(call, vec![SeccompRule::new(vec![not_exec.ok()?]).ok()?]);
    }
    compile(rules, SeccompAction::KillProcess, SeccompAction::Allow)
}

fn compile(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    mismatch: SeccompAction,
    matched: SeccompAction,
) -> Option<BpfProgram> {
    let arch = std::env::consts::ARCH.try_into().ok()?;
    SeccompFilter::new(rules, mismatch, matched, arch).ok()?.try_into().ok()
}
