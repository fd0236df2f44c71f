//! A checkpoint as a request to a webhook: the signed note, as it is, for a service that keeps what it is sent.
//!
//! The body of a `POST` is the note; the answer is a status of success and nothing else. It cannot be asked what it has, so
//! a small file in the state directory says which note it took last.

use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use distri_core::audit::merkle::Hash;
use distri_egress::{Request, operator};
use rustix::fs::{FlockOperation, flock};
use zeroize::Zeroizing;

/// Where checkpoints are sent, and by what the receiver knows that they are ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The address; without TLS on this machine only.
    pub url: WebhookUrl,
    /// A file with the token that goes into `authorization: Bearer …`.
    pub secret_file: Option<PathBuf>,
    /// Certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// The address of a webhook. What stands in its path may be a secret: only its host is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    text: String,
    place: String,
}

/// Text that is no address of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook is `https://HOST[:PORT]/PATH`, or `http://` on this machine")]
pub struct WebhookUrlError;

/// One note and its number.
pub(crate) struct Letter {
    pub(crate) number: u64,
    pub(crate) note: String,
}

impl std::str::FromStr for WebhookUrl {
    type Err = WebhookUrlError;

    fn from_str(text: &str) -> Result<Self, WebhookUrlError> {
        let request = Request::parse("POST", text, Vec::new(), Vec::new()).map_err(|_| WebhookUrlError)?;
        Ok(Self {
            text: text.to_owned(),
            place: request.authority(),
        })
    }
}

impl std::fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place)
    }
}

impl std::fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Webhook {
    /// Sends what comes after `taken`, and remembers that it was taken; none where another process is at it, or was since
    /// `taken` was read.
    ///
    /// Numbers decide nothing here: after a database was put back, the newest note has a lower one than what was taken.
    pub(in crate::audit) fn send(
        &self,
        letter: &Letter,
        taken: Option<Cursor>,
        cursor: &Path,
    ) -> Result<Option<Cursor>, String> {
        let told = |error: io::Error| format!("cannot use `{}`: {error}", cursor.display());
        let Some(mut file) = locked(cursor).map_err(told)? else {
            return Ok(None);
        };
        if Cursor::read(&mut file).map_err(told)? != taken {
            return Ok(None);
        }
        self.post(&letter.note)?;
        let now = Cursor::of(letter);
        now.write(&mut file).map_err(told)?;
        Ok(Some(now))
    }

    fn post(&self, note: &str) -> Result<(), String> {
        let mut headers = vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())];
        if let Some(path) = &self.secret_file {
            let text = std::fs::read_to_string(path).map(Zeroizing::new);
            let text = text.map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
            headers.push(("authorization".to_owned(), format!("Bearer {}", text.trim_end())));
        }
        // The error of a request may name what stands in a header: that would be the token.
        let request = Request::parse("POST", &self.url.text, headers, note.as_bytes().to_vec())
            .map_err(|_| "its token cannot be sent".to_owned())?;
        let answer = operator::send(&request, self.ca_file.as_ref()).map_err(|error| error.to_string())?;
        match answer.status {
            200..=299 => Ok(()),
            status => Err(format!("it answers {status}")),
        }
    }
}

/// The newest note that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) struct Cursor {
    pub(in crate::audit) number: u64,
    pub(in crate::audit) note: Hash,
}

impl Cursor {
    pub(in crate::audit) fn of(letter: &Letter) -> Self {
        Self {
            number: letter.number,
            note: Hash::leaf(letter.note.as_bytes()),
        }
    }

    /// What the file says; none where it says nothing that is understood.
    pub(in crate::audit) fn load(path: &Path) -> Option<Self> {
        let mut file = std::fs::File::open(path).ok()?;
        Self::read(&mut file).ok().flatten()
    }

    fn read(file: &mut std::fs::File) -> io::Result<Option<Self>> {
        let mut text = String::new();
        match file.read_to_string(&mut text) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(None),
            read => read?,
        };
        let parsed = text.trim_end().split_once(' ').and_then(|(number, note)| {
            Some(Self {
                number: number.parse().ok()?,
                note: Hash::from_base64(note)?,
            })
        });
        Ok(parsed)
    }

    /// One write of one size at the same place. Unflushed: a note that is sent twice does no harm.
    fn write(self, file: &mut std::fs::File) -> io::Result<()> {
        use std::io::{Seek, SeekFrom};
        file.seek(SeekFrom::Start(0))?;
        let line = format!("{:020} {}\n", self.number, self.note);
        file.write_all(line.as_bytes())?;
        // Whatever else was there before must not be read with it.
        file.set_len(line.len() as u64)
    }
}

/// The file, unless another process has it.
fn locked(path: &Path) -> io::Result<Option<std::fs::File>> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_its_host_only() {
        let url: WebhookUrl = "https://hooks.example.com/services/T0/B0/xyz?token=abc"
            .parse()
            .expect("an address");
        assert_eq!(format!("{url} {url:?}"), "hooks.example.com hooks.example.com");
        for text in [
            "",
            "hooks.example.com",
            "ftp://x/",
            "https://ada:pw@x/",
            "https:///x",
            "/x",
        ] {
            assert_eq!(text.parse::<WebhookUrl>(), Err(WebhookUrlError), "{text}");
        }
    }
}
