//! `kill -9` at instants spread over the whole life of every command.

use std::process::Child;
use std::sync::RwLock;
use std::time::{Duration, Instant};

use crate::clients::Clients;
use crate::early::{self, Early};
use crate::steps::{STEPS, Step};
use crate::support::server::Server;
use crate::support::{Done, finish};
use crate::world::World;

/// How many kills; `DISTRI_KILLS` asks for a longer search.
pub(crate) fn kills(short: usize) -> usize {
    std::env::var("DISTRI_KILLS").map_or(short, |it| it.parse().unwrap())
}

/// The exit code of what was killed.
const KILLED: i32 = 128 + 9;
/// After so many rounds another home is taken, so that looking at one does not take longer and longer.
const ROUNDS_OF_A_HOME: usize = 10;

#[test]
fn whatever_is_killed_at_any_instant_nothing_acknowledged_is_lost() {
    let kills = kills(84);
    let tally = kill_all(kills, World::full, &Early::new());
    println!("{kills} commands: {tally:?}");
}

#[test]
fn on_a_server_whatever_is_killed_at_any_instant_nothing_acknowledged_is_lost() {
    let kills = kills(24);
    let tally = kill_all(kills, World::on_a_server, &Early::on_a_server());
    println!("{kills} commands on a server: {tally:?}");
}

#[test]
fn a_server_that_is_killed_has_kept_everything_that_it_answered() {
    const KILLS_OF_A_SERVER: usize = 20;
    let kills = kills(4 * KILLS_OF_A_SERVER) / KILLS_OF_A_SERVER;
    for new_world in [World::full as fn() -> World, World::on_a_server] {
        let mut world = new_world();
        let first = Server::start(&world.home);
        let (token, server) = (first.token().to_owned(), RwLock::new(first));
        let clients = Clients::work(&world, &server, |clients| {
            for number in 0..kills {
                clients.wait_for_all();
                std::thread::sleep(Duration::from_millis(number as u64 * 61 % 97));
                server.read().unwrap().fail();
                *server.write().unwrap() = Server::start_with(&world.home, token.clone(), &[]);
            }
            clients.wait_for_all();
        });
        let told = clients.check(&mut world, server.into_inner().unwrap());
        println!("{kills} kills of a server: {told}");
    }
}

fn kill_all(kills: usize, new_world: fn() -> World, early: &Early) -> Tally {
    let mut tally = Tally::default();
    let mut world = new_world();
    let mut longest: Vec<Duration> = STEPS.iter().map(|step| time(&mut world, step)).collect();
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
        let acknowledged = tally.acknowledged;
        tally.killed(&mut world, step, round, longest[index].mul_f64(part));
        // What else the machine does changes how long a step takes: two of three are to be killed.
        let was_killed = tally.acknowledged == acknowledged;
        longest[index] = longest[index].mul_f64(if was_killed { 1.05 } else { 0.9 });
    }
    world.check_given();
    // How many were still at work when they were killed is the machine's affair; each was one or the other.
    assert_eq!(tally.stopped + tally.acknowledged, kills, "{tally:?}");
    tally
}

/// How long a step takes that nobody ends.
pub(crate) fn time(world: &mut World, step: &Step) -> Duration {
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
pub(crate) struct Tally {
    /// Commands that were killed, or told that they cannot go on.
    pub(crate) stopped: usize,
    /// Commands that were done.
    pub(crate) acknowledged: usize,
    /// Of those that were stopped, how many had taken effect.
    pub(crate) took_effect: usize,
}

impl Tally {
    fn killed(&mut self, world: &mut World, step: &Step, round: usize, after: Duration) {
        let code = self.struck(world, step, round, |child| {
            std::thread::sleep(after);
            let _ = child.kill();
        });
        // Whatever was not killed was done: what earlier ones left behind keeps nobody from anything.
        assert!([0, KILLED].contains(&code), "{}: exit code {code}", step.name);
    }

    /// Runs a step to which something happens, and holds what there is then against what may be there; gives its exit code.
    pub(crate) fn struck(
        &mut self,
        world: &mut World,
        step: &Step,
        round: usize,
        strike: impl FnOnce(&mut Child),
    ) -> i32 {
        if let Some(before) = step.before {
            before(world);
        }
        let mut child = world.start(step, round, &[]);
        strike(&mut child);
        let done: Done = finish(child.wait_with_output().unwrap());
        let took_effect = world.check(step, round, &done);
        match done.code {
            0 => self.acknowledged += 1,
            _ => self.stopped += 1,
        }
        self.took_effect += usize::from(done.code != 0 && took_effect);
        world.settle(step, round, took_effect);
        done.code
    }
}
