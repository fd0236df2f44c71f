//! The steps, and the stage that they share.

mod print_it;
mod search;
mod send_away;
mod store;
mod use_it;
mod watch;

use distri_core::audit::Record;
use serde::Deserialize;

use crate::exit::Exit;
use crate::failure::Failure;

use super::distri::{Distri, Said};
use super::endpoint::Endpoint;
use super::keys::Keys;
use super::place::Place;
use super::screen::{Screen, Shown};
use super::traces::{Searched, Traces};

/// Tells all of it.
pub(super) async fn tell(place: &Place, screen: &mut Screen) -> Result<(), Failure> {
    screen.title(
        "distri demo: a secret, an agent that uses it, and who gets to see it",
        &format!(
            "No account, no network. Everything is below {}; the commands run in its `project`, with DISTRI_HOME at \
             its `home`.",
            place.root().display()
        ),
    )?;
    let mut stage = Stage::set(place, screen).await?;
    store::tell(&mut stage).await?;
    use_it::tell(&mut stage).await?;
    print_it::tell(&mut stage).await?;
    send_away::tell(&mut stage).await?;
    search::tell(&mut stage)?;
    watch::tell(&mut stage).await
}

/// What the steps share.
struct Stage<'s> {
    place: &'s Place,
    screen: &'s mut Screen,
    distri: Distri,
    endpoint: Endpoint,
    keys: Keys,
    /// Traces of every key.
    traces: Traces,
    /// Everything that every command said.
    heard: Vec<u8>,
    commands: usize,
    /// What searching the disk found while the first agent ran.
    searched: Searched,
    /// The agent of each run.
    runs: Vec<&'static str>,
}

const PAYMENT: &str = "payment_agent";
const LEAKY: &str = "leaky_agent";

impl<'s> Stage<'s> {
    async fn set(place: &'s Place, screen: &'s mut Screen) -> Result<Self, Failure> {
        let keys = Keys::make()?;
        Ok(Self {
            place,
            screen,
            distri: Distri::new(place),
            endpoint: Endpoint::start(&place.ca_file()).await?,
            traces: Traces::of(keys.all().map(|it| &it.value)),
            keys,
            heard: Vec::new(),
            commands: 0,
            searched: Searched::default(),
            runs: Vec::new(),
        })
    }

    /// Shows a command, runs it, shows what it said.
    async fn run(&mut self, words: &[String]) -> Result<Said, Failure> {
        self.screen.command(words, Shown::Plain)?;
        let said = self.quietly(words).await?;
        self.screen.said(&said.text())?;
        Ok(said)
    }

    /// Runs a command that is not shown.
    async fn quietly(&mut self, words: &[String]) -> Result<Said, Failure> {
        let said = self.distri.start(words)?.finish(None).await?;
        self.heed(&said);
        Ok(said)
    }

    /// Looks through every file that there is now.
    fn search(&self) -> Result<Searched, Failure> {
        let root = self.place.root();
        let searched = self.traces.search(root);
        searched.map_err(|error| Failure::new(Exit::Failed, format!("cannot search `{}`", root.display())).cause(error))
    }

    fn heed(&mut self, said: &Said) {
        self.commands += 1;
        self.heard.extend_from_slice(&said.stderr);
        self.heard.extend_from_slice(&said.stdout);
    }
}

/// The audit log's records with their numbers, oldest first.
fn records(said: &Said) -> Result<Vec<(u64, Record)>, Failure> {
    #[derive(Deserialize)]
    struct Numbered {
        seq: u64,
        #[serde(flatten)]
        record: Record,
    }
    let read: Result<Vec<Numbered>, _> = serde_json::from_slice(&said.stdout);
    let read = read.map_err(|error| {
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        Failure::new(Exit::Failed, format!("cannot read the audit log {said}")).cause(error)
    })?;
    Ok(read.into_iter().map(|it| (it.seq, it.record)).collect())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| (*it).to_owned()).collect()
}
