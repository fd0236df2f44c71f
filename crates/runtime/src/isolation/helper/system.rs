//! What file permissions keep from everybody but root, kept from a root without capabilities.
//!
//! Root owns the disks' device files, and reads the store and its key from them whatever is mounted over those. Root
//! owns `/proc/sys/kernel/core_pattern`, `/sys` and its like, and has the kernel start a program outside by a write.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use rustix::io::Errno;
use rustix::mount::{MountFlags, mount_bind, mount_remount};

use super::mounts::Mount;
use super::terminals;

/// Devices that stay: they hold nothing of anybody's.
const DEVICES: [&str; 6] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
];

/// What opens a pseudo-terminal. It finds them beside itself, so it is taken from among them.
const OPENER: &str = "/dev/ptmx";

/// File systems in which a write is an order to the kernel.
const INTERFACES: [&str; 13] = [
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "efivarfs",
    "proc",
    "pstore",
    "securityfs",
    "selinuxfs",
    "sysfs",
    "tracefs",
];

/// File systems that are not looked at: doing so may wait for ever for another machine, which would have to hold device
/// files for this one's disks.
const REMOTE: [&str; 6] = ["autofs", "ceph", "cifs", "nfs", "nfs4", "smb3"];

/// Makes every mount one without devices, and those of kernel interfaces read-only.
pub(super) fn protect(mounts: &[Mount]) -> io::Result<()> {
    // A mount of its own keeps a device usable when the rest of /dev is not.
    let is_device = |path: &str| fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_char_device());
    for device in DEVICES.into_iter().filter(|it| is_device(it)) {
        mount_bind(device, device)?;
    }
    if is_device(OPENER) {
        mount_bind(Path::new(terminals::PLACE).join("ptmx"), OPENER)?;
    }
    // Of several mounts at one place only the last can be seen, and changed.
    let visible: BTreeMap<&Path, &Mount> = mounts.iter().map(|it| (it.at.as_path(), it)).collect();
    let keep = [&DEVICES[..], &[OPENER, terminals::PLACE]].concat();
    let others = visible
        .into_values()
        .filter(|it| keep.iter().all(|place| Path::new(place) != it.at));
    for mount in others.filter(|it| !REMOTE.contains(&it.kind.as_str())) {
        let flags = protected(mount);
        if flags == mount.flags {
            continue;
        }
        match mount_remount(&mount.at, MountFlags::BIND | flags, "") {
            // Something is mounted over a directory above it, or that is closed to us: the command sees no more.
            Ok(()) | Err(Errno::NOENT | Errno::INVAL | Errno::ACCESS) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn protected(mount: &Mount) -> MountFlags {
    let mut flags = mount.flags | MountFlags::NODEV;
    if INTERFACES.contains(&mount.kind.as_str()) {
        flags |= MountFlags::RDONLY;
    }
    flags
}
