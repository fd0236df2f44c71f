//! `kill -9` at instants spread over the whole life of every command.

use std::time::{Duration, Instant};

use crate::early::{self, Early};
use crate::steps::{STEPS, Step};
use crate::support::{Done, finish};
use crate::world::World;

/// How many kills; `DISTRI_KILLS` asks for a longer search.
fn kills(short: usize) -> usize {
    std::env::var("DISTRI_KILLS").map_or(short, |it| it.parse().unwrap())
}

/// After so many rounds another home is taken, so that looking at one does not take longer and longer.
const ROUNDS_OF_A_HOME: usize = 10;

#[test]
fn whatever_is_killed_at_any_instant_nothing_acknowledged_is_lost() {
    kill_all(kills(84), World::full, &Early::new());
}

#[test]
fn on_a_server_whatever_is_killed_at_any_instant_nothing_acknowledged_is_lost() {
    kill_all(kills(44), World::on_a_server, &Early::on_a_server());
}

fn kill_all(kills: usize, new_world: fn() -> World, early: &Early) {
    let mut tally = Tally::default();
    let mut world = new_world();
    let longest: Vec<Duration> = STEPS.iter().map(|step| time(&mut world, step)).collect();
    let longest_early = time(&mut early.world(0), &early::STEP);
    for number in 0..kills {
        let (round, index) = (number / (STEPS.len() + 1) + 1, number % (STEPS.len() + 1));
        // Spread evenly, a little past the end, and never twice the same.
        let part = 1.1 * (number * 61 % kills) as f64 / kills as f64;
        let Some(step) = STEPS.get(index) else {
            let mut old = early.world(round);
            tally.killed(&mut old, &early::STEP, round, longest_early.mul_f64(part));
            old.check_given();
            continue;
        };
        if index == 0 && round % ROUNDS_OF_A_HOME == 0 {
            world.check_given();
            world = new_world();
        }
        tally.killed(&mut world, step, round, longest[index].mul_f64(part));
    }
    world.check_given();
    println!("{kills} commands: {tally:?}");
    assert!(tally.killed > kills / 3 && tally.acknowledged > 0, "{tally:?}");
}

/// How long a step takes that nobody ends.
fn time(world: &mut World, step: &Step) -> Duration {
    if let Some(before) = step.before {
        before(world);
    }
    let began = Instant::now();
    world.run(step, 0);
    let took = began.elapsed();
    world.settle(step, 0, true);
    took
}

#[derive(Debug, Default)]
struct Tally {
    /// Commands that were killed.
    killed: usize,
    /// Commands that were done before.
    acknowledged: usize,
    /// Of the killed ones, those that had taken effect.
    took_effect: usize,
}

impl Tally {
    fn killed(&mut self, world: &mut World, step: &Step, round: usize, after: Duration) {
        if let Some(before) = step.before {
            before(world);
        }
        let mut child = world.start(step, round, &[]);
        std::thread::sleep(after);
        let _ = child.kill();
        let done: Done = finish(child.wait_with_output().unwrap());
        let took_effect = world.check(step, round, &done);
        match done.code {
            0 => self.acknowledged += 1,
            _ => self.killed += 1,
        }
        self.took_effect += usize::from(done.code != 0 && took_effect);
        world.settle(step, round, took_effect);
    }
}
