//! A server's refusal as a failure: the exit code that the embedded store would give, the server's sentence, never a token.

use distri_core::SecretValue;
use distri_redact::Redactor;
use serde::Deserialize;

use crate::exit::Exit;
use crate::failure::Failure;

/// The most characters of a sentence that are shown.
const SHOWN: usize = 2_000;

/// What a server says when it refuses.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    missing: Vec<Missing>,
}

/// A required secret that cannot be given.
#[derive(Deserialize)]
struct Missing {
    key: String,
    #[serde(default)]
    reason: String,
}

pub(super) fn refused(place: &str, token: &SecretValue, status: u16, body: &[u8]) -> Failure {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let exit = exit(&refusal.code, status);
    // A sentence can repeat what was sent to it; control characters go where it is shown.
    let hidden = Redactor::builder().secret("token", token.expose_secret()).build();
    let said: String = hidden.redact_str(&refusal.error).chars().take(SHOWN).collect();
    let sentence = match said.trim() {
        "" => format!("`{place}` answers with status {status}"),
        said => said.to_owned(),
    };
    let failure = Failure::new(exit, sentence);
    match (exit, refusal.code.as_str()) {
        (Exit::NotAuthenticated, _) => failure.hint("`distri login` saves another token; `DISTRI_API_KEY` gives one"),
        (_, "missing_secrets") => failure.missing(refusal.missing.into_iter().map(|it| (it.key, it.reason)).collect()),
        (_, "too_many_requests") => failure.hint("wait a moment, and run it again"),
        (_, "outcome_unknown") => failure.hint("look whether it was done before you do it again"),
        (_, "integrity") => failure.hint("an alarm is in the server's audit log: `distri audit list --alarms`"),
        _ => failure,
    }
}

/// By the word, which keeps its meaning; by the status where somebody else has answered, such as a proxy.
fn exit(code: &str, status: u16) -> Exit {
    match code {
        "not_authenticated" => Exit::NotAuthenticated,
        "forbidden" => Exit::Forbidden,
        "not_found" | "missing_secrets" => Exit::Missing,
        "conflict" | "stale" | "key_reused" => Exit::Conflict,
        "integrity" => Exit::Integrity,
        "invalid" | "too_large" => Exit::Usage,
        "unavailable" | "too_many_requests" | "timeout" | "misdirected" => Exit::Unreachable,
        "internal" | "outcome_unknown" | "method_not_allowed" | "unsupported_media_type" => Exit::Failed,
        _ => match status {
            401 => Exit::NotAuthenticated,
            403 => Exit::Forbidden,
            404 => Exit::Missing,
            409 | 412 => Exit::Conflict,
            408 | 421 | 429 | 502..=504 => Exit::Unreachable,
            _ => Exit::Failed,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, body: &str) -> Failure {
        let token = SecretValue::new(b"distri_0123456789abcdef".to_vec()).expect("a value");
        refused("host", &token, status, body.as_bytes())
    }

    #[test]
    fn odd_answers_are_refusals_all_the_same() {
        for (status, body, exit) in [
            (404, r#"{"error":"no","code":"not_found"}"#, Exit::Missing),
            (500, r#"{"error":"no","code":"integrity"}"#, Exit::Integrity),
            (502, "<html>Bad Gateway</html>", Exit::Unreachable),
            (401, "", Exit::NotAuthenticated),
            (418, "[1,2,3]", Exit::Failed),
            (409, r#"{"error":1}"#, Exit::Conflict),
        ] {
            assert_eq!(failure(status, body).exit(), exit, "{status} {body}");
        }
        assert_eq!(failure(500, "\0").message(), "`host` answers with status 500");
    }

    #[test]
    fn a_sentence_is_short_and_has_no_token() {
        let long = format!(
            r#"{{"error":"you sent distri_0123456789abcdef {}"}}"#,
            "x".repeat(9_000)
        );
        let failure = failure(400, &long);
        assert!(!failure.message().contains("0123456789abcdef"), "{}", failure.message());
        assert!(failure.message().chars().count() <= SHOWN);
    }
}
