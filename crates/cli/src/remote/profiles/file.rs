//! Files with a token: for their owner alone, changed as a whole, one writer at a time.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::Failure;

/// More than any number of profiles takes.
const MOST: u64 = 1 << 20;

/// Who beside its owner may do something with a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// Nothing: it has tokens.
    Nothing,
    /// Read it: it says what anybody may know.
    Read,
}

/// The text of a file, if it is its owner's alone as far as `others` says; `None` where there is no file.
pub(super) fn read(path: &Path, others: Others) -> Result<Option<Zeroizing<String>>, Failure> {
    let failed =
        |error: std::io::Error| Failure::new(Exit::Failed, format!("cannot read `{}`", path.display())).cause(error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // Of the open file: the name may lead elsewhere in a moment.
    let metadata = file.metadata().map_err(failed)?;
    let (forbidden, what) = match others {
        Others::Nothing => (0o077, "read"),
        Others::Read => (0o022, "changed"),
    };
    if metadata.mode() & forbidden != 0 {
        let (message, path) = (
            format!("`{}` can be {what} by others than its owner", path.display()),
            path.display(),
        );
        return Err(Failure::new(Exit::NotAuthenticated, message).hint(format!("`chmod 600 {path}`")));
    }
    let owner = metadata.uid();
    if owner != rustix::process::geteuid().as_raw() && owner != 0 {
        return Err(Failure::new(
            Exit::NotAuthenticated,
            format!("`{}` belongs to somebody else", path.display()),
        ));
    }
    let mut text = Zeroizing::new(String::with_capacity(
        usize::try_from(metadata.len().min(MOST)).unwrap_or(0) + 1,
    ));
    // One more than is taken: what was cut short would be written back so.
    let length = file.take(MOST + 1).read_to_string(&mut text).map_err(failed)?;
    match length as u64 > MOST {
        true => Err(Failure::new(
            Exit::Failed,
            format!("`{}` has more than {MOST} bytes", path.display()),
        )),
        false => Ok(Some(text)),
    }
}

/// Waits until nobody else changes the files, and keeps others waiting until it is dropped.
pub(super) fn lock(directory: &Path) -> Result<File, Failure> {
    let path = directory.join(".lock");
    let taken = || -> std::io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
        flock(&file, FlockOperation::LockExclusive)?;
        Ok(file)
    };
    taken().map_err(|error| Failure::new(Exit::Failed, format!("cannot use `{}`", directory.display())).cause(error))
}

/// Writes what `change` makes of the file's text: the old file is there until the new one is whole and on the disk.
pub(super) fn change(
    path: &Path,
    others: Others,
    change: impl FnOnce(&str) -> Zeroizing<String>,
) -> Result<(), Failure> {
    let old = read(path, others)?.unwrap_or_default();
    let new = change(&old);
    // A link stays one: what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    replace(&target, new.as_bytes())
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot write `{}`", path.display())).cause(error))
}

fn replace(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary: PathBuf = folder.join(format!(".distri-{}", std::process::id()));
    // Left by one that was killed: the lock says that nobody writes it now.
    let _ = fs::remove_file(&temporary);
    let written = (|| {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        File::open(folder)?.sync_all()
    })();
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_of_any_length_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("it works");
        let path = folder.path().join("credentials");
        let most = usize::try_from(MOST).expect("it fits");
        for (length, is_read) in [(most, true), (most + 1, false), (most + 2, false), (2 * most, false)] {
            fs::write(&path, "#".repeat(length)).expect("it works");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it works");
            let changed = change(&path, Others::Nothing, |text| Zeroizing::new(format!("{text}\n")));
            assert_eq!(changed.is_ok(), is_read, "{length}");
            let kept = fs::metadata(&path).expect("it works").len();
            assert_eq!(kept, (length + usize::from(is_read)) as u64);
        }
    }
}
