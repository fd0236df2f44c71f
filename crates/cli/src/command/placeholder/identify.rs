//! `placeholder identify`: which secret, agent and run a placeholder was made for.

use std::collections::HashSet;
use std::io::Read;

use clap::Args;
use distri_core::ids::RunId;
use distri_core::{AgentName, Environment, SecretKey, Timestamp};
use distri_vault::alarm::Holder;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::table::{minute, table};

/// The most bytes of a text; a longer log is given in parts.
const MOST: u64 = 256 << 20;

/// Say which secret, agent and run the placeholders in a text were made for
///
/// Any text will do: a log, a message, a database dump. Placeholders are found as they are and in base64, hexadecimal,
/// percent escapes and UTF-16. Exit code 3 when the text has none of this installation.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Identify {
    /// The text; without it, standard input is read
    text: Option<String>,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: an array of {key, version, environment, agent, run, released_at, released_in, hosts, offset}, in the
order of the text; agent only where the run is an agent's. released_in is the number of the audit record,
offset where in the text it stands, in bytes.

Examples:
  distri placeholder identify sk_live_4f…
  distri placeholder identify < suspicious.log";

/// One placeholder in the text.
#[derive(Serialize)]
struct Found {
    key: SecretKey,
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Environment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<AgentName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
    released_at: Timestamp,
    released_in: u64,
    hosts: Vec<String>,
    offset: usize,
}

impl Identify {
    /// Names them.
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let text = match self.text {
            Some(text) => text.into_bytes(),
            None => standard_input()?,
        };
        let mut seen = HashSet::new();
        let found: Vec<Found> = Context::open()?
            .caller()?
            .identify(&text)?
            .into_iter()
            .filter(|it| seen.insert(it.id))
            .map(found)
            .collect();
        if found.is_empty() {
            return Err(Failure::new(
                Exit::Missing,
                "the text has no placeholder of this installation",
            ));
        }
        if self.json {
            output::json(&found)?;
            return Ok(Exit::Ok);
        }
        let dash = || "-".to_owned();
        let rows = found.iter().map(|it| {
            vec![
                format!("{}@{}", it.key, it.version),
                it.agent.as_ref().map_or_else(dash, ToString::to_string),
                it.run.as_ref().map_or_else(dash, ToString::to_string),
                it.environment.as_ref().map_or_else(dash, ToString::to_string),
                minute(it.released_at),
                it.released_in.to_string(),
            ]
        });
        let headings = ["SECRET", "AGENT", "RUN", "ENV", "RELEASED", "AUDIT SEQ"];
        output::line(&table(&headings, rows.collect()))?;
        Ok(Exit::Ok)
    }
}

fn found(holder: Holder) -> Found {
    let Holder {
        range,
        id,
        release,
        subject,
    } = holder;
    Found {
        key: subject.key,
        version: subject.version,
        environment: release.environment,
        agent: release.agent,
        run: release.run,
        released_at: release.at,
        released_in: id.release(),
        hosts: subject.hosts,
        offset: range.start,
    }
}

fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    std::io::stdin().lock().take(MOST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MOST {
        return Err(Failure::new(Exit::Usage, "the text is longer than 256 MiB").hint("give it in parts"));
    }
    Ok(text)
}
