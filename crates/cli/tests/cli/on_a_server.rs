//! The stories of the embedded store once more, against a server: the same verbs, the same words, the same exit codes.

use std::process::Command;

use crate::support::PLACE;

/// Stories of the embedded store alone, each with the reason.
const OF_THIS_MACHINE: &[(&str, &str)] = &[
    ("secrets::completions_and_help", "nothing is asked of a server"),
    ("secrets::lint_finds", "to come"),
    ("secrets::reading_verbs", "to come"),
];

/// Runs this program's own tests against servers, those whose names begin so.
fn hold(stories: &[&str]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(stories).env(PLACE, "server");
    for (story, _) in OF_THIS_MACHINE {
        command.args(["--skip", story]);
    }
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    assert!(!said.contains("running 0 tests"), "there are no such stories: {said}");
}

#[test]
fn the_stories_of_secrets_hold() {
    hold(&["secrets::"]);
}
