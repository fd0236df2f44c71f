//! Namespaces: with the rights that we have, else with those of a new user namespace.

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use rustix::process::{getegid, geteuid};
use rustix::thread::{CapabilitySet, capabilities};

use super::{At as _, Refusal};
use crate::isolation::error::Step;

/// Leaves network, mounts, IPC and host name; `own_processes` concerns the children from here on. Says whether it took
/// a user namespace.
pub(super) fn enter(own_processes: bool) -> Result<bool, Refusal> {
    // Where others' processes can be seen, this is what keeps their memory from ours, also from root's.
    let user_namespace = !have_rights() || !own_processes;
    if user_namespace {
        enter_user_namespace()?;
    }
    let mut flags =
        CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUTS;
    flags.set(CloneFlags::CLONE_NEWPID, own_processes);
    unshare(flags).at(Step::Namespaces)?;
    Ok(user_namespace)
}

/// Whether the rights for all that follows are here already, as root has them.
fn have_rights() -> bool {
    let needed = CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN | CapabilitySet::SETPCAP;
    capabilities(None).is_ok_and(|it| it.effective.contains(needed))
}

/// Takes all rights, over nothing but what is made from here on; files stay whose they are.
///
/// One identity is all that anybody may map without rights (`user_namespaces(7)`), and groups must be given up for it:
/// those that we have count for files as before.
fn enter_user_namespace() -> Result<(), Refusal> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER).at(Step::UserNamespace)?;
    let write = |file: &str, text: String| -> io::Result<()> { fs::write(format!("/proc/self/{file}"), text) };
    write("setgroups", "deny".to_owned()).at(Step::UserNamespace)?;
    write("uid_map", format!("{uid} {uid} 1")).at(Step::UserNamespace)?;
    write("gid_map", format!("{gid} {gid} 1")).at(Step::UserNamespace)?;
    Ok(())
}
