//! The tip: how far the log has got, in a small file outside the database, after every commit.
//!
//! Checkpoints are a minute or a thousand records apart; the tip says of the records since then that they were there.
//! It is written without a flush, after the record itself was flushed: it can be behind the database and never ahead
//! of it. Its MAC keeps it from being made up. Whoever can remove the file is back to the newest checkpoint.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use data_encoding::HEXLOWER;
use distri_core::audit::merkle::Hash;
use distri_core::envelope::{Canonical, Keyring};

const FORMAT: &str = "distri-audit-tip/1";

/// Writes the tip of a log of `size` records whose newest has `leaf`.
///
/// One write of one size at the same place: concurrent writers leave one of their tips, each of which is true.
pub(super) fn write(path: &Path, keyring: &Keyring, size: u64, leaf: Hash) -> io::Result<()> {
    let mac = keyring.mac_audit(&canonical(keyring, size, leaf));
    let text = format!(
        "{FORMAT}\n{}\n{size:020}\n{leaf}\n{}\n",
        keyring.instance(),
        HEXLOWER.encode(mac.as_bytes())
    );
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    file.write_all_at(text.as_bytes(), 0)
}

/// What a tip file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// There is none for this installation, or a crash left an empty one.
    None,
    /// The log had this many records, the newest with this leaf.
    Tip(u64, Hash),
    /// It is not what distri wrote.
    Damaged,
}

/// Reads the tip.
pub(super) fn read(path: &Path, keyring: &Keyring) -> Read {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Read::None,
        Err(_) => return Read::Damaged,
    };
    // A power cut may keep the length of a file that never got its first content.
    if bytes.iter().all(|it| *it == 0) {
        return Read::None;
    }
    let text = String::from_utf8_lossy(&bytes);
    let fields: Vec<&str> = text.split('\n').collect();
    let [FORMAT, instance, size, leaf, mac, ""] = fields[..] else {
        return Read::Damaged;
    };
    if instance != keyring.instance().to_string() {
        return Read::None;
    }
    let parsed = (
        size.parse().ok(),
        Hash::from_base64(leaf),
        HEXLOWER.decode(mac.as_bytes()).ok(),
    );
    match parsed {
        (Some(size), Some(leaf), Some(mac)) if keyring.verify_audit(&canonical(keyring, size, leaf), &mac).is_ok() => {
            Read::Tip(size, leaf)
        }
        _ => Read::Damaged,
    }
}

fn canonical(keyring: &Keyring, size: u64, leaf: Hash) -> Canonical {
    let mut canonical = Canonical::new("audit.tip");
    canonical
        .bytes(keyring.instance().as_bytes())
        .number(size)
        .bytes(leaf.as_bytes());
    canonical
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
        let leaf = Hash::leaf(b"x");
        assert_eq!(read(&path, &keyring), Read::None);
        write(&path, &keyring, 12, leaf).expect("writes");
        write(&path, &keyring, 7, leaf).expect("writes over it");
        assert_eq!(read(&path, &keyring), Read::Tip(7, leaf));
        assert_eq!(read(&path, &Keyring::create(&SystemClock)), Read::None);

        let text = std::fs::read_to_string(&path).expect("reads");
        std::fs::write(&path, text.replace("00007", "00006")).expect("writes");
        assert_eq!(read(&path, &keyring), Read::Damaged);
        std::fs::write(&path, &text[..40]).expect("writes");
        assert_eq!(read(&path, &keyring), Read::Damaged);
        std::fs::write(&path, vec![0; text.len()]).expect("writes");
        assert_eq!(read(&path, &keyring), Read::None);
    }
}
