//! A power cut: what was written and not flushed is lost, kept in part or torn.
//!
//! `shim.c`, loaded into every command with `LD_PRELOAD`, writes down what is done to the files of a home. The test plays
//! that again up to some instant, leaves out what was not flushed by then, and opens what is there. The shim sees calls of
//! the C library, so it shows what distri and SQLite ask of a disk; it cannot show that a disk, its controller or a file
//! system does what it is asked. Directories are taken to be there as soon as they are made.

mod disk;
mod log;
mod marks;
mod server;
mod shim;
mod told;

use std::path::{Path, PathBuf};

use crate::state::{Seen, State, look};
use crate::support::has_trace;
use crate::world::World;
use disk::{Disk, Fate};
use log::Op;
use marks::Marks;
use shim::Shim;
use told::Told;

/// How many instants; `DISTRI_CUTS` asks for a longer search.
fn cuts(short: usize) -> usize {
    std::env::var("DISTRI_CUTS").map_or(short, |it| it.parse().unwrap())
}

/// A home in which commands ran, as a disk saw it.
struct Recording {
    _world: World,
    root: PathBuf,
    ops: Vec<Op>,
    marks: Marks,
    told: Told,
}

impl Recording {
    fn new() -> Self {
        let mut world = World::new();
        let root = world.home.path();
        let shim = Shim::in_(&world.home.work());
        world.home.variables = shim.watching(&[&root]);
        let log = &shim.log;
        let marks = Marks::of_steps(&mut world, log, 2);
        let told = Told::by(&world, log);
        let ops = log::read(log);
        Self {
            _world: world,
            root,
            marks,
            told,
            ops,
        }
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
        let home = distri_vault::Home::below(directory.path());
        let end = log::end_after(instant, &self.ops);
        let seen = look_or_say(home, self.marks.known(end))?;
        self.marks.check(end, &self.told, seen)
    }
}

/// What is there; or what is wrong with it.
fn look_or_say(home: distri_vault::Home, known: State) -> Result<Seen, String> {
    let seen = std::thread::spawn(move || look(&home, None, &known));
    seen.join()
        .map_err(|panic| panic.downcast_ref::<String>().cloned().unwrap_or_default())
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
    let (count, all) = (cuts(40), recording.ops.len());
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
        "{tried} power cuts in {all} operations of {} commands and {} requests",
        recording.marks.ends().count(),
        recording.told.ends().count()
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
