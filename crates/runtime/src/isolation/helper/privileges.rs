//! Capabilities: lent to the first process for one mount, then given up for good.

use std::io;

use rustix::io::Errno;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, configure_capability_in_ambient_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};

/// What root keeps: to work on files of others, as it does every day. Reading by file handle, which would reach under
/// mounts, is not among them.
const KEPT_BY_ROOT: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID);

/// Has the next program keep the right to mount, which a user other than root would lose by starting it.
pub(super) fn lend_mounting() -> io::Result<()> {
    let mut sets = capabilities(None)?;
    sets.inheritable |= CapabilitySet::SYS_ADMIN;
    set_capabilities(None, sets)?;
    Ok(configure_capability_in_ambient_set(CapabilitySet::SYS_ADMIN, true)?)
}

/// Gives up all that this process, and any program it starts, could have.
pub(super) fn give_up() -> io::Result<()> {
    let kept = match rustix::process::geteuid().is_root() {
        true => KEPT_BY_ROOT,
        false => CapabilitySet::empty(),
    };
    // A newer kernel may have capabilities that no list of ours names.
    for number in 0..u64::BITS {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        if kept.contains(capability) {
            continue;
        }
        match remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            // Past the last one.
            Err(Errno::INVAL) => break,
            Err(error) => return Err(error.into()),
        }
    }
    hold(kept)
}

/// Gives up all that this process has; it starts no program.
pub(super) fn give_up_own() -> io::Result<()> {
    hold(CapabilitySet::empty())
}

fn hold(kept: CapabilitySet) -> io::Result<()> {
    let kept = kept.intersection(capabilities(None)?.permitted);
    set_capabilities(
        None,
        CapabilitySets {
            effective: kept,
            permitted: kept,
            inheritable: CapabilitySet::empty(),
        },
    )?;
    // A program with set-user-ID would get other ones.
    Ok(set_no_new_privs(true)?)
}
