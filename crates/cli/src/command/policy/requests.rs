//! `policy requests`: what is recorded of runs with `--learn`.

use clap::Args;
use distri_core::Timestamp;
use distri_core::learn::{Carried, ObservedRequest};
use distri_vault::observed::{KEPT_RUNS, ObservedRun};
use serde::Serialize;

use super::trial::WhichRun;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{minute, table};
use crate::{output, terminal};

/// List the requests that runs with `--learn` sent
///
/// Method, host, path and where secrets stood: no query, header or body is recorded, and a secret in a path is replaced.
/// Kept are the newest 50 runs.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Requests {
    /// Only this run: its id, or `last`
    #[arg(long, value_name = "RUN", conflicts_with = "runs")]
    from_run: Option<WhichRun>,
    /// Only the newest N recorded runs
    #[arg(long, value_name = "N", default_value_t = KEPT_RUNS)]
    runs: u32,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: an array of {run, at, agent, environment, left_out, requests: [{method, scheme, host, port, path,
carried: [{key, spot}], times}]}, newest run first. left_out counts requests that were not recorded, because a run had too
many different ones.

Examples:
  distri policy requests --from-run last
  distri policy requests --json";

impl Requests {
    /// Lists them.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let context = Context::open()?;
        let caller = context.caller()?;
        let runs = match self.from_run {
            Some(which) => vec![which.find(&caller)?],
            None => caller.observed_runs(self.runs)?,
        };
        if self.json {
            output::json(&runs.iter().map(Json::of).collect::<Vec<_>>())?;
            return Ok(Exit::Ok);
        }
        let rows: Vec<Vec<String>> = runs.iter().flat_map(rows).collect();
        if rows.is_empty() {
            terminal::note("No recorded requests found.");
            return Ok(Exit::Ok);
        }
        let headings = ["RUN", "BEGAN", "AGENT", "REQUEST", "TIMES", "CARRIED"];
        output::line(&table(&headings, rows))?;
        Ok(Exit::Ok)
    }
}

fn rows(run: &ObservedRun) -> impl Iterator<Item = Vec<String>> + '_ {
    let agent = run
        .about
        .agent
        .as_ref()
        .map_or_else(|| "-".to_owned(), ToString::to_string);
    run.requests.iter().map(move |(request, times)| {
        vec![
            run.run.to_string(),
            minute(run.about.at),
            agent.clone(),
            request.to_string(),
            times.to_string(),
            carried(&request.carried),
        ]
    })
}

fn carried(all: &[Carried]) -> String {
    let each: Vec<String> = all.iter().map(|it| format!("{} ({})", it.key, it.spot)).collect();
    if each.is_empty() {
        "-".to_owned()
    } else {
        each.join(", ")
    }
}

#[derive(Serialize)]
struct Json<'r> {
    run: String,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    environment: String,
    left_out: u64,
    requests: Vec<RequestJson<'r>>,
}

#[derive(Serialize)]
struct RequestJson<'r> {
    method: &'r str,
    scheme: &'static str,
    host: &'r str,
    port: u16,
    path: &'r str,
    carried: Vec<CarriedJson<'r>>,
    times: u32,
}

#[derive(Serialize)]
struct CarriedJson<'r> {
    key: &'r str,
    spot: String,
}

impl<'r> Json<'r> {
    fn of(run: &'r ObservedRun) -> Self {
        Self {
            run: run.run.to_string(),
            at: run.about.at,
            agent: run.about.agent.as_ref().map(ToString::to_string),
            environment: run.about.environment.to_string(),
            left_out: run.left_out,
            requests: run
                .requests
                .iter()
                .map(|(it, times)| RequestJson::of(it, *times))
                .collect(),
        }
    }
}

impl<'r> RequestJson<'r> {
    fn of(request: &'r ObservedRequest, times: u32) -> Self {
        let carried = request.carried.iter().map(|it| CarriedJson {
            key: it.key.as_str(),
            spot: it.spot.to_string(),
        });
        Self {
            method: &request.method,
            scheme: request.scheme.as_str(),
            host: &request.host,
            port: request.port,
            path: &request.path,
            carried: carried.collect(),
            times,
        }
    }
}
