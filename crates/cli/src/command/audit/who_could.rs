//! `audit who-could`: which people, tokens and agents could have used a secret, and from when to when.

use clap::Args;
use distri_core::authz::{ActorKind, Role};
use distri_vault::audit::{CouldUse, Person, Span, WhoCould as Question};

use super::period::{Period, pruned};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::{minute, table};
use crate::{output, terminal};

/// Say who, and which agents, could have used a secret
///
/// Reconstructed from the records of its changes, of members and of tokens: which policy held from when to when, between
/// deletion and undeletion, until expiry; and who had a role or a token then that was good for it, whether they used it or
/// not. Whoever holds the root key of this installation could have used it at any time.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct WhoCould {
    #[command(flatten)]
    period: Period,
    /// JSON on standard output
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
AGENTS `*` is every agent, and commands run by `exec` without one; HOSTS `any` is a secret without hosts.
A secret past its expiry is given to no run; who may reveal it can still read it.
SAYS `database` is a stored row, where records were pruned; `presumed` is the most that can have been,
where nothing is left that knows it all.

JSON: {spans: [{environment, from, to, version, agents, hosts, seq, source}], people: [{kind, name,
id, environment, from, to, role, scopes, addresses, may_reveal, may_release, agents, source}],
damaged, pruned, kept: {seq, at}}; damaged, where there are some, says which stored rows are not
believed; seq of a span is the record that says so, and is missing where it was
pruned; kept is the first record that is left, where others were pruned.

Examples:
  distri audit who-could STRIPE_API_KEY --from 90d
  distri audit who-could STRIPE_API_KEY --env prod --from 2026-01-01 --to 2026-02-01 --json";

impl WhoCould {
    /// Answers it.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let (from, to) = self.period.span()?;
        let question = Question {
            key: self.period.key()?,
            environment: self.period.environment.clone(),
            from,
            to,
        };
        let answer = Context::open_to_read()?.caller()?.who_could(&question)?;
        match self.json {
            true => output::json(&answer)?,
            false => print(&question, &answer)?,
        }
        for damage in &answer.damaged {
            terminal::warning(&format!("{damage}; the most that it can have been is assumed"));
        }
        if answer.pruned {
            terminal::warning(&format!(
                "{}: deletions, expiries and members before that are not all known",
                pruned(answer.kept)
            ));
        }
        Ok(Exit::Ok)
    }
}

fn print(question: &Question, answer: &CouldUse) -> Result<(), Failure> {
    if answer.people.is_empty() {
        terminal::note(&format!("Nobody could have used '{}' in that time.", question.key));
        return Ok(());
    }
    if answer.spans.is_empty() {
        terminal::note(&format!(
            "No run could have been given '{}' in that time.",
            question.key
        ));
    } else {
        let headings = ["FROM", "TO", "ENV", "VERSION", "AGENTS", "HOSTS", "SAYS"];
        output::line(&table(&headings, answer.spans.iter().map(span).collect()))?;
        output::line("")?;
    }
    let headings = ["WHO", "KIND", "AS", "MAY", "AGENTS", "ENV", "FROM", "TO", "SAYS"];
    output::line(&table(&headings, answer.people.iter().map(person).collect()))
}

fn span(it: &Span) -> Vec<String> {
    let hosts = match it.hosts.is_empty() {
        true => "any".to_owned(),
        false => it.hosts.join(" "),
    };
    let source = match it.seq {
        Some(seq) => format!("record {seq}"),
        None => it.source.as_str().to_owned(),
    };
    vec![
        minute(it.from),
        minute(it.to),
        it.environment.to_string(),
        it.version.to_string(),
        it.agents.to_string(),
        hosts,
        source,
    ]
}

fn person(it: &Person) -> Vec<String> {
    let may = match (it.may_reveal, it.may_release) {
        (true, true) => "reveal, release",
        (true, false) => "reveal",
        _ => "release",
    };
    vec![
        it.name.clone(),
        it.kind.as_str().to_owned(),
        capacity(it),
        may.to_owned(),
        it.agents.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        it.environment.to_string(),
        minute(it.from),
        minute(it.to),
        it.source.as_str().to_owned(),
    ]
}

/// As what somebody could: `member`, or `owner: read,resolve from 10.0.0.0/8` for a token.
fn capacity(it: &Person) -> String {
    let role = it.role.map_or("unknown", Role::as_str);
    let scopes = match (&it.scopes, it.kind) {
        (Some(scopes), _) => format!(": {scopes}"),
        (None, ActorKind::Token) => ": scopes unknown".to_owned(),
        (None, _) => String::new(),
    };
    let addresses = it.addresses.iter().flatten().map(ToString::to_string);
    let addresses: Vec<String> = addresses.collect();
    match addresses.is_empty() {
        true => format!("{role}{scopes}"),
        false => format!("{role}{scopes} from {}", addresses.join(",")),
    }
}
