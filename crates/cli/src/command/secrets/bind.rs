//! `secrets bind`: the least hosts that a recorded run needed, shown as a diff and applied on a yes.

use crate::caller::Caller;
use clap::Args;
use distri_core::{Policy, SecretKey};
use distri_vault::observed::{KEPT_RUNS, ObservedRun};
use distri_vault::secrets::{Edit, UpdateSecret};
use serde::Serialize;

use super::view;
use crate::command::key_text::{KeyText, parse_all};
use crate::command::policy::trial::{Lesson, Trial, WhichRun, lessons};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, terminal};

/// Bind secrets to the hosts that a recorded run sent them to
///
/// Proposes, for each secret of the run that is not bound yet, the least policy under which the run would have
/// worked: for each host the methods that were used and, where more than one path was seen, the beginning that all of
/// them share, up to the first part that looks like the name of a single thing. Bodies are added where the secret
/// stood in one. Shows the change and asks; from then on runs get a placeholder, and the value goes nowhere else.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Bind {
    /// Only these secrets; also bound ones, to narrow them
    #[arg(value_name = "KEY")]
    keys: Vec<KeyText>,
    /// The run that is learned from: its id, or `last` for the newest that was started with `--learn`
    #[arg(long, value_name = "RUN")]
    from_run: WhichRun,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// JSON on standard output; nothing is changed without `--yes`
    #[arg(long)]
    json: bool,
}

const NOTES: &str = "\
JSON: {run, at, agent, environment, left_out, secrets: [{key, version, requests, from, to, notes,
refused_elsewhere, applied}]}. from and to are policies; to is null where nothing is proposed.
refused_elsewhere counts requests of other recorded runs that the policy would refuse.

Examples:
  distri run sales_agent --task 'add Ann to the CRM' --learn
  distri secrets bind --from-run last
  distri secrets bind CRM_TOKEN --from-run last --yes";

impl Bind {
    /// Proposes, asks, binds.
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let keys: Vec<SecretKey> = parse_all(&self.keys)?;
        let context = Context::open()?;
        let caller = context.caller()?;
        let run = self.from_run.find(&caller)?;
        let proposals: Vec<Proposed> = Proposed::all(&caller, &run, &keys)?;
        let is_any = proposals.iter().any(Proposed::is_change);
        if self.json {
            if self.yes {
                apply(&caller, &run, &proposals)?;
            }
            output::json(&Json::of(&run, &proposals, self.yes))?;
            return Ok(Exit::Ok);
        }
        show(&run, &proposals)?;
        if !is_any {
            return Ok(Exit::Ok);
        }
        if !self.yes && !terminal::confirmed("Bind?", "bind")? {
            terminal::note("Nothing was changed.");
            return Ok(Exit::Failed);
        }
        apply(&caller, &run, &proposals)?;
        Ok(Exit::Ok)
    }
}

/// A lesson, and what other runs say to it.
struct Proposed {
    lesson: Lesson,
    refused_elsewhere: usize,
}

impl Proposed {
    fn all(caller: &Caller<'_>, run: &ObservedRun, keys: &[SecretKey]) -> Result<Vec<Self>, Failure> {
        let mut others = caller.observed_runs(KEPT_RUNS)?;
        others.retain(|it| it.run != run.run);
        let lessons = lessons(caller, run, keys)?.into_iter();
        let proposed = lessons.map(|lesson| {
            let trial = lesson
                .proposed
                .clone()
                .map(|it| Trial::of(&lesson.info.key, it, &run.about.environment, &others));
            Self {
                refused_elsewhere: trial.map_or(0, |it| it.refused.len()),
                lesson,
            }
        });
        Ok(proposed.collect())
    }

    /// The policy to set, where it is another one than now.
    fn change(&self) -> Option<&Policy> {
        self.lesson
            .proposed
            .as_ref()
            .filter(|it| **it != self.lesson.info.policy)
    }

    fn is_change(&self) -> bool {
        self.change().is_some()
    }
}

fn apply(caller: &Caller<'_>, run: &ObservedRun, proposals: &[Proposed]) -> Result<(), Failure> {
    for proposed in proposals {
        let Some(policy) = proposed.change() else { continue };
        let info = &proposed.lesson.info;
        let request = UpdateSecret {
            hosts: Edit::Set(policy.hosts.clone()),
            delivery: Edit::Set(policy.delivery),
            body: Edit::Set(policy.body),
            expected_version: Some(info.version),
            ..UpdateSecret::default()
        };
        let outcome = caller.update(&info.key, &run.about.environment, &request)?;
        terminal::note(&format!("Secret '{}' changed.", info.key));
        terminal::note(&format!("  {}", view::summary(&outcome.info)));
    }
    Ok(())
}

fn show(run: &ObservedRun, proposals: &[Proposed]) -> Result<(), Failure> {
    if run.left_out > 0 {
        terminal::warning(&format!(
            "{} more requests of this run are not in its record, so that a binding may be too narrow",
            run.left_out
        ));
    }
    if proposals.is_empty() {
        terminal::note(&format!("Every secret of run {} has hosts.", run.run));
    }
    for proposed in proposals {
        let Lesson {
            info, requests, notes, ..
        } = &proposed.lesson;
        let Some(policy) = proposed.change() else {
            terminal::note(&match (requests, &proposed.lesson.proposed) {
                (0, _) => format!(
                    "'{}': no request of this run carried it, so it stays as it is.",
                    info.key
                ),
                (_, None) => format!(
                    "'{}': no binding can name where it went, so it stays as it is.",
                    info.key
                ),
                (_, Some(_)) => format!("'{}' is like that already.", info.key),
            });
            continue;
        };
        let carried = match requests {
            1 => "1 request".to_owned(),
            many => format!("{many} different requests"),
        };
        output::line(&format!("{} ({carried})", info.key))?;
        for (sign, text) in diff(&info.policy, policy) {
            output::line(&painted(sign, &format!("  {sign} {text}")))?;
        }
        for note in notes {
            output::line(&format!("    {}", terminal::inert(&note.to_string())))?;
        }
        if proposed.refused_elsewhere > 0 {
            terminal::warning(&format!(
                "'{}': of the requests of other recorded runs {} would be refused; `distri policy replay --from-run {}` shows them",
                info.key, proposed.refused_elsewhere, run.run
            ));
        }
    }
    Ok(())
}

/// What goes and what comes, in the words of `secrets list`.
fn diff(from: &Policy, to: &Policy) -> Vec<(char, String)> {
    let words = |policy: &Policy| -> Vec<String> {
        let hosts = match policy.hosts.is_empty() {
            true => vec![view::hosts(policy)],
            false => policy.hosts.iter().map(ToString::to_string).collect(),
        };
        hosts.into_iter().chain([view::given(policy).to_owned()]).collect()
    };
    let (from, to) = (words(from), words(to));
    let gone = from.iter().filter(|it| !to.contains(it)).map(|it| ('-', it.clone()));
    let come = to.iter().filter(|it| !from.contains(it)).map(|it| ('+', it.clone()));
    gone.chain(come).collect()
}

fn painted(sign: char, line: &str) -> String {
    let line = terminal::inert(line);
    let colour = if sign == '+' { "32" } else { "31" };
    if terminal::colours_on(&std::io::stdout()) {
        format!("\x1b[{colour}m{line}\x1b[0m")
    } else {
        line
    }
}

#[derive(Serialize)]
struct Json<'a> {
    run: String,
    at: String,
    agent: Option<String>,
    environment: String,
    left_out: u64,
    secrets: Vec<SecretJson<'a>>,
}

#[derive(Serialize)]
struct SecretJson<'a> {
    key: &'a SecretKey,
    version: u32,
    requests: usize,
    from: &'a Policy,
    to: Option<&'a Policy>,
    notes: Vec<String>,
    refused_elsewhere: usize,
    applied: bool,
}

impl<'a> Json<'a> {
    fn of(run: &ObservedRun, proposals: &'a [Proposed], applied: bool) -> Self {
        let secret = |it: &'a Proposed| SecretJson {
            key: &it.lesson.info.key,
            version: it.lesson.info.version,
            requests: it.lesson.requests,
            from: &it.lesson.info.policy,
            to: it.change(),
            notes: it.lesson.notes.iter().map(ToString::to_string).collect(),
            refused_elsewhere: it.refused_elsewhere,
            applied: applied && it.is_change(),
        };
        Self {
            run: run.run.to_string(),
            at: run.about.at.to_string(),
            agent: run.about.agent.as_ref().map(ToString::to_string),
            environment: run.about.environment.to_string(),
            left_out: run.left_out,
            secrets: proposals.iter().map(secret).collect(),
        }
    }
}
