//! The header: a stanza for each recipient, and a MAC over all of it under the file key.
//!
//! Read strictly, as the format asks: one byte written otherwise, and it is no header.

use std::io::{BufRead, Read};

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac;
use data_encoding::BASE64_NOPAD;

use super::{AgeError, FileKey, Identity, Recipient};

const VERSION: &str = "age-encryption.org/v1\n";
/// Recipients are few; a header beyond this is somebody's attempt at our memory.
const MAX_LEN: u64 = 256 * 1024;
/// A full line of base64 in a body; a shorter one, possibly empty, ends it.
const COLUMNS: usize = 64;

/// The file key, wrapped for somebody.
pub(super) struct Stanza {
    pub(super) tag: String,
    pub(super) arguments: Vec<String>,
    pub(super) body: Vec<u8>,
}

/// The whole header for `recipients`.
pub(super) fn write(key: &FileKey, recipients: &[Recipient]) -> Result<Vec<u8>, Unspecified> {
    let mut text = VERSION.to_owned();
    for recipient in recipients {
        let Stanza { tag, arguments, body } = recipient.wrap(key)?;
        text += &format!("-> {tag} {}\n", arguments.join(" "));
        let body = BASE64_NOPAD.encode(&body);
        let mut rest = body.as_str();
        while rest.len() >= COLUMNS {
            let (line, after) = rest.split_at(COLUMNS);
            text += &format!("{line}\n");
            rest = after;
        }
        text += &format!("{rest}\n");
    }
    text += "---";
    let mac = hmac::sign(&mac_key(key), text.as_bytes());
    text += &format!(" {}\n", BASE64_NOPAD.encode(mac.as_ref()));
    Ok(text.into_bytes())
}

/// Reads the header and finds the file key with one of `identities`. What follows is the payload.
pub(super) fn open(reader: &mut impl BufRead, identities: &[Identity]) -> Result<FileKey, AgeError> {
    let mut lines = Lines {
        reader: reader.take(MAX_LEN),
        read: Vec::new(),
    };
    if lines.next()? != VERSION {
        return Err(AgeError::NotAge);
    }
    let mut stanzas = Vec::new();
    let mac = loop {
        let line = lines.next()?;
        if let Some(mac) = line.strip_prefix("--- ") {
            break decode(mac.trim_end_matches('\n'))?;
        }
        stanzas.push(stanza(&line, &mut lines)?);
    };
    if mac.len() != 32 {
        return Err(AgeError::Header("its MAC has 32 bytes"));
    }
    let key = unwrap(&stanzas, identities)?;
    let signed = lines.read.iter().rposition(|it| *it == b' ').unwrap_or(0);
    hmac::verify(&mac_key(&key), &lines.read[..signed], &mac).map_err(|_| AgeError::Mac)?;
    Ok(key)
}

fn unwrap(stanzas: &[Stanza], identities: &[Identity]) -> Result<FileKey, AgeError> {
    let mut found = None;
    for stanza in stanzas {
        for identity in identities {
            // All of them are looked at: a malformed one is an error, whoever it is for.
            let key = identity.unwrap(stanza)?;
            found = found.or(key);
        }
    }
    found.ok_or(AgeError::NoMatch)
}

/// `-> tag argument…`, then lines of base64.
fn stanza<R: BufRead>(first: &str, lines: &mut Lines<R>) -> Result<Stanza, AgeError> {
    let bad = AgeError::Header("a stanza does not begin as one does");
    let Some(words) = first.strip_prefix("-> ") else {
        return Err(bad);
    };
    let mut words = words.trim_end_matches('\n').split(' ').map(str::to_owned);
    let tag = words.next().unwrap_or_default();
    let arguments: Vec<String> = words.collect();
    let is_word = |it: &String| !it.is_empty() && it.bytes().all(|byte| (33..=126).contains(&byte));
    if !is_word(&tag) || !arguments.iter().all(is_word) {
        return Err(bad);
    }
    let mut body = String::new();
    loop {
        let line = lines.next()?;
        let line = line.trim_end_matches('\n');
        if line.len() > COLUMNS {
            return Err(AgeError::Header("a line of a stanza is too long"));
        }
        body += line;
        if line.len() < COLUMNS {
            break;
        }
    }
    let body = decode(&body)?;
    Ok(Stanza { tag, arguments, body })
}

fn decode(text: &str) -> Result<Vec<u8>, AgeError> {
    let decoded = BASE64_NOPAD.decode(text.as_bytes());
    decoded.map_err(|_| AgeError::Header("base64 in it is not canonical"))
}

fn mac_key(key: &FileKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key.derive(&[], "header").as_ref())
}

/// Lines with their line feed, which is the only end of a line.
struct Lines<R> {
    reader: std::io::Take<R>,
    /// Everything so far: what the MAC is over.
    read: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<String, AgeError> {
        let start = self.read.len();
        self.reader.read_until(b'\n', &mut self.read)?;
        let line = &self.read[start..];
        if !line.ends_with(b"\n") {
            // A file of something else has no such line at its beginning.
            return Err(if start == 0 {
                AgeError::NotAge
            } else {
                AgeError::Header("it is cut short, or too long")
            });
        }
        match std::str::from_utf8(line) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) if start == 0 => Err(AgeError::NotAge),
            Err(_) => Err(AgeError::Header("it has bytes that are no text")),
        }
    }
}
