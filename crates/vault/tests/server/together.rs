//! Servers on one database: none gives a stale answer, and none accuses the database of what another one did.

use std::sync::Arc;

use distri_core::authz::Limits;
use distri_core::ids::RunId;
use distri_core::policy::AgentScope;
use distri_core::{Environment, SystemClock};
use distri_vault::secrets::{Edit, ReleaseSecrets, Selection, UpdateSecret};
use distri_vault::tokens::NewToken;
use distri_vault::{Vault, VaultError};

use crate::support::{Place, ada, key, reveal, set, versions};

fn may_release(vault: &Vault, agent: &str) -> bool {
    let request = ReleaseSecrets {
        agent: Some(agent.parse().unwrap()),
        environment: Environment::default(),
        selection: Selection::Only([key("A")].into()),
    };
    ada(vault).release(RunId::new(&SystemClock), &request).is_ok()
}

#[test]
fn what_one_server_takes_back_the_other_refuses_at_once() {
    let place = Place::new();
    let (one, other) = (place.open(0), place.open(1));
    set(&one, "A", "value").unwrap();
    assert_eq!(reveal(&other, "A").unwrap(), b"value");
    assert!(may_release(&other, "sales"));

    let narrower = UpdateSecret {
        agents: Edit::Set(AgentScope::Only(["payments".parse().unwrap()].into())),
        ..UpdateSecret::default()
    };
    ada(&one).update(&key("A"), &Environment::default(), &narrower).unwrap();
    assert!(!may_release(&other, "sales") && may_release(&other, "payments"));

    ada(&one).delete(&key("A"), &Environment::default()).unwrap();
    assert!(matches!(reveal(&other, "A"), Err(VaultError::NotFound { .. })));
    ada(&other).undelete(&key("A"), &Environment::default()).unwrap();
    assert_eq!(reveal(&one, "A").unwrap(), b"value");

    let new = NewToken {
        name: "ci".parse().unwrap(),
        scopes: "read".parse().unwrap(),
        limits: Limits::default(),
        expires_at: None,
    };
    let (token, view) = ada(&one).create_token(&new).unwrap();
    let peer = "192.0.2.7".parse().unwrap();
    let is_known = |vault: &Vault| vault.authenticate_token(&token.presented(), peer).is_ok();
    assert!(is_known(&one) && is_known(&other));
    ada(&other).revoke_token(view.id.parse().unwrap()).unwrap();
    assert!(!is_known(&one) && !is_known(&other));
}

#[test]
fn servers_with_evidence_of_their_own_do_not_accuse_the_database() {
    let place = Place::new();
    for round in 0..4 {
        for server in 0..3 {
            let vault = place.open(server);
            set(&vault, "A", &format!("{round}-{server}")).unwrap();
            if round % 2 == server % 2 {
                vault.checkpoint().unwrap();
            }
            assert_eq!(vault.take_complaints(), Vec::<String>::new());
        }
    }
    // The instance and twelve values. Whoever opens brings its own file up to what all of them signed.
    for server in 0..3 {
        drop(place.open(server));
        assert_eq!(place.verified(server), 13);
    }
}

#[test]
fn servers_that_start_at_once_make_one_installation() {
    let place = Place::new();
    let opened: Vec<(usize, Result<Vault, VaultError>)> = std::thread::scope(|scope| {
        let place = &place;
        let threads: Vec<_> = (0..4)
            .map(|server| (server, scope.spawn(move || place.try_open(server))))
            .collect();
        threads.into_iter().map(|it| (it.0, it.1.join().unwrap())).collect()
    });
    let (first, late): (Vec<_>, Vec<_>) = opened.into_iter().partition(|it| it.1.is_ok());
    assert_eq!((first.len(), late.len()), (1, 3));
    let (winner, vault) = (first[0].0, first[0].1.as_ref().unwrap());
    set(vault, "A", "value").unwrap();
    let kept = std::fs::read(place.home(winner).root_key()).unwrap();
    for (server, refused) in late {
        let path = place.home(server).root_key();
        let error = refused.err().unwrap().to_string();
        assert!(
            error.contains("needs root key") && error.contains("there is no root key at"),
            "{error}"
        );
        assert!(!path.exists(), "a key that opens nothing is not left behind");
        distri_vault::root_key::file::create(&path, &distri_core::envelope::RootKey::random()).unwrap();
        std::fs::write(&path, &kept).unwrap();
        assert_eq!(reveal(&place.try_open(server).unwrap(), "A").unwrap(), b"value");
    }
}

#[test]
fn writers_of_many_servers_and_threads_make_one_sequence() {
    const EACH: usize = 12;
    let place = Place::new();
    let vaults: Vec<Arc<Vault>> = (0..3).map(|it| Arc::new(place.open(it))).collect();
    std::thread::scope(|scope| {
        for thread in 0..12 {
            let vault = &vaults[thread % 3];
            scope.spawn(move || {
                for number in 0..EACH {
                    set(vault, &format!("KEY_{}", thread % 6), &number.to_string()).unwrap();
                }
            });
        }
    });
    for shared in 0..6 {
        let there = versions(&vaults[0], &format!("KEY_{shared}"));
        assert_eq!(
            there,
            (1..=2 * EACH as u32).collect::<Vec<_>>(),
            "two threads, one after the other"
        );
    }
    assert_eq!(place.verified(0), 1 + 12 * EACH as u64);
}

#[test]
fn a_database_that_lost_commits_under_running_servers_is_refused_by_those_that_saw_them() {
    let place = Place::new();
    let (one, other) = (place.open(0), place.open(1));
    set(&one, "A", "old").unwrap();
    set(&other, "B", "seen by both").unwrap();
    let kept = place.database.keep().unwrap();
    set(&one, "A", "new").unwrap();
    place.database.put_back(kept).unwrap();

    // As after a failover to a replica that had not got everything.
    for refused in [
        set(&one, "A", "newer").err(),
        reveal(&one, "A").err(),
        place.try_open(0).err(),
    ] {
        let refused = refused.unwrap();
        let VaultError::Behind(behind) = &refused else {
            panic!("{refused}")
        };
        assert_eq!((behind.found, behind.delivered), (3, 4));
    }
    assert_eq!(reveal(&other, "A").unwrap(), b"old", "another server saw nothing of it");

    ada(&one).accept_rollback().unwrap();
    assert_eq!(reveal(&one, "A").unwrap(), b"old");
    assert_eq!(set(&one, "A", "newer").unwrap(), 2);
    drop((one, other));
    place.open(0);
    place.open(1);
}
