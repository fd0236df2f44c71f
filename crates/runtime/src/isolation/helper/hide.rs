//! Covers distri's own files, at every place where they can be seen.
//!
//! The same directory may be mounted twice: the whole disk below `/mnt/wslg/distro`, a bind mount in a container, the
//! root of a btrfs beside its subvolumes. Covering one of the places would leave the others.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, mount, mount_bind};

use super::mounts::Mount;

/// Covers the files and directories that exist.
pub(super) fn hide(paths: &[PathBuf], mounts: &[Mount]) -> io::Result<()> {
    let mut places = Vec::new();
    for path in paths {
        match fs::canonicalize(path) {
            Ok(path) => places.extend(everywhere(&path, mounts)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    for place in places {
        cover(&place)?;
    }
    Ok(())
}

/// Covers one place; one that has gone under another cover is hidden already.
fn cover(place: &Path) -> io::Result<()> {
    let is_directory = match fs::metadata(place) {
        Ok(it) => it.is_dir(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if is_directory {
        let flags = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        mount("tmpfs", place, "tmpfs", flags, c"mode=0,size=4k")?;
    } else {
        mount_bind("/dev/null", place)?;
    }
    Ok(())
}

/// The places where this file or directory, or a part of it, can be seen.
fn everywhere(path: &Path, mounts: &[Mount]) -> io::Result<Vec<PathBuf>> {
    let itself = fs::metadata(path)?;
    let mut places = vec![path.to_owned()];
    for place in elsewhere(path, mounts) {
        let is_same = |it: fs::Metadata| (it.dev(), it.ino()) == (itself.dev(), itself.ino());
        match place {
            Elsewhere::Whole(place) if fs::metadata(&place).is_ok_and(is_same) => places.push(place),
            Elsewhere::Part(place) => places.push(place),
            Elsewhere::Whole(_) => {}
        }
    }
    Ok(places)
}

#[derive(Debug, PartialEq, Eq)]
enum Elsewhere {
    /// All of it, unless something else is mounted over that.
    Whole(PathBuf),
    /// A part of it.
    Part(PathBuf),
}

fn elsewhere(path: &Path, mounts: &[Mount]) -> Vec<Elsewhere> {
    // The last of the longest: a later mount is over an earlier one.
    let over = mounts.iter().filter(|it| path.starts_with(&it.at));
    let Some(own) = over.max_by_key(|it| it.at.components().count()) else {
        return Vec::new();
    };
    let within = below(&own.root, path.strip_prefix(&own.at).unwrap_or(Path::new("")));
    let same = mounts.iter().filter(|it| it.device == own.device);
    same.filter_map(|it| match within.strip_prefix(&it.root) {
        Ok(rest) => Some(Elsewhere::Whole(below(&it.at, rest))).filter(|it| *it != Elsewhere::Whole(path.to_owned())),
        Err(_) => it.root.starts_with(&within).then(|| Elsewhere::Part(it.at.clone())),
    })
    .collect()
}

/// `join` without the slash that it puts after a path when nothing follows.
fn below(path: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() {
        path.to_owned()
    } else {
        path.join(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounted(device: &str, root: &str, at: &str) -> Mount {
        Mount {
            device: device.to_owned(),
            root: root.into(),
            at: at.into(),
            flags: MountFlags::empty(),
            kind: "ext4".to_owned(),
        }
    }

    #[test]
    fn a_directory_is_found_at_each_mount_of_its_file_system() {
        let mounts = [
            mounted("8:1", "/", "/"),
            mounted("8:2", "/@home", "/home"),
            mounted("8:2", "/", "/mnt/pool"),
            mounted("8:2", "/@home/u/.config", "/srv/settings"),
            mounted("8:2", "/@home/u/.config/distri/root.key", "/run/key"),
            mounted("8:2", "/@home/other", "/srv/other"),
            mounted("8:3", "/@home/u/.config/distri", "/srv/another-disk"),
        ];
        let whole = |path: &str| Elsewhere::Whole(path.into());
        assert_eq!(
            elsewhere(Path::new("/home/u/.config/distri"), &mounts),
            [
                whole("/mnt/pool/@home/u/.config/distri"),
                whole("/srv/settings/distri"),
                Elsewhere::Part("/run/key".into()),
            ]
        );
        assert_eq!(elsewhere(Path::new("/etc/distri"), &mounts), []);
    }
}
