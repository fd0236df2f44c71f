//! The commands that are ended in every way, in an order in which each finds what it needs.
//!
//! A new command that changes something gets a line here, and is tried by all of this program's tests.

use crate::state::State;
use crate::world::World;

pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) args: fn(&World, usize) -> Vec<String>,
    pub(crate) input: Option<fn(usize) -> String>,
    /// What it changes.
    pub(crate) effect: fn(&mut State, &World, usize),
    /// The records of it.
    pub(crate) records: &'static [&'static str],
    /// What is done by hand before it.
    pub(crate) before: Option<fn(&mut World)>,
    /// Whether the log is shorter after it.
    pub(crate) goes_back: bool,
}

impl Step {
    pub(crate) const BLANK: Self = Self {
        name: "",
        args: |_, _| Vec::new(),
        input: None,
        effect: |_, _, _| {},
        records: &[],
        before: None,
        goes_back: false,
    };

    pub(crate) fn after(&self, world: &World, round: usize) -> State {
        let mut state = world.known.clone();
        (self.effect)(&mut state, world, round);
        state
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn value(round: usize) -> String {
    format!("a-value-of-round-{round}-{}", "x".repeat(round * 131 % 5_000))
}

/// All of them.
pub(crate) static STEPS: &[Step] = &[
    Step {
        name: "set a new secret",
        args: |_, round| words(&format!("secrets set NEW_{round}")),
        input: Some(value),
        effect: |it, _, round| drop(it.values.insert(format!("NEW_{round}"), Some(value(round)))),
        records: &["secret.set"],
        ..Step::BLANK
    },
    Step {
        name: "set another value",
        args: |_, _| words("secrets set FILL_5"),
        input: Some(value),
        effect: |it, _, round| drop(it.values.insert("FILL_5".to_owned(), Some(value(round)))),
        records: &["secret.set"],
        ..Step::BLANK
    },
    Step {
        name: "stage",
        args: |_, _| words("secrets set FILL_6 --stage"),
        input: Some(value),
        effect: |it, _, _| {
            it.staged.insert("FILL_6".to_owned());
        },
        records: &["secret.stage"],
        ..Step::BLANK
    },
    Step {
        name: "promote",
        args: |_, _| words("secrets promote FILL_6"),
        effect: |it, _, round| {
            it.staged.remove("FILL_6");
            it.values.insert("FILL_6".to_owned(), Some(value(round)));
        },
        records: &["secret.promote"],
        ..Step::BLANK
    },
    Step {
        name: "delete",
        args: |_, _| words("secrets delete FILL_7 --yes"),
        effect: |it, _, _| drop(it.values.insert("FILL_7".to_owned(), None)),
        records: &["secret.delete"],
        ..Step::BLANK
    },
    Step {
        name: "undelete",
        args: |_, _| words("secrets undelete FILL_7"),
        effect: |it, _, _| {
            it.values
                .insert("FILL_7".to_owned(), Some("value-of-7-long-enough".to_owned()));
        },
        records: &["secret.undelete"],
        ..Step::BLANK
    },
    Step {
        name: "reveal",
        args: |_, _| words("secrets get FILL_3 --reveal"),
        records: &["secret.reveal"],
        ..Step::BLANK
    },
    Step {
        name: "exec",
        args: |world, round| {
            let mut args = words("exec --only FILL_3 -- sh -c");
            args.push(format!("printf %s \"$FILL_3\" > '{}'", world.given(round).display()));
            args
        },
        records: &["secret.release"],
        ..Step::BLANK
    },
    Step {
        name: "purge",
        args: |_, round| words(&format!("secrets purge NEW_{round} --yes")),
        effect: |it, _, round| drop(it.values.remove(&format!("NEW_{round}"))),
        records: &["secret.purge"],
        ..Step::BLANK
    },
    Step {
        name: "make an account",
        args: |_, round| words(&format!("accounts create acme-{round}")),
        effect: |it, _, round| {
            it.accounts.insert(format!("acme-{round}"));
        },
        ..Step::BLANK
    },
    Step {
        name: "delete the account",
        args: |_, round| words(&format!("accounts delete acme-{round} --yes")),
        effect: |it, _, round| {
            it.accounts.remove(&format!("acme-{round}"));
        },
        records: &["account.delete"],
        ..Step::BLANK
    },
    Step {
        name: "rotate the account's key",
        args: |_, _| words("keys rotate account"),
        effect: |it, _, _| it.account_keys += 1,
        records: &["key.rotate-account"],
        ..Step::BLANK
    },
    Step {
        name: "reseal",
        args: |_, _| words("keys reseal"),
        ..Step::BLANK
    },
    Step {
        name: "reseal values",
        args: |_, _| words("keys reseal --deep"),
        ..Step::BLANK
    },
    Step {
        name: "rotate the instance key",
        args: |_, _| words("keys rotate instance"),
        effect: |it, _, _| it.instance_keys += 1,
        records: &["key.rotate-instance"],
        ..Step::BLANK
    },
    Step {
        name: "back up",
        args: |world, round| {
            let mut args = words("backup create --recipient");
            args.push(world.recipient.clone());
            args.extend(["--to".to_owned(), world.backup(round).display().to_string()]);
            args
        },
        records: &["backup.create"],
        ..Step::BLANK
    },
    Step {
        name: "set after the backup",
        args: |_, _| words("secrets set FILL_8"),
        input: Some(value),
        effect: |it, _, round| drop(it.values.insert("FILL_8".to_owned(), Some(value(round)))),
        records: &["secret.set"],
        ..Step::BLANK
    },
    Step {
        name: "restore",
        args: |world, round| {
            let mut args = words("backup restore --replace --accept-rollback --identity identity.txt");
            args.push(world.backup(round).display().to_string());
            args
        },
        effect: |it, world, _| it.clone_from(&world.in_backup),
        records: &["backup.restore"],
        goes_back: true,
        ..Step::BLANK
    },
    Step {
        name: "set after the copy",
        args: |_, _| words("secrets set FILL_9"),
        input: Some(value),
        effect: |it, _, round| drop(it.values.insert("FILL_9".to_owned(), Some(value(round)))),
        records: &["secret.set"],
        before: Some(World::copy_database),
        ..Step::BLANK
    },
    Step {
        name: "accept an older database",
        args: |_, _| words("audit accept-rollback --yes"),
        effect: |it, _, _| it.is_behind = false,
        records: &["audit.accept-rollback"],
        before: Some(World::put_copy_back),
        goes_back: true,
        ..Step::BLANK
    },
];

/// The step with this name.
pub(crate) fn step(name: &str) -> &'static Step {
    STEPS.iter().find(|it| it.name == name).unwrap()
}
