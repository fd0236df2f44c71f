//! A power cut: what was written and not flushed is lost, kept in part or torn.
//!
//! `shim.c`, loaded into every command with `LD_PRELOAD`, writes down what is done to the files of a home. The test plays
//! that again up to some instant, leaves out what was not flushed by then, and opens what is there. The shim sees calls of
//! the C library, so it shows what distri and SQLite ask of a disk; it cannot show that a disk, its controller or a file
//! system does what it is asked. Directories are taken to be there as soon as they are made.

mod disk;
mod log;

use std::path::{Path, PathBuf};

use crate::state::{State, look};
use crate::steps::STEPS;
use crate::support::has_trace;
use crate::world::World;
use disk::{Disk, Fate};
use log::Op;

/// How many instants; `DISTRI_CUTS` asks for a longer search.
fn cuts() -> usize {
    std::env::var("DISTRI_CUTS").map_or(40, |it| it.parse().unwrap())
}

/// A home in which commands ran, as a disk saw it.
struct Recording {
    _world: World,
    root: PathBuf,
    ops: Vec<Op>,
    /// What was acknowledged when so many of them were done.
    marks: Vec<(usize, State)>,
}

impl Recording {
    fn new() -> Self {
        let mut world = World::new();
        let root = world.home.path();
        let shim = world.home.work().join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/power/shim.c");
        let built = std::process::Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&shim, &source])
            .args(["-ldl", "-lpthread"])
            .status();
        assert!(built.unwrap().success());
        let log = world.home.work().join("power.log");
        let variable = |name: &str, path: &Path| (name.to_owned(), path.to_str().unwrap().to_owned());
        world.home.variables = vec![
            variable("LD_PRELOAD", &shim),
            variable("DISTRI_POWER_ROOT", &root),
            variable("DISTRI_POWER_LOG", &log),
        ];
        let mut ends = vec![(0, world.known.clone())];
        world.fill(25);
        ends.push((log::len(&log), world.known.clone()));
        for round in 1..=2 {
            // What is done to files by hand is not in the log.
            for step in STEPS
                .iter()
                .filter(|it| it.before.is_none() && it.name != "accept an older database")
            {
                world.run(step, round);
                world.settle(step, round, true);
                ends.push((log::len(&log), world.known.clone()));
            }
        }
        let ops = log::read(&log);
        let count = |end: u64| ops.iter().take_while(|it| it.end <= end).count();
        let marks = ends.into_iter().map(|(end, state)| (count(end), state)).collect();
        Self {
            _world: world,
            root,
            ops,
            marks,
        }
    }

    /// What was acknowledged before an instant, and what the command under way then makes of it.
    fn expected(&self, instant: usize) -> (&State, &State) {
        let next = self
            .marks
            .iter()
            .position(|it| it.0 > instant)
            .unwrap_or(self.marks.len());
        let last = &self.marks[next - 1].1;
        (last, self.marks.get(next).map_or(last, |it| &it.1))
    }

    /// The home after a power cut; what is wrong with it.
    fn after_a_cut(&self, instant: usize, fate: Fate, flushes_count: bool) -> Result<(), String> {
        let mut disk = Disk::default();
        let done = self.ops[..instant].iter();
        done.filter(|it| flushes_count || !it.is_flush())
            .for_each(|it| disk.apply(it));
        let directory = tempfile::tempdir().unwrap();
        for (path, bytes) in disk.after_a_cut(fate) {
            let path = directory
                .path()
                .join(Path::new(&path).strip_prefix(&self.root).unwrap());
            // SQLite's shared memory is made anew by the first to open the database.
            if !path.to_string_lossy().ends_with("-shm") {
                put(&path, &bytes);
            }
        }
        let (before, after) = self.expected(instant);
        let home = directory.path().to_owned();
        let known = before.clone();
        let seen = std::thread::spawn(move || look(&distri_vault::Home::below(&home), None, &known).state);
        match seen.join() {
            Ok(seen) if seen == *before || seen == *after => Ok(()),
            Ok(seen) => Err(before.differs(&seen)),
            Err(panic) => Err(panic.downcast_ref::<String>().cloned().unwrap_or_default()),
        }
    }
}

fn put(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_power_cut_at_any_instant_loses_nothing_that_was_acknowledged() {
    let recording = Recording::new();
    let (count, all) = (cuts(), recording.ops.len());
    let mut tried = 0;
    for number in 0..count {
        let instant = (number * all).div_ceil(count);
        for fate in [
            Fate::Lost,
            Fate::Some(number as u64),
            Fate::Some(number as u64 + 1_000_003),
            Fate::Kept,
        ] {
            tried += 1;
            if let Err(reason) = recording.after_a_cut(instant, fate, true) {
                panic!("after {instant} of {all} operations, {fate:?}: {reason}");
            }
        }
    }
    println!(
        "{tried} power cuts in {all} operations of {} commands",
        recording.marks.len()
    );
    // The search finds what it looks for: on a disk that flushes nothing, acknowledged writes are lost.
    let end = recording.ops.len();
    assert!(recording.after_a_cut(end, Fate::Lost, false).is_err());
    let values = recording
        .ops
        .iter()
        .any(|it| has_trace(&it.bytes, b"value-of-3-long-enough"));
    assert!(!values, "a value is written to no file");
}
