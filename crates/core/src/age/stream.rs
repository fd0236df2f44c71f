//! The payload: STREAM over ChaCha20-Poly1305, in chunks of 64 KiB.
//!
//! The nonce is the chunk's number and whether it is the last one, so that chunks cannot be moved and the end cannot be
//! cut off. Nothing of a chunk is given out before all of it was authenticated.

use std::io::{self, BufRead, Read, Write};

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::{AgeError, FileKey, Identity, Recipient, header};

pub(super) const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;

struct Chunks {
    key: LessSafeKey,
    number: u64,
}

impl Chunks {
    fn new(key: &FileKey, nonce: &[u8; 16]) -> Self {
        let key = key.derive(nonce, "payload");
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).expect("ChaCha20-Poly1305 takes 32 bytes");
        Self {
            key: LessSafeKey::new(key),
            number: 0,
        }
    }

    /// Seals the next chunk, which is in `buffer`.
    fn seal(&mut self, is_last: bool, buffer: &mut Vec<u8>) {
        let sealed = self
            .key
            .seal_in_place_append_tag(self.nonce(is_last), Aad::empty(), buffer);
        sealed.expect("a chunk is within the limits of ChaCha20-Poly1305");
        self.number += 1;
    }

    /// Opens the next chunk; whether it is what was written there.
    fn open(&mut self, is_last: bool, sealed: &[u8], opened: &mut Vec<u8>) -> bool {
        let Some(len) = sealed.len().checked_sub(TAG) else {
            return false;
        };
        let (body, tag) = sealed.split_at(len);
        opened.resize(len, 0);
        let result = self
            .key
            .open_separate_gather(self.nonce(is_last), Aad::empty(), body, tag, opened);
        match result {
            Ok(()) => self.number += 1,
            Err(_) => opened.clear(),
        }
        result.is_ok()
    }

    /// 11 bytes of number, one that says whether it is the last.
    fn nonce(&self, is_last: bool) -> Nonce {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = is_last.into();
        Nonce::assume_unique_for_key(nonce)
    }
}

/// Encrypts what is written to it. Without [`finish`](Self::finish) the file does not open.
pub struct Writer<W> {
    inner: W,
    chunks: Chunks,
    buffer: Zeroizing<Vec<u8>>,
    /// Whether a chunk did not get out whole: nothing may follow it.
    has_failed: bool,
}

impl<W: Write> Writer<W> {
    /// Begins a file for `recipients`.
    ///
    /// # Errors
    /// What writing the header fails with.
    pub fn new(mut inner: W, recipients: &[Recipient]) -> io::Result<Self> {
        let failed = |_| io::Error::other("a recipient's key cannot be used");
        let mut key = FileKey(Zeroizing::new([0; 16]));
        let mut nonce = [0; 16];
        rand::fill(key.0.as_mut()).map_err(failed)?;
        rand::fill(&mut nonce).map_err(failed)?;
        inner.write_all(&header::write(&key, recipients).map_err(failed)?)?;
        inner.write_all(&nonce)?;
        Ok(Self {
            inner,
            chunks: Chunks::new(&key, &nonce),
            // Sized for the tag at once: growing would leave a copy behind.
            buffer: Zeroizing::new(Vec::with_capacity(CHUNK + TAG)),
            has_failed: false,
        })
    }

    /// Writes the last chunk.
    ///
    /// # Errors
    /// What writing fails with.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        Ok(self.inner)
    }

    fn seal(&mut self, is_last: bool) -> io::Result<()> {
        if self.has_failed {
            return Err(io::Error::other("an earlier part could not be written"));
        }
        self.chunks.seal(is_last, &mut self.buffer);
        let written = self.inner.write_all(&self.buffer);
        self.buffer.clear();
        self.has_failed = written.is_err();
        written
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.has_failed {
            return Err(io::Error::other("an earlier part could not be written"));
        }
        // A full chunk waits until there is more: only then is it known not to be the last one.
        if self.buffer.len() == CHUNK && !bytes.is_empty() {
            self.seal(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Decrypts what is read from it. An error of [`Read`] holds an [`AgeError`].
pub struct Reader<R> {
    inner: R,
    chunks: Chunks,
    sealed: Vec<u8>,
    opened: Zeroizing<Vec<u8>>,
    given: usize,
    total: u64,
    /// Whether the last chunk was opened.
    is_over: bool,
    /// Whether nothing came after it.
    has_ended: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header and finds the file key with one of `identities`.
    ///
    /// # Errors
    /// [`AgeError`].
    pub fn new(mut inner: R, identities: &[Identity]) -> Result<Self, AgeError> {
        let key = header::open(&mut inner, identities)?;
        let mut nonce = [0; 16];
        inner.read_exact(&mut nonce).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => AgeError::Header("its nonce is cut short"),
            _ => error.into(),
        })?;
        Ok(Self {
            inner,
            chunks: Chunks::new(&key, &nonce),
            sealed: Vec::with_capacity(CHUNK + TAG),
            opened: Zeroizing::new(Vec::with_capacity(CHUNK)),
            given: 0,
            total: 0,
            is_over: false,
            has_ended: false,
        })
    }

    fn open_chunk(&mut self) -> Result<(), AgeError> {
        let failed = Err(AgeError::Payload(self.total));
        self.given = 0;
        self.opened.clear();
        if self.is_over {
            // The last chunk has been given out, and something comes after it.
            return failed;
        }
        self.sealed.clear();
        let limit = (CHUNK + TAG) as u64;
        self.inner.by_ref().take(limit).read_to_end(&mut self.sealed)?;
        // The last chunk is the one with nothing behind it. Where the end was cut off between two of them, or something
        // was appended, this one is still what was written, and the next one fails.
        let is_at_end = self.inner.fill_buf()?.is_empty();
        let is_first = self.chunks.number == 0;
        for is_last in [is_at_end, !is_at_end] {
            let is_possible = is_last || self.sealed.len() == CHUNK + TAG;
            if is_possible && self.chunks.open(is_last, &self.sealed, &mut self.opened) {
                self.is_over = is_last;
                self.has_ended = is_last && is_at_end;
                self.total += self.opened.len() as u64;
                return if self.opened.is_empty() && !is_first {
                    failed
                } else {
                    Ok(())
                };
            }
        }
        failed
    }
}

impl<R: BufRead> Read for Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.opened.len() && !self.has_ended {
            self.open_chunk()?;
        }
        let taken = out.len().min(self.opened.len() - self.given);
        out[..taken].copy_from_slice(&self.opened[self.given..self.given + taken]);
        self.given += taken;
        Ok(taken)
    }
}
