//! Which slots' parameters are followed: those that the operator has vouched for outside the database.
//!
//! Parameters say where a root key is, and whoever can write to the database can write them. What they name would get the
//! operator's token or PIN, would be loaded into this process, or could hand it a root key of somebody else's. So what leads
//! out of this process is looked up first, word for word, in a file beside the configuration, a line each:
//!
//! ```text
//! transit {"address":"https://bao.internal:8200","key":"distri","mount":"transit","wrapped":"vault:v1:…"}
//! ```
//!
//! What adds a slot writes its line, and `distri keys trust` the line of a slot that came another way.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::process::geteuid;

use super::RootKeyError;
use super::provider::{KeyProvider, Surroundings};

/// The most that is read: some thousands of slots.
const MAX_LEN: u64 = 1024 * 1024;

const HEADER: &str = "# Key providers that may be asked, as their slots name them; `distri keys trust` adds one.";

/// Parameters that may be followed. Only looking them up, or enrolling them just now, makes one.
pub struct Vouched<'p>(pub(super) Cow<'p, str>);

impl Vouched<'_> {
    /// The parameters.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The operator's list of key providers.
#[derive(Clone, Debug)]
pub struct Trusted {
    file: PathBuf,
    /// Consented to for this one command.
    besides: Vec<String>,
    /// Its lines, where they were read once for all.
    seen: Option<Vec<String>>,
}

impl Trusted {
    /// The list in `file`, which need not be there.
    #[must_use]
    pub fn in_file(file: PathBuf) -> Self {
        Self {
            file,
            besides: Vec::new(),
            seen: None,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Whether a slot of this provider with these parameters is in it, word for word.
    ///
    /// # Errors
    /// The file cannot be read, or others may write to it.
    pub fn has(&self, provider: &str, parameters: &str) -> Result<bool, RootKeyError> {
        let wanted = line(provider, parameters);
        let has = |lines: &[String]| wanted.as_ref().is_some_and(|it| lines.contains(it));
        match &self.seen {
            _ if has(&self.besides) => Ok(true),
            Some(lines) => Ok(has(lines)),
            None => Ok(has(&self.lines()?)),
        }
    }

    /// The list as it is now, however many slots are looked up. One that cannot be read says so at each.
    pub(crate) fn as_of_now(&self) -> Self {
        Self {
            seen: self.lines().ok(),
            ..self.clone()
        }
    }

    /// Trusts a slot for as long as this value lives.
    pub(crate) fn accept(&mut self, provider: &str, parameters: &str) {
        self.besides.extend(line(provider, parameters));
    }

    /// Adds a slot.
    ///
    /// # Errors
    /// As [`has`](Self::has); the file cannot be written.
    pub fn add(&self, provider: &str, parameters: &str) -> Result<(), RootKeyError> {
        let added = line(provider, parameters).ok_or(RootKeyError::Parameters)?;
        match self.lines()?.contains(&added) {
            true => Ok(()),
            false => self.change(|lines| {
                lines.retain(|it| *it != added);
                lines.push(added);
            }),
        }
    }

    /// Takes a slot off: should its row come back, it is asked no more.
    pub(crate) fn remove(&self, provider: &str, parameters: &str) -> Result<(), RootKeyError> {
        let removed = line(provider, parameters).ok_or(RootKeyError::Parameters)?;
        match self.lines()?.contains(&removed) {
            true => self.change(|lines| lines.retain(|it| *it != removed)),
            false => Ok(()),
        }
    }

    /// Replaces the file, one process at a time.
    fn change(&self, edit: impl FnOnce(&mut Vec<String>)) -> Result<(), RootKeyError> {
        let failed = |error: io::Error| self.unusable(&format!("it cannot be written: {error}"));
        let place = self.place();
        let directory = directory_of(&place);
        // The directory is what is locked, because the file is another one after each change.
        let lock = File::open(directory).map_err(failed)?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|it| failed(it.into()))?;
        let mut lines = self.lines()?;
        edit(&mut lines);
        let (owner, group, mode) = ownership(&place, directory).map_err(failed)?;
        let draft = directory.join(format!(".key-providers.{}", std::process::id()));
        let written = (|| {
            let _ = fs::remove_file(&draft);
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&draft)?;
            if !lines.iter().any(|it| it == HEADER) {
                writeln!(file, "{HEADER}")?;
            }
            for line in &lines {
                writeln!(file, "{line}")?;
            }
            let made = file.metadata()?;
            if (made.uid(), made.gid()) != (owner, group) {
                fchown(&file, Some(owner), Some(group)).map_err(|error| {
                    let reason =
                        format!("it belongs to user {owner} and group {group}, who have to write it ({error})");
                    io::Error::new(error.kind(), reason)
                })?;
            }
            file.set_permissions(fs::Permissions::from_mode(mode))?;
            file.sync_all()?;
            fs::rename(&draft, &place)?;
            lock.sync_all()
        })();
        let _ = fs::remove_file(&draft);
        written.map_err(failed)
    }

    fn lines(&self) -> Result<Vec<String>, RootKeyError> {
        let failed = |error: io::Error| self.unusable(&error.to_string());
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(&self.file);
        let file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() || metadata.len() > MAX_LEN {
            return Err(self.unusable("it is no list of key providers"));
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(self.unusable("others may write to it; `chmod 600` it, and look at each of its lines"));
        }
        if !self.is_owned(metadata.uid()) {
            let reason = format!("it belongs to user {}, who could write to it", metadata.uid());
            return Err(self.unusable(&reason));
        }
        let mut text = String::new();
        file.take(MAX_LEN).read_to_string(&mut text).map_err(failed)?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Whether a file of `owner` is the word of who runs this. Root also takes that of the directory's owner, whose home it is.
    fn is_owned(&self, owner: u32) -> bool {
        let own = geteuid();
        let is_the_homes = || fs::metadata(directory_of(&self.place())).is_ok_and(|it| it.uid() == owner);
        owner == own.as_raw() || owner == 0 || (own.is_root() && is_the_homes())
    }

    /// Where a link leads, so that it stays one.
    fn place(&self) -> PathBuf {
        fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone())
    }

    fn unusable(&self, reason: &str) -> RootKeyError {
        RootKeyError::Trusted {
            path: self.file.clone(),
            reason: reason.to_owned(),
        }
    }
}

fn directory_of(place: &Path) -> &Path {
    let directory = place.parent().filter(|it| !it.as_os_str().is_empty());
    directory.unwrap_or(Path::new("."))
}

/// Owner, group and mode of a list that is written: as they are, so that who reads it still can. What root makes anew is the
/// directory's owner's.
fn ownership(place: &Path, directory: &Path) -> io::Result<(u32, u32, u32)> {
    match fs::metadata(place) {
        Ok(it) => Ok((it.uid(), it.gid(), it.mode() & 0o755)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(_) if geteuid().is_root() => {
            let home = fs::metadata(directory)?;
            Ok((home.uid(), home.gid(), 0o600))
        }
        Err(_) => Ok((geteuid().as_raw(), rustix::process::getegid().as_raw(), 0o600)),
    }
}

/// What may be followed of a slot's parameters; nothing when nobody has vouched for them.
///
/// # Errors
/// [`RootKeyError::Parameters`]; the list cannot be read.
pub fn vouched<'p>(
    it: &dyn KeyProvider,
    around: &Surroundings<'_>,
    parameters: &'p str,
) -> Result<Option<Vouched<'p>>, RootKeyError> {
    match !it.leads_outside(parameters)? || around.trusted.has(it.word(), parameters)? {
        true => Ok(Some(Vouched(Cow::Borrowed(parameters)))),
        false => Ok(it.instead(around).map(|it| Vouched(Cow::Borrowed(it)))),
    }
}

/// The line of a slot. What would be more than one line is none.
fn line(provider: &str, parameters: &str) -> Option<String> {
    let is_line = !provider.contains(char::is_whitespace) && !parameters.contains(char::is_control);
    is_line.then(|| format!("{provider} {parameters}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_there_word_for_word_until_it_is_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let trusted = Trusted::in_file(directory.path().join("key-providers"));
        assert!(!trusted.has("transit", "{\"a\":1}").expect("reads"));
        trusted.add("transit", "{\"a\":1}").expect("adds");
        trusted.add("transit", "{\"a\":1}").expect("adds");
        trusted.add("pkcs11", "{}").expect("adds");
        let text = fs::read_to_string(trusted.file()).expect("reads");
        assert_eq!(text, format!("{HEADER}\ntransit {{\"a\":1}}\npkcs11 {{}}\n"));
        let mode = fs::metadata(trusted.file()).expect("is there").mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(trusted.has("transit", "{\"a\":1}").expect("reads"));
        for (provider, parameters) in [
            ("transit", "{\"a\": 1}"),
            ("transit", "{\"a\":1} "),
            ("transit", ""),
            ("pkcs11", "{\"a\":1}"),
            ("transit {\"a\":1}", ""),
            ("transit", "{\"a\":1}\npkcs11 {}"),
        ] {
            assert!(
                !trusted.has(provider, parameters).expect("reads"),
                "{provider} {parameters}"
            );
        }
        assert!(trusted.add("transit", "{\"a\":2\n}").is_err(), "two lines");
        trusted.remove("transit", "{\"a\":1}").expect("removes");
        assert!(!trusted.has("transit", "{\"a\":1}").expect("reads"));
        assert!(trusted.has("pkcs11", "{}").expect("reads"));
        assert_eq!(fs::read_dir(directory.path()).expect("lists").count(), 1);
    }

    #[test]
    fn a_list_that_others_may_write_to_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let trusted = Trusted::in_file(directory.path().join("key-providers"));
        trusted.add("transit", "{}").expect("adds");
        for (mode, is_good) in [(0o644, true), (0o620, false), (0o602, false)] {
            fs::set_permissions(trusted.file(), fs::Permissions::from_mode(mode)).expect("sets");
            assert_eq!(trusted.has("transit", "{}").is_ok(), is_good, "{mode:o}");
        }
    }

    #[test]
    fn a_list_that_is_written_again_stays_readable_for_its_owner() {
        if !geteuid().is_root() {
            return;
        }
        let directory = tempfile::tempdir().expect("a directory");
        let trusted = Trusted::in_file(directory.path().join("key-providers"));
        let of = |path: &Path| fs::metadata(path).map(|it| (it.uid(), it.gid(), it.mode() & 0o777));
        let chown = |path: &Path| std::os::unix::fs::chown(path, Some(12345), Some(12346)).expect("gives away");
        chown(directory.path());
        trusted
            .add("transit", "{}")
            .expect("root makes one for the home's owner");
        assert_eq!(of(trusted.file()).expect("is there"), (12345, 12346, 0o600));
        fs::set_permissions(trusted.file(), fs::Permissions::from_mode(0o640)).expect("sets");
        trusted.add("pkcs11", "{}").expect("adds");
        assert_eq!(of(trusted.file()).expect("is there"), (12345, 12346, 0o640));
        // In a directory that is not theirs, it is no list of ours.
        std::os::unix::fs::chown(directory.path(), Some(0), Some(0)).expect("takes back");
        assert!(trusted.has("transit", "{}").is_err());
    }

    #[test]
    fn a_list_read_once_is_not_read_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let trusted = Trusted::in_file(directory.path().join("key-providers"));
        trusted.add("transit", "{}").expect("adds");
        let seen = trusted.as_of_now();
        fs::remove_file(trusted.file()).expect("removes");
        assert!(seen.has("transit", "{}").expect("is not read"));
        assert!(!trusted.has("transit", "{}").expect("reads"));
    }

    #[test]
    fn many_who_add_at_once_lose_nothing() {
        let directory = tempfile::tempdir().expect("a directory");
        let trusted = Trusted::in_file(directory.path().join("key-providers"));
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let trusted = &trusted;
                scope.spawn(move || trusted.add("transit", &format!("{{\"a\":{thread}}}")).expect("adds"));
            }
        });
        for thread in 0..8 {
            assert!(trusted.has("transit", &format!("{{\"a\":{thread}}}")).expect("reads"));
        }
    }
}
