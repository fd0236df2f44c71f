//! The broker of `distri exec`, TLS in and out, beside the same client and server without it.
//!
//! Three processes on one machine: the server in this one, the released `distri` with the broker, and the client, which
//! is this binary again as the command of `distri exec`. The client reads its parent's processor time, so that the
//! figure a request is the broker's alone.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::exec::distri;
use crate::measure::{Effort, Row};

const HOST: &str = "bench.example";
const BODY: &str =
    "{\"id\":\"re_1\",\"object\":\"refund\",\"amount\":1000,\"currency\":\"eur\",\"status\":\"succeeded\"}";

/// The client's first argument.
pub(crate) const CLIENT: &str = "__broker-client";

pub(crate) fn rows(effort: Effort) -> Result<Vec<Row>, String> {
    let place = tempfile::tempdir().map_err(text)?;
    let authority = place.path().join("authority.pem");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(text)?;
    let address = runtime.block_on(serve(&authority))?;
    let distri = distri()?;
    let home = place.path().join("home");
    set_secret(&distri, &home)?;
    let this = std::env::current_exe().map_err(text)?;
    let seconds = match effort {
        Effort::Quick => "1",
        Effort::Full => "4",
    };
    let mut rows = Vec::new();
    for connections in ["16", "64", "new"] {
        let client = [CLIENT, connections, seconds, &address.to_string()];
        let mut direct = Command::new(&this);
        direct
            .args(client)
            .env("NODE_EXTRA_CA_CERTS", &authority)
            .env_remove("HTTPS_PROXY");
        let mut through = Command::new(&distri);
        through
            .args(["exec", "--only", "BENCH_KEY", "--resolve"])
            .arg(format!("{HOST}:443:{address}"));
        through
            .arg("--ca-file")
            .arg(&authority)
            .arg("--")
            .arg(&this)
            .args(client)
            .env("DISTRI_HOME", &home);
        let (direct, through) = (Figures::of(direct)?, Figures::of(through)?);
        if connections == "new" {
            rows.push(Row::figure("new connection and one request, direct", direct.latency()));
            rows.push(Row::figure(
                "new CONNECT, TLS and one request, broker",
                through.latency(),
            ));
        } else {
            rows.push(Row::figure(
                format!("keep-alive, {connections} connections, direct"),
                direct.rate(),
            ));
            let cost = format!(
                "{}, {:.1} µs of the broker's CPU a request",
                through.rate(),
                through.cpu
            );
            rows.push(Row::figure(
                format!("keep-alive, {connections} connections, broker"),
                cost,
            ));
        }
    }
    Ok(rows)
}

/// What the client has measured.
struct Figures {
    per_second: f64,
    median: f64,
    p99: f64,
    /// Microseconds of the parent process for each request.
    cpu: f64,
}

impl Figures {
    fn of(mut command: Command) -> Result<Self, String> {
        let output = command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(text)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers: Vec<f64> = said.split_whitespace().filter_map(|it| it.parse().ok()).collect();
        match numbers.as_slice() {
            [per_second, median, p99, cpu] if output.status.success() => Ok(Self {
                per_second: *per_second,
                median: *median,
                p99: *p99,
                cpu: *cpu,
            }),
            _ => Err(format!("the client ended with {}: {said}", output.status)),
        }
    }

    fn rate(&self) -> String {
        format!(
            "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
            self.per_second, self.median, self.p99
        )
    }

    fn latency(&self) -> String {
        format!("p50 {:.2} ms, p99 {:.2} ms", self.median, self.p99)
    }
}

fn set_secret(distri: &Path, home: &Path) -> Result<(), String> {
    let dotenv = home.with_extension("env");
    std::fs::write(&dotenv, "BENCH_KEY=sk_live_0123456789abcdefghijklmnopqrstuv\n").map_err(text)?;
    for words in [
        vec!["secrets", "import", dotenv.to_str().ok_or("the path is no text")?],
        vec!["secrets", "edit", "BENCH_KEY", "--host", HOST],
    ] {
        let mut command = Command::new(distri);
        command.args(&words).env("DISTRI_HOME", home).stdin(Stdio::null());
        let output = command.output().map_err(text)?;
        if !output.status.success() {
            return Err(format!(
                "`distri {}`: {}",
                words.join(" "),
                String::from_utf8_lossy(&output.stderr)
            ));
        }
    }
    Ok(())
}

/// Starts the server; its authority's certificate goes into `authority`.
async fn serve(authority: &Path) -> Result<SocketAddr, String> {
    let mut params = CertificateParams::new(Vec::new()).map_err(text)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().map_err(text)?;
    std::fs::write(authority, params.self_signed(&key).map_err(text)?.pem()).map_err(text)?;
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().map_err(text)?;
    let certificate = CertificateParams::new(vec![HOST.to_owned()]).and_then(|it| it.signed_by(&key, &issuer));
    let chain = vec![certificate.map_err(text)?.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(chain, key))
        .map_err(text)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(text)?;
    let address = listener.local_addr().map_err(text)?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                drop(stream.set_nodelay(true));
                if let Ok(stream) = acceptor.accept(stream).await {
                    drop(answer(stream).await);
                }
            });
        }
    });
    Ok(address)
}

/// The same answer to every head.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let mut seen = Vec::with_capacity(4096);
    loop {
        seen.clear();
        while !seen.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut seen).await? == 0 {
                return Ok(());
            }
        }
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// The client's process; prints requests a second, median and p99 in ms, and the parent's µs a request.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub(crate) fn client(words: &[String]) -> Result<(), String> {
    let [_, connections, seconds, address] = words else {
        return Err("the client takes connections, seconds and an address".to_owned());
    };
    let route = Arc::new(Route::new(address)?);
    let time = Duration::from_secs(seconds.parse().map_err(text)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(text)?;
    let (mut times, elapsed, cpu) = runtime.block_on(async {
        match connections.parse::<usize>() {
            Ok(count) => keep_alive(&route, count, time).await,
            Err(_) => new_connections(&route, time).await,
        }
    })?;
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let count = times.len() as f64;
    println!(
        "{} {} {} {}",
        count / elapsed.as_secs_f64(),
        at(0.5),
        at(0.99),
        cpu.as_secs_f64() * 1e6 / count
    );
    Ok(())
}

type Measured = (Vec<Duration>, Duration, Duration);

async fn keep_alive(route: &Arc<Route>, count: usize, time: Duration) -> Result<Measured, String> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = route.open().await?;
        for _ in 0..20 {
            route.ask(&mut stream).await?;
        }
        streams.push(stream);
    }
    let (start, cpu) = (Instant::now(), parent_cpu()?);
    let all = streams.into_iter().map(|mut stream| {
        let route = route.clone();
        tokio::spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < time {
                let one = Instant::now();
                route.ask(&mut stream).await?;
                times.push(one.elapsed());
            }
            Ok::<_, String>(times)
        })
    });
    let mut times = Vec::new();
    for one in all.collect::<Vec<_>>() {
        times.extend(one.await.map_err(text)??);
    }
    Ok((times, start.elapsed(), parent_cpu()?.saturating_sub(cpu)))
}

async fn new_connections(route: &Route, time: Duration) -> Result<Measured, String> {
    route.ask(&mut route.open().await?).await?;
    let (start, cpu) = (Instant::now(), parent_cpu()?);
    let mut times = Vec::new();
    while start.elapsed() < time {
        let one = Instant::now();
        route.ask(&mut route.open().await?).await?;
        times.push(one.elapsed());
    }
    Ok((times, start.elapsed(), parent_cpu()?.saturating_sub(cpu)))
}

/// How the client gets to the server: as its environment says.
struct Route {
    address: String,
    /// The head of `CONNECT`, behind a proxy.
    connect: Option<String>,
    request: String,
    tls: TlsConnector,
}

impl Route {
    fn new(address: &str) -> Result<Self, String> {
        let file = std::env::var_os("NODE_EXTRA_CA_CERTS").ok_or("no authority is named")?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(file).map_err(text)? {
            roots.add(certificate.map_err(text)?).map_err(text)?;
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(text)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = rustls::client::Resumption::disabled();
        let key = std::env::var("BENCH_KEY").unwrap_or_default();
        let mut route = Self {
            address: address.to_owned(),
            connect: None,
            request: format!(
                "GET /v1/refunds/re_1 HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
            ),
            tls: TlsConnector::from(Arc::new(config)),
        };
        if let Ok(proxy) = std::env::var("HTTPS_PROXY") {
            let rest = proxy
                .strip_prefix("http://")
                .ok_or("the proxy's URL is not `http://`")?;
            let (userinfo, address) = rest.split_once('@').ok_or("the proxy's URL has no credential")?;
            let word = BASE64.encode(userinfo.as_bytes());
            route.address = address.to_owned();
            route.connect = Some(format!(
                "CONNECT {HOST}:443 HTTP/1.1\r\nProxy-Authorization: Basic {word}\r\n\r\n"
            ));
        }
        Ok(route)
    }

    async fn open(&self) -> Result<TlsStream<TcpStream>, String> {
        let mut stream = TcpStream::connect(&self.address).await.map_err(text)?;
        stream.set_nodelay(true).map_err(text)?;
        if let Some(connect) = &self.connect {
            stream.write_all(connect.as_bytes()).await.map_err(text)?;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                if stream.read_buf(&mut head).await.map_err(text)? == 0 {
                    return Err("the broker opened no tunnel".to_owned());
                }
            }
        }
        let name = ServerName::try_from(HOST).map_err(text)?;
        self.tls.connect(name, stream).await.map_err(text)
    }

    async fn ask(&self, stream: &mut TlsStream<TcpStream>) -> Result<(), String> {
        stream.write_all(self.request.as_bytes()).await.map_err(text)?;
        let mut answer = Vec::with_capacity(1024);
        while !answer.ends_with(BODY.as_bytes()) {
            // Whether the length was announced or the body came in chunks.
            if answer.ends_with(b"0\r\n\r\n") {
                break;
            }
            if stream.read_buf(&mut answer).await.map_err(text)? == 0 {
                return Err("the connection ended".to_owned());
            }
        }
        match answer.starts_with(b"HTTP/1.1 200 ") {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&answer).into_owned()),
        }
    }
}

/// The processor time that the parent has used: fields 14 and 15 of its `stat`, in ticks of 10 ms (proc(5)).
fn parent_cpu() -> Result<Duration, String> {
    let parent = std::os::unix::process::parent_id();
    let stat = std::fs::read_to_string(format!("/proc/{parent}/stat")).map_err(text)?;
    let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |it| it.1).split(' ').collect();
    let ticks = fields
        .iter()
        .skip(11)
        .take(2)
        .filter_map(|it| it.parse::<u64>().ok())
        .sum::<u64>();
    Ok(Duration::from_millis(ticks * 10))
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
