//! What was acknowledged to commands, by how long the log was then.

use std::path::Path;

use super::log;
use super::told::Told;
use crate::state::{Seen, State};
use crate::steps::STEPS;
use crate::world::World;

pub(super) struct Marks(Vec<Mark>);

struct Mark {
    end: u64,
    state: State,
    /// How many records there were: of what changes nothing as well.
    records: u64,
}

impl Marks {
    /// Of a home in which nothing was done.
    pub(super) fn of(world: &World) -> Self {
        Self(vec![Mark {
            end: 0,
            state: world.known.clone(),
            records: 0,
        }])
    }

    /// Of a home in which secrets are made and every step is done, so many times.
    pub(super) fn of_steps(world: &mut World, log: &Path, rounds: usize) -> Self {
        let mut marks = Self::of(world);
        world.fill(25);
        marks.add(world, log);
        for round in 1..=rounds {
            // What is done by hand, to files or to the database, is not in the log.
            for step in STEPS
                .iter()
                .filter(|it| it.before.is_none() && it.name != "accept an older database")
            {
                world.run(step, round);
                world.settle(step, round, true);
                marks.add(world, log);
            }
        }
        marks
    }

    /// Takes what there is in a home as acknowledged.
    pub(super) fn add(&mut self, world: &World, log: &Path) {
        self.0.push(Mark {
            end: log::len(log),
            state: world.known.clone(),
            records: world.count_records(),
        });
    }

    pub(super) fn ends(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|it| it.end)
    }

    /// What is known of a home when the log ends there.
    pub(super) fn known(&self, end: u64) -> State {
        self.around(end).0.state.clone()
    }

    /// Holds what there is against what was acknowledged when the log ended there: to commands, and after them to clients of
    /// a server.
    pub(super) fn check(&self, end: u64, told: &Told, mut seen: Seen) -> Result<(), String> {
        let (before, after) = self.around(end);
        // A restoration makes the log shorter.
        let mut records = before.records.min(after.records);
        if std::ptr::eq(before, after) {
            told.check(end, &before.state, &mut seen.state)?;
            records += told.count(end);
        }
        if seen.records < records {
            return Err(format!("{} records, and {records} were acknowledged", seen.records));
        }
        match seen.state == before.state || seen.state == after.state {
            true => Ok(()),
            false => Err(before.state.differs(&seen.state)),
        }
    }

    /// What was acknowledged when the log ended there, and what the command under way then makes of it.
    fn around(&self, end: u64) -> (&Mark, &Mark) {
        let Self(marks) = self;
        let next = marks.partition_point(|it| it.end <= end);
        let last = &marks[next - 1];
        (last, marks.get(next).unwrap_or(last))
    }
}
