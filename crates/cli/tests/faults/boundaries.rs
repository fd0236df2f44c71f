//! The process ends between any two effects: every boundary of `distri_store::boundary` is tried.

use std::collections::BTreeSet;

use distri_store::boundary::Boundary;
use xtask::postgres::Database;

use crate::early::{self, Early};
use crate::steps::{STEPS, Step, step};
use crate::support::finish;
use crate::world::World;

const ABORTED: i32 = 128 + 6;

/// The commands at whose boundaries the short version ends the process. With `DISTRI_KILLS` all of them are ended at
/// each boundary, up to its third passing.
fn tried(boundary: Boundary) -> &'static [&'static str] {
    match boundary {
        Boundary::Commit | Boundary::Committed => {
            &["set a new secret", "rotate the instance key", "delete the account"]
        }
        Boundary::Recorded => &["reveal", "exec"],
        Boundary::Flush | Boundary::Flushed => &["exec"],
        Boundary::Rebuild | Boundary::Rebuilt => &["restore"],
        Boundary::Shred | Boundary::Vacuumed => &["purge", "delete the account"],
        Boundary::Deliver | Boundary::Delivered => &["restore", "accept an older database", "back up"],
        Boundary::Tip => &["set a new secret", "restore", "accept an older database"],
        Boundary::BackupWritten | Boundary::BackupRecorded | Boundary::BackupPlaced => &["back up"],
        Boundary::Batch => &["reseal", "reseal values"],
        // Below, in homes of their own.
        Boundary::Migration | Boundary::Migrated | Boundary::SetAside | Boundary::RootKeyDraft | Boundary::RootKey => {
            &[]
        }
    }
}

#[test]
fn a_process_that_ends_at_any_boundary_leaves_nothing_half_done() {
    let pairs = pairs(Boundary::ALL.iter().copied());
    let runs = pairs.len();
    let mut ended = end_at_all(pairs, World::full);
    ended.extend(while_brought_up_to_date(&Early::new()));
    ended.extend(at_first_use(World::new, Boundary::ALL));
    ended.extend(while_set_aside());
    println!("{runs} commands at {} boundaries", ended.len());
    let missing: Vec<_> = Boundary::ALL.iter().filter(|it| !ended.contains(it)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

#[test]
fn on_a_server_a_process_that_ends_at_any_boundary_leaves_nothing_half_done() {
    // What is in a file of the home is tried above.
    let in_files = [
        Boundary::Flush,
        Boundary::Flushed,
        Boundary::SetAside,
        Boundary::Shred,
        Boundary::Vacuumed,
        Boundary::BackupWritten,
        Boundary::BackupRecorded,
        Boundary::BackupPlaced,
    ];
    let boundaries = || Boundary::ALL.iter().copied().filter(|it| !in_files.contains(it));
    let pairs = pairs(boundaries());
    let mut ended = end_at_all(pairs, World::on_a_server);
    ended.extend(while_brought_up_to_date(&Early::on_a_server()));
    let first = [
        Boundary::RootKeyDraft,
        Boundary::RootKey,
        Boundary::Migration,
        Boundary::Migrated,
        Boundary::Commit,
        Boundary::Committed,
        Boundary::Tip,
    ];
    ended.extend(at_first_use(|| World::on(Database::create().unwrap()), &first));
    let missing: Vec<_> = boundaries().filter(|it| !ended.contains(it)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

/// Which command is ended at which boundary, and at which passing of it.
fn pairs(boundaries: impl Iterator<Item = Boundary>) -> Vec<(Boundary, &'static str, u32)> {
    let is_long = std::env::var_os("DISTRI_KILLS").is_some();
    let mut pairs = Vec::new();
    for boundary in boundaries {
        for step in STEPS {
            let is_tried = is_long || tried(boundary).contains(&step.name);
            let times = if is_long { 1..=3 } else { 1..=1 };
            pairs.extend(times.filter(|_| is_tried).map(|time| (boundary, step.name, time)));
        }
    }
    pairs
}

/// Runs the steps, again and again, until the process was ended at each of the boundaries in each of the steps; at which it
/// was.
fn end_at_all(mut pairs: Vec<(Boundary, &'static str, u32)>, world: fn() -> World) -> BTreeSet<Boundary> {
    let mut ended = BTreeSet::new();
    for round in 1.. {
        if pairs.is_empty() {
            break;
        }
        let mut world = world();
        for step in STEPS {
            if let Some(before) = step.before {
                before(&mut world);
            }
            let Some(at) = pairs.iter().position(|it| it.1 == step.name) else {
                world.run(step, round);
                world.settle(step, round, true);
                continue;
            };
            let (boundary, _, time) = pairs.swap_remove(at);
            if end_at(&mut world, step, round, boundary, time) {
                ended.insert(boundary);
            }
        }
        world.check_given();
    }
    ended
}

/// Whether the step was ended there; else it went through.
fn end_at(world: &mut World, step: &Step, round: usize, boundary: Boundary, time: u32) -> bool {
    let at = format!("{}:{time}", boundary.word());
    let mut variables = vec![("DISTRI_ABORT_AT", at.as_str())];
    // Only such a record waits for its flush.
    if matches!(boundary, Boundary::Flush | Boundary::Flushed) {
        variables.push(("DISTRI_AUDIT_FLUSH", "interval"));
    }
    let child = world.start(step, round, &variables);
    let done = finish(child.wait_with_output().unwrap());
    assert!(
        [0, ABORTED].contains(&done.code),
        "{} at {at}: {}",
        step.name,
        done.stderr
    );
    let took_effect = world.check(step, round, &done);
    world.settle(step, round, took_effect);
    done.code == ABORTED
}

/// Whatever opens a database of before first.
fn while_brought_up_to_date(early: &Early) -> Vec<Boundary> {
    let mut ended = Vec::new();
    for boundary in [
        Boundary::Migration,
        Boundary::Migrated,
        Boundary::Commit,
        Boundary::Committed,
    ] {
        for index in 0..early.versions() {
            if end_at(&mut early.world(index), &early::STEP, 0, boundary, 1) {
                ended.push(boundary);
            }
        }
    }
    ended
}

/// The first command of all makes the root key and the database.
fn at_first_use(new_world: fn() -> World, boundaries: &[Boundary]) -> Vec<Boundary> {
    let mut ended = Vec::new();
    for boundary in boundaries {
        let mut world = new_world();
        let first = step("set a new secret");
        if end_at(&mut world, first, 1, *boundary, 1) {
            ended.push(*boundary);
        }
        world.run(step("make an account"), 1);
    }
    assert!(ended.contains(&Boundary::RootKeyDraft) && ended.contains(&Boundary::Migration));
    ended
}

/// A database that cannot be read is put aside by a restoration.
fn while_set_aside() -> Vec<Boundary> {
    let mut ended = Vec::new();
    for time in 1..=3 {
        let mut world = World::full();
        world.run(step("back up"), 1);
        world.settle(step("back up"), 1, true);
        // Its log would make it whole again.
        std::fs::remove_file(world.home.database().with_extension("db-wal")).unwrap();
        std::fs::write(world.home.database(), "no database at all".repeat(500)).unwrap();
        let restore = step("restore");
        let at = format!("{}:{time}", Boundary::SetAside.word());
        let child = world.start(restore, 1, &[("DISTRI_ABORT_AT", &at)]);
        let done = finish(child.wait_with_output().unwrap());
        if done.code == ABORTED {
            ended.push(Boundary::SetAside);
            // As anybody would, once more.
            world.run(restore, 1);
        }
        world.known = world.in_backup.clone();
        world.check(restore, 1, &done);
    }
    ended
}
