//! Stories of what runs did: kept sealed, read back whole, and noticed when edited.

#[path = "common/database.rs"]
mod database;

use std::sync::Arc;

use distri_core::authz::{Actor, Role};
use distri_core::ids::RunId;
use distri_core::learn::{Carried, ObservedRequest, Spot};
use distri_core::policy::Scheme;
use distri_core::{AccountName, Environment, SystemClock, Timestamp};
use distri_vault::observed::{KEPT_RUNS, ObservedAbout, ObservedBatch};
use distri_vault::{Caller, FirstUse, Home, Vault, VaultError};

use database::{TestDatabase, files};

struct Place {
    directory: tempfile::TempDir,
    database: TestDatabase,
}

impl Place {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            database: TestDatabase::new(),
        }
    }

    fn home(&self) -> Home {
        self.database.home(self.directory.path())
    }

    fn open(&self) -> Vault {
        let ask = &mut || panic!("nobody is asked");
        Vault::open(&self.home(), Arc::new(SystemClock), FirstUse::KeyFile, ask).expect("opens")
    }
}

fn caller(vault: &Vault) -> Caller<'_> {
    vault
        .caller(Actor::local("ada"), &AccountName::default())
        .expect("the account")
}

fn run(number: u8) -> RunId {
    RunId::from_bytes([number; 16])
}

fn batch(path: &str, times: u32) -> ObservedBatch {
    let request = ObservedRequest {
        method: "GET".to_owned(),
        scheme: Scheme::Https,
        host: "secret-project.example".to_owned(),
        port: 443,
        path: path.to_owned(),
        carried: vec![Carried {
            key: "TOKEN".parse().expect("a key"),
            spot: Spot::Header("authorization".to_owned()),
        }],
    };
    ObservedBatch {
        about: ObservedAbout {
            at: Timestamp::UNIX_EPOCH,
            agent: Some("sales".parse().expect("a name")),
            environment: Environment::default(),
            secrets: vec!["TOKEN".parse().expect("a key")],
        },
        requests: vec![(request, times)],
        left_out: 1,
    }
}

#[test]
fn batches_of_a_run_become_one_and_old_runs_go() {
    let place = Place::new();
    let vault = place.open();
    let caller = caller(&vault);
    assert!(matches!(caller.observed_run(run(1)), Err(VaultError::NotObserved(_))));
    for number in 1..=KEPT_RUNS + 2 {
        let run = run(u8::try_from(number).expect("few runs"));
        caller.observe(run, 1, &batch("/a", 1)).expect("keeps");
        caller.observe(run, 2, &batch("/b", 2)).expect("keeps");
        caller.observe(run, 3, &batch("/a", 3)).expect("keeps");
    }
    let kept = caller.observed_runs(u32::MAX).expect("reads");
    assert_eq!(kept.len(), KEPT_RUNS as usize);
    assert_eq!(
        kept[0].run,
        run(u8::try_from(KEPT_RUNS).expect("few runs") + 2),
        "newest first"
    );
    assert!(matches!(caller.observed_run(run(2)), Err(VaultError::NotObserved(_))));
    let one = caller.observed_run(run(3)).expect("is kept");
    let times: Vec<_> = one
        .requests
        .iter()
        .map(|(it, times)| (it.path.as_str(), *times))
        .collect();
    assert_eq!((times, one.left_out), (vec![("/a", 4), ("/b", 2)], 3));
}

#[test]
fn hosts_and_paths_are_sealed_and_an_edit_is_noticed() {
    let edits = [
        "update observed_batches set sealed = zeroblob(64)",
        "update observed_batches set batch = 7 where batch = 1",
        "update observed_batches set run = zeroblob(16)",
        "update observed_batches set sealed = (select sealed from observed_batches where batch = 2)",
    ];
    for edit in edits {
        let place = Place::new();
        let vault = place.open();
        let caller = caller(&vault);
        caller.observe(run(1), 1, &batch("/a", 1)).expect("keeps");
        caller.observe(run(1), 2, &batch("/b", 1)).expect("keeps");
        if place.database.is_embedded() {
            for (path, bytes) in files(&place.home()) {
                assert!(
                    !bytes.windows(14).any(|it| it == b"secret-project"),
                    "{}",
                    path.display()
                );
            }
        }
        place
            .database
            .hands(&place.home())
            .execute_batch(edit)
            .unwrap_or_else(|error| assert!(error.to_lowercase().contains("unique"), "{edit}: {error}"));
        match caller.observed_runs(10) {
            Err(VaultError::Key { .. }) => {}
            other => panic!("{edit}: {other:?}"),
        }
    }
}

#[test]
fn a_role_is_asked_before_anything_else() {
    let place = Place::new();
    let vault = place.open();
    let mut actor = Actor::local("eve");
    actor.role = Role::Viewer;
    let eve = vault.caller(actor, &AccountName::default()).expect("the account");
    assert!(matches!(
        eve.observe(run(1), 1, &batch("/a", 1)),
        Err(VaultError::Denied(_))
    ));
}
