//! Connections: too few, refused, to a server that is busy or away; each said in a sentence that holds no password.

use std::error::Error;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use distri_store::{Flush, PostgresStore, StoreError};

use crate::support::Place;

/// Less than a server that is away is waited for where that helps.
const SOON: Duration = Duration::from_secs(15);

fn open(url: &str) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(&url.parse().expect("a URL"))
}

/// The sentence and its causes.
fn words(error: &StoreError) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

#[test]
fn when_every_connection_is_in_use_that_is_said() {
    let place = Place::new();
    // So long that the writer's connection is made in it, however busy the machine.
    let url = format!("{}&connections=2&connect_timeout=5", place.database().url());
    let store = open(&url).expect("opens");
    let ((begun, has_begun), (end, has_ended)) = (mpsc::channel(), mpsc::channel());
    let store = &store;
    std::thread::scope(|scope| {
        let long = scope.spawn(move || {
            store.read(|work| {
                work.instance()?;
                begun.send(()).expect("is waited for");
                has_ended.recv_timeout(Duration::from_secs(120)).expect("is told");
                Ok::<_, StoreError>(())
            })
        });
        has_begun.recv_timeout(Duration::from_secs(120)).expect("begins");
        let refused = store.read(|work| work.instance()).expect_err("there is none");
        assert_eq!(
            refused.to_string(),
            "all 1 connections to the database were in use for 5 s"
        );
        // Whoever writes has a connection of its own.
        let written = store.write_with(Flush::Each, |work| work.instance());
        assert!(written.expect("writes").is_none());
        end.send(()).expect("is waited for");
        long.join().expect("no panic").expect("reads");
    });
    assert!(store.read(|work| work.instance()).expect("is free again").is_none());
}

#[test]
fn a_writer_that_holds_everybody_up_is_waited_for_and_then_said_to_be_busy() {
    let place = Place::new();
    let url = format!("{}&statement_timeout=3", place.database().url());
    let store = open(&url).expect("opens");
    std::thread::scope(|scope| {
        let holder = scope.spawn(|| {
            let hold = "begin; select only_row from sequencer for update; select pg_sleep(600); commit";
            place.database().sql(hold).expect_err("is ended");
        });
        // Once it sleeps it has the lock, until it is ended.
        let holders = "from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
        while place
            .database()
            .sql(&format!("select count(*) {holders}"))
            .expect("asks")
            .trim()
            == "0"
        {
            std::thread::yield_now();
        }
        let refused = store.write_with(Flush::Each, |work| work.instance());
        let read = store.read(|work| work.instance());
        let end = format!("select pg_terminate_backend(pid) {holders}");
        place.database().sql(&end).expect("ends it");
        holder.join().expect("no panic");
        assert!(matches!(refused, Err(StoreError::Busy { seconds: 3 })));
        assert!(read.is_ok(), "questions are answered meanwhile");
    });
    assert!(store.write_with(Flush::Each, |work| work.instance()).is_ok());
}

#[test]
fn what_refuses_a_connection_is_said_without_the_password() {
    let place = Place::new();
    let database = place.database();
    let good = database.url();
    let (before, after) = good.split_once('@').expect("a user");
    let (user, password) = before.rsplit_once(':').expect("a password");
    for (url, expected) in [
        (
            format!("{user}:hunter2-wrong@{after}"),
            "password authentication failed",
        ),
        (format!("{user}@{after}"), "password"),
        (good.replace(database.name(), "not_there"), "does not exist"),
        (good.replace("?sslmode=disable", ""), "the server offers no TLS"),
        (
            format!(
                "{}&sslrootcert=/nowhere",
                good.replace("?sslmode=disable", "?sslmode=require")
            ),
            "cannot use `/nowhere`",
        ),
    ] {
        let refused = open(&url).err().expect(expected);
        assert!(matches!(refused, StoreError::Refused { .. }), "{expected}: {refused:?}");
        let words = words(&refused);
        assert!(words.contains(expected), "{words}");
        assert!(!words.contains(password) && !words.contains("hunter2"), "{words}");
    }
    let began = Instant::now();
    let nobody = open("postgres://u:hunter2@127.0.0.1:1/d?sslmode=disable")
        .err()
        .expect("nobody listens");
    assert!(matches!(nobody, StoreError::Unreachable { .. }), "{nobody:?}");
    assert!(!words(&nobody).contains("hunter2") && began.elapsed() < SOON);
}

#[test]
fn the_password_may_be_in_a_file_and_change() {
    let place = Place::new();
    let good = place.database().url();
    let (before, after) = good.split_once('@').expect("a user");
    let (user, password) = before.rsplit_once(':').expect("a password");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("password");
    std::fs::write(&file, "wrong\n").expect("writes");
    let url: distri_store::DatabaseUrl = format!("{user}@{after}").parse().expect("a URL");
    let url = url.with_password_file(file.clone()).expect("none yet");
    assert!(matches!(PostgresStore::open(&url), Err(StoreError::Refused { .. })));
    std::fs::write(&file, format!("{password}\n")).expect("writes");
    // The last failure is believed for a moment.
    let until = Instant::now() + Duration::from_secs(60);
    while PostgresStore::open(&url).is_err() {
        assert!(Instant::now() < until);
    }
}

#[test]
fn a_host_that_is_away_is_passed_over() {
    let place = Place::new();
    let server = place.database().server();
    let port = server.port();
    let url = place.database().url();
    let both = url.replace(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:1,127.0.0.1:{port}"));
    assert!(open(&both).is_ok());
    let socket = server.socket_directory();
    if !socket.is_empty() {
        let (before, _) = url.split_once('@').expect("a user");
        let name = place.database().name();
        let here = format!("{before}@/{name}?host={}&port={port}", socket.replace('/', "%2F"));
        assert!(open(&here).is_ok());
    }
}
