//! `distri selftest`: every known attack, tried against the broker of this program or against another proxy.
//!
//! Rows, servers, values and the runner are `distri-selftest`'s; here are the command line and the table.

mod other;
mod table;

use clap::Args;
use distri_selftest::{Case, Corpus, Only, Outcome, SelftestError, Verdict, built_in};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::running::interrupt::block_on_or_interrupt;
use other::Other;

/// Try every known attack against the broker of this program, or against another proxy
///
/// Servers, secrets and values are made for it on loopback and are gone afterwards; the store is not opened and no
/// network is used. Each attack is a row with the decision that must come out; it exits with 1 when one comes out
/// otherwise.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Selftest {
    /// Only these rows: `T20`, `T20-cookie` or `T2*`; may be given several times
    #[arg(long, value_name = "ROWS")]
    only: Vec<Only>,
    /// List the rows, those that are not tried here and those out of reach too, and try nothing
    #[arg(long)]
    list: bool,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    other: Other,
}

const NOTES: &str = "\
Another proxy is judged by what the servers behind it receive and by what comes back, nothing else:
  1. make the servers' authority      distri selftest --upstream DIR --list
  2. tell the proxy to trust DIR/ca.pem, to resolve HOST and OTHER to 127.0.0.1, and to put a value
     that opens nothing in the place of TEXT in requests to HOST
  3. distri selftest --upstream DIR --proxy http://127.0.0.1:8080 --proxy-ca CA.pem --host HOST \\
       --other-host OTHER --placeholder TEXT --value-file FILE
The servers listen on --listen and the six ports after it; HOST is bound to the first of them only.

JSON: {outcomes: [{id, what, layer, expected, got, verdict}], summary: {ok, failed, test, out_of_reach}};
verdict is ok, fail, test (held by tests of the source) or out-of-reach.

Examples:
  distri selftest
  distri selftest --only 'T3*'
  distri selftest --list";

#[derive(Serialize)]
struct Report {
    outcomes: Vec<Outcome>,
    summary: Summary,
}

/// How many rows came out how.
#[derive(Serialize)]
struct Summary {
    ok: usize,
    failed: usize,
    test: usize,
    out_of_reach: usize,
}

impl Selftest {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let corpus = Corpus::read()?;
        let other = self.other.read()?;
        if self.list {
            return list(&corpus, &self.only, self.json);
        }
        let outcomes = block_on_or_interrupt(async {
            match other {
                Some(other) => other.try_all(&corpus, &self.only).await,
                None => Ok(built_in::try_all(&corpus, &self.only).await?),
            }
        })??;
        if outcomes.is_empty() {
            return Err(
                Failure::new(Exit::Missing, "no row has such a name").hint("`distri selftest --list` lists them")
            );
        }
        let report = Report {
            summary: Summary::of(&outcomes),
            outcomes,
        };
        match self.json {
            true => output::json(&report)?,
            false => output::line(&table::report(&report.outcomes, &report.summary))?,
        }
        Ok(match report.summary.failed {
            0 => Exit::Ok,
            _ => Exit::Failed,
        })
    }
}

impl Summary {
    fn of(outcomes: &[Outcome]) -> Self {
        let count = |verdict| outcomes.iter().filter(|it| it.verdict == verdict).count();
        Self {
            ok: count(Verdict::Ok),
            failed: count(Verdict::Fail),
            test: count(Verdict::Test),
            out_of_reach: count(Verdict::OutOfReach),
        }
    }
}

fn list(corpus: &Corpus, only: &[Only], json: bool) -> Result<Exit, Failure> {
    let cases: Vec<&Case> = corpus
        .cases()
        .into_iter()
        .filter(|it| Only::any(only, &it.id))
        .collect();
    match json {
        true => output::json(&cases)?,
        false => output::line(&table::list(&cases))?,
    }
    Ok(Exit::Ok)
}

impl From<SelftestError> for Failure {
    fn from(error: SelftestError) -> Self {
        let exit = match error {
            SelftestError::ProxyUrl => Exit::Usage,
            SelftestError::NotConfigured(_) => Exit::Unreachable,
            _ => Exit::Failed,
        };
        let hint = matches!(error, SelftestError::NotConfigured(_)).then_some(
            "it must trust `ca.pem` of --upstream, resolve --host to the address of --listen, and replace --placeholder; see `distri selftest --help`",
        );
        let failure = Self::new(exit, error.to_string());
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
