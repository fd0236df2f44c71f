//! A project in a folder, a TLS server with a test authority that answers for any name, and a run's events.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use distri_core::{Policy, Release, ReleasedSecret, SecretValue, SystemClock, ids::RunId};
use distri_egress::EgressConfig;
use distri_runtime::{
    run::{Event, Project, RunError, RunOutcome, RunRequest, RunSetup, run},
    tool_host::HostCommand,
};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub(crate) const SENDGRID: &str = "SG.canary-4fP9x2Lq7Zt1";

/// Names the server has a certificate for; each leads to it.
const NAMES: [&str; 6] = [
    "api.sendgrid.com",
    "api.openai.com",
    "api.anthropic.com",
    "models.example",
    "shop.example",
    "evil.example",
];

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) host: String,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Arrived {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the server answers.
pub(crate) struct Answer(
    pub(crate) u16,
    pub(crate) Vec<(&'static str, String)>,
    pub(crate) Vec<u8>,
);

impl Answer {
    pub(crate) fn json(value: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self(200, headers, value.to_string().into_bytes())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self(status, Vec::new(), Vec::new())
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.1.push((name, value.to_owned()));
        self
    }
}

/// A folder with an agent, and the world around it.
pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    address: SocketAddr,
    authority: tempfile::NamedTempFile,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl World {
    /// The server answers each request, with its number from 0, as `answer` says.
    pub(crate) async fn new(answer: impl Fn(usize, &Arrived) -> Answer + Send + Sync + 'static) -> Self {
        let (acceptor, pem) = tls();
        let authority = tempfile::NamedTempFile::new().unwrap();
        fs::write(authority.path(), pem).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let arrived = Arc::<Mutex<Vec<Arrived>>>::default();
        let (record, answer) = (arrived.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, record, answer) = (acceptor.clone(), record.clone(), answer.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(tcp).await else { return };
                    let service = service_fn(move |request: http::Request<Incoming>| {
                        let (record, answer) = (record.clone(), answer.clone());
                        async move {
                            let arrived = arrive(request).await;
                            let index = {
                                let mut record = record.lock().unwrap();
                                record.push(arrived.clone());
                                record.len() - 1
                            };
                            let Answer(status, headers, body) = answer(index, &arrived);
                            if status == 0 {
                                std::future::pending::<()>().await;
                            }
                            let mut reply = http::Response::builder().status(status);
                            for (name, value) in headers {
                                reply = reply.header(name, value);
                            }
                            Ok::<_, Infallible>(reply.body(Full::new(Bytes::from(body))).unwrap())
                        }
                    });
                    let io = TokioIo::new(stream);
                    let served = hyper::server::conn::http1::Builder::new().serve_connection(io, service);
                    drop(served.await);
                });
            }
        });
        Self {
            dir: tempfile::tempdir().unwrap(),
            address,
            authority,
            arrived,
        }
    }

    /// A world whose server only says that it got something.
    pub(crate) async fn accepting() -> Self {
        Self::new(|_, _| Answer::status(202)).await
    }

    /// What has arrived so far.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// An agent `x` with this frontmatter behind its name, these tools, and the secrets of [`release`].
    pub(crate) fn setup(&self, frontmatter: &str, tools: &str, secrets: &[(&str, &str, &str)]) -> RunSetup {
        self.write(
            "agents/x.md",
            &format!("---\nname = \"x\"\n{frontmatter}\n---\nHelp with {{{{task}}}}.\n"),
        );
        if !tools.is_empty() {
            self.write("Tools.tsx", tools);
        }
        self.agent("x", secrets)
    }

    pub(crate) fn agent(&self, name: &str, secrets: &[(&str, &str, &str)]) -> RunSetup {
        let agent = Project::find(self.dir.path()).agent(name).unwrap();
        let release = release(secrets);
        let mut setup = RunSetup::new(agent, release.run);
        setup.release = Arc::new(release);
        setup.egress = EgressConfig {
            resolve: NAMES
                .iter()
                .map(|it| format!("{it}:443:{}", self.address).parse().unwrap())
                .collect(),
            ca_files: vec![self.authority.path().to_owned()],
            ..EgressConfig::default()
        };
        setup.host.command = HostCommand {
            program: env!("CARGO_BIN_EXE_distri-tool-host-child").into(),
            args: Vec::new(),
        };
        setup.host.limits.call_deadline = Duration::from_secs(20);
        setup
    }
}

/// A release of `(key, value, host)`; without a host the secret is unbound.
pub(crate) fn release(secrets: &[(&str, &str, &str)]) -> Release {
    let secret = |(key, value, host): &(&str, &str, &str)| ReleasedSecret {
        key: key.parse().unwrap(),
        version: 1,
        value: SecretValue::new(value.as_bytes().to_vec()).unwrap(),
        placeholder: None,
        policy: Policy {
            hosts: host.split_whitespace().map(|it| it.parse().unwrap()).collect(),
            ..Policy::default()
        },
    };
    Release {
        run: RunId::new(&SystemClock),
        secrets: secrets.iter().map(secret).collect(),
        placeholders: None,
    }
}

/// Everything a run told.
#[derive(Default)]
pub(crate) struct Told(pub(crate) Vec<Event>);

impl Told {
    /// All of it as the lines of `--json`.
    pub(crate) fn text(&self) -> String {
        self.0
            .iter()
            .map(|it| serde_json::to_string(it).unwrap() + "\n")
            .collect()
    }

    /// Output or error of each call, in order.
    pub(crate) fn results(&self) -> Vec<(String, Result<Value, String>)> {
        let result = |event: &Event| match event {
            Event::ToolResult {
                tool,
                output,
                error,
                ok,
                ..
            } => {
                assert_eq!(*ok, output.is_some());
                let result = output.clone().ok_or_else(|| error.clone().unwrap());
                Some((tool.clone(), result))
            }
            _ => None,
        };
        self.0.iter().filter_map(result).collect()
    }

    pub(crate) fn console(&self) -> Vec<String> {
        let printed = self.0.iter().filter_map(|it| match it {
            Event::Console { text, .. } => Some(text.clone()),
            _ => None,
        });
        printed.collect()
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let warnings = self.0.iter().filter_map(|it| match it {
            Event::Warning { text } => Some(text.clone()),
            _ => None,
        });
        warnings.collect()
    }
}

/// Runs `task` and collects what is told.
pub(crate) async fn run_task(setup: RunSetup, task: &str) -> (Result<RunOutcome, RunError>, Told) {
    let mut told = Told::default();
    let outcome = run(RunRequest::new(setup, task), &mut |it| told.0.push(it.clone())).await;
    (outcome, told)
}

/// Fails when any value, or its base64 or hex, is in `text`.
#[track_caller]
pub(crate) fn assert_clean(text: &str, values: &[&str]) {
    for value in values {
        let base64 = data_encoding::BASE64.encode(value.as_bytes());
        let hex = data_encoding::HEXLOWER.encode(value.as_bytes());
        for form in [*value, &base64, &hex, &hex.to_uppercase()] {
            assert!(!text.contains(form), "{form} in {text}");
        }
    }
}

pub(crate) fn page_tools() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/page/Tools.tsx");
    fs::read_to_string(file).unwrap()
}

async fn arrive(request: http::Request<Incoming>) -> Arrived {
    let (head, body) = request.into_parts();
    let headers: BTreeMap<_, _> = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    Arrived {
        host: headers.get("host").cloned().unwrap_or_default(),
        method: head.method.to_string(),
        target: head.uri.path_and_query().unwrap().to_string(),
        headers,
        body: body.collect().await.unwrap().to_bytes().to_vec(),
    }
}

/// A server's certificate for all names, and its authority's PEM.
fn tls() -> (TlsAcceptor, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);

    let key = KeyPair::generate().unwrap();
    let names: Vec<_> = NAMES.iter().map(|it| (*it).to_owned()).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    (TlsAcceptor::from(Arc::new(config)), pem)
}
