//! Units of work of many threads share commits, and each stands or falls alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use distri_core::clock::Timestamp;
use distri_core::ids::AccountId;
use distri_core::{AccountName, SystemClock};
use distri_store::rows::AccountRow;
use distri_store::{Flush, NotCommitted, Pending, Store, StoreError};

use crate::support::Place;

fn account(name: &str) -> AccountRow {
    AccountRow {
        id: AccountId::new(&SystemClock),
        name: name.parse().expect("a name"),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn has(store: &Store, name: &str) -> bool {
    let name: AccountName = name.parse().expect("a name");
    store
        .read(|work| Ok::<_, StoreError>(work.account(&name)?.is_some()))
        .expect("reads")
}

#[test]
fn each_unit_of_a_group_stands_or_falls_alone() {
    for flush in [Flush::Each, Flush::Interval] {
        let place = Place::new();
        let store = Arc::new(place.store());
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let store = store.clone();
                std::thread::spawn(move || {
                    for number in 0..40 {
                        let name = format!("a{thread}-{number}");
                        let result = store.write_with(flush, |work| {
                            work.create_account(&account(&name))?;
                            if number % 3 == 0 {
                                // The same name again breaks a rule of the schema.
                                work.create_account(&account(&name))?;
                            }
                            Ok::<_, StoreError>(number)
                        });
                        match result {
                            Ok(answer) => assert_eq!(answer, number),
                            Err(error) => assert!(number % 3 == 0 && matches!(error, StoreError::Conflict), "{error}"),
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|it| it.join().expect("ends"));
        drop(store);
        let reopened = place.store();
        for thread in 0..8 {
            for number in 0..40 {
                assert_eq!(has(&reopened, &format!("a{thread}-{number}")), number % 3 != 0);
            }
        }
    }
}

#[test]
fn a_unit_that_panics_leaves_nothing_and_stops_nobody() {
    let place = Place::new();
    let store = Arc::new(place.store());
    let is_over = Arc::new(AtomicBool::new(false));
    let others: Vec<_> = (0..4)
        .map(|thread| {
            let (store, is_over) = (store.clone(), is_over.clone());
            std::thread::spawn(move || {
                let mut written = 0;
                while !is_over.load(Ordering::SeqCst) || written == 0 {
                    let row = account(&format!("o{thread}-{written}"));
                    store
                        .write(|work| {
                            work.create_account(&row)?;
                            Ok::<_, StoreError>(())
                        })
                        .expect("writes");
                    written += 1;
                }
                written
            })
        })
        .collect();
    for number in 0..20 {
        let store = store.clone();
        let panicked = std::thread::spawn(move || {
            let _ = store.write(|work| -> Result<(), StoreError> {
                work.create_account(&account(&format!("p-{number}")))?;
                panic!("in the middle of a unit");
            });
        });
        assert!(panicked.join().is_err());
    }
    is_over.store(true, Ordering::SeqCst);
    for (thread, other) in others.into_iter().enumerate() {
        let written = other.join().expect("ends");
        for number in 0..written {
            assert!(has(&store, &format!("o{thread}-{number}")));
        }
    }
    for number in 0..20 {
        assert!(!has(&store, &format!("p-{number}")));
    }
}

#[test]
fn a_reader_sees_only_what_was_committed() {
    let place = Place::new();
    let store = Arc::new(place.store());
    let other = place.store();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let store = store.clone();
            std::thread::spawn(move || {
                for number in 0..50 {
                    let name = format!("a{thread}-{number}");
                    store
                        .write(|work| {
                            work.create_account(&account(&name))?;
                            Ok::<_, StoreError>(())
                        })
                        .expect("writes");
                    assert!(has(&store, &name), "one's own write is there once it was acknowledged");
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|it| it.join().expect("ends"));
    for thread in 0..4 {
        assert!(has(&other, &format!("a{thread}-49")), "and for another process");
    }
}

#[test]
fn a_question_is_answered_beside_a_unit_under_way_and_sees_what_was_committed() {
    let place = Place::new();
    let store = place.store();
    let create = |name: &str| store.write(|work| work.create_account(&account(name)));
    create("before").expect("writes");
    std::thread::scope(|scope| {
        let mut asked = 0;
        store
            .write(|work| {
                work.create_account(&account("during"))?;
                // More askers than there are connections for questions; all are answered while this unit is open.
                let askers: Vec<_> = (0..10)
                    .map(|_| scope.spawn(|| (has(&store, "before"), has(&store, "during"))))
                    .collect();
                for asker in askers {
                    assert_eq!(asker.join().expect("no panic"), (true, false));
                    asked += 1;
                }
                Ok::<_, StoreError>(())
            })
            .expect("writes");
        assert_eq!(asked, 10);
    });
    assert!(has(&store, "during"));
    // A question that fails gives its connection back.
    store
        .write(|_| {
            std::thread::scope(|scope| {
                for _ in 0..10 {
                    scope.spawn(|| {
                        let failed = store.read(|_| Err::<(), _>(StoreError::Conflict));
                        assert!(matches!(failed, Err(StoreError::Conflict)));
                    });
                }
            });
            Ok::<_, StoreError>(())
        })
        .expect("writes");
}

#[test]
fn units_begun_by_one_thread_are_committed_together_and_stand_or_fall_alone() {
    let place = Place::new();
    let (store, other) = (place.store(), place.store());
    let begin = |name: &str, fails: bool| {
        let row = account(name);
        store.begin(Flush::Each, |work| {
            work.create_account(&row)?;
            match fails {
                true => Err(StoreError::Conflict),
                false => Ok(name.len()),
            }
        })
    };
    let (length, first) = begin("first", false).expect("runs");
    assert_eq!(length, 5);
    assert!(matches!(begin("failing", true), Err(StoreError::Conflict)));
    let (_, second) = begin("second", false).expect("runs");
    // A rule of the schema ends a unit in its middle. A server may say so only with the commit, and takes the unit back.
    let again = begin("first", false);
    for name in ["first", "second", "failing"] {
        assert!(!has(&store, name) && !has(&other, name), "{name} is not committed yet");
    }
    // One that changed something before it failed took those before it along: they are to be run again. No two of the same
    // name are committed.
    let committed = |pending: Pending<'_>| match pending.wait() {
        Ok(_) => true,
        Err(NotCommitted::Again) => false,
        Err(NotCommitted::Failed(error)) => panic!("{error}"),
    };
    let first = committed(first);
    let again = match again {
        Ok((_, pending)) => committed(pending),
        Err(StoreError::Conflict) => false,
        Err(error) => panic!("{error}"),
    };
    let second = committed(second);
    assert!(!(first && again));
    assert_eq!(has(&other, "first"), first || again);
    assert_eq!(has(&other, "second"), second);
    assert!(!has(&other, "failing"));
    // By itself it is done, or refused for what it is.
    if !second {
        store
            .write(|work| work.create_account(&account("second")))
            .expect("writes");
    }
    assert!(has(&other, "second"));

    // What the same thread writes meanwhile is committed at once, with all that it has begun.
    let (_, begun) = begin("begun", false).expect("runs");
    store
        .write(|work| work.create_account(&account("written")))
        .expect("writes");
    assert!(has(&other, "begun") && has(&other, "written"));
    begun.wait().expect("committed");

    // Whoever does not wait leaves no transaction open: another process gets its turn.
    drop(begin("dropped", false).expect("runs"));
    other
        .write(|work| work.create_account(&account("other")))
        .expect("writes");
    assert!(has(&store, "dropped") && has(&store, "other"));
}

#[test]
fn threads_join_what_another_one_has_begun_and_all_of_them_end() {
    let place = Place::new();
    let store = place.store();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..40 {
                    let name = format!("a{thread}-{number}");
                    if thread % 2 == 0 {
                        store
                            .write(|work| work.create_account(&account(&name)))
                            .expect("writes");
                        continue;
                    }
                    let begun: Vec<_> = (0..3)
                        .map(|part| {
                            let row = account(&format!("{name}-{part}"));
                            store
                                .begin(Flush::Each, |work| work.create_account(&row))
                                .expect("runs")
                                .1
                        })
                        .collect();
                    for pending in begun {
                        pending.wait().expect("commits");
                    }
                }
            });
        }
    });
    assert!(has(&store, "a0-39") && has(&store, "a1-39-0") && has(&store, "a3-39-2"));
}
