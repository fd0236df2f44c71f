//! The root key in a file: one line, `distri-root-key-1:` and 64 hexadecimal digits.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use distri_core::envelope::RootKey;
use distri_store::boundary::{Boundary, pass};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::RootKeyError;
use super::provider::{Enrolled, KeyProvider, Surroundings, parse};
use super::trusted::Vouched;

const PREFIX: &str = "distri-root-key-1:";
/// What names the home's key file, and that of a slot whose own is not to be had.
const NAMED: &str = "DISTRI_ROOT_KEY_FILE";

/// The provider.
pub struct File;

/// Which file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Parameters {
    /// The file, where it is not the home's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
}

impl KeyProvider for File {
    fn word(&self) -> &'static str {
        "file"
    }

    fn place(&self, around: &Surroundings<'_>, parameters: &str) -> Result<String, RootKeyError> {
        // Nobody has vouched for the path: not even whether it is there is looked at, which a dead mount never answers.
        let Parameters { path } = parse(parameters)?;
        Ok(format!("`{}`", path.as_ref().unwrap_or(&around.key_file).display()))
    }

    fn leads_outside(&self, parameters: &str) -> Result<bool, RootKeyError> {
        Ok(parse::<Parameters>(parameters)?.path.is_some())
    }

    fn instead(&self, around: &Surroundings<'_>) -> Option<&'static str> {
        around.given(NAMED).map(|_| "{}")
    }

    fn remedy(&self) -> &'static str {
        "name the right key file with `DISTRI_ROOT_KEY_FILE`, or restore it from where you keep copies"
    }

    fn root_key(&self, around: &mut Surroundings<'_>, parameters: &Vouched<'_>) -> Result<RootKey, RootKeyError> {
        read(&found(around, parameters)?)
    }
}

/// The slot's own file. One that went elsewhere is found where `DISTRI_ROOT_KEY_FILE` says.
fn found(around: &Surroundings<'_>, parameters: &Vouched<'_>) -> Result<PathBuf, RootKeyError> {
    let Parameters { path } = parse(parameters.as_str())?;
    Ok(match path {
        Some(path) if around.given(NAMED).is_none() || path.exists() => path,
        _ => around.key_file.clone(),
    })
}

/// A new slot for the key in `path`, made when there is none; without `path`, for the home's key file.
///
/// # Errors
/// As [`read`] and [`create`].
pub fn enrol(around: &Surroundings<'_>, path: Option<PathBuf>) -> Result<Enrolled, RootKeyError> {
    let path = path.map(|it| std::path::absolute(&it).unwrap_or(it));
    let root = read_or_create(path.as_ref().unwrap_or(&around.key_file))?;
    Enrolled::new(File.word(), &Parameters { path }, root)
}

/// A new slot for a new key in `path`, which must not be there yet; without `path`, in the home's key file.
///
/// # Errors
/// As [`create`].
pub fn enrol_new(around: &Surroundings<'_>, path: Option<PathBuf>) -> Result<Enrolled, RootKeyError> {
    let path = path.map(|it| std::path::absolute(&it).unwrap_or(it));
    let root = RootKey::random();
    create(path.as_ref().unwrap_or(&around.key_file), &root)?;
    Enrolled::new(File.word(), &Parameters { path }, root)
}

/// The key that is there, else a new one.
pub(super) fn read_or_create(path: &Path) -> Result<RootKey, RootKeyError> {
    match read(path) {
        Err(RootKeyError::Missing { .. }) => {
            let root = RootKey::random();
            create(path, &root)?;
            Ok(root)
        }
        found => found,
    }
}

/// Reads a root key. A file that its group or others may read is refused, but for a credential of systemd.
///
/// # Errors
/// [`RootKeyError::Missing`], [`RootKeyError::Open`], [`RootKeyError::Format`], [`RootKeyError::Io`].
pub fn read(path: &Path) -> Result<RootKey, RootKeyError> {
    match is_credential(path) {
        true => read_shielded(path),
        false => read_with(path, 0o077),
    }
}

/// Whether a file is one that systemd gave to this service (`LoadCredential=`). To a user that does not own it, it gives it by
/// an access list, which looks like a right of the file's group; nobody else gets into the directory.
#[must_use]
pub fn is_credential(path: &Path) -> bool {
    let directory = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|it| !it.is_empty());
    let is_below = directory.is_some_and(|it| path.starts_with(it));
    is_below && !path.components().any(|it| it == Component::ParentDir)
}

/// Reads a root key from a place that is shielded by other means than the mode's group bits.
pub(super) fn read_shielded(path: &Path) -> Result<RootKey, RootKeyError> {
    read_with(path, 0o007)
}

fn read_with(path: &Path, refused: u32) -> Result<RootKey, RootKeyError> {
    let io = |error: std::io::Error| RootKeyError::Io {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    // A pipe that nobody writes to must not be waited for, and a terminal not become this process's.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(RootKeyError::Missing { path: path.to_owned() });
        }
        Err(error) => return Err(io(error)),
    };
    // The mode of the open file, not of the name, which could be exchanged in between.
    let metadata = file.metadata().map_err(io)?;
    let format = |reason| RootKeyError::Format {
        path: path.to_owned(),
        reason,
    };
    if !metadata.is_file() {
        return Err(format("it is not a regular file"));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & refused != 0 {
        return Err(RootKeyError::Open {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(Vec::with_capacity(256));
    file.take(256).read_to_end(&mut text).map_err(io)?;
    let line = text.strip_suffix(b"\n").unwrap_or(&text);
    let digits = line
        .strip_prefix(PREFIX.as_bytes())
        .ok_or(format("it does not begin with `distri-root-key-1:`"))?;
    let bytes = Zeroizing::new(
        HEXLOWER_PERMISSIVE
            .decode(digits)
            .map_err(|_| format("it does not have 64 hexadecimal digits"))?,
    );
    RootKey::from_bytes(&bytes).map_err(|_| format("it does not have 64 hexadecimal digits"))
}

/// Writes a new root key, mode 0600, complete or not at all. An existing file is never replaced.
///
/// # Errors
/// [`RootKeyError::Io`], also when there is a file already.
pub fn create(path: &Path, key: &RootKey) -> Result<(), RootKeyError> {
    let io = |error: std::io::Error| RootKeyError::Io {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let directory = path
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let draft = directory.join(format!(".root.key.{}", std::process::id()));
    let mut line = Zeroizing::new(String::with_capacity(PREFIX.len() + 65));
    line.push_str(PREFIX);
    HEXLOWER.encode_append(key.expose_secret(), &mut line);
    line.push('\n');

    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()?;
        pass(Boundary::RootKeyDraft);
        // A hard link fails when the name is taken; a rename would replace a key that is in use.
        fs::hard_link(&draft, path)?;
        fs::File::open(directory)?.sync_all()
    })();
    pass(Boundary::RootKey);
    let _ = fs::remove_file(&draft);
    written.map_err(io)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_comes_back_and_is_never_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("root.key");
        let key = RootKey::random();
        create(&path, &key).expect("writes");
        assert_eq!(
            fs::metadata(&path).expect("is there").permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(read(&path).expect("reads").fingerprint(), key.fingerprint());
        assert!(matches!(
            create(&path, &RootKey::random()),
            Err(RootKeyError::Io { .. })
        ));
        assert_eq!(read(&path).expect("reads").fingerprint(), key.fingerprint());
        assert_eq!(
            fs::read_dir(directory.path()).expect("lists").count(),
            1,
            "no draft stays"
        );
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("root.key");
        assert!(matches!(read(&path), Err(RootKeyError::Missing { .. })));
        create(&path, &RootKey::random()).expect("writes");
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("sets");
            assert!(matches!(read(&path), Err(RootKeyError::Open { .. })), "{mode:o}");
        }
        for text in [
            "",
            "x",
            "distri-root-key-1:",
            "distri-root-key-1:00",
            "distri-root-key-2:00",
        ] {
            fs::write(&path, text).expect("writes");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("sets");
            assert!(matches!(read(&path), Err(RootKeyError::Format { .. })), "{text}");
        }
        assert!(matches!(
            read(directory.path()),
            Err(RootKeyError::Open { .. } | RootKeyError::Format { .. })
        ));
    }
}
