//! A model's endpoint: POST JSON with the key, read JSON, try again where that helps.

use std::time::Duration;

use distri_core::agent::Rendered;
use distri_egress::{Egress, Request, Response};
use distri_redact::Redactor;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::ModelError;

/// Most bytes of a reply; a model writes kilobytes.
const REPLY_LIMIT: usize = 16 << 20;
/// Attempts in all, when the endpoint is busy or failing.
const ATTEMPTS: u32 = 3;
/// The wait before the second attempt; it doubles.
const BACKOFF: Duration = Duration::from_millis(500);
/// The longest wait an endpoint may ask for.
const LONGEST_WAIT: u64 = 30;
/// Most characters of the endpoint's own words in an error.
const SHOWN: usize = 500;

/// Where a model is asked.
pub(super) struct Endpoint {
    pub(super) egress: Egress,
    pub(super) redactor: Redactor,
    /// The whole URL.
    pub(super) url: String,
    pub(super) key: Option<Key>,
    /// Headers of the definition.
    pub(super) headers: Vec<(String, Rendered)>,
    /// Headers of the format.
    pub(super) fixed: Vec<(&'static str, &'static str)>,
}

/// The model's key on its way into a header.
pub(super) struct Key {
    /// The keys of the secrets in it, for messages.
    pub(super) names: String,
    pub(super) value: Rendered,
    /// The header's name.
    pub(super) header: &'static str,
    /// What stands before the value: `Bearer ` or nothing.
    pub(super) prefix: &'static str,
}

impl Endpoint {
    /// Sends `body` and reads the reply as `T`.
    pub(super) async fn post<T: DeserializeOwned>(&self, body: &impl Serialize) -> Result<T, ModelError> {
        let body =
            serde_json::to_vec(body).map_err(|it| ModelError::Egress(format!("the request is no JSON: {it}")))?;
        let mut attempt = 1;
        loop {
            let request = self.request(body.clone())?;
            let host = self.shown(request.host());
            let response = self.egress.send(request).await.map_err(|it| self.egress_error(&it))?;
            let status = response.status;
            let retry_after = retry_after(&response);
            let reply = response.bytes(REPLY_LIMIT).await.map_err(|it| self.egress_error(&it))?;
            if (200..300).contains(&status) {
                return serde_json::from_slice(&reply).map_err(|it| ModelError::Malformed {
                    host,
                    // The position only: serde's sentences quote what they found.
                    reason: format!("line {}, column {}: not the format", it.line(), it.column()),
                });
            }
            let message = self.message(&reply);
            match status {
                401 | 403 => {
                    let key = self.key.as_ref().map(|it| it.names.clone());
                    return Err(ModelError::Key {
                        host,
                        key,
                        status,
                        message,
                    });
                }
                408 | 409 | 429 | 500..=599 => {}
                _ => return Err(ModelError::Status { host, status, message }),
            }
            if let Some(seconds) = retry_after.filter(|it| *it > LONGEST_WAIT) {
                return Err(ModelError::Wait {
                    host,
                    status,
                    seconds,
                    message,
                });
            }
            if attempt == ATTEMPTS {
                return Err(ModelError::Busy {
                    host,
                    status,
                    attempts: ATTEMPTS,
                    message,
                });
            }
            let backoff = BACKOFF * 2_u32.pow(attempt - 1);
            let wait = retry_after.map_or(backoff, Duration::from_secs);
            tracing::debug!(%host, status, attempt, wait_ms = wait.as_millis(), "the model's endpoint is busy");
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    fn request(&self, body: Vec<u8>) -> Result<Request, ModelError> {
        let json = "application/json";
        let mut headers: Vec<(String, String)> = Vec::new();
        let mut set = |name: &str, value: String| {
            headers.retain(|(it, _)| !it.eq_ignore_ascii_case(name));
            headers.push((name.to_owned(), value));
        };
        for (name, value) in [("content-type", json), ("accept", json)].iter().chain(&self.fixed) {
            set(name, (*value).to_owned());
        }
        // White space around a key is an accident of how it was set.
        if let Some(Key {
            value, header, prefix, ..
        }) = &self.key
        {
            set(header, format!("{prefix}{}", value.expose_secret().trim()));
        }
        for (name, value) in &self.headers {
            set(name, value.expose_secret().trim().to_owned());
        }
        Request::parse("POST", &self.url, headers, body).map_err(|it| ModelError::Egress(self.shown(&it.to_string())))
    }

    fn egress_error(&self, error: &distri_egress::EgressError) -> ModelError {
        ModelError::Egress(self.shown(&error.to_string()))
    }

    /// The endpoint's own words: redacted, then cut.
    fn message(&self, reply: &[u8]) -> String {
        let json = serde_json::from_slice::<Value>(reply).ok();
        let said = json.as_ref().and_then(|it| {
            [&it["error"]["message"], &it["message"], &it["error"], &it["detail"]]
                .into_iter()
                .find_map(Value::as_str)
        });
        let text = match said {
            Some(text) => self.shown(text),
            None => String::from_utf8_lossy(&self.redactor.redact(reply)).into_owned(),
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None if text.is_empty() => "(no text)".to_owned(),
            None => text,
        }
    }

    fn shown(&self, text: &str) -> String {
        self.redactor.redact_str(text).into_owned()
    }

    pub(super) fn malformed(&self, reason: &str) -> ModelError {
        let host = url::Url::parse(&self.url)
            .ok()
            .and_then(|it| it.host_str().map(str::to_owned));
        let host = self.shown(&host.unwrap_or_default());
        ModelError::Malformed {
            host,
            reason: reason.to_owned(),
        }
    }
}

/// `retry-after` in seconds (RFC 9110, section 10.2.3); a date there is taken as silence.
fn retry_after(response: &Response) -> Option<u64> {
    let value = response
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    value.and_then(|(_, value)| value.trim().parse().ok())
}
