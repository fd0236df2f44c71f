//! What the server counts, in the Prometheus text format. Labels are routes' templates, methods and statuses: nothing
//! of a client's, nothing of an account's.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::webhook::Standing;

/// The upper bounds of the histogram, in microseconds.
const BOUNDS: [u64; 12] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000, 30_000_000,
];

/// The counters.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, &'static str, u16), u64>>,
    buckets: [AtomicU64; BOUNDS.len()],
    micros: AtomicU64,
    connections: AtomicI64,
}

impl Metrics {
    /// Counts an answered request.
    pub(crate) fn count(&self, verb: &'static str, route: &'static str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((verb, route, status)).or_default() += 1;
        drop(requests);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(index) = BOUNDS.iter().position(|it| micros <= *it) {
            self.buckets[index].fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// One connection more, until the guard goes.
    pub(crate) fn connected(&self) -> Connected<'_> {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connected(self)
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self, room: Option<u64>, is_unwitnessed: bool, webhook: Option<Standing>) -> String {
        let mut text = String::new();
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        head(&mut text, "distri_requests_total", "counter", "Requests answered");
        for ((verb, route, status), count) in &requests {
            let labels = format!("method=\"{verb}\",route=\"{route}\",status=\"{status}\"");
            let _ = writeln!(text, "distri_requests_total{{{labels}}} {count}");
        }
        head(
            &mut text,
            "distri_request_seconds",
            "histogram",
            "How long requests took",
        );
        let mut below = 0;
        for (bound, bucket) in BOUNDS.iter().zip(&self.buckets) {
            below += bucket.load(Ordering::Relaxed);
            let _ = writeln!(
                text,
                "distri_request_seconds_bucket{{le=\"{}\"}} {below}",
                seconds(*bound)
            );
        }
        let all: u64 = requests.values().sum();
        let _ = writeln!(text, "distri_request_seconds_bucket{{le=\"+Inf\"}} {all}");
        let _ = writeln!(
            text,
            "distri_request_seconds_sum {}",
            seconds(self.micros.load(Ordering::Relaxed))
        );
        let _ = writeln!(text, "distri_request_seconds_count {all}");
        head(&mut text, "distri_connections", "gauge", "Connections that are open");
        let _ = writeln!(text, "distri_connections {}", self.connections.load(Ordering::Relaxed));
        head(
            &mut text,
            "distri_evidence_lost",
            "gauge",
            "Whether the tip of the audit log was missing at the start",
        );
        let _ = writeln!(text, "distri_evidence_lost {}", u8::from(is_unwitnessed));
        if let Some(room) = room {
            head(
                &mut text,
                "distri_room_bytes",
                "gauge",
                "Bytes that may still be written where the database is",
            );
            let _ = writeln!(text, "distri_room_bytes {room}");
        }
        if let Some(webhook) = webhook {
            head(
                &mut text,
                "distri_webhook_status_ok",
                "gauge",
                "Whether the database and its log say how the webhook stands",
            );
            let _ = writeln!(text, "distri_webhook_status_ok {}", u8::from(webhook.is_ok));
        }
        if let Some(webhook) = webhook.and_then(|it| it.last) {
            head(
                &mut text,
                "distri_webhook_undelivered_checkpoints",
                "gauge",
                "Checkpoints that the webhook has not taken",
            );
            let _ = writeln!(text, "distri_webhook_undelivered_checkpoints {}", webhook.undelivered);
            if let Some(since) = webhook.since_delivery {
                head(
                    &mut text,
                    "distri_webhook_last_delivery_seconds",
                    "gauge",
                    "Seconds since the webhook took a checkpoint",
                );
                let _ = writeln!(text, "distri_webhook_last_delivery_seconds {}", since.as_secs());
            }
        }
        text
    }
}

/// A connection that is open.
pub(crate) struct Connected<'m>(&'m Metrics);

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
