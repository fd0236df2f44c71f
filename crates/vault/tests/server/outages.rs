//! The database goes away in the middle: nothing that was acknowledged is lost, and nothing is done twice.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use distri_store::StoreError;
use distri_vault::VaultError;
use xtask::postgres::{Crash, Database, OwnServer};

use crate::proxy::{Break, Proxy};
use crate::support::{Place, open, reveal, set, versions};

#[test]
fn a_commit_whose_answer_is_lost_is_found_and_one_that_never_came_is_made_again() {
    let place = Place::new();
    drop(place.open(0));
    let (proxy, through) = Proxy::before(&place.database);
    let vault = open(&place.home_at(0, &through)).unwrap();
    for (number, at) in [Break::Before, Break::After, Break::After, Break::Before]
        .into_iter()
        .enumerate()
    {
        proxy.break_next(at);
        let version = set(&vault, "A", &format!("value-{number}")).unwrap();
        assert!(proxy.has_broken());
        assert_eq!(version as usize, number + 1, "{at:?}: once, and not twice");
        assert_eq!(reveal(&vault, "A").unwrap(), format!("value-{number}").into_bytes());
    }
    assert_eq!(versions(&vault, "A"), [1, 2, 3, 4]);
    drop(vault);
    assert_eq!(place.verified(0), 9);
}

#[test]
fn a_commit_whose_connection_ends_with_the_answers_before_it_is_made_again() {
    let place = Place::new();
    drop(place.open(0));
    let (proxy, through) = Proxy::before(&place.database);
    let vault = open(&place.home_at(0, &through)).unwrap();
    for number in 1..=20 {
        proxy.break_next(Break::Between);
        assert_eq!(set(&vault, "A", &format!("value-{number}")).unwrap(), number);
        assert!(proxy.has_broken());
        assert_eq!(
            versions(&vault, "A").len(),
            number as usize,
            "acknowledged, and not there"
        );
    }
    drop(vault);
    assert_eq!(place.verified(0), 21);
}

#[test]
fn connections_that_are_cut_all_the_time_lose_nothing() {
    const EACH: u32 = 25;
    let place = Place::new();
    let vault = place.open(0);
    let (is_over, written) = (AtomicBool::new(false), AtomicU32::new(0));
    let cut = format!(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{}' and application_name = 'distri'",
        place.database.name()
    );
    let cuts: u32 = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|thread| {
                let (vault, written) = (&vault, &written);
                scope.spawn(move || {
                    for number in 1..=EACH {
                        let version = set(vault, &format!("KEY_{thread}"), &number.to_string());
                        assert_eq!(version.unwrap(), number);
                        written.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        let cutter = scope.spawn(|| {
            let (mut cuts, mut at) = (0, 0);
            while !is_over.load(Ordering::SeqCst) {
                // Not before something got through: a connection takes longer to make than to cut.
                if written.load(Ordering::SeqCst) == at {
                    std::thread::yield_now();
                    continue;
                }
                at = written.load(Ordering::SeqCst);
                let count = place.database.server().sql("postgres", &cut).unwrap();
                cuts += count.trim().parse::<u32>().unwrap();
            }
            cuts
        });
        let ended: Vec<_> = writers.into_iter().map(|it| it.join()).collect();
        is_over.store(true, Ordering::SeqCst);
        assert!(ended.iter().all(Result::is_ok));
        cutter.join().unwrap()
    });
    assert!(cuts > 0);
    for thread in 0..8 {
        let there = versions(&vault, &format!("KEY_{thread}"));
        assert_eq!(there, (1..=EACH).collect::<Vec<_>>(), "each once");
    }
    drop(vault);
    assert_eq!(place.verified(0), 1 + 8 * u64::from(EACH));
}

#[test]
fn a_server_that_crashes_and_comes_back_has_everything_that_was_acknowledged() {
    let server = OwnServer::start(&[]).unwrap();
    let place = Place::on(Database::on(server.clone()).unwrap());
    let vault = place.open(0);
    let is_over = AtomicBool::new(false);
    let written: Vec<u32> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|thread| {
                let (vault, is_over) = (&vault, &is_over);
                scope.spawn(move || {
                    let mut number = 0;
                    while !is_over.load(Ordering::SeqCst) {
                        number += 1;
                        let version = set(vault, &format!("KEY_{thread}"), &number.to_string());
                        assert_eq!(version.unwrap(), number);
                    }
                    number
                })
            })
            .collect();
        for crash in Crash::ALL {
            std::thread::sleep(Duration::from_millis(200));
            server.crash_and_resume(crash).unwrap();
        }
        is_over.store(true, Ordering::SeqCst);
        writers.into_iter().map(|it| it.join().unwrap()).collect()
    });
    for (thread, written) in written.iter().enumerate() {
        let there = versions(&vault, &format!("KEY_{thread}"));
        assert_eq!(there, (1..=*written).collect::<Vec<_>>(), "each once");
    }
    drop(vault);
    assert_eq!(
        place.verified(0),
        1 + written.iter().map(|it| u64::from(*it)).sum::<u64>()
    );

    server.stop().unwrap();
    let began = Instant::now();
    let error = place.try_open(0).err().unwrap();
    assert!(
        matches!(error, VaultError::Store(StoreError::Unreachable { .. })),
        "{error}"
    );
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "a command does not wait for it"
    );
    server.resume().unwrap();
    assert!(place.try_open(0).is_ok());
}
