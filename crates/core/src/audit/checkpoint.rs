//! Checkpoints: the log's head at one size, as C2SP `tlog-checkpoint` has them.
//!
//! Three lines of a signed note: the log's name (*origin*), its size, and its head in base64. What is signed once
//! stays true: every later state of the log begins with these records.

use super::merkle::Hash;
use super::note::{NoteError, NoteSigner, VerifierKey};

/// The head of the log when it had `size` records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many records it covers.
    pub size: u64,
    /// The head of the tree over them.
    pub head: Hash,
}

impl Checkpoint {
    /// The signed note over this checkpoint.
    #[must_use]
    pub fn sign(size: u64, head: Hash, signer: &NoteSigner) -> String {
        signer.sign(&format!("{}\n{size}\n{head}\n", signer.key().name()))
    }

    /// The checkpoint in a note that `key` signed. The origin is the key's name.
    ///
    /// # Errors
    /// [`CheckpointError`] when the note is not believed or holds something else.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let checkpoint = Self::parse(key.open(note)?).ok_or(CheckpointError::Content)?;
        if checkpoint.origin == key.name() {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Origin(checkpoint.origin))
        }
    }

    /// What a note claims to be, before anybody believes it: to find which record or row to compare it with.
    #[must_use]
    pub fn peek(note: &str) -> Option<Self> {
        let at = note.rfind("\n\n")?;
        Self::parse(&note[..=at])
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, head) = (lines.next()?, lines.next()?, lines.next()?);
        let has_form = !origin.is_empty() && lines.all(|extension| !extension.is_empty());
        let number: u64 = size.parse().ok()?;
        // One text for each number: no sign, no leading zero.
        (has_form && number.to_string() == size).then_some(Self {
            origin: origin.to_owned(),
            size: number,
            head: Hash::from_base64(head)?,
        })
    }
}

/// Why a checkpoint is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A signed text that is no checkpoint.
    #[error("it is signed, but it is no checkpoint")]
    Content,
    /// A checkpoint of another log.
    #[error("it is a checkpoint of `{0}`")]
    Origin(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> NoteSigner {
        NoteSigner::from_seed("distri/0190".to_owned(), &[3; 32])
    }

    #[test]
    fn what_was_signed_opens() {
        let note = Checkpoint::sign(20_852_163, Hash::empty(), &signer());
        let opened = Checkpoint::open(&note, signer().key()).expect("opens");
        assert_eq!((opened.size, opened.head), (20_852_163, Hash::empty()));
        assert_eq!(Checkpoint::peek(&note), Some(opened));
    }

    #[test]
    fn a_signed_text_of_another_form_is_refused() {
        let head = Hash::empty();
        for (text, error) in [
            (format!("distri/0190\n01\n{head}\n"), CheckpointError::Content),
            (format!("distri/0190\n+1\n{head}\n"), CheckpointError::Content),
            (
                format!("distri/0190\n18446744073709551616\n{head}\n"),
                CheckpointError::Content,
            ),
            ("distri/0190\n1\nAAAA\n".to_owned(), CheckpointError::Content),
            ("distri/0190\n1\n".to_owned(), CheckpointError::Content),
            (
                format!("distri/0190\n1\n{head}\n\nextension\n"),
                CheckpointError::Content,
            ),
            (
                format!("other\n1\n{head}\n"),
                CheckpointError::Origin("other".to_owned()),
            ),
        ] {
            let note = signer().sign(&text);
            assert_eq!(Checkpoint::open(&note, signer().key()), Err(error), "{text}");
        }
        let note = signer().sign(&format!("distri/0190\n1\n{head}\nextension\n"));
        assert!(Checkpoint::open(&note, signer().key()).is_ok());
    }
}
