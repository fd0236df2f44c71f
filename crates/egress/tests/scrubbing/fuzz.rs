//! The scrubber beside a slow reference, on random values, texts, cuts, codings, framings and ends (T60).
//!
//! Each case is a whole exchange with a TLS server. `cargo test` runs some hundreds; for longer, say how many seconds in
//! `DISTRI_FUZZ_SECONDS`. A failure prints the case.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use distri_core::release::Release;
use distri_egress::{Egress, EgressLimits};
use distri_redact::encodings::ENCODINGS;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Runtime;

use crate::codings::{PACKINGS, pack};
use crate::reference::Reference;
use crate::support::{Authority, Server, get, held};
use crate::world::collect;

/// Cases that each new run has: new values, a new server.
const CASES: usize = 40;

#[test]
fn what_comes_through_is_what_the_slow_reference_says() {
    let seconds = std::env::var("DISTRI_FUZZ_SECONDS").ok().map(|it| it.parse().unwrap());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let mut fuzz = Fuzz::new();
    // The same cases in every `cargo test`; new ones in a long run.
    let mut runner = match seconds {
        None => TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
        Some(_) => TestRunner::default(),
    };
    let (mut cases, mut runs, mut told) = (0_u64, 0_u64, Instant::now());
    while runs < 8 || Instant::now() < until {
        let secrets = secrets().new_tree(&mut runner).unwrap().current();
        let run = fuzz.run(&secrets);
        for _ in 0..CASES {
            let case = case().new_tree(&mut runner).unwrap().current();
            run.check(&mut fuzz, &case);
            cases += 1;
        }
        runs += 1;
        if told.elapsed() > Duration::from_secs(60) {
            told = Instant::now();
            eprintln!("{runs} runs, {cases} cases");
        }
    }
    if seconds.is_some() {
        eprintln!("{runs} runs, {cases} cases, no difference");
    }
}

type Secrets = Vec<(Vec<u8>, Delivery)>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Delivery {
    Placeholder,
    Value,
}

#[derive(Clone, Debug)]
struct Case {
    head: Vec<Piece>,
    body: Vec<Piece>,
    coding: usize,
    /// Where the text is flushed by the compressor.
    flushes: Vec<Index>,
    framing: Framing,
    /// Sizes of chunks, and of what is written at once.
    sizes: Vec<usize>,
    /// Where the connection breaks, if it does.
    breaks: Option<Index>,
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunks,
    Close,
}

/// What a text is made of, so that values, parts of values and near misses are common.
#[derive(Clone, Debug)]
enum Piece {
    Noise(Vec<u8>),
    Form {
        secret: Index,
        form: Index,
        from: Index,
        to: Index,
        whole: bool,
    },
    Folded {
        secret: Index,
        before: Vec<u8>,
        after: Vec<u8>,
        width: usize,
        feed: &'static str,
    },
    Soft {
        secret: Index,
        width: usize,
        feed: &'static str,
    },
    Long(usize, u8),
}

fn bytes(alphabet: &'static [u8], length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(alphabet), length)
}

fn secrets() -> impl Strategy<Value = Secrets> {
    let value = prop_oneof![
        3 => bytes(b"ab", 4..24),
        2 => bytes(b"ab\\\"/ &<\n=%", 4..24),
        4 => bytes(b"abcdefXYZ0189-_.~+/=", 6..70),
        1 => prop::collection::vec(1_u8.., 4..40),
        1 => bytes(b"abAB01", 60..150),
        1 => bytes(b"sk_live_", 25..60),
    ];
    let delivery = prop_oneof![4 => Just(Delivery::Placeholder), 1 => Just(Delivery::Value)];
    prop::collection::vec((value, delivery), 1..5)
}

fn piece() -> impl Strategy<Value = Piece> {
    let form = (
        any::<Index>(),
        any::<Index>(),
        any::<Index>(),
        any::<Index>(),
        any::<bool>(),
    );
    let around = || prop::collection::vec(any::<u8>(), 0..80);
    let feed = prop::sample::select(&["\n", "\r\n", "\r", "\\n", "\\r\\n"][..]);
    let soft = prop::sample::select(&["=\n", "=\r\n", "=\r", "="][..]);
    prop_oneof![
        2 => bytes(b"ab", 0..12).prop_map(Piece::Noise),
        1 => prop::collection::vec(any::<u8>(), 0..12).prop_map(Piece::Noise),
        4 => form.prop_map(|(secret, form, from, to, whole)| Piece::Form { secret, form, from, to, whole }),
        1 => (any::<Index>(), around(), around(), 46..77_usize, feed).prop_map(
            |(secret, before, after, width, feed)| Piece::Folded { secret, before, after, width, feed }
        ),
        1 => (any::<Index>(), 1..40_usize, soft).prop_map(|(secret, width, feed)| Piece::Soft { secret, width, feed }),
        1 => (0..1500_usize, any::<u8>()).prop_map(|(length, byte)| Piece::Long(length, byte)),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let framing = prop_oneof![1 => Just(Framing::Length), 2 => Just(Framing::Chunks), 1 => Just(Framing::Close)];
    let breaks = prop_oneof![2 => Just(None), 1 => any::<Index>().prop_map(Some)];
    (
        prop::collection::vec(piece(), 0..3),
        prop::collection::vec(piece(), 0..7),
        0..PACKINGS.len(),
        prop::collection::vec(any::<Index>(), 0..4),
        framing,
        prop::collection::vec(1..60_usize, 1..12),
        breaks,
    )
        .prop_map(|(head, body, coding, flushes, framing, sizes, breaks)| Case {
            head,
            body,
            coding,
            flushes,
            framing,
            sizes,
            breaks,
        })
}

impl Piece {
    fn write(&self, secrets: &Secrets, out: &mut Vec<u8>) {
        match self {
            Self::Noise(noise) => out.extend(noise),
            Self::Long(length, byte) => out.resize(out.len() + length, *byte),
            Self::Form {
                secret,
                form,
                from,
                to,
                whole,
            } => {
                let value = &secret.get(secrets).0;
                let forms: Vec<_> = ENCODINGS.iter().flat_map(|it| it.forms(value)).collect();
                let form = form.get(&forms);
                let (from, to) = (from.index(form.len() + 1), to.index(form.len() + 1));
                out.extend(if *whole {
                    &form[..]
                } else {
                    &form[from.min(to)..from.max(to)]
                });
            }
            Self::Soft { secret, width, feed } => {
                let quoted = ENCODINGS.iter().find(|it| it.name() == "quoted-printable").unwrap();
                let forms = quoted.forms(&secret.get(secrets).0);
                out.extend(forms[0].chunks(*width).collect::<Vec<_>>().join(feed.as_bytes()));
            }
            Self::Folded {
                secret,
                before,
                after,
                width,
                feed,
            } => {
                let body = [before, &secret.get(secrets).0, after].map(Vec::as_slice).concat();
                let body = data_encoding::BASE64.encode(&body);
                let lines: Vec<_> = body.as_bytes().chunks(*width).collect();
                out.extend(lines.join(feed.as_bytes()));
            }
        }
    }
}

fn text(pieces: &[Piece], secrets: &Secrets) -> Vec<u8> {
    let mut text = Vec::new();
    pieces.iter().for_each(|it| it.write(secrets, &mut text));
    text
}

struct Fuzz {
    runtime: Runtime,
    authority: Authority,
    server: Server,
    /// What the server does next.
    script: Arc<Mutex<Script>>,
}

#[derive(Clone, Default)]
struct Script {
    reply: Vec<u8>,
    sizes: Vec<usize>,
    ends: bool,
}

impl Fuzz {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let authority = Authority::new();
        let script = Arc::<Mutex<Script>>::default();
        let next = script.clone();
        let server = runtime.block_on(Server::raw(&authority, "api.example.com", move |mut stream| {
            let next = next.clone();
            async move {
                while crate::world::path(&mut stream).await.is_some() {
                    let script = next.lock().unwrap().clone();
                    let mut rest = &script.reply[..];
                    for size in script.sizes.iter().cycle() {
                        if rest.is_empty() {
                            break;
                        }
                        let (now, later) = rest.split_at(rest.len().min(*size * 97));
                        if stream.write_all(now).await.is_err() || stream.flush().await.is_err() {
                            return;
                        }
                        rest = later;
                    }
                    if script.ends {
                        let _ = stream.shutdown().await;
                        return;
                    }
                }
            }
        }));
        Self {
            runtime,
            authority,
            server,
            script,
        }
    }

    /// A way out that holds `secrets`.
    fn run(&self, secrets: &Secrets) -> Run {
        let keys: Vec<_> = (0..secrets.len()).map(|it| format!("SECRET_{it}")).collect();
        let hosts: &[&str] = &["api.example.com"];
        let all: Vec<_> = keys
            .iter()
            .zip(secrets)
            .map(|(key, (value, _))| (key.as_str(), &value[..], hosts))
            .collect();
        let mut release = held(&all);
        for (secret, (_, delivery)) in release.secrets.iter_mut().zip(secrets) {
            if *delivery == Delivery::Value {
                secret.placeholder = None;
            }
        }
        let reference = reference(&release);
        let _guard = self.runtime.enter();
        Run {
            secrets: secrets.clone(),
            reference,
            egress: self.server.egress(
                &self.authority,
                &["api.example.com:443"],
                release,
                EgressLimits::default(),
            ),
        }
    }
}

fn reference(release: &Release) -> Reference {
    let held = || release.secrets.iter().filter(|it| it.placeholder.is_some());
    let secrets: Vec<_> = held()
        .map(|it| (it.key.to_string(), it.value.expose_secret().to_vec()))
        .collect();
    let replacements: Vec<_> = held().map(|it| it.given().to_vec()).collect();
    Reference::new_as(&secrets, &replacements)
}

struct Run {
    secrets: Secrets,
    reference: Reference,
    egress: Egress,
}

impl Run {
    fn check(&self, fuzz: &mut Fuzz, case: &Case) {
        let body = text(&case.body, &self.secrets);
        let header = field(text(&case.head, &self.secrets));
        let expected = self.reference.redact(&body);
        let broken = fuzz.runtime.block_on(async {
            let (reply, broken) = case.reply(&header, &body).await;
            *fuzz.script.lock().unwrap() = Script {
                reply,
                sizes: case.sizes.clone(),
                ends: broken || matches!(case.framing, Framing::Close),
            };
            broken
        });
        let sent = fuzz
            .runtime
            .block_on(self.egress.send(get("https://api.example.com/0")));
        let response = match sent {
            Ok(response) => response,
            Err(error) => {
                assert!(broken, "{error}: {case:?} {:?}", self.secrets);
                return;
            }
        };
        let seen_header = response.header("x-echo").unwrap_or_default().to_owned();
        let expected_header = self.reference.redact(&header);
        let expected_header = match String::from_utf8(expected_header) {
            Ok(text) => text,
            Err(error) => error.as_bytes().iter().map(|it| char::from(*it)).collect(),
        };
        assert_eq!(seen_header, expected_header, "{case:?} {:?}", self.secrets);
        let (seen, error) = fuzz.runtime.block_on(collect(response));
        let same = match &error {
            // Nothing at all is an empty body in every coding, and the connection's end may be its end.
            None => seen == expected || (broken && seen.is_empty() && matches!(case.framing, Framing::Close)),
            // Cut short: what came is the beginning of what would have come.
            Some(_) => broken && expected.starts_with(&seen),
        };
        assert!(
            same,
            "{error:?}\n seen {}\n not {}\n{case:?} {:?}",
            seen.escape_ascii(),
            expected.escape_ascii(),
            self.secrets
        );
    }
}

/// What may stand in a field's value, without white space around it.
fn field(text: Vec<u8>) -> Vec<u8> {
    let text: Vec<u8> = text
        .into_iter()
        .filter(|it| matches!(it, b' '..=b'~' | 0x80..))
        .collect();
    text.trim_ascii()
        .iter()
        .copied()
        .take(4000)
        .collect::<Vec<_>>()
        .trim_ascii()
        .to_vec()
}

impl Case {
    /// The bytes of the response, and whether they are cut short.
    async fn reply(&self, header: &[u8], body: &[u8]) -> (Vec<u8>, bool) {
        let (encoding, packings) = PACKINGS[self.coding];
        let mut places: Vec<_> = self.flushes.iter().map(|it| it.index(body.len() + 1)).collect();
        places.extend([0, body.len()]);
        places.sort_unstable();
        let pieces: Vec<_> = places.windows(2).map(|it| &body[it[0]..it[1]]).collect();
        let packed = pack(packings, &pieces).await;
        let mut reply = b"HTTP/1.1 200 OK\r\nx-echo: ".to_vec();
        reply.extend_from_slice(header);
        reply.extend(format!("\r\ncontent-encoding: {encoding}\r\n").bytes());
        match self.framing {
            Framing::Length => reply.extend(format!("content-length: {}\r\n\r\n", packed.len()).bytes()),
            Framing::Close => reply.extend(b"connection: close\r\n\r\n"),
            Framing::Chunks => reply.extend(b"transfer-encoding: chunked\r\n\r\n"),
        }
        match self.framing {
            Framing::Chunks => {
                let mut rest = &packed[..];
                for size in self.sizes.iter().cycle() {
                    if rest.is_empty() {
                        break;
                    }
                    let (chunk, later) = rest.split_at(rest.len().min(*size));
                    reply.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    reply.extend_from_slice(chunk);
                    reply.extend(b"\r\n");
                    rest = later;
                }
                reply.extend(b"0\r\n\r\n");
            }
            Framing::Length | Framing::Close => reply.extend_from_slice(&packed),
        }
        let Some(place) = self.breaks else {
            return (reply, false);
        };
        // A body that the connection's end delimits is cut short by nothing but its coding.
        let whole = matches!(self.framing, Framing::Close) && packings.is_empty();
        let cut = place.index(reply.len());
        if whole || cut == reply.len() {
            return (reply, false);
        }
        reply.truncate(cut);
        (reply, true)
    }
}
