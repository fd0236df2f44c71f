//! The client: many connections, each with one request under way, on one thread.

use std::fmt;
use std::io::{Read, Write};
use std::net::TcpStream as BlockingStream;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Keeper, SECRETS, text};
use crate::process;

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The value of a secret.
    Read,
    /// What is known of it, without its value.
    Look,
    /// A new value.
    Write,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "a secret read",
            Self::Look => "a secret looked at",
            Self::Write => "a secret written",
        })
    }
}

/// A load on a server.
pub(super) struct Load<'k> {
    pub(super) keeper: &'k dyn Keeper,
    pub(super) time: Duration,
}

/// What came of it.
pub(super) struct Figures {
    per_second: f64,
    median: Duration,
    p99: Duration,
    /// Of the server, for each request.
    cpu: Duration,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let Self { per_second, .. } = self;
        let (median, p99, cpu) = (ms(self.median), ms(self.p99), self.cpu.as_secs_f64() * 1e6);
        write!(
            f,
            "{per_second:.0}/s, p50 {median:.2} ms, p99 {p99:.2} ms, {cpu:.0} µs CPU"
        )
    }
}

impl Load<'_> {
    /// Asks over `connections` at once, the same way until the time is over; `asked` says what the n-th request of a
    /// connection is. One answer that is no success ends it.
    pub(super) fn run(&self, connections: usize, asked: &dyn Fn(usize) -> Asked) -> Result<Figures, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(text)?;
        runtime.block_on(async {
            let mut streams = Vec::new();
            for number in 0..connections {
                let mut stream = TcpStream::connect(self.keeper.address()).await.map_err(text)?;
                stream.set_nodelay(true).map_err(text)?;
                ask(&mut stream, &self.keeper.request(asked(0), number)).await?;
                streams.push(stream);
            }
            let (start, cpu) = (Instant::now(), process::cpu(self.keeper.pid())?);
            let all = streams
                .iter_mut()
                .enumerate()
                .map(|(number, stream)| self.keep_asking(stream, start, number, connections, asked));
            let all = futures_util::future::try_join_all(all).await?;
            let elapsed = start.elapsed();
            let cpu = process::cpu(self.keeper.pid())?.saturating_sub(cpu);
            let mut times: Vec<Duration> = all.into_iter().flatten().collect();
            times.sort();
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
            Ok(Figures {
                per_second: times.len() as f64 / elapsed.as_secs_f64(),
                median: at(0.5),
                p99: at(0.99),
                cpu: cpu / u32::try_from(times.len()).map_err(text)?,
            })
        })
    }

    async fn keep_asking(
        &self,
        stream: &mut TcpStream,
        start: Instant,
        connection: usize,
        connections: usize,
        asked: &dyn Fn(usize) -> Asked,
    ) -> Result<Vec<Duration>, String> {
        let mut times = Vec::new();
        while start.elapsed() < self.time {
            // No key is another connection's.
            let number = times.len();
            let key = (number * connections + connection) % SECRETS;
            let request = self.keeper.request(asked(number), key);
            let one = Instant::now();
            ask(stream, &request).await?;
            times.push(one.elapsed());
        }
        Ok(times)
    }
}

async fn ask(stream: &mut TcpStream, request: &[u8]) -> Result<(), String> {
    stream.write_all(request).await.map_err(text)?;
    let mut reply = Vec::with_capacity(2_048);
    while !is_whole(&reply) {
        if stream.read_buf(&mut reply).await.map_err(text)? == 0 {
            return Err("the connection ended".to_owned());
        }
    }
    match is_success(&reply) {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&reply).into_owned()),
    }
}

/// One request on a connection of its own.
pub(super) fn ask_once(address: &str, request: &[u8]) -> Result<Vec<u8>, String> {
    let mut stream = BlockingStream::connect(address).map_err(text)?;
    stream.write_all(request).map_err(text)?;
    let (mut reply, mut buffer) = (Vec::new(), [0; 8_192]);
    while !is_whole(&reply) {
        match stream.read(&mut buffer).map_err(text)? {
            0 => return Err("the connection ended".to_owned()),
            read => reply.extend_from_slice(&buffer[..read]),
        }
    }
    Ok(reply)
}

pub(super) fn is_success(reply: &[u8]) -> bool {
    reply.starts_with(b"HTTP/1.1 20")
}

/// The body of a reply.
pub(super) fn body(reply: &[u8]) -> &[u8] {
    head_length(reply).map_or(&[], |it| &reply[it..])
}

/// Whether a reply is there as a whole. Replies that matter here announce their length, or have no body.
fn is_whole(reply: &[u8]) -> bool {
    let Some(head) = head_length(reply) else { return false };
    let text = String::from_utf8_lossy(&reply[..head]).to_ascii_lowercase();
    let length = text
        .split_once("content-length: ")
        .and_then(|it| it.1.split("\r\n").next()?.parse().ok());
    reply.len() >= head + length.unwrap_or(0)
}

fn head_length(reply: &[u8]) -> Option<usize> {
    reply.windows(4).position(|it| it == b"\r\n\r\n").map(|it| it + 4)
}

/// A request of HTTP/1.1.
pub(super) fn request(method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
