//! A database server that is killed at any instant, under commands and under a server of distri's that work on it, and comes
//! back: nobody restarts anything else.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use xtask::postgres::{Crash, Database, OwnServer};

use crate::kills::{Tally, kills, time};
use crate::state::look;
use crate::steps::STEPS;
use crate::support::finish;
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
    let crashes = kills(8 * KILLS_OF_A_CRASH) / KILLS_OF_A_CRASH;
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

/// What one client of a server was told.
#[derive(Default)]
struct Told {
    acknowledged: AtomicUsize,
    refused: AtomicUsize,
}

impl Told {
    fn note(&self, is_done: bool) {
        let counter = if is_done { &self.acknowledged } else { &self.refused };
        counter.fetch_add(1, Ordering::SeqCst);
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }
}

#[test]
fn a_server_goes_on_by_itself_whenever_its_database_server_was_killed() {
    const WRITERS: usize = 3;
    const PATIENCE: Duration = Duration::from_secs(60);
    let crashes = kills(5 * KILLS_OF_A_CRASH) / KILLS_OF_A_CRASH;
    let database = OwnServer::start(SETTINGS).unwrap();
    let mut world = on(&database);
    let server = Server::start(&world.home);
    let is_over = AtomicBool::new(false);
    // The writers, somebody at the machine, and somebody who is given a value.
    let told: [Told; WRITERS + 2] = Default::default();
    let key = |client: usize| format!("FILL_{}", 4 + client);
    let value = |client: usize, number: usize| format!("the-value-{number}-of-client-{client}");
    std::thread::scope(|scope| {
        for (client, told) in told.iter().enumerate() {
            let (is_over, server, world) = (&is_over, &server, &world);
            scope.spawn(move || {
                for number in 1.. {
                    if is_over.load(Ordering::SeqCst) {
                        break;
                    }
                    let value = value(client, number);
                    told.note(match client {
                        0..WRITERS => {
                            let body = format!("{{\"value\":\"{value}\"}}");
                            let answer = server.exchange("PUT", &format!("/v1/secrets/{}", key(client)), &body);
                            answer.starts_with("HTTP/1.1 200 ")
                        }
                        WRITERS => {
                            let mut set = world.command(&["secrets", "set", &key(client), &value]);
                            finish(set.stdin(Stdio::null()).output().unwrap()).code == 0
                        }
                        _ => {
                            let answer = server.exchange("POST", "/v1/secrets/FILL_3/reveal", "{}");
                            answer.contains("value-of-3-long-enough")
                        }
                    });
                }
            });
        }
        let crashing = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for number in 0..=crashes {
                let before = told.each_ref().map(Told::acknowledged);
                let until = Instant::now() + PATIENCE;
                while told.iter().zip(before).any(|(it, before)| it.acknowledged() == before) {
                    assert!(
                        Instant::now() < until,
                        "somebody is not answered after {number} crashes"
                    );
                    std::thread::sleep(Duration::from_millis(5));
                }
                if number < crashes {
                    std::thread::sleep(Duration::from_millis(number as u64 * 61 % 97));
                    database
                        .crash_and_resume(Crash::ALL[number % Crash::ALL.len()])
                        .unwrap();
                }
            }
        }));
        is_over.store(true, Ordering::SeqCst);
        if let Err(panic) = crashing {
            std::panic::resume_unwind(panic);
        }
    });
    assert!(server.exchange("GET", "/readyz", "").contains("200 OK"));
    for (client, told) in told[..=WRITERS].iter().enumerate() {
        let stored = server.exchange("POST", &format!("/v1/secrets/{}/reveal", key(client)), "{}");
        let all = told.acknowledged() + told.refused();
        let (there, last) = (1..=all)
            .rev()
            .find_map(|it| {
                stored
                    .contains(&format!("\"{}\"", value(client, it)))
                    .then_some((true, it))
            })
            .unwrap_or((false, 0));
        let versions = server.exchange("GET", &format!("/v1/secrets/{}/versions", key(client)), "");
        let versions = versions.matches("\"version\":").count() - 1;
        assert!(
            there && last >= told.acknowledged(),
            "{} of client {client}: {stored}",
            told.acknowledged()
        );
        assert!(
            (told.acknowledged()..=all).contains(&versions),
            "{versions} versions, {} acknowledged and {} not",
            told.acknowledged(),
            told.refused()
        );
        world.known.values.insert(key(client), Some(value(client, last)));
    }
    let count = |action: &str| -> usize {
        let sql = format!("select count(*) from audit_records where action = '{action}'");
        world.database().unwrap().sql(&sql).unwrap().trim().parse().unwrap()
    };
    let set: usize = told[..=WRITERS].iter().map(Told::acknowledged).sum();
    assert!(count("secret.set") >= set);
    assert!(count("secret.reveal") >= told[WRITERS + 1].acknowledged());
    drop(server);
    assert_eq!(look(&world.vault_home(), None, &world.known).state, world.known);
    let refused: usize = told.iter().map(Told::refused).sum();
    println!(
        "{crashes} crashes of the database server: {set} changes and {} values acknowledged, {refused} refused",
        told[WRITERS + 1].acknowledged()
    );
}
