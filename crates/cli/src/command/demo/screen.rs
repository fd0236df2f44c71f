//! How the story looks: 80 columns, plain in a pipe, and colour that only repeats what the words say.
//!
//! It also keeps count of the checks, because what is shown as not holding must be the end's verdict as well.

use std::time::Duration;

use crate::failure::Failure;
use crate::output;
use crate::terminal::{self, inert};

use super::checks::Verdict;
use super::distri::name_to_type;
use super::layout::{command_line, fold, quoted, wrap};
use super::place::Kept;

/// Columns of a line.
const WIDTH: usize = 80;

const BOLD: &str = "1";
const DIM: &str = "2";
const HEADING: &str = "1;36";
const HOLDS: &str = "32";
const FAILS: &str = "1;31";

/// The story so far, as a person sees it.
pub(super) struct Screen {
    colours: bool,
    headings: usize,
    checks: usize,
    failed: Vec<&'static str>,
}

/// What is shown around a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing else: all that it says follows.
    Plain,
    /// That it gets a value on its standard input.
    Fed,
    /// That a digest of what it says follows.
    InShort,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self {
            colours: terminal::colours_on(&std::io::stdout()),
            headings: 0,
            checks: 0,
            failed: Vec::new(),
        }
    }

    /// The claims that do not hold.
    pub(super) fn failed(&self) -> &[&'static str] {
        &self.failed
    }

    /// Opens the story.
    pub(super) fn title(&self, title: &str, about: &str) -> Result<(), Failure> {
        output::line(&self.painted(BOLD, title))?;
        wrap(about, WIDTH).iter().try_for_each(|it| output::line(it))
    }

    /// Begins a step.
    pub(super) fn heading(&mut self, heading: &str) -> Result<(), Failure> {
        self.headings += 1;
        let heading = format!("{}. {heading}", self.headings);
        output::line(&format!("\n{}", self.painted(HEADING, &heading)))
    }

    /// Tells what happens next.
    pub(super) fn tell(&self, text: &str) -> Result<(), Failure> {
        let lines = wrap(text, WIDTH - 3);
        lines.iter().try_for_each(|it| output::line(&format!("   {it}")))
    }

    /// Shows a command before it runs.
    pub(super) fn command(&self, words: &[String], shown: Shown) -> Result<(), Failure> {
        let program = match shown {
            Shown::Fed => "printf %s \"$KEY\" | distri",
            Shown::Plain | Shown::InShort => "distri",
        };
        let mut prompt = self.painted(DIM, "$");
        for line in command_line(program, words, WIDTH - 5) {
            let remark = if shown == Shown::InShort { "  # in short:" } else { "" };
            let line = self.painted(BOLD, &inert(&line));
            output::line(&format!("   {prompt} {line}{}", self.painted(DIM, remark)))?;
            prompt = " ".to_owned();
        }
        Ok(())
    }

    /// Shows what a command said.
    pub(super) fn said(&self, text: &str) -> Result<(), Failure> {
        let bar = self.painted(DIM, "│");
        let pieces = text.lines().flat_map(|line| fold(&inert(line), WIDTH - 5));
        pieces
            .into_iter()
            .try_for_each(|it| output::line(&format!("   {bar} {it}")))
    }

    /// Shows what a check found, and counts it.
    pub(super) fn check(&mut self, claim: &'static str, verdict: &Verdict) -> Result<(), Failure> {
        self.checks += 1;
        let (mark, colour, words, seen) = match verdict {
            Ok(seen) => ("✓", HOLDS, claim.to_owned(), seen),
            Err(instead) => {
                self.failed.push(claim);
                ("✗", FAILS, format!("NOT SO: {claim}"), instead)
            }
        };
        output::line(&format!("   {}", self.painted(colour, &format!("{mark} {words}"))))?;
        let seen = wrap(&inert(seen), WIDTH - 5);
        seen.iter()
            .try_for_each(|it| output::line(&format!("     {}", self.painted(DIM, it))))
    }

    /// Ends the story: how many checks hold, and where everything is or went.
    pub(super) fn ending(&self, took: Duration, kept: Option<&Kept>) -> Result<(), Failure> {
        let (checks, failed) = (self.checks, self.failed.len());
        let verdict = match failed {
            0 => self.painted(HOLDS, &format!("All {checks} checks hold")),
            _ => self.painted(FAILS, &format!("{failed} of {checks} checks DO NOT HOLD")),
        };
        output::line(&format!("\n{verdict}, in {:.1} s.", took.as_secs_f32()))?;
        let Some(kept) = kept else {
            return output::line("Everything is removed again; with `--keep` it stays for looking around.");
        };
        let [home, root] = [&kept.home, &kept.root].map(|it| quoted(&it.display().to_string()));
        let distri = quoted(&name_to_type());
        output::line("Everything is kept. To look around, and to remove it:")?;
        output::line(&format!("   DISTRI_HOME={home} {distri} secrets list"))?;
        output::line(&format!("   DISTRI_HOME={home} {distri} audit list"))?;
        output::line(&format!("   rm -r {root}"))
    }

    fn painted(&self, colour: &str, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
