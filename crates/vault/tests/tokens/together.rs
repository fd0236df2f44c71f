//! Many at once: a revocation holds against requests under way, and one name is given once.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use distri_core::authz::Limits;
use distri_vault::{Unauthenticated, VaultError};

use super::support::{Place, ada, by, new_token, token};

#[test]
fn no_request_that_begins_after_a_revocation_is_served() {
    let place = Place::new();
    let vault = place.open();
    let (plain, view) = token(&vault, "ci", "read", Limits::default());
    let is_revoked = AtomicBool::new(false);
    let served = AtomicU32::new(0);
    let until = Instant::now() + Duration::from_secs(120);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            // Each as a server of its own on the same database.
            let server = place.open();
            let (plain, is_revoked, served) = (&plain, &is_revoked, &served);
            scope.spawn(move || {
                while Instant::now() < until {
                    let began_after = is_revoked.load(Ordering::SeqCst);
                    match by(&server, plain) {
                        Ok(_) => assert!(!began_after, "served after the revocation"),
                        Err(VaultError::Unauthenticated(Unauthenticated::Revoked)) => return,
                        Err(error) => panic!("{error}"),
                    }
                    served.fetch_add(1, Ordering::SeqCst);
                }
                panic!("never refused");
            });
        }
        while served.load(Ordering::SeqCst) < 40 && Instant::now() < until {
            std::thread::yield_now();
        }
        ada(&vault)
            .revoke_token(view.id.parse().expect("an id"))
            .expect("revokes");
        is_revoked.store(true, Ordering::SeqCst);
    });
}

#[test]
fn of_many_at_once_one_gets_the_name() {
    let place = Place::new();
    place.open();
    let made: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                let vault = place.open();
                scope.spawn(
                    move || match ada(&vault).create_token(&new_token("ci", "read", Limits::default())) {
                        Ok(_) => 1,
                        Err(VaultError::TokenExists(_)) => 0,
                        Err(error) => panic!("{error}"),
                    },
                )
            })
            .collect();
        threads.into_iter().map(|it| it.join().expect("ends")).sum()
    });
    assert_eq!(made, 1);
}
