//! The mounts that there are, as `/proc/self/mountinfo` lists them (proc_pid_mountinfo(5)).

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use rustix::mount::{MountFlags, MountPropagationFlags, mount_change};

/// One mount.
#[derive(Debug)]
pub(super) struct Mount {
    /// `major:minor`, the same for all mounts of one file system.
    pub(super) device: String,
    /// Which directory or file of the file system is mounted.
    pub(super) root: PathBuf,
    /// Where.
    pub(super) at: PathBuf,
    /// Its own restrictions.
    pub(super) flags: MountFlags,
    /// The kind of file system.
    pub(super) kind: String,
}

/// Parts our mounts from everybody else's: what is mounted from here on is seen here only, and the other way round.
pub(super) fn make_private() -> io::Result<()> {
    let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    Ok(mount_change("/", flags)?)
}

/// All mounts, a later one over an earlier one.
pub(super) fn list() -> io::Result<Vec<Mount>> {
    let text = fs::read("/proc/self/mountinfo")?;
    let mounts = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    mounts
        .map(|line| parse(line).ok_or_else(|| io::ErrorKind::InvalidData.into()))
        .collect()
}

fn parse(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let text = |field: &[u8]| String::from_utf8(field.to_vec()).ok();
    let (device, root, at, options) = (fields.nth(2)?, fields.next()?, fields.next()?, fields.next()?);
    let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
    Some(Mount {
        device: text(device)?,
        root: path(root),
        at: path(at),
        flags: flags(&text(options)?),
        kind: text(kind)?,
    })
}

/// The restrictions that a change of the mount must keep.
fn flags(options: &str) -> MountFlags {
    let flag = |option| match option {
        "ro" => MountFlags::RDONLY,
        "nosuid" => MountFlags::NOSUID,
        "nodev" => MountFlags::NODEV,
        "noexec" => MountFlags::NOEXEC,
        _ => MountFlags::empty(),
    };
    options.split(',').map(flag).collect()
}

/// Space, tab, line feed and backslash are written as three octal digits.
fn path(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                Some((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'))
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &rest[4..] } else { tail };
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn reads_what_the_kernel_prints() {
        let line =
            br"36 35 98:0 /mnt1\040a /mnt2\134b ro,noexec,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue";
        let mount = parse(line).unwrap();
        assert_eq!(mount.device, "98:0");
        assert_eq!(mount.root, PathBuf::from("/mnt1 a"));
        assert_eq!(mount.at, PathBuf::from(r"/mnt2\b"));
        assert_eq!(mount.flags, MountFlags::RDONLY | MountFlags::NOEXEC);
        assert_eq!(mount.kind, "ext3");
        assert!(parse(b"36 35 98:0 /").is_none());
        assert!(!list().unwrap().is_empty());
    }
}
