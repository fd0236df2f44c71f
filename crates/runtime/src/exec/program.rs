//! Finds a program the way `execvp` does, where the system's own search cannot be used or its answer explained.

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// The file that `program` means: itself if it has a slash, else the first executable of that name in our `PATH`.
pub(super) fn find(program: &OsStr) -> Option<PathBuf> {
    if program.as_bytes().contains(&b'/') {
        let path = Path::new(program);
        return path.is_file().then(|| path.to_owned());
    }
    // execvp(3): without PATH, the system's default
    let path = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let candidates = env::split_paths(&path).map(|folder| match folder.as_os_str().is_empty() {
        true => Path::new(".").join(program),
        false => folder.join(program),
    });
    candidates
        .into_iter()
        .find(|file| file.is_file() && access(file, Access::EXEC_OK).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_means_no_search() {
        assert_eq!(find(OsStr::new("/bin/sh")), Some("/bin/sh".into()));
        assert_eq!(find(OsStr::new("./sh")), None);
        assert!(find(OsStr::new("sh")).is_some_and(|found| found.ends_with("sh")));
        assert_eq!(find(OsStr::new("no-such-program-anywhere")), None);
    }
}
