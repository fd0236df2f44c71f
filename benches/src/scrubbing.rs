//! A large download through `Response`, with values to scrub beside without.
//!
//! The client has a thread of its own, and what counts is that thread's processor time: TLS, HTTP and scrubbing, without
//! the server's share and without whatever else the machine does.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use distri_core::alarm::Watch;
use distri_core::clock::SystemClock;
use distri_core::envelope::Keyring;
use distri_core::ids::RunId;
use distri_core::placeholder::{PlaceholderId, Shape};
use distri_core::policy::Policy;
use distri_core::release::{Release, ReleasedSecret};
use distri_core::value::SecretValue;
use distri_egress::{Egress, EgressConfig, EgressLimits, Request};
use rustix::time::{ClockId, clock_gettime};
use rustls::pki_types::PrivateKeyDer;

use crate::measure::{Effort, Row};
use crate::redaction::{Random, log_text, secret};

const HOST: &str = "api.example.com";
/// What the server sends again and again.
const BLOCK: usize = 4 << 20;

pub(crate) fn rows(effort: Effort) -> Result<Vec<Row>, String> {
    let (size, rounds) = match effort {
        Effort::Quick => (256_u64 << 20, 3),
        Effort::Full => (1 << 30, 5),
    };
    let mut random = Random(0x5eed);
    let binary: Vec<u8> = std::iter::repeat_with(|| random.next().to_le_bytes())
        .take(BLOCK / 8)
        .flatten()
        .collect();
    let mut rows = Vec::new();
    for (name, block) in [("random bytes", binary), ("log text", log_text(&mut random, BLOCK))] {
        let server = Server::start(block, size)?;
        let mut without = Duration::MAX;
        let mut with = [(10, Duration::MAX), (1000, Duration::MAX)];
        // In turn, so that a machine that slows down slows all of them.
        for _ in 0..rounds {
            without = without.min(server.download(&release(0, &mut random)?, size)?);
            for (count, best) in &mut with {
                *best = (*best).min(server.download(&release(*count, &mut random)?, size)?);
            }
        }
        let speed = |time: Duration| format!("{:.2} GB/s", size as f64 / time.as_secs_f64() / 1e9);
        rows.push(Row::figure(
            format!("{name}, {} MiB: nothing to scrub", size >> 20),
            speed(without),
        ));
        for (count, time) in with {
            let factor = time.as_secs_f64() / without.as_secs_f64();
            rows.push(Row::figure(
                format!("{name}: {count} values of 40 to 64 bytes"),
                format!("{}, {factor:.2} times as long", speed(time)),
            ));
        }
    }
    Ok(rows)
}

/// `count` secrets that a run holds as placeholders.
fn release(count: usize, random: &mut Random) -> Result<Arc<Release>, String> {
    let keyring = Keyring::create(&SystemClock);
    let secrets = (0..count).map(|index| {
        let key = format!("SECRET_{index}").parse().map_err(|_| "no key")?;
        let value = secret(random, &(40..65));
        let id = PlaceholderId::new(1, index).ok_or("too many secrets")?;
        let binding = HOST.parse().map_err(|_| "no binding")?;
        Ok(ReleasedSecret {
            placeholder: Some(keyring.placeholders().mint(id, &Shape::of(&key, &value))),
            key,
            version: 1,
            value: SecretValue::new(value).map_err(|_| "no value")?,
            policy: Policy {
                hosts: vec![binding],
                ..Policy::default()
            },
        })
    });
    Ok(Arc::new(Release {
        run: RunId::new(&SystemClock),
        secrets: secrets.collect::<Result<_, String>>()?,
        placeholders: Some(keyring.placeholders().clone()),
    }))
}

/// A TLS server in its own thread that answers every request with a body of the same size.
struct Server {
    address: SocketAddr,
    authority: tempfile::NamedTempFile,
}

impl Server {
    fn start(block: Vec<u8>, size: u64) -> Result<Self, String> {
        let fail = |error: &dyn std::fmt::Display| error.to_string();
        let key = rcgen::generate_simple_self_signed(vec![HOST.to_owned()]).map_err(|it| fail(&it))?;
        let mut authority = tempfile::NamedTempFile::new().map_err(|it| fail(&it))?;
        authority.write_all(key.cert.pem().as_bytes()).map_err(|it| fail(&it))?;
        let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).map_err(|it| fail(&it))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|it| {
                it.with_no_client_auth()
                    .with_single_cert(vec![key.cert.der().clone()], private)
            })
            .map_err(|it| fail(&it))?;
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|it| fail(&it))?;
        let address = listener.local_addr().map_err(|it| fail(&it))?;
        std::thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                // One download after the other; a client that hangs up ends its own.
                drop(serve(tcp, config.clone(), &block, size));
            }
        });
        Ok(Self { address, authority })
    }

    /// Downloads once and returns the processor time of this thread.
    fn download(&self, release: &Arc<Release>, size: u64) -> Result<Duration, String> {
        let config = EgressConfig {
            resolve: vec![
                format!("{HOST}:443:{}", self.address)
                    .parse()
                    .map_err(|_| "no override")?,
            ],
            ca_files: vec![self.authority.path().to_owned()],
            limits: EgressLimits {
                response_body: u64::MAX,
                ..EgressLimits::default()
            },
            ..EgressConfig::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|it| it.to_string())?;
        runtime.block_on(async {
            let fail = |error: distri_egress::EgressError| error.to_string();
            let egress = Egress::new(config, release.clone(), Arc::new(Watch::none())).map_err(fail)?;
            let request = Request::parse("GET", &format!("https://{HOST}/"), vec![], vec![]);
            let mut response = egress.send(request.map_err(|it| it.to_string())?).await.map_err(fail)?;
            let start = clock_gettime(ClockId::ThreadCPUTime);
            let mut seen = 0;
            while let Some(piece) = response.chunk().await.map_err(fail)? {
                seen += piece.len() as u64;
            }
            let time = clock_gettime(ClockId::ThreadCPUTime) - start;
            match seen == size {
                true => Duration::try_from(time).map_err(|it| it.to_string()),
                false => Err(format!("{seen} bytes came instead of {size}")),
            }
        })
    }
}

fn serve(
    mut tcp: std::net::TcpStream,
    config: Arc<rustls::ServerConfig>,
    block: &[u8],
    size: u64,
) -> std::io::Result<()> {
    let mut tls = rustls::ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = rustls::Stream::new(&mut tls, &mut tcp);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        std::io::Read::read_exact(&mut stream, &mut byte)?;
        head.push(byte[0]);
    }
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n")?;
    for _ in 0..size / block.len() as u64 {
        stream.write_all(block)?;
    }
    stream.flush()
}
