//! The same for rows on a PostgreSQL server: a power cut of its machine, of the one where distri runs, or of one with both.
//!
//! The shim is loaded into every process of a server that the test starts, and into distri; one log has what all of them
//! did, in order. After a cut another server starts on what is there. The settings make it hard: answers before the flush
//! (a session of distri's asks for none such), little memory, so that pages are written early, and checkpoints all the time.
//!
//! PostgreSQL flushes a new table's file, and not the directory with its name: so the disk keeps both, as the file systems
//! do that it is made for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use distri_vault::Home;
use xtask::postgres::{Database, OwnServer};

use super::disk::{Disk, Fate};
use super::log::{self, Op};
use super::marks::Marks;
use super::shim::Shim;
use super::told::Told;
use super::{cuts, look_or_say, put};
use crate::support::files_below;
use crate::world::World;

const SETTINGS: &[&str] = &[
    "synchronous_commit=off",
    "shared_buffers=1MB",
    "bgwriter_delay=10",
    "checkpoint_timeout=30",
    "min_wal_size=2MB",
    "max_wal_size=2MB",
    "max_connections=40",
    "autovacuum_naptime=1",
];
/// What is only read after a cut.
const SETTINGS_AFTERWARDS: &[&str] = &[
    "fsync=off",
    "shared_buffers=2MB",
    "max_connections=20",
    "autovacuum=off",
];
/// A database server and a home in which commands ran, as their disks saw it.
struct Recording {
    server: OwnServer,
    world: World,
    /// The server's files from before.
    first: BTreeMap<String, Vec<u8>>,
    ops: Vec<Op>,
    marks: Marks,
    told: Told,
}

impl Recording {
    fn new(settings: &[&str], rounds: usize) -> Self {
        let server = OwnServer::start(&[SETTINGS, settings].concat()).unwrap();
        let mut world = World::on(Database::on((*server).clone()).unwrap());
        drop_others(world.database().unwrap());
        server.stop().unwrap();
        let data = server.data();
        let first = files_below(&data).into_iter().filter(|it| !is_made_anew(it));
        let first = first.map(|it| (text(&it), std::fs::read(&it).unwrap())).collect();
        let shim = Shim::in_(data.parent().unwrap());
        let variables = shim.watching(&[&data, &world.home.path()]);
        server.resume_with(&variables).unwrap();
        world.home.variables.extend(variables);

        let log = &shim.log;
        let marks = Marks::of_steps(&mut world, log, rounds);
        let told = Told::by(&world, log);
        server.crash().unwrap();
        let ops: Vec<Op> = log::read(log)
            .into_iter()
            .filter(|it| !is_made_anew(Path::new(&it.path)) && !is_made_anew(Path::new(&it.other)))
            .collect();
        Self {
            marks,
            told,
            server,
            world,
            first,
            ops,
        }
    }

    /// The database and the home after a power cut; what is wrong with them.
    fn after_a_cut(&self, instant: usize, of_server: Fate, of_home: Fate) -> Result<(), String> {
        let data = self.server.data();
        let mut server = Disk::holding(self.first.clone());
        let mut home = Disk::default();
        for op in &self.ops[..instant] {
            match Path::new(&op.path).starts_with(&data) {
                true => server.apply(op),
                false => home.apply(op),
            }
        }
        let at_home = tempfile::tempdir().unwrap();
        place(home.after_a_cut(of_home), &self.world.home.path(), at_home.path());
        let copy = OwnServer::over(&self.server, SETTINGS_AFTERWARDS, |to| {
            for directory in directories_below(&data) {
                std::fs::create_dir_all(to.join(directory.strip_prefix(&data).unwrap()))?;
            }
            place(server.after_a_cut(of_server), &data, to);
            Ok(())
        })
        .map_err(|error| error.to_string())?;

        let url = copy.url(self.world.database().unwrap().name());
        let home = Home::below(at_home.path()).with_database(Some(url.parse().unwrap()));
        let end = log::end_after(instant, &self.ops);
        let seen = look_or_say(home, self.marks.known(end))?;
        self.marks.check(end, &self.told, seen)
    }
}

/// Leaves the server with one database: less to write after each cut.
fn drop_others(database: &Database) {
    let unlock = "update pg_database set datistemplate = false";
    database.sql(unlock).unwrap();
    for other in ["postgres", "template0", "template1"] {
        database.sql(&format!("drop database {other}")).unwrap();
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// What PostgreSQL makes anew when it starts, or after a crash: who it is, caches, statistics, its own log.
fn is_made_anew(path: &Path) -> bool {
    const NAMES: [&str; 7] = [
        "postmaster.pid",
        "postmaster.opts",
        "postgresql.auto.conf",
        "server.log",
        "current_logfiles",
        "pg_internal.init",
        ".s.PGSQL",
    ];
    let name = path
        .file_name()
        .map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let is_statistics = |it: &Path| it.ends_with("pg_stat") || it.ends_with("pg_stat_tmp");
    NAMES.iter().any(|it| name.starts_with(it)) || path.parent().is_some_and(is_statistics)
}

fn directories_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.push(entry.path());
            found.extend(directories_below(&entry.path()));
        }
    }
    found
}

/// Writes files that were below one directory below another one.
fn place(files: BTreeMap<String, Vec<u8>>, from: &Path, to: &Path) {
    for (path, bytes) in files {
        put(&to.join(Path::new(&path).strip_prefix(from).unwrap()), &bytes);
    }
}

/// What becomes of both machines at a cut, by its number.
fn fates(number: usize) -> (Fate, Fate) {
    let some = |salt: usize| Fate::Some((number + salt) as u64);
    match number % 6 {
        0 => (Fate::Lost, Fate::Kept),
        1 => (some(0), Fate::Kept),
        2 => (Fate::Kept, Fate::Lost),
        3 => (Fate::Kept, some(0)),
        4 => (Fate::Lost, Fate::Lost),
        _ => (some(0), some(1_000_003)),
    }
}

#[test]
fn on_a_server_a_power_cut_at_any_instant_loses_nothing_that_was_acknowledged() {
    let count = cuts(6);
    let recording = Recording::new(&[], if count > 100 { 2 } else { 1 });
    let all = recording.ops.len();
    // Half of them anywhere, half just after something was acknowledged.
    let ends = recording.marks.ends().chain(recording.told.ends());
    let acknowledged: Vec<usize> = ends.map(|it| log::done_at(it, &recording.ops)).collect();
    for number in 0..count {
        let instant = match (number + number / 6) % 2 {
            0 => (number * all).div_ceil(count),
            _ => acknowledged[number * acknowledged.len() / count],
        };
        let (of_server, of_home) = fates(number);
        if let Err(reason) = recording.after_a_cut(instant, of_server, of_home) {
            panic!("after {instant} of {all} operations, {of_server:?} and at home {of_home:?}: {reason}");
        }
    }
    println!(
        "{count} power cuts in {all} operations of {} commands and {} requests on a server",
        recording.marks.ends().count(),
        recording.told.ends().count()
    );
    assert!(recording.after_a_cut(all, Fate::Lost, Fate::Kept).is_ok());
}

#[test]
fn a_database_server_that_does_not_flush_loses_what_it_acknowledged() {
    // The search above finds what it looks for.
    let recording = Recording::new(&["fsync=off"], 0);
    let end = recording.ops.len();
    assert_eq!(recording.after_a_cut(end, Fate::Kept, Fate::Kept), Ok(()));
    assert!(recording.after_a_cut(end, Fate::Lost, Fate::Kept).is_err());
}
