//! A disk that is full, and one that is read only: nothing is half done, whoever asks is told why, and when there is room
//! again everything goes on by itself.
//!
//! With the right to mount, it is a small ext4 in a file, or a `tmpfs` where no loop device is to be had. Without that right
//! these tests say so and have tried nothing; `file_limit.rs` needs no right. Blocks have 4 KiB: with smaller ones a full
//! disk may end a process by a signal, in the shared memory of SQLite's log.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::state::look;
use crate::steps::{STEPS, step};
use crate::support::server::Server;
use crate::support::{Done, finish};
use crate::world::World;

/// Much more than a home needs, and quickly filled.
const MIB: u64 = 16;

const NOT_TRIED: &str = "not tried: no right to mount a small disk";

/// A file system of its own.
struct SmallDisk {
    place: tempfile::TempDir,
}

impl SmallDisk {
    fn new() -> Option<Self> {
        let disk = Self {
            place: tempfile::tempdir().unwrap(),
        };
        let image = disk.place.path().join("image");
        File::create(&image).unwrap().set_len(MIB << 20).unwrap();
        let made = run("mkfs.ext4", &["-q", "-m", "0", "-b", "4096", path(&image)]);
        std::fs::create_dir(disk.at()).unwrap();
        let is_mounted = (made && run("mount", &["-o", "loop", path(&image), path(&disk.at())]))
            || run(
                "mount",
                &["-t", "tmpfs", "-o", &format!("size={MIB}m"), "none", path(&disk.at())],
            );
        if !is_mounted {
            return None;
        }
        Some(disk)
    }

    fn at(&self) -> PathBuf {
        self.place.path().join("disk")
    }

    fn set_writable(&self, yes: bool) {
        let options = if yes { "remount,rw" } else { "remount,ro" };
        assert!(run("mount", &["-o", options, path(&self.at())]));
    }

    /// Leaves room for so many bytes. The filling is gone when it is dropped.
    fn fill(&self, room: u64) -> Filling {
        let filling = Filling(self.at().join("filling"));
        let mut file = File::create(&filling.0).unwrap();
        let block = [0x5A; 4096];
        while file.write_all(&block).is_ok() {}
        let len = file.metadata().unwrap().len();
        file.set_len(len.saturating_sub(room)).unwrap();
        let _ = file.sync_all();
        filling
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run("umount", &["-l", path(&self.at())]);
    }
}

struct Filling(PathBuf);

impl Drop for Filling {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn run(program: &str, args: &[&str]) -> bool {
    let quiet = Command::new(program).args(args).stderr(Stdio::null()).status();
    quiet.is_ok_and(|it| it.success())
}

#[test]
fn a_full_disk_changes_nothing_says_so_and_needs_nobody_afterwards() {
    let Some(disk) = SmallDisk::new() else {
        return println!("{NOT_TRIED}");
    };
    let mut world = World::at(&disk.at());
    world.fill(60);
    let (mut refused, mut done) = (0, 0);
    // From none at all to enough for most.
    for (round, room) in [0, 24 << 10, 300 << 10].into_iter().enumerate() {
        for it in STEPS {
            if let Some(before) = it.before {
                before(&mut world);
            }
            let filling = disk.fill(room);
            let ended = finish(world.start(it, round, &[]).wait_with_output().unwrap());
            drop(filling);
            let took_effect = world.check(it, round, &ended);
            if ended.code == 0 {
                done += 1;
            } else {
                refused += 1;
                is_told(&world, it.name, &ended);
            }
            world.settle(it, round, took_effect);
        }
        world.check_given();
    }
    println!("{refused} commands refused on a full disk, {done} done in what room there was");
    assert!(refused > STEPS.len() && done > 0);
}

/// Whether a person who reads it knows what to do, and where.
#[track_caller]
fn is_told(world: &World, name: &str, ended: &Done) {
    let said = &ended.stderr;
    assert_eq!(ended.code, 1, "{name}: {said}");
    assert!(!said.contains("panicked"), "{name}: {said}");
    let is_room = ["the disk is full", "No space left", "or is full"]
        .iter()
        .any(|it| said.contains(it));
    let has_place = said.contains(path(&world.home.path())) || said.contains(path(&world.home.work()));
    assert!(is_room && has_place, "{name} says: {said}");
}

#[test]
fn a_server_on_a_full_disk_is_not_ready_gives_no_value_and_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::new() else {
        return println!("{NOT_TRIED}");
    };
    let mut world = World::at(&disk.at());
    world.fill(5);
    let server = Server::start(&world.home);
    let ready = || server.exchange("GET", "/readyz", "");
    let reveal = || server.exchange("POST", "/v1/secrets/FILL_3/reveal", "{}");
    assert!(ready().contains("200 OK"));
    assert!(reveal().contains("value-of-3-long-enough"));
    let filling = disk.fill(0);
    // What room there is in the log that is there already is used up first.
    let mut last = reveal();
    for _ in 0..10_000 {
        if last.contains(" 503 ") {
            break;
        }
        last = reveal();
    }
    assert!(last.contains(" 503 ") && !last.contains("value-of-3"), "{last}");
    let answer = ready();
    assert!(
        answer.contains(" 503 ") && answer.contains("no audit record can be written"),
        "{answer}"
    );
    assert!(answer.contains("full"), "{answer}");
    drop(filling);
    assert!(ready().contains("200 OK"), "{}", ready());
    assert!(reveal().contains("value-of-3-long-enough"));
    drop(server);
    look(&world.vault_home(), None, &world.known);
}

#[test]
fn on_a_read_only_disk_nothing_is_used_or_changed_and_it_is_said() {
    let Some(disk) = SmallDisk::new() else {
        return println!("{NOT_TRIED}");
    };
    let mut world = World::at(&disk.at());
    world.fill(5);
    world.run(step("back up"), 1);
    disk.set_writable(false);
    for name in [
        "set a new secret",
        "reveal",
        "exec",
        "rotate the instance key",
        "back up",
        "delete",
    ] {
        let ended = finish(world.start(step(name), 2, &[]).wait_with_output().unwrap());
        assert_ne!(ended.code, 0, "{name}");
        let said = &ended.stderr;
        assert!(
            said.contains("read-only") || said.contains("Read-only"),
            "{name} says: {said}"
        );
        assert!(
            said.contains(path(&world.home.path())) || said.contains(path(&world.home.work())),
            "{name} says: {said}"
        );
        assert!(!String::from_utf8_lossy(&ended.stdout).contains("value-of-3"), "{name}");
    }
    assert!(!world.given(2).exists());
    disk.set_writable(true);
    assert_eq!(look(&world.vault_home(), None, &world.known).state, world.known);
}
