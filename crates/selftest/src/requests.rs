//! Rows of layer `request`: a run's request is placed, sent as it is, or refused by its rule; nothing else arrives.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use distri_core::alarm::{Alarm, AlarmSink, NotRecorded, OnLeak, Watch};
use distri_core::release::Release;
use distri_egress::{Egress, EgressConfig, Request};
use tokio::io::AsyncReadExt as _;

use crate::corpus::{Case, Corpus, Only, RequestRow};
use crate::error::SelftestError;
use crate::leak::Leaks;
use crate::report::Outcome;
use crate::template::Names;
use crate::upstream::{Door, Upstream, find};
use crate::values::{self, Values};

/// The hosts that exist for these rows, on every port that they use.
pub(crate) const HOSTS: &[&str] = &[
    "bound.example",
    "files.wild.example",
    "wild.example",
    "a.b.wild.example",
    "evilwild.example",
    "paths.example",
    "ports.example",
    "anywhere.example",
    "evil.example",
    "xn--bund-55d.example",
];

/// Ports of hosts, and the doors behind them.
const PORTS: &[(u16, Door)] = &[
    (8443, Door::OtherPort),
    (80, Door::Clear),
    (9001, Door::Expired),
    (9002, Door::WrongName),
    (9003, Door::UnknownAuthority),
];

/// Tries every chosen row over HTTP/2 and HTTP/1.1.
pub(crate) async fn try_all(
    corpus: &Corpus,
    only: &[Only],
    upstream: &Upstream,
    ca_file: PathBuf,
) -> Result<Vec<Outcome>, SelftestError> {
    let values = Values::make(&corpus.secrets)?;
    let stage = Stage {
        other: values.release(1, &[])?,
        values,
        upstream,
        ca_file,
    };
    let mut outcomes = Vec::new();
    for (case, row) in corpus.requests.iter().filter(|it| Only::any(only, &it.0.id)) {
        let over2 = stage.attempt(case, row, Door::Http2).await?;
        let over1 = stage.attempt(case, row, Door::Good).await?;
        let got = match over1.0 == over2.0 {
            true => over1.0,
            false => format!("HTTP/1.1: {}; HTTP/2: {}", over1.0, over2.0),
        };
        outcomes.push(Outcome::new(case, got, over1.1 && over2.1));
    }
    Ok(outcomes)
}

struct Stage<'c> {
    values: Values<'c>,
    other: Release,
    upstream: &'c Upstream,
    ca_file: PathBuf,
}

/// What came of a row, in words, and whether it is right.
type Result2 = (String, bool);

#[derive(Default)]
struct Alarms(Mutex<Vec<Alarm>>);

impl AlarmSink for Alarms {
    fn raise(&self, alarm: &Alarm) -> Result<(), NotRecorded> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(alarm.clone());
        Ok(())
    }
}

impl Stage<'_> {
    async fn attempt(&self, case: &Case, row: &RequestRow, https: Door) -> Result<Result2, SelftestError> {
        let own = Arc::new(self.values.release(2, &row.with)?);
        let names = self.names(&own);
        let alarms = Arc::<Alarms>::default();
        let watch = Watch::new(alarms.clone(), OnLeak::Warn);
        let egress = Egress::new(self.config(https), own.clone(), Arc::new(watch))?;
        self.upstream.begin(None);

        let refused = match request(case, row, &names).await? {
            Err(rule) => Some((rule, String::new())),
            Ok(request) => match egress.send(request).await {
                Err(error) => Some((error.rule().to_owned(), error.to_string())),
                Ok(response) => {
                    drop(response);
                    None
                }
            },
        };
        let arrived: Vec<u8> = self.upstream.received().into_iter().flat_map(|it| it.bytes).collect();
        let count = self.upstream.received().len();
        let raised = alarms
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
            .collect::<Vec<_>>();
        let alarm = raised.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>().join(", ");
        let named = raised.iter().all(|it| it.found.is_some() || it.key.is_some());
        let with_alarm = |text: String| match alarm.as_str() {
            "" => text,
            alarm => format!("{text}, alarm {alarm}"),
        };
        let as_told = alarm == row.alarm.as_deref().unwrap_or_default() && named;

        let held: Vec<&[u8]> = own.secrets.iter().map(|it| it.value.expose_secret()).collect();
        Ok(match refused {
            Some((rule, message)) => {
                let quiet = Leaks::of(&held.into_iter().filter(|it| it.len() > 8).collect::<Vec<_>>());
                let ok = rule == row.expect && count == 0 && as_told && quiet.find(message.as_bytes()).is_none();
                let arrived = if count == 0 { "" } else { ", and yet it arrived" };
                (with_alarm(format!("refused: {rule}{arrived}")), ok)
            }
            None => {
                let literal = own.secrets.iter().filter_map(|it| it.placeholder.as_ref());
                let literal = literal
                    .into_iter()
                    .any(|it| find(&arrived, it.as_str().as_bytes()).is_some());
                let placed = match row.expect.strip_prefix("placed:") {
                    Some(text) => find(&arrived, &names.fill(text.trim())?).is_some(),
                    None => false,
                };
                let got = match (placed, literal) {
                    (_, true) => "a placeholder arrived as it is",
                    (true, false) => "placed",
                    (false, false) => "sent as it is",
                };
                let right = placed || row.expect == "sent";
                (with_alarm(got.to_owned()), right && !literal && count == 1 && as_told)
            }
        })
    }

    fn names(&self, own: &Release) -> Names {
        let mut names = values::names(own);
        if let Some(other) = self.other.get("API_KEY") {
            names.set("other", other.given());
        }
        names
    }

    fn config(&self, https: Door) -> EgressConfig {
        let at = |host: &str, port: u16, door: Door| {
            let address = self.upstream.address(door);
            format!("{host}:{port}:{address}")
                .parse()
                .expect("made of a host, a port and an address")
        };
        let doors = |host: &'static str| {
            let others = PORTS.iter().map(move |(port, door)| (host, *port, *door));
            others.chain([(host, 443, https)])
        };
        EgressConfig {
            resolve: HOSTS
                .iter()
                .flat_map(|it| doors(it))
                .map(|(host, port, door)| at(host, port, door))
                .collect(),
            ca_files: vec![self.ca_file.clone()],
            ..EgressConfig::default()
        }
    }
}

/// The row's request, or the rule by which it is none.
async fn request(case: &Case, row: &RequestRow, names: &Names) -> Result<Result<Request, String>, SelftestError> {
    let malformed = || SelftestError::Corpus(format!("`{}` has no METHOD URL, or a header without `: `", case.id));
    let (method, url) = row.request.split_once(' ').ok_or_else(malformed)?;
    let mut headers = Vec::new();
    for header in &row.headers {
        let header = names.fill_text(header)?;
        let (name, value) = header.split_once(": ").ok_or_else(malformed)?;
        headers.push((name.to_owned(), value.to_owned()));
    }
    let body = packed(names.fill(&row.body)?, &row.packed).await;
    Ok(Request::parse(method, &names.fill_text(url)?, headers, body).map_err(|it| it.rule().to_owned()))
}

/// `body` behind the codings, in their order.
pub(crate) async fn packed(mut body: Vec<u8>, codings: &[crate::corpus::Packing]) -> Vec<u8> {
    use crate::corpus::Packing;
    for coding in codings {
        let mut out = Vec::new();
        let done = match coding {
            Packing::Gzip => GzipEncoder::new(&body[..]).read_to_end(&mut out).await,
            Packing::Br => BrotliEncoder::new(&body[..]).read_to_end(&mut out).await,
            Packing::Zstd => ZstdEncoder::new(&body[..]).read_to_end(&mut out).await,
            Packing::Deflate => ZlibEncoder::new(&body[..]).read_to_end(&mut out).await,
        };
        done.expect("memory can be read and written");
        body = out;
    }
    body
}
