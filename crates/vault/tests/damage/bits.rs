//! Bits of the database's file, flipped one at a time: no panic, and never a wrong value, of no version.
//!
//! A few hundred of them by default, spread over the file; `DISTRI_BITS=all` takes every one, and prints the counts with
//! `--nocapture`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use distri_vault::Home;

use crate::battery::{GIVEN, NOTICED, SECRETS, ask, full};
use crate::support::Place;

const SAMPLE: usize = 600;

#[test]
fn no_flipped_bit_of_the_file_gives_a_wrong_value() {
    let place = Place::new();
    if !place.database.is_embedded() {
        return;
    }
    let vault = place.open();
    full(&place, &vault);
    drop(vault);
    let file = place.home().database();
    {
        // Pages as small as they can be, so that there are few bits that mean nothing.
        let database = rusqlite::Connection::open(&file).expect("opens");
        database
            .execute_batch(
                "pragma journal_mode = delete; pragma page_size = 512; vacuum; pragma journal_mode = wal;
                 pragma wal_checkpoint(truncate);",
            )
            .expect("makes it small");
    }
    let whole = std::fs::read(&file).expect("reads");
    let untouched = in_memory();
    let home = unlike(&place, untouched.path(), &whole, None);
    assert_eq!(ask(&home, &place.clock, None).get("others"), Some(&GIVEN.to_string()));
    let bits = whole.len() * 8;
    let step = match std::env::var("DISTRI_BITS").as_deref() {
        Ok("all") => 1,
        Ok(count) => bits / count.parse::<usize>().expect("a number"),
        Err(_) => bits / SAMPLE,
    };
    let (next, right, refused) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let (silent, failures) = (AtomicUsize::new(0), std::sync::Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let directory = in_memory();
                loop {
                    let bit = next.fetch_add(step, Ordering::SeqCst);
                    if bit >= bits {
                        return;
                    }
                    let home = unlike(&place, directory.path(), &whole, Some(bit));
                    let asked = catch_unwind(AssertUnwindSafe(|| ask(&home, &place.clock, None)));
                    match asked {
                        Err(_) => failures.lock().expect("no panic").push(bit),
                        Ok(answers) => {
                            let values = SECRETS
                                .iter()
                                .filter(|it| answers.get(it.0).is_some_and(|it| it == "the value"));
                            right.fetch_add(values.count(), Ordering::SeqCst);
                            let wrong = answers.values().filter(|it| it.contains(NOTICED)).count();
                            refused.fetch_add(wrong, Ordering::SeqCst);
                            silent.fetch_add(usize::from(wrong == 0), Ordering::SeqCst);
                        }
                    }
                }
            });
        }
    });
    println!(
        "{} of {bits} bits: {} times the right value, {} refusals, {} flips that changed nothing that was asked for",
        bits.div_ceil(step),
        right.into_inner(),
        refused.into_inner(),
        silent.into_inner(),
    );
    let failures = failures.into_inner().expect("no panic");
    assert!(
        failures.is_empty(),
        "a panic or a wrong value with bits {failures:?} of {}",
        file.display()
    );
}

/// A home with one bit of its database another one, or none. It is where flushing costs nothing.
fn unlike(place: &Place, directory: &Path, whole: &[u8], bit: Option<usize>) -> Home {
    for name in ["config", "data", "state"] {
        let _ = std::fs::remove_dir_all(directory.join(name));
        std::fs::create_dir_all(directory.join(name)).expect("makes");
    }
    let from = place.home();
    let home = Home::below(directory);
    let mut bytes = whole.to_vec();
    if let Some(bit) = bit {
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    std::fs::write(home.database(), bytes).expect("writes");
    let tip = from.checkpoint_file().with_file_name("audit-tip");
    for (from, to) in [
        (tip, home.checkpoint_file().with_file_name("audit-tip")),
        (from.root_key(), home.root_key()),
        (from.checkpoint_file(), home.checkpoint_file()),
    ] {
        std::fs::copy(from, to).expect("copies");
    }
    home
}

fn in_memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.exists() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.expect("a directory")
}
