//! A file of checkpoints, appended and flushed: signed notes, each followed by an empty line.
//!
//! Several installations may share a file; each looks at the notes with its own name. What is no note is left where it
//! is, for `distri audit verify` to point at, except the beginning of a note that a power cut tore.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use distri_core::audit::Checkpoint;
use rustix::fs::{FlockOperation, flock};

/// Enough for the newest notes; a note has about 250 bytes.
const TAIL: u64 = 2 * 1024;

/// What stands in the file between empty lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::audit) enum Piece {
    /// The form of a signed note, not yet believed.
    Note(String),
    /// Something else, at this byte.
    Junk(usize),
}

/// How much of the file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) enum Reach {
    /// Its end, which nearly always has the newest notes.
    Tail,
    /// All of it: a file shared with others may have them far from its end.
    Whole,
}

/// The notes of the log called `origin`, newest first, not yet believed; none when there is no file.
pub(in crate::audit) fn newest_first(path: &Path, origin: &str, reach: Reach) -> io::Result<Vec<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    if reach == Reach::Tail {
        let len = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(len.saturating_sub(TAIL)))?;
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let pieces = parse(&bytes).pieces.into_iter().rev();
    Ok(pieces.filter_map(|it| of(origin, it)).collect())
}

/// The notes of the log called `origin` in a file of checkpoints, oldest first, not yet believed.
///
/// # Errors
/// When the file cannot be read, or is not there.
pub fn checkpoints_in(path: &Path, origin: &str) -> io::Result<Vec<String>> {
    let pieces = parse(&std::fs::read(path)?).pieces.into_iter();
    Ok(pieces.filter_map(|it| of(origin, it)).collect())
}

/// Everything in the file; nothing when there is none.
pub(in crate::audit) fn pieces(path: &Path) -> io::Result<Vec<Piece>> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let mut parsed = parse(&bytes);
            if parsed.torn < bytes.len() {
                parsed.pieces.push(Piece::Junk(parsed.torn));
            }
            Ok(parsed.pieces)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The note in `piece`, if it has the name `origin`.
pub(in crate::audit) fn of(origin: &str, piece: Piece) -> Option<String> {
    match piece {
        Piece::Note(note) if Checkpoint::peek(&note).is_some_and(|it| it.origin == origin) => Some(note),
        _ => None,
    }
}

/// The file, locked against other writers until it is dropped.
pub(in crate::audit) struct Sink {
    file: File,
    bytes: Vec<u8>,
}

impl Sink {
    /// Opens the file to append to it; makes it (mode 0600) when there is none.
    pub(in crate::audit) fn open(path: &Path) -> io::Result<Self> {
        let is_new = !path.exists();
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
        flock(&file, FlockOperation::LockExclusive)?;
        if is_new && let Some(directory) = path.parent() {
            File::open(directory)?.sync_all()?;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Self { file, bytes })
    }

    /// The notes of the log called `origin` that are there, oldest first.
    pub(in crate::audit) fn notes(&self, origin: &str) -> Vec<String> {
        let pieces = parse(&self.bytes).pieces.into_iter();
        pieces.filter_map(|it| of(origin, it)).collect()
    }

    /// Appends notes and flushes them.
    pub(in crate::audit) fn append(mut self, notes: &[String]) -> io::Result<()> {
        let Some(first) = notes.first() else { return Ok(()) };
        let whole = parse(&self.bytes).torn;
        let torn = &self.bytes[whole..];
        let mut appended = Vec::new();
        if first.as_bytes().starts_with(torn) {
            // Nothing, or what a power cut left of this very note.
            if !torn.is_empty() {
                self.file.set_len(whole as u64)?;
            }
        } else {
            appended.extend_from_slice(b"\n\n");
        }
        for note in notes {
            appended.extend_from_slice(note.as_bytes());
            appended.push(b'\n');
        }
        self.file.write_all(&appended)?;
        self.file.sync_all()
    }
}

struct Parsed {
    pieces: Vec<Piece>,
    /// Where an unfinished piece begins at the end; the length when there is none.
    torn: usize,
}

/// A note is a block of text and, after one empty line, a block of signatures with an empty line after it.
fn parse(bytes: &[u8]) -> Parsed {
    let mut pieces = Vec::new();
    let mut body: Option<usize> = None;
    let mut start = 0;
    while let Some(len) = bytes[start..].windows(2).position(|it| it == b"\n\n") {
        let block = &bytes[start..start + len];
        let is_signatures = block.starts_with("— ".as_bytes());
        match body.take() {
            Some(begin) if is_signatures => {
                let note = String::from_utf8(bytes[begin..start + len + 1].to_vec());
                pieces.push(note.map_or(Piece::Junk(begin), Piece::Note));
            }
            Some(begin) => {
                pieces.push(Piece::Junk(begin));
                body = Some(start);
            }
            None if is_signatures => pieces.push(Piece::Junk(start)),
            None if block.is_empty() => {}
            None => body = Some(start),
        }
        start += len + 2;
    }
    Parsed {
        pieces,
        torn: body.unwrap_or(start),
    }
}

#[cfg(test)]
mod tests {
    use distri_core::audit::merkle::Hash;
    use distri_core::audit::note::NoteSigner;

    use super::*;

    fn note(name: &str, size: u64) -> String {
        let signer = NoteSigner::from_seed(name.to_owned(), &[1; 32]);
        Checkpoint::sign(size, Hash::leaf(&size.to_be_bytes()), &signer)
    }

    fn newest(path: &Path, origin: &str) -> io::Result<Option<String>> {
        let tail = newest_first(path, origin, Reach::Tail)?;
        let whole = newest_first(path, origin, Reach::Whole)?;
        assert!(whole.starts_with(&tail), "the tail is the end of the whole");
        Ok(whole.into_iter().next())
    }

    fn append(path: &Path, notes: &[String]) {
        Sink::open(path).expect("opens").append(notes).expect("appends");
    }

    #[test]
    fn notes_come_back_in_order_and_each_log_sees_its_own() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("checkpoints");
        assert_eq!(newest(&path, "a").expect("reads"), None);
        for size in 1..40 {
            append(&path, &[note("a", size)]);
        }
        assert_eq!(newest(&path, "a").expect("reads"), Some(note("a", 39)));
        for size in 1..40 {
            append(&path, &[note("b", size)]);
        }
        assert_eq!(
            newest(&path, "a").expect("reads"),
            Some(note("a", 39)),
            "far behind b's"
        );
        assert_eq!(newest(&path, "b").expect("reads"), Some(note("b", 39)));
        assert_eq!(newest(&path, "c").expect("reads"), None);
        let sink = Sink::open(&path).expect("opens");
        let own: Vec<String> = (1..40).map(|it| note("a", it)).collect();
        assert_eq!(sink.notes("a"), own);
    }

    #[test]
    fn a_torn_note_is_replaced_by_the_whole_one_wherever_it_tore() {
        let directory = tempfile::tempdir().expect("a directory");
        let whole = note("a", 2);
        for len in 0..=whole.len() {
            let path = directory.path().join(format!("checkpoints-{len}"));
            append(&path, &[note("a", 1)]);
            let mut bytes = std::fs::read(&path).expect("reads");
            bytes.extend_from_slice(&whole.as_bytes()[..len]);
            std::fs::write(&path, &bytes).expect("writes");
            assert_eq!(newest(&path, "a").expect("reads"), Some(note("a", 1)), "{len}");
            append(&path, std::slice::from_ref(&whole));
            assert_eq!(
                pieces(&path).expect("reads"),
                [Piece::Note(note("a", 1)), Piece::Note(whole.clone())],
                "{len}"
            );
        }
    }

    #[test]
    fn what_is_no_note_stays_and_is_pointed_at() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("checkpoints");
        append(&path, &[note("a", 1)]);
        let before = std::fs::metadata(&path).expect("is there").len() as usize;
        let mut bytes = std::fs::read(&path).expect("reads");
        bytes.extend_from_slice(b"scribbled \xFF here");
        std::fs::write(&path, bytes).expect("writes");
        assert_eq!(pieces(&path).expect("reads")[1], Piece::Junk(before));
        append(&path, &[note("a", 2)]);
        assert_eq!(
            pieces(&path).expect("reads"),
            [
                Piece::Note(note("a", 1)),
                Piece::Junk(before),
                Piece::Note(note("a", 2))
            ]
        );
        assert_eq!(newest(&path, "a").expect("reads"), Some(note("a", 2)));
    }
}
