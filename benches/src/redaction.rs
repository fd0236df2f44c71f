//! Redaction over log text beside `aho-corasick` and a plain copy.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use aho_corasick::{AhoCorasick, MatchKind};
use distri_redact::encodings::ENCODINGS;
use distri_redact::{MIN_NEEDLE, Redactor};

use crate::measure::{Effort, Row};

const TEXT: usize = 64 << 20;
const CHUNK: usize = 16 << 10;

pub(crate) fn rows(effort: Effort) -> Result<Vec<Row>, String> {
    let mut random = Random(0x5eed);
    let text = log_text(&mut random, TEXT);
    let rounds = effort.rounds().min(5);
    let mut copy = vec![0; text.len()];
    let memcpy = best(rounds, || copy.copy_from_slice(black_box(&text)));
    black_box(&copy);
    let mut rows = vec![Row::figure("memcpy", speed(memcpy))];
    for (count, lengths) in [(10, 40..65), (1000, 40..65), (10, 8..17)] {
        let secrets: Vec<_> = (0..count).map(|_| secret(&mut random, &lengths)).collect();
        let name = format!("{count} secrets of {} to {} bytes", lengths.start, lengths.end - 1);
        rows.extend(measure(&name, rounds, &text, &secrets)?);
    }
    Ok(rows)
}

fn measure(name: &str, rounds: usize, text: &[u8], secrets: &[Vec<u8>]) -> Result<Vec<Row>, String> {
    let build = best(rounds, || drop(black_box(redactor(secrets))));
    let redactor = redactor(secrets);
    let redact = best(rounds, || drop(black_box(redactor.redact(black_box(text)))));
    let mut out = Vec::with_capacity(2 * CHUNK);
    let stream = best(rounds, || {
        let mut stream = redactor.stream();
        for chunk in text.chunks(CHUNK) {
            out.clear();
            stream.push(chunk, &mut out);
            black_box(&out);
        }
    });
    let planted = planted(text, secrets, 8 << 10);
    let found = best(rounds, || drop(black_box(redactor.redact(black_box(&planted)))));

    let needles: BTreeSet<Vec<u8>> = secrets
        .iter()
        .flat_map(|secret| ENCODINGS.iter().flat_map(|it| it.forms(secret)))
        .filter(|form| form.len() >= MIN_NEEDLE)
        .map(|form| form.to_vec())
        .collect();
    let reference = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(&needles);
    let reference = reference.map_err(|error| error.to_string())?;
    let scan = best(rounds, || {
        black_box(reference.find_iter(black_box(text)).count());
    });
    let plain = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(secrets);
    let plain = plain.map_err(|error| error.to_string())?;
    let verbatim = best(rounds, || {
        black_box(plain.find_iter(black_box(text)).count());
    });
    Ok(vec![
        Row::figure(
            format!("{name}: build, {} needles", needles.len()),
            format!("{:.2} ms", build.as_secs_f64() * 1e3),
        ),
        Row::figure(format!("{name}: redact"), speed(redact)),
        Row::figure(format!("{name}: redact a stream of 16 KiB chunks"), speed(stream)),
        Row::figure(format!("{name}: redact, a secret in every 8 KiB"), speed(found)),
        Row::figure(format!("{name}: aho-corasick, the same needles"), speed(scan)),
        Row::figure(format!("{name}: aho-corasick, verbatim values only"), speed(verbatim)),
    ])
}

fn redactor(secrets: &[Vec<u8>]) -> Redactor {
    let mut builder = Redactor::builder();
    for (index, secret) in secrets.iter().enumerate() {
        builder = builder.secret(&format!("SECRET_{index}"), secret);
    }
    builder.build()
}

fn best(rounds: usize, mut run: impl FnMut()) -> Duration {
    let mut time = || {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..rounds).map(|_| time()).min().unwrap_or_default()
}

fn speed(time: Duration) -> String {
    format!("{:.2} GB/s", TEXT as f64 / time.as_secs_f64() / 1e9)
}

/// A token as services issue them: some with a prefix, some with punctuation.
pub(crate) fn secret(random: &mut Random, lengths: &std::ops::Range<usize>) -> Vec<u8> {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/+";
    let length = lengths.start + random.below(lengths.len());
    let prefix: &[u8] = [&b"sk-proj-"[..], b"ghp_", b"", b""][random.below(4)];
    let mut secret = prefix[..prefix.len().min(length / 3)].to_vec();
    let letters = if random.below(2) == 0 { 62 } else { ALPHABET.len() };
    while secret.len() < length {
        secret.push(ALPHABET[random.below(letters)]);
    }
    secret
}

/// Lines of access logs, structured logs, traces and stack traces, with the hex and base64 that such lines have.
pub(crate) fn log_text(random: &mut Random, length: usize) -> Vec<u8> {
    let words = [
        "connection",
        "reset",
        "by",
        "peer",
        "request",
        "completed",
        "cache",
        "miss",
        "retry",
        "upstream",
    ];
    let mut text = String::with_capacity(length + 512);
    while text.len() < length {
        let (a, b, c) = (random.next(), random.next(), random.next());
        let second = a % 60;
        match b % 4 {
            0 => text.push_str(&format!(
                "10.{}.{}.{} - - [12/Mar/2025:10:4{}:{second:02} +0000] \"GET /api/v1/users/{}/orders?page={} HTTP/1.1\" 200 {} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n",
                a % 256, b % 256, c % 256, a % 10, b % 100_000, c % 50, c % 90_000
            )),
            1 => text.push_str(&format!(
                "{{\"level\":\"info\",\"ts\":\"2025-03-12T10:41:{second:02}.{:03}Z\",\"trace_id\":\"{a:016x}{b:016x}\",\"span_id\":\"{c:016x}\",\"msg\":\"{} {} {}\",\"duration_ms\":{}}}\n",
                b % 1000, words[(a % 10) as usize], words[(b / 4 % 10) as usize], words[(c % 10) as usize], c % 5000
            )),
            2 => text.push_str(&format!(
                "2025-03-12 10:41:{second:02} DEBUG [worker-{}] http::client: Authorization: Basic {}\n",
                a % 16,
                base64(&[a, b, c, a ^ b, b ^ c, a ^ c, a, b][..2 + (c % 7) as usize])
            )),
            _ => text.push_str(&format!(
                "    at Object.handle (/srv/app/node_modules/express/lib/router/{}.js:{}:{})\n",
                words[(a % 10) as usize], b % 900, c % 80
            )),
        }
    }
    text.truncate(length);
    text.into_bytes()
}

/// The base64 of some numbers, made with the crate's own encoding.
fn base64(numbers: &[u64]) -> String {
    let bytes: Vec<u8> = numbers.iter().flat_map(|it| it.to_le_bytes()).collect();
    let base64 = ENCODINGS
        .iter()
        .find(|it| it.name() == "base64")
        .expect("the list has base64");
    String::from_utf8_lossy(&base64.forms(&bytes)[0]).into_owned()
}

fn planted(text: &[u8], secrets: &[Vec<u8>], every: usize) -> Vec<u8> {
    let mut text = text.to_vec();
    for (index, place) in (every..text.len() - every).step_by(every).enumerate() {
        let secret = &secrets[index % secrets.len()];
        text[place..place + secret.len()].copy_from_slice(secret);
    }
    text
}

/// SplitMix64: the same text and secrets in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ it >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ it >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ it >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}
