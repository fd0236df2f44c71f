//! A client of a proxy that says exactly what it is told to, byte by byte.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::answer::Answer;
use crate::corpus::Speaks;
use crate::upstream::find;

/// A client of one proxy.
pub(crate) struct Client {
    pub(crate) proxy: SocketAddr,
    /// The proxy's authority, and that of the servers behind for tunnels that are not looked into.
    pub(crate) roots: Arc<RootCertStore>,
    /// How long nothing may come before the client goes.
    pub(crate) patience: Duration,
}

/// What to say.
pub(crate) struct Script {
    pub(crate) outside: Vec<u8>,
    /// Go on inside of the tunnel, once there is one.
    pub(crate) tunnel: bool,
    pub(crate) speaks: Speaks,
    /// The name to ask for, and whether to say it.
    pub(crate) server_name: (String, bool),
    pub(crate) inside: Vec<u8>,
    pub(crate) bytewise: bool,
}

/// What came back.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) bytes: Vec<u8>,
    /// The other side ended it.
    pub(crate) ended: bool,
}

impl Client {
    /// Says `script` and listens to the end.
    pub(crate) async fn say(&self, script: &Script) -> Heard {
        // A refused connection, a broken handshake: nothing came back, and that is an answer.
        self.try_to_say(script).await.unwrap_or_default()
    }

    async fn try_to_say(&self, script: &Script) -> std::io::Result<Heard> {
        let mut stream = TcpStream::connect(self.proxy).await?;
        stream.set_nodelay(true)?;
        write(&mut stream, &script.outside, script.bytewise).await?;
        if !script.tunnel {
            return Ok(self.listen(&mut stream, &script.outside).await);
        }
        let mut heard = Heard::default();
        while find(&heard.bytes, b"\r\n\r\n").is_none() {
            match timeout(self.patience, stream.read_buf(&mut heard.bytes)).await {
                Ok(Ok(read)) if read > 0 => {}
                _ => return Ok(heard),
            }
        }
        if Answer::all(&heard.bytes, false)
            .first()
            .is_none_or(|it| it.status != 200)
        {
            heard.bytes.extend(self.listen(&mut stream, b"").await.bytes);
            return Ok(heard);
        }
        if script.speaks == Speaks::Clear {
            write(&mut stream, &script.inside, script.bytewise).await?;
            return Ok(self.listen(&mut stream, &script.inside).await);
        }
        let mut stream = timeout(self.patience, self.tls(stream, script)).await??;
        if script.speaks == Speaks::Http2 {
            return Ok(http2(stream, script, self.patience).await.unwrap_or_default());
        }
        write(&mut stream, &script.inside, script.bytewise).await?;
        Ok(self.listen(&mut stream, &script.inside).await)
    }

    async fn tls(
        &self,
        stream: TcpStream,
        script: &Script,
    ) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let (name, said) = &script.server_name;
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(std::io::Error::other)?
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.enable_sni = *said;
        let http2 = script.speaks == Speaks::Http2;
        config.alpn_protocols = vec![if http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        let name = ServerName::try_from(name.clone()).map_err(std::io::Error::other)?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    /// All that comes until the other side ends it, or every request in `said` has its answer, or patience ends.
    async fn listen(&self, stream: &mut (impl AsyncRead + Unpin), said: &[u8]) -> Heard {
        let requests = memchr::memmem::find_iter(said, b" HTTP/1.").count();
        let mut heard = Heard::default();
        loop {
            let before = heard.bytes.len();
            match timeout(self.patience, stream.read_buf(&mut heard.bytes)).await {
                Ok(Ok(read)) if read > 0 => {}
                Ok(_) => {
                    heard.ended = true;
                    return heard;
                }
                Err(_) => return heard,
            }
            // A large body is looked at when its end comes, not at every piece.
            let small = heard.bytes.len() < 64 * 1024 || heard.bytes[before..].ends_with(b"\r\n");
            if small && requests > 0 {
                let answers = Answer::all(&heard.bytes, false);
                let whole = answers.iter().filter(|it| it.status >= 200 && it.whole).count();
                if whole >= requests {
                    return heard;
                }
            }
        }
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8], bytewise: bool) -> std::io::Result<()> {
    for piece in bytes.chunks(if bytewise { 1 } else { bytes.len().max(1) }) {
        stream.write_all(piece).await?;
        stream.flush().await?;
    }
    Ok(())
}

/// The request of `script`, whose first line has an absolute URL, as a stream of HTTP/2; the answer as text.
async fn http2<S>(stream: S, script: &Script, patience: Duration) -> Option<Heard>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let end = find(&script.inside, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&script.inside[..end]).ok()?;
    let body = Bytes::copy_from_slice(&script.inside[end + 4..]);
    let mut lines = head.split("\r\n");
    let (method, url) = lines.next()?.split_once(' ')?;
    let mut request = http::Request::builder()
        .method(method)
        .uri(url)
        .version(http::Version::HTTP_2);
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        request = request.header(name, value);
    }
    let size = if script.bytewise { 1 } else { body.len().max(1) };
    let frames: Vec<_> = body
        .chunks(size)
        .map(|it| Ok::<_, Infallible>(Frame::data(Bytes::copy_from_slice(it))))
        .collect();
    let request = request.body(StreamBody::new(futures_util::stream::iter(frames))).ok()?;

    let exchange = async {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .ok()?;
        let serving = tokio::spawn(connection);
        let answer = sender.send_request(request).await.ok()?;
        let mut text = format!("HTTP/2 {}\n", answer.status().as_u16()).into_bytes();
        for (name, value) in answer.headers() {
            text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
        }
        text.push(b'\n');
        text.extend(answer.into_body().collect().await.ok()?.to_bytes());
        serving.abort();
        Some(Heard {
            bytes: text,
            ended: true,
        })
    };
    timeout(patience, exchange).await.ok()?
}
