//! The parent's side of a start or a call: frames in, frames out, and the requests in flight.

use std::{collections::VecDeque, future::pending, io, pin::pin, sync::Arc};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{Instant, sleep_until},
};
use zeroize::Zeroizing;

use super::{
    requests::Requests,
    services::HostServices,
    spec::HostLimits,
    wire::{self, CHILD_HEADER_CAP, PREFIX, ToChild, ToParent, WireError},
};

/// While this many bytes wait for the child to read them, its own frames are not read.
const OUTBOX_CAP: usize = 4 << 20;

/// The socket to one child, with what is half read and half written.
pub(super) struct Channel {
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
    inbox: BytesMut,
    outbox: Outbox,
    attachment_cap: usize,
}

/// How a start or a call ended.
pub(super) enum Ended {
    /// With a frame: `Hello`, `Ready`, `Done` or `Failed`, and its attachment.
    Frame(ToParent, Bytes),
    /// The parent saw it print too much.
    Output,
    /// The deadline and the grace are over.
    Deadline,
    /// The child closed the socket.
    Closed,
    /// The child broke the protocol.
    Broken(WireError),
}

impl Channel {
    pub(super) fn new(stream: UnixStream, limits: &HostLimits) -> Self {
        let (read, write) = stream.into_split();
        Self {
            read,
            write,
            inbox: BytesMut::with_capacity(16 << 10),
            outbox: Outbox::default(),
            attachment_cap: limits.result.max(limits.fetch_body).max(limits.output),
        }
    }

    /// Queues a frame; [`run`](Self::run) sends it.
    pub(super) fn push(&mut self, frame: Zeroizing<Vec<u8>>) {
        self.outbox.push(frame);
    }

    /// Serves the child until it ends this start or call, or until `deadline`.
    ///
    /// Everything half done is in `self`, so the frames stay whole whichever branch is dropped.
    pub(super) async fn run(
        &mut self,
        deadline: Instant,
        limits: &HostLimits,
        services: &Arc<dyn HostServices>,
    ) -> Ended {
        let mut requests = Requests::new(services.as_ref(), limits);
        let mut printed = 0_usize;
        let mut late = pin!(sleep_until(deadline));
        loop {
            loop {
                let (message, attachment) = match self.next_frame() {
                    Ok(Some(frame)) => frame,
                    Ok(None) => break,
                    Err(error) => return Ended::Broken(error),
                };
                match message {
                    ToParent::Console { level } => {
                        printed = printed.saturating_add(attachment.len());
                        if printed > limits.output {
                            return Ended::Output;
                        }
                        services.console(level, &String::from_utf8_lossy(&attachment));
                    }
                    ToParent::Hello(_) | ToParent::Ready { .. } | ToParent::Done | ToParent::Failed { .. } => {
                        return Ended::Frame(message, attachment);
                    }
                    request => {
                        if let Some(frame) = requests.take(request, attachment) {
                            self.outbox.push(frame);
                        }
                    }
                }
            }
            tokio::select! {
                () = &mut late => return Ended::Deadline,
                read = self.read.read_buf(&mut self.inbox), if self.outbox.len < OUTBOX_CAP => {
                    if !matches!(read, Ok(1..)) {
                        return Ended::Closed;
                    }
                }
                written = self.outbox.send(&mut self.write) => {
                    // What the child said last may still wait to be read; its end shows there.
                    if written.is_err() {
                        self.outbox = Outbox::default();
                    }
                }
                frame = requests.next() => {
                    if let Some(frame) = frame {
                        self.outbox.push(frame);
                    }
                }
            }
        }
    }

    fn next_frame(&mut self) -> Result<Option<(ToParent, Bytes)>, WireError> {
        let Some(prefix) = self.inbox.first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let (header, attachment) = wire::lengths(*prefix, CHILD_HEADER_CAP, self.attachment_cap)?;
        let whole = PREFIX + header + attachment;
        if self.inbox.len() < whole {
            self.inbox.reserve(whole - self.inbox.len());
            return Ok(None);
        }
        self.inbox.advance(PREFIX);
        let header = self.inbox.split_to(header);
        let attachment = self.inbox.split_to(attachment).freeze();
        Ok(Some((wire::decode(&header)?, attachment)))
    }
}

/// Frames on their way to the child.
#[derive(Default)]
struct Outbox {
    frames: VecDeque<Zeroizing<Vec<u8>>>,
    /// Bytes of the first frame that are sent.
    sent: usize,
    /// Bytes of all frames.
    len: usize,
}

impl Outbox {
    fn push(&mut self, frame: Zeroizing<Vec<u8>>) {
        self.len += frame.len();
        self.frames.push_back(frame);
    }

    /// Writes some bytes; waits for ever when there are none.
    async fn send(&mut self, write: &mut OwnedWriteHalf) -> io::Result<()> {
        let Some(frame) = self.frames.front() else {
            return pending().await;
        };
        self.sent += write.write(&frame[self.sent..]).await?;
        if self.sent == frame.len() {
            self.len -= frame.len();
            self.sent = 0;
            self.frames.pop_front();
        }
        Ok(())
    }
}

/// A `Call` frame.
pub(super) fn call(tool: &str, deadline_ms: u64, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, WireError> {
    wire::encode(
        &ToChild::Call {
            tool: tool.to_owned(),
            deadline_ms,
        },
        &[input],
    )
}
