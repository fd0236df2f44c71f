//! What is looked into: functions from evidence to what was seen, so that each has a test in which it fails.
//!
//! Each also asks whether its evidence can show anything at all: a tool that printed nothing proves no redaction.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use distri_core::audit::{ActionKind, Outcome, Record};
use serde_json::Value;

use super::distri::Said;
use super::endpoint::{COLLECTOR, MAIL, Received};
use super::keys::{DemoKey, Keys};
use super::traces::{Searched, Traces};

/// What was seen; or what was seen instead.
pub(super) type Verdict = Result<String, String>;

/// The list has every key and nothing else.
pub(super) fn lists_keys_only(said: &Said, keys: &Keys) -> Verdict {
    let listed = String::from_utf8_lossy(&said.stdout);
    match listed.lines().eq(keys.all().map(|it| it.name)) {
        true => Ok(String::new()),
        false => Err(format!("it says {listed:?}")),
    }
}

/// The request arrived with the value itself, once.
pub(super) fn real_key_arrived(received: &[Received], key: &DemoKey, line: &str) -> Verdict {
    let mut requests = received.iter().filter(|it| it.host == MAIL && it.line == line);
    let (Some(request), None) = (requests.next(), requests.next()) else {
        return Err(format!("{MAIL} did not get exactly one `{line}`"));
    };
    let bearer = request.authorization.strip_prefix(b"Bearer ");
    match bearer == Some(key.value.expose_secret()) {
        true => Ok(format!(
            "{line}, Authorization: Bearer {}, all {} characters",
            key.beginning(),
            key.value.len()
        )),
        false => Err("its `Authorization` header has something else".to_owned()),
    }
}

/// The log, read while the request waited for its answer, has the record of the release.
pub(super) fn recorded_meanwhile(records: &[(u64, Record)], key: &DemoKey, agent: &str) -> Verdict {
    let released = |record: &Record| {
        releases_to(record, agent)
            && record.outcome == Outcome::Done
            && record.subjects.iter().any(|it| it.key.as_str() == key.name)
    };
    match records.iter().find(|(_, it)| released(it)) {
        Some((seq, _)) => Ok(format!(
            "record {seq} was in the log while the request waited for its answer"
        )),
        None => Err(format!(
            "the log had {}, none of them of this release",
            count(records.len(), "record")
        )),
    }
}

/// What the tools that give the key away came to.
pub(super) struct Attempts<'s> {
    /// Logged it and returned it.
    pub(super) printed: &'s Said,
    /// Threw it.
    pub(super) thrown: &'s Said,
    /// Had the mail service repeat it.
    pub(super) echoed: &'s Said,
}

/// Each attempt took place, and what came out has no trace of any value.
pub(super) fn nothing_printed(
    attempts: &Attempts<'_>,
    received: &[Received],
    key: &DemoKey,
    traces: &Traces,
) -> Verdict {
    let Attempts {
        printed,
        thrown,
        echoed,
    } = attempts;
    let returned: Value = serde_json::from_slice(&printed.stdout).unwrap_or_default();
    let filled = |form: &str| returned[form].as_str().is_some_and(|it| !it.is_empty());
    if !["text", "base64", "hex"].into_iter().all(filled) || printed.stderr.is_empty() {
        return Err("`print_it` did not print all that it was to print, so this shows nothing".to_owned());
    }
    if thrown.code != Some(1) || thrown.stderr.is_empty() {
        return Err("`throw_it` did not fail, so this shows nothing".to_owned());
    }
    real_key_arrived(received, key, "GET /echo").map_err(|it| format!("`echo_it` shows nothing: {it}"))?;
    if !echoed.text().contains("you sent Bearer ") {
        return Err("`echo_it` did not get the reply, so this shows nothing".to_owned());
    }
    for (tool, said) in [("print_it", printed), ("throw_it", thrown), ("echo_it", echoed)] {
        if traces.are_in(&said.stdout) || traces.are_in(&said.stderr) {
            return Err(format!("`{tool}` has shown it"));
        }
    }
    Ok("logged, returned, thrown, repeated; as text, base64 and hex".to_owned())
}

/// The other host can be reached, and no request that reached it has a trace of any value.
pub(super) fn nothing_sent_away(received: &[Received], traces: &Traces) -> Verdict {
    let arrived: Vec<&Received> = received.iter().filter(|it| it.host == COLLECTOR).collect();
    if arrived.is_empty() {
        return Err(format!(
            "{COLLECTOR} did not even get the `hello`, so this shows nothing"
        ));
    }
    let requests = count(arrived.len(), "request");
    match arrived.iter().any(|it| traces.are_in(&it.whole)) {
        false => Ok(format!(
            "{COLLECTOR} can be reached: it got {requests}, and no trace of the key"
        )),
        true => Err(format!("{COLLECTOR} got {requests}, and with that the key")),
    }
}

/// No file has a trace, nor had one while the agent ran, and the same search finds it where it is known to be.
pub(super) fn no_file_has_it(then: &Searched, now: &Searched, traces: &Traces, known: &[Received]) -> Verdict {
    if then.files == 0 || now.files == 0 {
        return Err("there was no file to search, so this shows nothing".to_owned());
    }
    if !known.iter().any(|it| traces.are_in(&it.whole)) {
        return Err(
            "the search does not find it in what the mail service got either, so this shows nothing".to_owned(),
        );
    }
    match then.hits.iter().chain(&now.hits).next() {
        None => Ok(format!(
            "{} then, {} now; in what the mail service got, the search finds it",
            count(then.files, "file"),
            now.files
        )),
        Some(hit) => Err(format!("`{}` has it", hit.display())),
    }
}

/// Each key has the record of being set, and each run its own record of a release.
pub(super) fn all_recorded(records: &[(u64, Record)], keys: &Keys, runs: &[&str]) -> Verdict {
    for key in keys.all() {
        let set =
            |it: &Record| it.action == ActionKind::Set && it.subjects.iter().any(|it| it.key.as_str() == key.name);
        if !records.iter().any(|(_, it)| set(it)) {
            return Err(format!("{} was set, and there is no record of it", key.name));
        }
    }
    let agents: BTreeSet<&str> = runs.iter().copied().collect();
    for agent in agents {
        let releases = records.iter().map(|(_, it)| it).filter(|it| releases_to(it, agent));
        let recorded: BTreeSet<String> = releases.filter_map(|it| Some(it.run.as_ref()?.to_string())).collect();
        let started = runs.iter().filter(|it| **it == agent).count();
        if recorded.len() != started {
            return Err(format!(
                "{agent} ran {}, and there are releases to {}",
                count(started, "time"),
                count(recorded.len(), "run")
            ));
        }
    }
    Ok(format!(
        "{} set, {} that got them",
        count(keys.all().count(), "key"),
        count(runs.len(), "run")
    ))
}

/// Nothing that any command said has a trace of any value.
pub(super) fn nothing_said(heard: &[u8], commands: usize, traces: &Traces) -> Verdict {
    match traces.are_in(heard) {
        false => Ok(format!(
            "{}, {} KiB of output",
            count(commands, "command"),
            heard.len().div_ceil(1024)
        )),
        true => Err("one of them did".to_owned()),
    }
}

fn releases_to(record: &Record, agent: &str) -> bool {
    record.action == ActionKind::Release && record.agent.as_ref().is_some_and(|it| it.as_str() == agent)
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
