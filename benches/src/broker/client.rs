//! The client: a process of its own, led by its environment as any other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{BODY, DOWNLOAD, HOST, PROXY_PID, text};
use crate::process;

/// The client's process; prints requests (of a download: megabytes) a second, median and p99 in ms, the proxy's µs a
/// request (a megabyte), and its most memory in MiB.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub(crate) fn client(words: &[String]) -> Result<(), String> {
    let [_, way, amount, address] = words else {
        return Err("the client takes a way, an amount and an address".to_owned());
    };
    let route = Arc::new(Route::new(address)?);
    let amount: u64 = amount.parse().map_err(text)?;
    let time = Duration::from_secs(amount);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(text)?;
    let (mut times, elapsed, cpu) = runtime.block_on(async {
        match way.parse::<usize>() {
            Ok(count) => keep_alive(&route, count, time).await,
            Err(_) if way == "new" => new_connections(&route, time).await,
            Err(_) => download(&route, amount).await,
        }
    })?;
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let count = match way.as_str() {
        "download" => (amount << 20) as f64 / 1e6,
        _ => times.len() as f64,
    };
    println!(
        "{} {} {} {} {}",
        count / elapsed.as_secs_f64(),
        at(0.5),
        at(0.99),
        cpu.as_secs_f64() * 1e6 / count,
        process::peak_memory(proxy()?)?
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
    let (start, cpu) = (Instant::now(), proxy_cpu()?);
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
    Ok((times, start.elapsed(), proxy_cpu()?.saturating_sub(cpu)))
}

async fn new_connections(route: &Route, time: Duration) -> Result<Measured, String> {
    route.ask(&mut route.open().await?).await?;
    let (start, cpu) = (Instant::now(), proxy_cpu()?);
    let mut times = Vec::new();
    while start.elapsed() < time {
        let one = Instant::now();
        route.ask(&mut route.open().await?).await?;
        times.push(one.elapsed());
    }
    Ok((times, start.elapsed(), proxy_cpu()?.saturating_sub(cpu)))
}

/// Reads a body of `mebibytes`; the time until its first byte counts as well.
async fn download(route: &Route, mebibytes: u64) -> Result<Measured, String> {
    let mut stream = route.open().await?;
    route.ask(&mut stream).await?;
    let (start, cpu) = (Instant::now(), proxy_cpu()?);
    let path = String::from_utf8_lossy(DOWNLOAD);
    let request = route
        .request
        .replacen("GET /v1/refunds/re_1", &format!("{path}{mebibytes}"), 1);
    stream.write_all(request.as_bytes()).await.map_err(text)?;
    let (mut seen, mut buffer) = (0, vec![0; 1 << 18]);
    // The head is a few hundred bytes that nobody misses in a gigabyte.
    while seen < mebibytes << 20 {
        match stream.read(&mut buffer).await.map_err(text)? {
            0 => return Err(format!("the download ended after {seen} bytes")),
            read => seen += read as u64,
        }
    }
    Ok((vec![start.elapsed()], start.elapsed(), proxy_cpu()?.saturating_sub(cpu)))
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
            let (userinfo, address) = rest.split_once('@').unwrap_or(("", rest));
            let word = BASE64.encode(userinfo.as_bytes());
            route.address = address.to_owned();
            route.connect = Some(format!(
                "CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\nProxy-Authorization: Basic {word}\r\n\r\n"
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
                    return Err("the proxy opened no tunnel".to_owned());
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

/// The processor time that the proxy has used.
fn proxy_cpu() -> Result<Duration, String> {
    process::cpu(proxy()?)
}

/// The process between client and server: the parent, unless another one is named.
fn proxy() -> Result<u32, String> {
    match std::env::var(PROXY_PID) {
        Ok(pid) => pid.parse().map_err(text),
        Err(_) => Ok(std::os::unix::process::parent_id()),
    }
}
