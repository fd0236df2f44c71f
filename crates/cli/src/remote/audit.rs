//! The audit log over HTTP.

use distri_core::audit::Record;
use distri_core::{Environment, SecretKey, Timestamp};
use distri_vault::audit::{AuditReport, CouldUse, Did, ExportOptions, Kept, ProvenRecord, RecordRef, WhoCould, WhoDid};
use distri_vault::keys::KeyStatus;
use serde::Deserialize;

use super::call::Call;
use super::client::Client;
use super::next_page::next_page;
use crate::failure::Failure;

/// The most records of a page.
const PAGE: u32 = 1_000;

/// A record with its number.
#[derive(Deserialize)]
struct Numbered {
    seq: u64,
    #[serde(flatten)]
    record: Record,
}

/// A page of who did something.
#[derive(Deserialize)]
struct DidPage {
    records: Vec<Numbered>,
    #[serde(default)]
    next: Option<u64>,
    #[serde(default)]
    kept: Option<Kept>,
}

impl Client {
    pub(crate) fn audit_newest(&self, limit: u32) -> Result<Vec<(u64, Record)>, Failure> {
        self.newest(limit, false)
    }

    pub(crate) fn audit_after(&self, after: u64, limit: u32) -> Result<Vec<(u64, Record)>, Failure> {
        self.after(after, limit, false)
    }

    pub(crate) fn alarms(&self, after: Option<u64>, limit: u32) -> Result<Vec<(u64, Record)>, Failure> {
        match after {
            Some(after) => self.after(after, limit, true),
            None => self.newest(limit, true),
        }
    }

    pub(crate) fn who_did(&self, asked: &WhoDid) -> Result<Did, Failure> {
        let WhoDid {
            key,
            environment,
            from,
            to,
            after,
            limit,
        } = asked;
        let call = question(&["audit", "who-did"], key, environment.as_ref(), *from, *to);
        let page: DidPage = self.ask(call.query("after", after).query("limit", limit))?;
        Ok(Did {
            records: numbered(page.records),
            // A page that leads to itself or back would have no end.
            next: page.next.filter(|it| it > after),
            kept: page.kept,
        })
    }

    pub(crate) fn who_could(&self, asked: &WhoCould) -> Result<CouldUse, Failure> {
        let WhoCould {
            key,
            environment,
            from,
            to,
        } = asked;
        self.ask(question(&["audit", "who-could"], key, environment.as_ref(), *from, *to))
    }

    pub(crate) fn verify_audit(&self) -> Result<AuditReport, Failure> {
        self.ask(Call::get(&["audit", "verify"]))
    }

    pub(crate) fn prove_audit(&self, which: RecordRef) -> Result<ProvenRecord, Failure> {
        let which = match which {
            RecordRef::Id(id) => id.to_string(),
            RecordRef::Seq(seq) => seq.to_string(),
        };
        self.ask(Call::get(&["audit", &which, "proof"]))
    }

    pub(crate) fn audit_key(&self) -> Result<String, Failure> {
        #[derive(Deserialize)]
        struct Key {
            key: String,
        }
        let key: Key = self.ask(Call::get(&["audit", "key"]))?;
        // A line of a signed note's alphabet, shown as it is.
        match key.key.bytes().all(|it| it.is_ascii_graphic() || it == b' ') {
            true => Ok(key.key),
            false => Err(self.stranger()),
        }
    }

    /// The export's lines, each handed over in its order, and how many records there are.
    pub(crate) fn export_audit<E: From<Failure>>(
        &self,
        options: ExportOptions,
        mut write: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<u64, E> {
        let answer = self.send(Call::get(&["audit", "export"]).query("proofs", options.proofs))?;
        let text = str::from_utf8(&answer.body).map_err(|_| self.stranger())?;
        let mut records = 0;
        for line in text.lines() {
            records += u64::from(line.starts_with("{\"seq\":"));
            write(line)?;
        }
        Ok(records)
    }

    pub(crate) fn key_status(&self) -> Result<KeyStatus, Failure> {
        self.ask(Call::get(&["keys"]))
    }

    /// Oldest first, page by page.
    fn after(&self, mut after: u64, limit: u32, alarms: bool) -> Result<Vec<(u64, Record)>, Failure> {
        let mut found: Vec<(u64, Record)> = Vec::new();
        while found.len() < limit as usize {
            let wanted = (limit as usize - found.len()).min(PAGE as usize);
            let call = Call::get(&["audit"])
                .query("after", after)
                .query("limit", wanted)
                .query("alarms", alarms);
            let page = numbered(self.ask(call)?);
            let Some((last, _)) = page.last() else { break };
            after = *last;
            let is_whole = page.len() == wanted;
            found.extend(page);
            if !is_whole {
                break;
            }
        }
        Ok(found)
    }

    /// The newest, in the order of the log.
    fn newest(&self, limit: u32, alarms: bool) -> Result<Vec<(u64, Record)>, Failure> {
        let mut found: Vec<(u64, Record)> = Vec::new();
        let mut cursor: Option<String> = None;
        while found.len() < limit as usize {
            let wanted = (limit as usize - found.len()).min(PAGE as usize);
            let call = Call::get(&["audit"])
                .query("limit", wanted)
                .query("alarms", alarms)
                .query_some("cursor", cursor.as_ref());
            let answer = self.send(call)?;
            found.extend(numbered(self.read(&answer)?));
            cursor = next_page(&answer);
            if cursor.is_none() {
                break;
            }
        }
        found.reverse();
        Ok(found)
    }
}

fn numbered(records: Vec<Numbered>) -> Vec<(u64, Record)> {
    records.into_iter().map(|it| (it.seq, it.record)).collect()
}

fn question(
    segments: &[&str],
    key: &SecretKey,
    environment: Option<&Environment>,
    from: Timestamp,
    to: Timestamp,
) -> Call {
    Call::get(segments)
        .query("key", key)
        .query_some("environment", environment)
        .query("from", from)
        .query("to", to)
}
