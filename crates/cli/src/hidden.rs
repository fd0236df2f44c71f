//! Asking for text that nobody sees while it is typed.
//!
//! The echo is off *before* the question appears: who types or pastes at once must not find it on the screen. And the
//! terminal gives its bytes as they come, not by line: the kernel cuts a line after 4,095 bytes without a word, and a
//! service account's key is longer.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use distri_core::value::MAX_VALUE_LEN;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Asks on the terminal of this process, wherever its standard streams lead.
///
/// # Errors
/// There is no terminal, the answer is too long for a value, or end of input instead of one.
pub(crate) fn ask(question: &str) -> io::Result<Zeroizing<Vec<u8>>> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let quiet = Quiet::start(&terminal)?;
    (&terminal).write_all(question.as_bytes())?;
    let key = read_line(&terminal);
    drop(quiet);
    (&terminal).write_all(b"\n")?;
    match key? {
        Ended::Enter(text) => Ok(text),
        Ended::Signal(signal) => {
            kill_process(getpid(), signal)?;
            // Only where the signal is ignored.
            Err(io::ErrorKind::Interrupted.into())
        }
    }
}

/// The same for text.
///
/// # Errors
/// As [`ask`]; and an answer that is not UTF-8.
pub(crate) fn ask_text(question: &str) -> io::Result<Zeroizing<String>> {
    let mut answer = ask(question)?;
    String::from_utf8(std::mem::take(&mut *answer))
        .map(Zeroizing::new)
        .map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text")
        })
}

/// How a line ended.
enum Ended {
    Enter(Zeroizing<Vec<u8>>),
    Signal(Signal),
}

/// Reads byte by byte, so that what is typed ahead stays for the next question.
fn read_line(mut terminal: impl Read) -> io::Result<Ended> {
    // All of it at once: a vector that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_VALUE_LEN + 1));
    loop {
        let mut byte = Zeroizing::new([0_u8]);
        if terminal.read(&mut *byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match byte[0] {
            b'\r' | b'\n' => return Ok(Ended::Enter(text)),
            CTRL_D if text.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            CTRL_D => return Ok(Ended::Enter(text)),
            CTRL_C => return Ok(Ended::Signal(Signal::INT)),
            CTRL_BACKSLASH => return Ok(Ended::Signal(Signal::QUIT)),
            CTRL_U => text.clear(),
            BACKSPACE | CTRL_H => rub_out(&mut text),
            byte if text.len() <= MAX_VALUE_LEN => text.push(byte),
            _ => return Err(io::Error::other(format!("it is longer than {MAX_VALUE_LEN} bytes"))),
        }
    }
}

const CTRL_C: u8 = 3;
const CTRL_D: u8 = 4;
const CTRL_H: u8 = 8;
const CTRL_U: u8 = 21;
const CTRL_BACKSLASH: u8 = 28;
const BACKSPACE: u8 = 127;

/// Takes the last character back, all of its bytes.
fn rub_out(text: &mut Vec<u8>) {
    while text.pop().is_some_and(|it| it & 0b1100_0000 == 0b1000_0000) {}
}

/// A terminal without echo, lines and signals; as it was before when dropped.
struct Quiet<'t> {
    terminal: &'t File,
    usual: Termios,
}

impl<'t> Quiet<'t> {
    fn start(terminal: &'t File) -> io::Result<Self> {
        let usual = tcgetattr(terminal)?;
        let mut quiet = usual.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(terminal, OptionalActions::Drain, &quiet)?;
        Ok(Self { terminal, usual })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        let _ = tcsetattr(self.terminal, OptionalActions::Drain, &self.usual);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        match read_line(keys) {
            Ok(Ended::Enter(text)) => Ok(text.to_vec()),
            Ok(Ended::Signal(_)) => Err(io::ErrorKind::Interrupted),
            Err(error) => Err(error.kind()),
        }
    }

    #[test]
    fn keys_edit_the_line_and_end_it() {
        for (keys, text) in [
            (&b"value\r"[..], &b"value"[..]),
            (b"value\nnext\n", b"value"),
            (b"valux\x7fe\r", b"value"),
            ("a\u{e9}\u{1f980}\x08\x08b\r".as_bytes(), b"ab"),
            (b"\x7f\x7fa\r", b"a"),
            (b"wrong\x15right\r", b"right"),
            (b"tab\there \x04", b"tab\there "),
            (b"\r", b""),
        ] {
            assert_eq!(typed(keys).as_deref(), Ok(text), "{keys:?}");
        }
        assert_eq!(typed(b"\x04"), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(typed(b"half"), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(typed(b"half\x03"), Err(io::ErrorKind::Interrupted));
        let long = [&vec![b'x'; MAX_VALUE_LEN][..], b"\r"].concat();
        assert_eq!(typed(&long).map(|it| it.len()), Ok(MAX_VALUE_LEN));
        assert_eq!(typed(&vec![b'x'; MAX_VALUE_LEN + 2]), Err(io::ErrorKind::Other));
    }
}
