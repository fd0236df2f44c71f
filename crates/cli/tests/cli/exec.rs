//! Stories of `distri exec`: which secrets a command gets, what its output shows, and how it ends.

use std::io::{Read, Write};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Home, finish};
use crate::user::User;

const VALUE: &str = "Zm-9correct/horse+battery?staple";
const HIDDEN: &str = "[redacted:APP_TOKEN]";

/// A home with an unbound secret: a command is given the value itself.
fn home() -> Home {
    let home = Home::new();
    home.set("APP_TOKEN", VALUE);
    home
}

/// `distri exec OPTIONS -- sh -c SCRIPT`.
fn script<'a>(options: &[&'a str], script: &'a str) -> Vec<&'a str> {
    [&["exec"], options, &["--", "sh", "-c", script]].concat()
}

/// The names of the secrets that a command got, as it sees them.
fn given(home: &Home, options: &[&str]) -> Vec<String> {
    let done = home
        .distri(&script(options, "env | sed -n 's/^\\([A-Z]*_TOKEN\\)=.*/\\1/p' | sort"))
        .ok();
    done.out().lines().map(str::to_owned).collect()
}

#[test]
fn it_ends_as_its_command_ends() {
    let home = home();
    for code in [0, 1, 7, 125, 255] {
        home.distri(&script(&[], &format!("exit {code}"))).exits(code);
    }
    home.distri(&script(&[], "kill -KILL $$")).exits(137);
    home.distri(&script(&[], "kill -TERM $$")).exits(143);
    home.distri(&["exec", "--", "no-such-command"])
        .exits(127)
        .says("error: command not found: `no-such-command`");
    home.distri(&["exec", "--", "/etc/passwd"])
        .exits(126)
        .says("error: cannot execute `/etc/passwd`");
    home.distri(&["exec", "--", "/nowhere/at/all"]).exits(127);
    let file = home.write("script", "#!/nowhere/sh\n");
    home.distri(&["exec", "--", file.to_str().unwrap()]).exits(126);
    home.distri(&["exec"]).exits(2);
    // Options behind the command are the command's, with and without `--`.
    assert_eq!(
        home.distri(&["exec", "echo", "--all", "--env", "x"]).ok().out(),
        "--all --env x\n"
    );
}

#[test]
fn it_passes_signals_on() {
    let home = home();
    for (name, signal) in [
        ("TERM", Signal::TERM),
        ("INT", Signal::INT),
        ("HUP", Signal::HUP),
        ("USR1", Signal::USR1),
    ] {
        let trap = format!("trap 'echo got {name}; exit 9' {name}; echo ready; while :; do sleep 0.05; done");
        let mut child = home
            .command(&script(&[], &trap))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = child.stdout.take().unwrap();
        let mut ready = [0; 6];
        output.read_exact(&mut ready).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, format!("got {name}\n"));
        assert_eq!(child.wait().unwrap().code(), Some(9));
    }
}

#[test]
fn it_gives_what_was_asked_for_and_records_that() {
    let home = home();
    home.set("SECOND_TOKEN", "second-value-0123");
    home.pipe(&["secrets", "set", "PAY_TOKEN", "--agent", "payer"], "pay-value-0123")
        .ok();
    home.pipe(&["secrets", "set", "DEV_TOKEN", "--env", "dev"], "dev-value-0123")
        .ok();
    assert_eq!(given(&home, &[]), ["APP_TOKEN", "SECOND_TOKEN"]);
    assert_eq!(given(&home, &["--all"]), ["APP_TOKEN", "SECOND_TOKEN"]);
    assert_eq!(given(&home, &["--only", "SECOND_TOKEN"]), ["SECOND_TOKEN"]);
    assert_eq!(
        given(&home, &["--only", "SECOND_TOKEN,APP_TOKEN"]),
        ["APP_TOKEN", "SECOND_TOKEN"]
    );
    assert_eq!(given(&home, &["--env", "dev"]), ["DEV_TOKEN"]);
    assert!(given(&home, &["--env", "prod"]).is_empty());

    home.write("agents/payer.md", "---\nname = \"payer\"\n---\n");
    assert_eq!(
        given(&home, &["--agent", "payer"]),
        ["APP_TOKEN", "PAY_TOKEN", "SECOND_TOKEN"]
    );
    let listed = "---\nname = \"payer\"\n[secrets]\nrequired = [\"PAY_TOKEN\"]\noptional = [\"SECOND_TOKEN\", \"GONE_TOKEN\"]\n---\n";
    home.write("agents/payer.md", listed);
    assert_eq!(given(&home, &["--agent", "payer"]), ["PAY_TOKEN", "SECOND_TOKEN"]);

    let records = home.distri(&["audit", "list", "--json", "--limit", "1"]).ok().json();
    assert_eq!(records[0]["action"], "secret.release");
    assert_eq!(records[0]["agent"], "payer");
    let keys: Vec<_> = records[0]["subjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["key"])
        .collect();
    assert_eq!(keys, ["PAY_TOKEN", "SECOND_TOKEN"]);
}

#[test]
fn nothing_starts_when_something_is_missing() {
    let home = home();
    let touch = |options: &[&str]| home.distri(&[&["exec"], options, &["--", "touch", "ran"]].concat());
    touch(&["--only", "APP_TOKEN,GONE_TOKEN"])
        .exits(3)
        .says("required secret `GONE_TOKEN` is not configured")
        .says("hint: set it with `distri secrets set GONE_TOKEN`");
    touch(&["--only", "APP_TOKEN", "--env", "dev"])
        .exits(3)
        .says("`distri secrets set APP_TOKEN --env dev`");
    home.pipe(&["secrets", "set", "PAY_TOKEN", "--agent", "payer"], "pay-value-0123")
        .ok();
    touch(&["--only", "PAY_TOKEN"])
        .exits(3)
        .says("may not be used by this agent");
    touch(&["--agent", "nobody"])
        .exits(3)
        .says("there is no agent `nobody`");
    touch(&["--only", "app_token"])
        .exits(2)
        .says("did you mean `APP_TOKEN`");
    let value_in_place_of_a_key = touch(&["--only", "sk_live_4eC39HqLyjWDCANARY"]).exits(2);
    assert!(
        !value_in_place_of_a_key.stderr.contains("CANARY"),
        "{}",
        value_in_place_of_a_key.stderr
    );
    touch(&["--only", "APP_TOKEN", "--all"]).exits(2);
    touch(&["--agent", "payer", "--only", "APP_TOKEN"]).exits(2);
    home.set("BINARY", b"a\0b");
    touch(&[])
        .exits(1)
        .says("`BINARY` cannot be an environment variable")
        .says("--only");
    assert!(!home.work().join("ran").exists());
    touch(&["--only", "APP_TOKEN"]).ok();
    assert!(home.work().join("ran").exists());
}

#[test]
fn the_command_inherits_everything_but_what_is_ours() {
    let home = home();
    let mut command = home.command(&script(&[], "env"));
    command.env("MINE", "stays").env("APP_TOKEN", "an old value");
    command.env("DISTRI_ANYTHING", "ours").env("DISTRI_LOG", "error");
    let done = finish(command.stdin(Stdio::null()).output().unwrap()).ok();
    let out = done.out();
    assert!(
        out.contains("MINE=stays\n") && out.contains(&format!("APP_TOKEN={HIDDEN}\n")),
        "{out}"
    );
    assert!(!out.contains("DISTRI_") && !out.contains("an old value"), "{out}");
}

#[test]
fn piped_output_is_redacted_and_otherwise_untouched() {
    let home = home();
    // The command has the real value; what it prints of it is hidden on both streams, in encodings too.
    let shows = format!(
        "test \"$APP_TOKEN\" = '{VALUE}' || exit 1; echo \"out $APP_TOKEN\"; echo \"err $APP_TOKEN\" >&2
         printf %s \"$APP_TOKEN\" | base64; printf %s \"x$APP_TOKEN\" | base64; printf %s \"$APP_TOKEN\" | od -An -tx1 -v | tr -d ' \\n'"
    );
    let done = home.distri(&script(&[], &shows)).ok();
    assert_eq!(done.stderr, format!("err {HIDDEN}\n"));
    let lines: Vec<_> = done.out().lines().map(str::to_owned).collect();
    assert_eq!(lines[0], format!("out {HIDDEN}"));
    assert_eq!(lines[1], HIDDEN);
    assert!(lines[2].contains(HIDDEN) && lines[3].contains(HIDDEN), "{lines:?}");

    let bytes: Vec<u8> = (0..3_000_000_u32)
        .map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let done = home.pipe(&["exec", "--", "cat"], &bytes).ok();
    assert!(done.stdout == bytes, "{} of {} bytes", done.stdout.len(), bytes.len());
    let both = home.command(&script(&["--only", "APP_TOKEN"], "echo one; echo two >&2; echo three"));
    assert_eq!(finish({ both }.output().unwrap()).out(), "one\nthree\n");
    // Split over two writes, in the middle of the value.
    let (first, second) = VALUE.split_at(10);
    let split = format!("printf %s '{first}'; sleep 0.1; echo '{second}'");
    assert_eq!(home.distri(&script(&[], &split)).ok().out(), format!("{HIDDEN}\n"));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let home = home();
    let mut child = home
        .command(&["exec", "--", "yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut some = [0; 100];
    child.stdout.as_mut().unwrap().read_exact(&mut some).unwrap();
    drop(child.stdout.take());
    let done = finish(child.wait_with_output().unwrap());
    assert!(!done.stderr.contains("error"), "{}", done.stderr);
    assert_ne!(done.code, 0);
}

#[test]
fn on_a_terminal_the_command_has_one_too() {
    let home = home();
    let asks = "test -t 0 && test -t 1 && test -t 2 && echo all three
                printf 'Name: '; read name; echo \"$name has $APP_TOKEN\"; echo \"err $APP_TOKEN\" >&2; exit 5";
    let mut user = User::starts(home.command(&script(&[], asks)));
    user.sees("all three\r\n");
    user.sees("Name: ");
    user.types("ann\r");
    user.sees(&format!("ann\r\nann has {HIDDEN}\r\nerr {HIDDEN}\r\n"));
    assert_eq!(user.ends(), (String::new(), 5));

    let mut user = User::starts(home.command(&script(&[], "echo ready; exec sleep 60")));
    user.sees("ready\r\n");
    user.types("\x03");
    assert_eq!(user.ends().1, 130);

    // What is typed of a value is hidden as well.
    let mut user = User::starts(home.command(&script(&[], "echo ready; exec cat")));
    user.sees("ready\r\n");
    user.types(&format!("{VALUE}\r"));
    let echoed = user.sees(&format!("{HIDDEN}\r\n"));
    assert!(!echoed.contains(&VALUE[1..]), "{echoed}");
    user.types("\x04");
    assert_eq!(user.ends().1, 0);
}

#[test]
fn without_secrets_it_is_only_a_detour() {
    let home = Home::new();
    let mut child = home
        .command(&script(&[], "read line; echo \"$line\""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    assert_eq!(finish(child.wait_with_output().unwrap()).ok().out(), "hello\n");
}
