//! Runs over HTTP: alarms, and where the requests of a run went.

use std::borrow::Cow;

use distri_core::alarm::Alarm;
use distri_core::ids::RunId;
use distri_core::learn::{Carried, ObservedRequest, Spot};
use distri_core::policy::Scheme;
use distri_core::{AgentName, Environment, SecretKey, Timestamp};
use distri_vault::observed::{ObservedAbout, ObservedBatch, ObservedRun};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::Call;
use super::client::Client;
use crate::exit::Exit;
use crate::failure::Failure;

/// One request, and how often it was sent.
#[derive(Serialize, Deserialize)]
struct RequestView<'r> {
    method: Cow<'r, str>,
    scheme: Cow<'r, str>,
    host: Cow<'r, str>,
    port: u16,
    path: Cow<'r, str>,
    carried: Vec<CarriedView<'r>>,
    times: u32,
}

#[derive(Serialize, Deserialize)]
struct CarriedView<'r> {
    key: Cow<'r, SecretKey>,
    spot: Cow<'r, str>,
    name: Option<Cow<'r, str>>,
}

#[derive(Deserialize)]
struct RunView {
    run: RunId,
    at: Timestamp,
    agent: Option<AgentName>,
    environment: Environment,
    secrets: Vec<SecretKey>,
    requests: Vec<RequestView<'static>>,
    left_out: u64,
}

impl Client {
    pub(crate) fn alarm(&self, run: RunId, agent: Option<&AgentName>, alarm: &Alarm) -> Result<(), Failure> {
        let body = json!({
            "agent": agent,
            "rule": alarm.rule,
            "place": alarm.place,
            "destination": alarm.destination,
            "step": alarm.step,
            "key": alarm.key,
            "record": alarm.found.map(|it| it.release()),
            "place_in_record": alarm.found.map(|it| it.subject()),
        });
        self.tell(Call::post(&["runs", &run.to_string(), "alarms"]).json(&body, 2_048)?)
    }

    pub(crate) fn observe(&self, run: RunId, batch: u32, observed: &ObservedBatch) -> Result<(), Failure> {
        let requests = observed.requests.iter();
        let requests: Vec<RequestView<'_>> = requests.map(|(it, times)| RequestView::of(it, *times)).collect();
        let body = json!({
            "batch": batch,
            "at": observed.about.at,
            "agent": observed.about.agent,
            "environment": observed.about.environment,
            "secrets": observed.about.secrets,
            "requests": requests,
            "left_out": u32::try_from(observed.left_out).unwrap_or(u32::MAX),
        });
        self.tell(Call::put(&["runs", &run.to_string(), "requests"]).json(&body, 8_192)?)
    }

    pub(crate) fn observed_runs(&self, limit: u32) -> Result<Vec<ObservedRun>, Failure> {
        let runs: Vec<RunView> = self.ask(Call::get(&["runs"]).query("limit", limit.clamp(1, 1_000)))?;
        let runs = runs.into_iter().map(RunView::read);
        runs.collect::<Option<_>>().ok_or_else(|| self.stranger())
    }

    pub(crate) fn observed_run(&self, run: RunId) -> Result<ObservedRun, Failure> {
        let view: RunView = self
            .ask(Call::get(&["runs", &run.to_string(), "requests"]))
            .map_err(|it| {
                it.hint_on(
                    Exit::Missing,
                    "start a run with `--learn` to have its requests recorded",
                )
            })?;
        view.read().ok_or_else(|| self.stranger())
    }
}

impl RunView {
    fn read(self) -> Option<ObservedRun> {
        let requests = self.requests.into_iter().map(RequestView::read);
        Some(ObservedRun {
            run: self.run,
            about: ObservedAbout {
                at: self.at,
                agent: self.agent,
                environment: self.environment,
                secrets: self.secrets,
            },
            requests: requests.collect::<Option<_>>()?,
            left_out: self.left_out,
        })
    }
}

impl<'r> RequestView<'r> {
    fn of(request: &'r ObservedRequest, times: u32) -> Self {
        Self {
            method: Cow::from(&request.method),
            scheme: Cow::from(request.scheme.as_str()),
            host: Cow::from(&request.host),
            port: request.port,
            path: Cow::from(&request.path),
            carried: request.carried.iter().map(CarriedView::of).collect(),
            times,
        }
    }

    fn read(self) -> Option<(ObservedRequest, u32)> {
        let scheme = match &*self.scheme {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            _ => return None,
        };
        let request = ObservedRequest {
            method: self.method.into_owned(),
            scheme,
            host: self.host.into_owned(),
            port: self.port,
            path: self.path.into_owned(),
            carried: self.carried.into_iter().map(CarriedView::read).collect::<Option<_>>()?,
        };
        Some((request, self.times))
    }
}

impl<'r> CarriedView<'r> {
    fn of(carried: &'r Carried) -> Self {
        let (spot, name) = match &carried.spot {
            Spot::Header(name) => ("header", Some(name)),
            Spot::Basic => ("basic", None),
            Spot::Query => ("query", None),
            Spot::Body => ("body", None),
            Spot::Elsewhere(words) => ("elsewhere", Some(words)),
        };
        Self {
            key: Cow::Borrowed(&carried.key),
            spot: Cow::from(spot),
            name: name.map(Cow::from),
        }
    }

    fn read(self) -> Option<Carried> {
        let name = self.name.unwrap_or_default().into_owned();
        let spot = match &*self.spot {
            "header" => Spot::Header(name),
            "basic" => Spot::Basic,
            "query" => Spot::Query,
            "body" => Spot::Body,
            "elsewhere" => Spot::Elsewhere(name),
            _ => return None,
        };
        Some(Carried {
            key: self.key.into_owned(),
            spot,
        })
    }
}
