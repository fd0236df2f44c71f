//! The socket to the server, without a runtime: whoever waits for it asks the operating system, with a deadline.
//!
//! A unit of work is a synchronous function. The protocol's library is driven on its caller's thread ([`link`](super::link)),
//! which costs no thread and no hand-over, and works wherever the caller is, inside of a runtime or not.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::Host;

/// One end of a connection. Clones are the same socket.
#[derive(Clone)]
pub(super) struct Socket(Arc<Shared>);

struct Shared {
    stream: Stream,
    /// Whether the last write found no room.
    is_full: AtomicBool,
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// Connects within `patience`.
    pub(super) fn connect(host: &Host, port: u16, patience: Duration) -> io::Result<Self> {
        let stream = match host {
            Host::Tcp(name) => Stream::Tcp(connect_tcp(name, port, patience)?),
            Host::Unix(directory) => {
                let stream = UnixStream::connect(directory.join(format!(".s.PGSQL.{port}")))?;
                stream.set_nonblocking(true)?;
                Stream::Unix(stream)
            }
        };
        Ok(Self(Arc::new(Shared {
            stream,
            is_full: AtomicBool::new(false),
        })))
    }

    /// Waits until there is something to read, or room to write when there was none.
    pub(super) fn wait(&self, until: Instant) -> io::Result<()> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let mut wanted = PollFlags::IN;
        if self.0.is_full.load(Ordering::Relaxed) {
            wanted |= PollFlags::OUT;
        }
        let left = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::new(&self.fd(), wanted)], Some(&left)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn fd(&self) -> BorrowedFd<'_> {
        match &self.0.stream {
            Stream::Tcp(it) => it.as_fd(),
            Stream::Unix(it) => it.as_fd(),
        }
    }
}

/// Tries each address of the host. A peer that falls silent is found out within half a minute, whatever the deadline.
fn connect_tcp(name: &str, port: u16, patience: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (name, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                sockopt::set_socket_keepalive(&stream, true)?;
                sockopt::set_tcp_keepidle(&stream, Duration::from_secs(10))?;
                sockopt::set_tcp_keepintvl(&stream, Duration::from_secs(5))?;
                sockopt::set_tcp_keepcnt(&stream, 3)?;
                sockopt::set_tcp_user_timeout(&stream, 25_000)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buffer.initialize_unfilled();
        let read = match &self.0.stream {
            Stream::Tcp(it) => (&mut &*it).read(room),
            Stream::Unix(it) => (&mut &*it).read(room),
        };
        ready(read).map_ok(|len| buffer.advance(len))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = match &self.0.stream {
            Stream::Tcp(it) => (&mut &*it).write(bytes),
            Stream::Unix(it) => (&mut &*it).write(bytes),
        };
        let written = ready(written);
        self.0.is_full.store(written.is_pending(), Ordering::Relaxed);
        written
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match &self.0.stream {
            Stream::Tcp(it) => it.shutdown(std::net::Shutdown::Write),
            Stream::Unix(it) => it.shutdown(std::net::Shutdown::Write),
        })
    }
}

/// Nobody is woken when a socket becomes ready: whoever drives the connection waits for it and polls again.
fn ready<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        // The caller polls again at once.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Poll::Pending,
        other => Poll::Ready(other),
    }
}
