//! Options that say where a value may go, for whom, and what people should know: the same for `set` and `edit`.

use clap::Args;
use distri_core::policy::{AgentScope, Binding, Delivery};
use distri_core::{AgentName, Clock, SystemClock, Timestamp};
use distri_vault::secrets::Edit;

use crate::duration::{Expiry, RotateEvery};
use crate::exit::Exit;
use crate::failure::Failure;

/// Policy, note and expiry on the command line; what is not named stays as it is.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// A host the value may go to: `[METHODS ]host[:port][/path]`, also `*.example.com` (repeatable)
    #[arg(long = "host", value_name = "HOST", conflicts_with = "any_host")]
    hosts: Vec<Binding>,
    /// Let the value go to any host
    #[arg(long)]
    any_host: bool,
    /// An agent that may use the secret, and no others (repeatable)
    #[arg(long = "agent", value_name = "NAME", conflicts_with = "any_agent")]
    agents: Vec<AgentName>,
    /// Let every agent use the secret
    #[arg(long)]
    any_agent: bool,
    /// How a run is given it: `placeholder` (the broker puts the value in on the way out), `value`, or `auto`: a
    /// placeholder where hosts are known
    #[arg(long, value_name = "HOW")]
    delivery: Option<Delivery>,
    /// Let the broker put the value into JSON and form bodies too: `--body` or `--body=false`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    body: Option<bool>,
    /// What people should know; an empty text removes the note
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// When it stops being given out: `90d`, `2026-12-31`, an RFC 3339 instant, or `never`
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expiry>,
    /// Remind that the value is to be replaced after this long, in `secrets lint` and lists: `90d`, `12w`, or `never`
    #[arg(long, value_name = "TIME")]
    rotate_every: Option<RotateEvery>,
    /// Refuse unless the secret is at this version now (0: there is none)
    #[arg(long, value_name = "N")]
    pub(crate) expect_version: Option<u32>,
}

impl PolicyArgs {
    /// Whether hosts or their absence were named.
    pub(crate) fn names_hosts(&self) -> bool {
        self.any_host || !self.hosts.is_empty()
    }

    /// Whether nothing at all was named.
    pub(crate) fn is_empty(&self) -> bool {
        !self.names_hosts()
            && !self.any_agent
            && self.agents.is_empty()
            && self.delivery.is_none()
            && self.body.is_none()
            && self.note.is_none()
            && self.expires.is_none()
            && self.rotate_every.is_none()
    }

    pub(crate) fn hosts(&self) -> Edit<Vec<Binding>> {
        if self.names_hosts() {
            Edit::Set(self.hosts.clone())
        } else {
            Edit::Keep
        }
    }

    pub(crate) fn agents(&self) -> Edit<AgentScope> {
        match &self.agents[..] {
            [] if self.any_agent => Edit::Set(AgentScope::All),
            [] => Edit::Keep,
            names => Edit::Set(AgentScope::only(names.iter().cloned())),
        }
    }

    pub(crate) fn delivery(&self) -> Edit<Delivery> {
        self.delivery.map_or(Edit::Keep, Edit::Set)
    }

    pub(crate) fn body(&self) -> Edit<bool> {
        self.body.map_or(Edit::Keep, Edit::Set)
    }

    pub(crate) fn note(&self) -> Edit<Option<String>> {
        match &self.note {
            None => Edit::Keep,
            Some(text) => Edit::Set(Some(text.clone()).filter(|it| !it.is_empty())),
        }
    }

    pub(crate) fn rotate_every_days(&self) -> Edit<Option<u32>> {
        self.rotate_every.map_or(Edit::Keep, |it| Edit::Set(it.days()))
    }

    pub(crate) fn expires_at(&self) -> Result<Edit<Option<Timestamp>>, Failure> {
        let Some(expiry) = self.expires else {
            return Ok(Edit::Keep);
        };
        let instant = expiry
            .resolve(SystemClock.now())
            .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        Ok(Edit::Set(instant))
    }
}
