//! One HTTP/1 connection from the client's side: heads and bodies in, responses out, each bounded in size and time.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::answer::Answer;
use super::body::Body;
use super::head::{self, Framing, Head};
use super::limits::{self, LINGER, ProxyLimits};
use super::refusal::Refusal;

/// What is read at once.
const PIECE: usize = 16 * 1024;

/// A client's connection.
pub(super) struct Wire<S> {
    stream: S,
    input: BytesMut,
    output: BytesMut,
    limits: Arc<ProxyLimits>,
}

/// Why nothing more can be read.
pub(super) enum Broken {
    /// The client is gone, or as good as.
    Gone,
    /// It has sent what cannot be understood; what follows cannot be either.
    Refused(Refusal),
}

impl From<Refusal> for Broken {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<io::Error> for Broken {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// How the client expects its response.
#[derive(Clone, Copy)]
pub(super) struct Expects {
    /// To `HEAD`: without a body.
    pub(super) head_only: bool,
    /// HTTP/1.0.
    pub(super) is_old: bool,
    /// The connection ends with the response.
    pub(super) close: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S, limits: Arc<ProxyLimits>) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            output: BytesMut::new(),
            limits,
        }
    }

    /// The stream, and what was read of it beyond the last head.
    pub(super) fn into_parts(self) -> (S, BytesMut) {
        (self.stream, self.input)
    }

    /// The next request's head; `None` when there is none any more.
    pub(super) async fn head(&mut self) -> Result<Option<Head>, Broken> {
        if self.input.is_empty() {
            match timeout(self.limits.keep_alive, self.fill()).await {
                Ok(Ok(read)) if read > 0 => {}
                _ => return Ok(None),
            }
        }
        let deadline = Instant::now() + self.limits.head;
        let mut seen = 0;
        loop {
            if let Some(end) = head::end(&self.input, seen)? {
                return Ok(Some(Head::parse(&self.input.split_to(end))?));
            }
            if self.input.len() > limits::HEAD {
                return Err(Refusal::HeadTooLarge.into());
            }
            seen = self.input.len();
            match timeout_at(deadline, self.fill()).await {
                Ok(Ok(read)) if read > 0 => {}
                _ => return Err(Broken::Gone),
            }
        }
    }

    /// Reads the body that `head` announces into `body`.
    pub(super) async fn body(&mut self, head: &Head, body: &mut Body) -> Result<(), Broken> {
        match head.framing {
            Framing::Bodiless => return Ok(()),
            // Before the client is asked to send it.
            Framing::Length(length) => body.expect(length).await?,
            Framing::Chunked => {}
        }
        if head.has("expect") && self.input.is_empty() {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            self.stream.flush().await?;
        }
        match head.framing {
            Framing::Bodiless => Ok(()),
            Framing::Length(length) => self.read_exactly(length, body).await,
            Framing::Chunked => self.read_chunks(body).await,
        }
    }

    /// Ready when the client has closed its side, never while it may wait for an answer.
    pub(super) async fn gone(&mut self) {
        if self.input.is_empty() && !matches!(self.fill().await, Ok(1..)) {
            return;
        }
        // The next request, which can wait.
        std::future::pending().await
    }

    /// Writes a whole response.
    pub(super) async fn respond(&mut self, mut answer: Answer, expects: Expects) -> Result<(), Broken> {
        let chunked = answer.write_head(&mut self.output, expects);
        if expects.head_only || answer.is_bodiless() {
            return self.flush().await;
        }
        loop {
            let piece = {
                let next = answer.chunk();
                tokio::pin!(next);
                // The head travels with the first piece if that is here, and does not wait for it if it is not.
                match poll_once(next.as_mut()).await {
                    Some(piece) => piece,
                    None => {
                        self.flush().await?;
                        tokio::select! {
                            piece = next => piece,
                            () = self.gone() => return Err(Broken::Gone),
                        }
                    }
                }
            };
            // A response that was cut short must not look complete: the connection ends without its last chunk.
            match piece.map_err(|_| Broken::Gone)? {
                Some(piece) if piece.is_empty() => {}
                Some(piece) if chunked => {
                    self.output
                        .extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                    self.output.extend_from_slice(&piece);
                    self.output.extend_from_slice(b"\r\n");
                }
                Some(piece) => self.output.extend_from_slice(&piece),
                None => {
                    if chunked {
                        self.output.extend_from_slice(b"0\r\n\r\n");
                    }
                    return self.flush().await;
                }
            }
            if self.output.len() >= PIECE {
                self.flush().await?;
            }
        }
    }

    /// Tells why a request is refused.
    pub(super) async fn refuse(&mut self, refusal: &Refusal, expects: Expects) -> Result<(), Broken> {
        tracing::debug!(rule = refusal.rule(), "refused");
        self.output.clear();
        super::answer::write_refusal(&mut self.output, refusal, expects);
        self.flush().await
    }

    /// Tells why, and closes in a way that lets the client read it first.
    pub(super) async fn refuse_and_close(mut self, refusal: &Refusal, head_only: bool) {
        let expects = Expects {
            head_only,
            is_old: false,
            close: true,
        };
        if self.refuse(refusal, expects).await.is_ok() {
            self.close().await;
        }
    }

    /// Closes, and lets the client finish what it is sending: else a reset could overtake our answer.
    pub(super) async fn close(mut self) {
        let discard = async {
            self.stream.shutdown().await?;
            loop {
                self.input.clear();
                if self.fill().await? == 0 {
                    return io::Result::Ok(());
                }
            }
        };
        drop(timeout(LINGER, discard).await);
    }

    async fn read_exactly(&mut self, length: u64, body: &mut Body) -> Result<(), Broken> {
        let mut left = usize::try_from(length).map_err(|_| Broken::Gone)?;
        while left > 0 {
            self.fill_if_empty().await?;
            let piece = self.input.split_to(left.min(self.input.len()));
            left -= piece.len();
            body.push(&piece);
        }
        Ok(())
    }

    /// Chunks as RFC 9112, section 7.1, has them, without extensions and trailer fields.
    async fn read_chunks(&mut self, body: &mut Body) -> Result<(), Broken> {
        loop {
            let line = self.line().await?;
            let digits = std::str::from_utf8(&line).unwrap_or_default();
            let plain = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
            let size = u32::from_str_radix(digits, 16).ok().filter(|_| plain);
            let size = size.ok_or(Refusal::Chunk)?;
            if size == 0 {
                return match self.line().await?.is_empty() {
                    true => Ok(()),
                    false => Err(Refusal::Trailer.into()),
                };
            }
            body.expect(u64::from(size)).await?;
            self.read_exactly(u64::from(size), body).await?;
            if !self.line().await?.is_empty() {
                return Err(Refusal::Chunk.into());
            }
        }
    }

    /// A short line without its CR LF.
    async fn line(&mut self) -> Result<BytesMut, Broken> {
        const LONGEST: usize = 64;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.input) {
                let mut line = self.input.split_to(at + 1);
                if !line.ends_with(b"\r\n") {
                    return Err(Refusal::Chunk.into());
                }
                line.truncate(at - 1);
                return Ok(line);
            }
            if self.input.len() > LONGEST {
                return Err(Refusal::Chunk.into());
            }
            self.fill_in_time().await?;
        }
    }

    async fn fill_if_empty(&mut self) -> Result<(), Broken> {
        if self.input.is_empty() {
            self.fill_in_time().await?;
        }
        Ok(())
    }

    async fn fill_in_time(&mut self) -> Result<(), Broken> {
        match timeout(self.limits.stall, self.fill()).await {
            Ok(Ok(read)) if read > 0 => Ok(()),
            Ok(_) => Err(Broken::Gone),
            Err(_) => Err(Refusal::SlowBody.into()),
        }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.input.reserve(PIECE);
        self.stream.read_buf(&mut self.input).await
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        if self.output.is_empty() {
            return Ok(());
        }
        let write = async {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await
        };
        let written = timeout(self.limits.silence, write).await;
        self.output.clear();
        match written {
            Ok(Ok(())) => Ok(()),
            _ => Err(Broken::Gone),
        }
    }
}

/// What is ready now; the future can be awaited on.
async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
