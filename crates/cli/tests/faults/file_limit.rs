//! A limit on the size of files stands for a full disk where nobody may mount one: a write fails in the middle of the log.

use crate::state::look;
use crate::steps::step;
use crate::support::feed;
use crate::world::World;

#[test]
fn a_write_that_fails_in_the_middle_changes_nothing_and_says_so() {
    let mut world = World::new();
    world.fill(3);
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" secrets set BIG";
    let mut command = world.command(&[]);
    let program = command.get_program().to_owned();
    command = {
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-c", script])
            .arg(program)
            .env("DISTRI_HOME", world.home.path());
        shell
    };
    let ended = feed(command, "y".repeat(60_000).as_bytes());
    ended
        .exits(1)
        .says("nothing was changed")
        .says("hint: make room where `");
    assert_eq!(look(&world.vault_home(), None, &world.known).state, world.known);
    world.run(step("set a new secret"), 1);
}
