//! A database server that is killed at any instant, under commands and under a server of distri's that work on it, and comes
//! back: nobody restarts anything else.

use std::sync::RwLock;
use std::time::Duration;

use xtask::postgres::{Crash, Database, OwnServer};

use crate::clients::Clients;
use crate::kills::{Tally, kills, time};
use crate::steps::STEPS;
use crate::support::server::Server;
use crate::world::World;

/// So that a crash finds checkpoints under way, and what it costs to come back is little.
const SETTINGS: &[&str] = &["checkpoint_timeout=30", "max_connections=40"];
/// A crash takes as long as many kills of a command.
const KILLS_OF_A_CRASH: usize = 5;
/// After so many rounds another database is taken, so that looking at one does not take longer and longer.
const ROUNDS_OF_A_DATABASE: usize = 5;

fn on(server: &OwnServer) -> World {
    let mut world = World::on(Database::on((**server).clone()).unwrap());
    world.fill(12);
    world
}

#[test]
fn whatever_the_database_server_is_killed_under_nothing_acknowledged_is_lost() {
    let crashes = kills(5 * KILLS_OF_A_CRASH) / KILLS_OF_A_CRASH;
    let server = OwnServer::start(SETTINGS).unwrap();
    let mut world = on(&server);
    let timed = STEPS.iter().take(crashes);
    let longest: Vec<Duration> = timed.map(|step| time(&mut world, step)).collect();
    let mut tally = Tally::default();
    for number in 0..crashes {
        let (round, index) = (number / STEPS.len() + 1, number % STEPS.len());
        if index == 0 && round % ROUNDS_OF_A_DATABASE == 0 {
            world.check_given();
            world = on(&server);
        }
        let part = (number * 61 % crashes) as f64 / crashes as f64;
        tally.struck(&mut world, &STEPS[index], round, |_| {
            std::thread::sleep(longest[index].mul_f64(part));
            server.crash_and_resume(Crash::ALL[number % Crash::ALL.len()]).unwrap();
        });
    }
    world.check_given();
    println!("{crashes} crashes of the database server under a command: {tally:?}");
    assert!(tally.acknowledged > 0, "{tally:?}");
}

#[test]
fn a_server_goes_on_by_itself_whenever_its_database_server_was_killed() {
    let crashes = kills(3 * KILLS_OF_A_CRASH) / KILLS_OF_A_CRASH;
    let database = OwnServer::start(SETTINGS).unwrap();
    let mut world = on(&database);
    let server = RwLock::new(Server::start(&world.home));
    let clients = Clients::work(&world, &server, |clients| {
        for number in 0..crashes {
            clients.wait_for_all();
            std::thread::sleep(Duration::from_millis(number as u64 * 61 % 97));
            database
                .crash_and_resume(Crash::ALL[number % Crash::ALL.len()])
                .unwrap();
        }
        clients.wait_for_all();
    });
    let server = server.into_inner().unwrap();
    assert!(server.exchange("GET", "/readyz", "").contains("200 OK"));
    let told = clients.check(&mut world, server);
    println!("{crashes} crashes of the database server under a server: {told}");
}
