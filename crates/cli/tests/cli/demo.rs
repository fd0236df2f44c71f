//! The demo: what it tells is so, what is not so fails it, and nothing of it stays unless it is to be kept.

use std::io::{PipeReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::pipe::fcntl_setpipe_size;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Done, Home, files_below, finish, has_trace};

/// Far more than a demo takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A directory for temporary files, in which demos take place.
fn stage(home: &Home) -> PathBuf {
    let directory = home.work().join("tmp");
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn demo(home: &Home, options: &[&str]) -> Command {
    let mut command = home.command(&[&["demo"], options].concat());
    command.env("TMPDIR", stage(home)).stdin(Stdio::null());
    command
}

fn places(home: &Home) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(stage(home)).unwrap();
    entries.map(|it| it.unwrap().path()).collect()
}

#[test]
fn it_tells_the_whole_story_and_leaves_nothing() {
    let home = Home::new();
    let mut command = demo(&home, &[]);
    command.env("TMPDIR", "tmp");
    // What belongs to the person's own installation has no part in it.
    for name in ["DISTRI_ROOT_KEY_FILE", "DISTRI_PASSPHRASE_FILE"] {
        command.env(name, "/nowhere");
    }
    let done = finish(command.output().unwrap()).ok();
    assert_eq!(done.stderr, "");
    let told = done.out();
    for claim in [
        "the list shows keys, and no value",
        "the mail service got the real key",
        "the release was on record before the mail service answered",
        "none of this shows the key",
        "nobody else got the key",
        "no file has it",
        "every change and every release is on record",
        "no command of this demo said a value",
    ] {
        assert!(told.contains(&format!("✓ {claim}\n")), "{claim}: {told}");
    }
    assert!(told.contains("All 8 checks hold, in "), "{told}");
    assert!(!told.contains('\x1b'), "a pipe gets no colour: {told}");
    for line in told.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert_eq!(places(&home), Vec::<PathBuf>::new());
    assert!(!home.path().exists(), "the person's own home is not touched");
}

#[test]
fn what_it_keeps_can_be_looked_at_and_has_no_trace() {
    let home = Home::new();
    let keep = || finish(demo(&home, &["--keep"]).output().unwrap()).ok().out();
    let told = [keep(), keep()];
    let places = places(&home);
    assert_eq!(places.len(), 2, "{places:?}");
    let keys: Vec<Vec<u8>> = places.iter().map(|it| reveal(it).ok().stdout).collect();
    assert_ne!(keys[0], keys[1], "each demo has its own");

    for (place, key) in places.iter().zip(&keys) {
        assert!(key.starts_with(b"SG.") && key.len() == 69);
        assert!(files_below(place).len() > 5);
        for file in files_below(place) {
            assert!(!has_trace(&std::fs::read(&file).unwrap(), key), "{}", file.display());
        }
        assert!(!told.iter().any(|it| has_trace(it.as_bytes(), key)));
        let name = place.file_name().unwrap().to_str().unwrap();
        let told = told.iter().find(|it| it.contains(name)).unwrap();
        // As the person would type what it says at its end.
        let look = |what: &str| {
            let line = told
                .lines()
                .find(|it| it.trim_start().starts_with("DISTRI_HOME=") && it.ends_with(what));
            let output = Command::new("sh")
                .args(["-c", line.unwrap()])
                .current_dir(home.work())
                .output();
            finish(output.unwrap()).ok().out()
        };
        assert_eq!(
            look("secrets list"),
            "SENDGRID_API_KEY\nSTRIPE_API_KEY\nSTRIPE_WEBHOOK_SECRET\n"
        );
        assert_eq!(look("audit list").matches("secret.release").count(), 5);
    }
}

#[test]
fn its_agent_and_tools_are_the_documentations() {
    let home = Home::new();
    finish(demo(&home, &["--keep"]).output().unwrap()).ok();
    let project = places(&home).remove(0).join("project");
    let kept = |name: &str| std::fs::read_to_string(project.join(name)).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let ours = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();

    let definition = kept("agents/payment_agent.md");
    assert_eq!(definition, ours("crates/core/tests/fixtures/page/payment_agent.md"));
    // The page has lost its indentation; nothing else may differ.
    let lines = |text: &str| text.lines().map(|it| it.trim().to_owned()).collect::<Vec<_>>();
    let tools = kept("Tools.tsx");
    assert_eq!(
        lines(&tools),
        lines(&ours("crates/runtime/tests/fixtures/page/Tools.tsx"))
    );

    let readme = ours("README.md");
    assert!(readme.contains(&format!("```markdown\n{definition}```")));
    assert!(readme.contains(&format!("```tsx\n{}```", tools.strip_prefix("// Tools.tsx\n").unwrap())));
}

#[test]
fn colour_is_for_terminals_and_only_repeats_the_words() {
    let home = Home::new();
    let coloured = on_terminal(demo(&home, &[]));
    assert!(coloured.contains("\x1b[32m✓ no file has it\x1b[0m"), "{coloured}");
    let mut command = demo(&home, &[]);
    command.env("NO_COLOR", "1");
    let plain = on_terminal(command);
    assert!(!plain.contains('\x1b'), "{plain}");
    let claims = |told: &str| {
        let words = told.replace("\x1b[32m", "").replace("\x1b[0m", "");
        let claims = words.lines().filter(|it| it.contains('✓')).map(str::to_owned);
        // The run's own line has a time in it.
        claims.filter(|it| !it.contains("send_email")).collect::<Vec<_>>()
    };
    assert_eq!(claims(&coloured), claims(&plain));
    assert_eq!(claims(&plain).len(), 8, "{plain}");
}

#[test]
fn a_trace_on_the_disk_fails_it_and_is_named() {
    let home = Home::new();
    // The pipe is full when the key is stored and the disk is not yet searched: the demo waits for its reader.
    let (mut child, reader) = with_little_room(demo(&home, &[]), 1500);
    let place = wait_for(|| places(&home).pop());
    let key = wait_for(|| Some(reveal(&place)).filter(|it| it.code == 0)).stdout;
    let leak = place.join("home/data/leak");
    std::fs::write(&leak, data_encoding::BASE64.encode(&[b"x", &key[..]].concat())).unwrap();

    let told = read(reader);
    let stderr = read(child.stderr.take().unwrap());
    assert_eq!(child.wait().unwrap().code(), Some(1), "{told}");
    assert!(told.contains("✗ NOT SO: no file has it\n"), "{told}");
    assert!(
        told.replace("\n     ", " ")
            .contains(&format!("`{}` has it", leak.display())),
        "{told}"
    );
    assert!(told.contains("1 of 8 checks DO NOT HOLD"), "{told}");
    assert_eq!(stderr, "error: this does not hold: no file has it\n");
    assert_eq!(places(&home), Vec::<PathBuf>::new(), "removed after a failure as well");
}

#[test]
fn a_signal_ends_it_and_leaves_nothing() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let home = Home::new();
        // It has made its directory and waits for a reader of its first line.
        let (child, reader) = with_little_room(demo(&home, &[]), 0);
        wait_for(|| places(&home).pop());
        kill_process(Pid::from_child(&child), signal).unwrap();
        read(reader);
        let done = finish(child.wait_with_output().unwrap()).exits(code);
        assert!(
            ["error: interrupted\n", "error: terminated\n"].contains(&&*done.stderr),
            "{}",
            done.stderr
        );
        assert_eq!(places(&home), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_signal_at_any_instant_leaves_nothing() {
    let home = Home::new();
    for round in 0..12 {
        let child = demo(&home, &[])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Instants spread over the whole story; whichever it meets, the same must hold.
        std::thread::sleep(Duration::from_millis(round * 60));
        let _ = kill_process(Pid::from_child(&child), Signal::INT);
        let done = finish(child.wait_with_output().unwrap());
        assert!([0, 130].contains(&done.code), "{}: {}", done.code, done.stderr);
        assert_eq!(places(&home), Vec::<PathBuf>::new(), "round {round}");
    }
}

#[test]
fn without_a_place_it_says_so() {
    let home = Home::new();
    let mut command = demo(&home, &[]);
    command.env("TMPDIR", home.work().join("missing"));
    let done = finish(command.output().unwrap()).exits(1).says("error: cannot make `");
    assert!(done.stderr.contains("missing/distri-demo-"), "{}", done.stderr);
}

/// The value in a demo's home, as its owner reads it.
fn reveal(place: &Path) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_distri"));
    command
        .args(["secrets", "get", "SENDGRID_API_KEY", "--reveal"])
        .env("DISTRI_HOME", place.join("home"));
    finish(command.stdin(Stdio::null()).output().unwrap())
}

/// Starts it with a pipe for its standard output that takes `room` bytes before somebody reads.
fn with_little_room(mut command: Command, room: usize) -> (Child, PipeReader) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let capacity = fcntl_setpipe_size(&writer, 4096).unwrap();
    writer.write_all(&vec![b'\n'; capacity - room]).unwrap();
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    (child, reader)
}

fn on_terminal(mut command: Command) -> String {
    let (mut terminal, slave) = pty_process::blocking::open().unwrap();
    terminal.resize(pty_process::Size::new(24, 80)).unwrap();
    command.env("TERM", "xterm-256color");
    let mut child = pty_process::blocking::Command::from(command).spawn(slave).unwrap();
    let mut told = Vec::new();
    let mut buffer = [0; 4096];
    // Linux says EIO, not end of file, when the other side has gone.
    while let Ok(count @ 1..) = terminal.read(&mut buffer) {
        told.extend_from_slice(&buffer[..count]);
    }
    assert!(child.wait().unwrap().success());
    String::from_utf8(told).unwrap()
}

fn read(mut from: impl Read) -> String {
    let mut text = String::new();
    from.read_to_string(&mut text).unwrap();
    text
}

fn wait_for<T>(mut it: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(it) = it() {
            return it;
        }
        assert!(Instant::now() < deadline, "it does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}
