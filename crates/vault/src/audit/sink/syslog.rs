//! A checkpoint as one line to the system log's datagram socket (RFC 3164).
//!
//! The lines of the note are joined by `|`, which none of them has, so that the note can be put together again.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Facility *authpriv*, severity *notice*.
const PRIORITY: u8 = 10 * 8 + 5;

/// Sends the signed note. A full socket is an error, not a wait.
pub(in crate::audit) fn send(socket: &Path, note: &str) -> io::Result<()> {
    let line = note.trim_end_matches('\n').replace('\n', "|");
    let message = format!("<{PRIORITY}>distri[{}]: audit checkpoint: {line}", std::process::id());
    let datagram = UnixDatagram::unbound()?;
    datagram.set_nonblocking(true)?;
    datagram.send_to(message.as_bytes(), socket).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_one_line_that_can_be_put_together_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("log");
        let socket = UnixDatagram::bind(&path).expect("binds");
        let note = "distri/x\n1\nhead=\n\n— distri/x signature=\n";
        send(&path, note).expect("sends");
        let mut buffer = [0; 1024];
        let len = socket.recv(&mut buffer).expect("receives");
        let text = std::str::from_utf8(&buffer[..len]).expect("text");
        assert!(!text.contains('\n'));
        let (_, line) = text.split_once("audit checkpoint: ").expect("has its words");
        assert_eq!(line.replace('|', "\n") + "\n", note);
        assert!(send(&directory.path().join("none"), note).is_err());
    }
}
