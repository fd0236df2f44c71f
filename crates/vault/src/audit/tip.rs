//! The tip: how far the log has got, in a small file outside the database, after every commit.
//!
//! Checkpoints are a minute or a thousand records apart; the tip says of the records since then that they were there.
//! It also says which checkpoint was the newest one delivered, so that one removed from the file differs from one that
//! a crash kept from getting there. It is written after the record itself was flushed, and flushed itself only with a
//! checkpoint: it can be behind the database and never ahead of it. Its MAC keeps it from being made up. Whoever can remove the file is back to the
//! newest checkpoint.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::HEXLOWER;
use distri_core::audit::merkle::Hash;
use distri_core::envelope::{Canonical, Keyring};
use distri_core::ids::InstanceId;

const FORMAT: &str = "distri-audit-tip/1";

/// How far the log has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tip {
    /// How many records there are.
    pub(super) size: u64,
    /// The leaf of the newest one.
    pub(super) leaf: Hash,
    /// The number of the newest checkpoint that was delivered; 0 before the first.
    pub(super) delivered: u64,
}

/// Writes the tip.
///
/// One write of one size at the same place, once it is there: concurrent writers leave one of their tips, each of which is true.
pub(super) fn write(path: &Path, keyring: &Keyring, tip: &Tip) -> io::Result<()> {
    let mac = keyring.mac_audit(&tip.canonical(keyring));
    let Tip { size, leaf, delivered } = tip;
    let text = format!(
        "{FORMAT}\n{}\n{size:020}\n{leaf}\n{delivered:020}\n{}\n",
        keyring.instance(),
        HEXLOWER.encode(mac.as_bytes())
    );
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => file.write_all_at(text.as_bytes(), 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path, &text),
        Err(error) => Err(error),
    }
}

/// Makes the file, on the disk before it is seen: one that is missing later was not lost by a power cut.
fn create(path: &Path, text: &str) -> io::Result<()> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let beside = path.with_extension(format!("{}-{number}", std::process::id()));
    let made = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|file| file.write_all_at(text.as_bytes(), 0).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&beside, path));
    if made.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    made?;
    path.parent().map_or(Ok(()), |it| File::open(it)?.sync_all())
}

/// Brings what the file says to the disk.
///
/// A disk may else keep any tip since the last flush. That does no harm while the log only grows; where an older state is
/// accepted, the disk must have the very tip that is given up, and a newer one soon.
pub(super) fn flush(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => file.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// What a tip file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// There is none, or a crash left an empty one.
    None,
    /// It is another installation's.
    Another,
    /// The log had got this far.
    Tip(Tip),
    /// It is not what distri wrote.
    Damaged,
}

/// Reads the tip. One that is being written at this moment may be read half old and half new, so a damaged one is read
/// again.
pub(super) fn read(path: &Path, keyring: &Keyring) -> Read {
    const ATTEMPTS: usize = 3;
    let mut reads = (0..ATTEMPTS).map(|_| read_once(path, keyring));
    reads.find(|it| *it != Read::Damaged).unwrap_or(Read::Damaged)
}

/// What a tip file claims, before anybody believes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    /// Of which installation it is; none where that cannot be read.
    pub(super) instance: Option<InstanceId>,
    /// How many records there are.
    pub(super) size: u64,
}

/// What a tip file claims; none where there is none, or a crash left an empty one.
pub(super) fn claimed(path: &Path) -> Option<Claimed> {
    let bytes = std::fs::read(path).ok()?;
    if is_empty(&bytes) {
        return None;
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.split('\n').skip(1);
    Some(Claimed {
        instance: lines.next().and_then(|it| it.parse().ok()),
        size: lines.next().and_then(|it| it.parse().ok()).unwrap_or(0),
    })
}

/// A power cut may keep the length of a file that never got its first content.
fn is_empty(bytes: &[u8]) -> bool {
    bytes.iter().all(|it| *it == 0)
}

fn read_once(path: &Path, keyring: &Keyring) -> Read {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Read::None,
        Err(_) => return Read::Damaged,
    };
    if is_empty(&bytes) {
        return Read::None;
    }
    let text = String::from_utf8_lossy(&bytes);
    let fields: Vec<&str> = text.split('\n').collect();
    let [FORMAT, instance, size, leaf, delivered, mac, ""] = fields[..] else {
        return Read::Damaged;
    };
    if instance != keyring.instance().to_string() {
        return Read::Another;
    }
    let (Ok(size), Some(leaf), Ok(delivered)) = (size.parse(), Hash::from_base64(leaf), delivered.parse()) else {
        return Read::Damaged;
    };
    let tip = Tip { size, leaf, delivered };
    let mac = HEXLOWER.decode(mac.as_bytes()).unwrap_or_default();
    match keyring.verify_audit(&tip.canonical(keyring), &mac) {
        Ok(()) => Read::Tip(tip),
        Err(_) => Read::Damaged,
    }
}

impl Tip {
    /// What a record names it by.
    pub(super) fn hash(&self, keyring: &Keyring) -> Hash {
        Hash::leaf(self.canonical(keyring).as_ref())
    }

    fn canonical(&self, keyring: &Keyring) -> Canonical {
        let mut canonical = Canonical::new("audit.tip");
        canonical
            .bytes(keyring.instance().as_bytes())
            .number(self.size)
            .bytes(self.leaf.as_bytes())
            .number(self.delivered);
        canonical
    }
}

#[cfg(test)]
mod tests {
    use distri_core::SystemClock;

    use super::*;

    #[test]
    fn a_tip_comes_back_and_cannot_be_made_up() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("tip");
        let keyring = Keyring::create(&SystemClock);
        let tip = |size| Tip {
            size,
            leaf: Hash::leaf(b"x"),
            delivered: 3,
        };
        assert_eq!(read(&path, &keyring), Read::None);
        write(&path, &keyring, &tip(12)).expect("writes");
        write(&path, &keyring, &tip(7)).expect("writes over it");
        assert_eq!(read(&path, &keyring), Read::Tip(tip(7)));
        assert_eq!(read(&path, &Keyring::create(&SystemClock)), Read::Another);

        let text = std::fs::read_to_string(&path).expect("reads");
        std::fs::write(&path, text.replace("00007", "00006")).expect("writes");
        assert_eq!(read(&path, &keyring), Read::Damaged);
        std::fs::write(&path, &text[..40]).expect("writes");
        assert_eq!(read(&path, &keyring), Read::Damaged);
        std::fs::write(&path, vec![0; text.len()]).expect("writes");
        assert_eq!(read(&path, &keyring), Read::None);
    }
}
