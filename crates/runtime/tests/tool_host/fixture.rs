//! A host over a few lines of JavaScript, and services that remember what they were asked.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use distri_core::SecretValue;
use distri_runtime::{
    script::{Bundle, Module},
    tool_host::{
        Computation, Computed, ConsoleLevel, FetchReply, FetchRequest, Hash, HostCommand, HostError, HostServices,
        HostSpec, Operation, ReplyBody, SessionOp, ToolError, ToolHost,
    },
};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

/// A bundle of one module.
pub(crate) fn bundle(source: &str) -> Bundle {
    modules(&[("Tools.tsx", source, &[])])
}

/// Specifier and module name, for each import of a module.
type Imports<'a> = &'a [(&'a str, &'a str)];

/// A bundle of modules: name, source, and its imports as pairs of specifier and name.
pub(crate) fn modules(all: &[(&str, &str, Imports<'_>)]) -> Bundle {
    let module = |source: &str, imports: &[(&str, &str)]| Module {
        source: source.to_owned(),
        imports: imports
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect(),
        ..Module::default()
    };
    Bundle {
        entry: all[0].0.to_owned(),
        modules: all
            .iter()
            .map(|(name, source, imports)| ((*name).to_owned(), module(source, imports)))
            .collect(),
        schemas: BTreeMap::new(),
    }
}

/// Tools from `name: handler` lines of JavaScript.
pub(crate) fn tools(handlers: &str) -> Bundle {
    bundle(&format!(
        "const handlers = {{ {handlers} }};
        export const getTools = () =>
          Object.entries(handlers).map(([name, handler]) => ({{ name, description: '', handler }}));"
    ))
}

pub(crate) fn spec(bundle: Bundle) -> HostSpec {
    let mut spec = HostSpec::new(bundle);
    spec.command = HostCommand {
        program: env!("CARGO_BIN_EXE_distri-tool-host-child").into(),
        args: Vec::new(),
    };
    spec.env = vec![(
        "SENDGRID_API_KEY".to_owned(),
        SecretValue::new(b"SG.canary-value".to_vec()).unwrap(),
    )];
    spec.limits.call_deadline = Duration::from_secs(20);
    spec
}

pub(crate) async fn start(bundle: Bundle) -> (ToolHost, Arc<Services>) {
    start_with(spec(bundle)).await.unwrap()
}

pub(crate) async fn start_with(spec: HostSpec) -> Result<(ToolHost, Arc<Services>), HostError> {
    let services = Arc::new(Services::default());
    let host = ToolHost::start(spec, Arc::<Services>::clone(&services)).await?;
    Ok((host, services))
}

/// What a call gives, once the machine was quick enough for a host with little patience.
pub(crate) async fn in_time(host: &mut ToolHost, tool: &str) -> Result<Value, ToolError> {
    for _ in 0..20 {
        match host.call(tool, json!({})).await {
            Err(ToolError::Deadline(_)) => {}
            other => return other,
        }
    }
    host.call(tool, json!({})).await
}

/// Services of a test: canned replies, a session in memory, and a record of everything.
#[derive(Default)]
pub(crate) struct Services {
    pub(crate) requests: Mutex<Vec<FetchRequest>>,
    pub(crate) printed: Mutex<Vec<(ConsoleLevel, String)>>,
    pub(crate) session: Mutex<BTreeMap<String, Value>>,
    /// Hash, key and length of the data of each computation.
    pub(crate) computations: Mutex<Vec<(Hash, String, usize)>>,
    /// Chunks that reply bodies have given so far.
    pub(crate) pulled: Arc<Mutex<usize>>,
    /// Replies that were dropped before their end.
    pub(crate) dropped: Arc<Mutex<usize>>,
}

impl Services {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.printed
            .lock()
            .unwrap()
            .iter()
            .map(|(_, text)| text.clone())
            .collect()
    }
}

impl HostServices for Services {
    /// `/echo` gives the request back, `/chunks/N` a body of N chunks, `/hang` nothing, `/fail` an
    /// error, `/redirect` a redirect; anything else 202 without a body.
    fn fetch(&self, request: FetchRequest) -> BoxFuture<'_, Result<FetchReply, String>> {
        self.requests.lock().unwrap().push(request.clone());
        Box::pin(async move {
            let path = request.url.split('/').skip(3).collect::<Vec<_>>();
            let mut headers = vec![("x-one".to_owned(), "1".to_owned())];
            let mut status = 200;
            let body: VecDeque<Bytes> = match path.first().copied() {
                Some("hang") => std::future::pending().await,
                Some("fail") => return Err("connection to `api.example` refused".to_owned()),
                Some("redirect") => {
                    status = 302;
                    headers.push(("location".to_owned(), "/elsewhere".to_owned()));
                    VecDeque::new()
                }
                Some("chunks") => {
                    let count = path[1].parse::<usize>().unwrap();
                    (0..count).map(|at| Bytes::from(format!("chunk {at}\n"))).collect()
                }
                Some("large") => {
                    let size = path[1].parse::<usize>().unwrap();
                    VecDeque::from([Bytes::from(vec![b'x'; size])])
                }
                Some("echo") => {
                    headers.push(("content-type".to_owned(), "application/json".to_owned()));
                    let echo = json!({
                        "method": request.method,
                        "url": request.url,
                        "headers": request.headers,
                        "body": String::from_utf8_lossy(&request.body),
                    });
                    VecDeque::from([Bytes::from(echo.to_string())])
                }
                Some("bytes") => {
                    if let Some((_, kind)) = request.headers.iter().find(|it| it.0 == "content-type") {
                        headers.push(("content-type".to_owned(), kind.clone()));
                    }
                    VecDeque::from([request.body.clone()])
                }
                _ => {
                    status = 202;
                    VecDeque::new()
                }
            };
            Ok(FetchReply {
                status,
                reason: "Fine".to_owned(),
                url: request.url.clone(),
                redirected: false,
                headers,
                body: Box::new(Chunks {
                    chunks: body,
                    pulled: Arc::clone(&self.pulled),
                    dropped: Arc::clone(&self.dropped),
                }),
            })
        })
    }

    fn session(&self, op: SessionOp) -> BoxFuture<'_, Result<Option<Value>, String>> {
        let mut session = self.session.lock().unwrap();
        let reply = match op {
            SessionOp::Get { key } if key == "broken" => Err("the store is closed".to_owned()),
            SessionOp::Get { key } => Ok(session.get(&key).cloned()),
            SessionOp::Set { key, value } => {
                session.insert(key, value);
                Ok(None)
            }
            SessionOp::Delete { key } => {
                session.remove(&key);
                Ok(None)
            }
        };
        Box::pin(async move { reply })
    }

    /// The tag of what was asked for under the key `real`, in place of the child's.
    fn compute(&self, it: &Computation) -> Result<Computed, String> {
        let asked = (it.hash, String::from_utf8_lossy(&it.key).into_owned(), it.data.len());
        self.computations.lock().unwrap().push(asked);
        match &it.operation {
            Operation::Sign if it.data.is_empty() => Err("nothing to sign".to_owned()),
            Operation::Sign => Ok(Computed::Bytes(it.hash.sign(b"real", &it.data))),
            Operation::Verify(tag) => Ok(Computed::Valid(it.hash.verify(b"real", tag, &it.data))),
            Operation::Digest => Ok(Computed::Bytes(it.hash.digest(&[b"real"]))),
        }
    }

    fn console(&self, level: ConsoleLevel, text: &str) {
        self.printed.lock().unwrap().push((level, text.to_owned()));
    }
}

struct Chunks {
    chunks: VecDeque<Bytes>,
    pulled: Arc<Mutex<usize>>,
    dropped: Arc<Mutex<usize>>,
}

impl ReplyBody for Chunks {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, String>> {
        let chunk = self.chunks.pop_front();
        if chunk.is_some() {
            *self.pulled.lock().unwrap() += 1;
        }
        Box::pin(async move { Ok(chunk) })
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        if !self.chunks.is_empty() {
            *self.dropped.lock().unwrap() += 1;
        }
    }
}
