//! Stories of keys: what unlocks the store, and changing it. OpenBao and SoftHSM are the real ones.
//!
//! `cargo xtask test` sets them up (`cargo xtask keepers`); without them these tests fail.

mod bao;
mod hsm;
mod rotation;
mod slots;
mod trust;

use serde_json::Value;

use crate::support::{Done, Home, finish};

/// The slot that somebody else wrote.
const FORGED: &str = "01000000-0000-7000-8000-000000000000";

/// Variables for a command.
type Variables<'v> = [(&'v str, &'v str)];

impl Home {
    /// Runs `distri ARGS` with variables.
    fn with(&self, variables: &Variables<'_>, args: &[&str]) -> Done {
        let mut command = self.command(args);
        command
            .envs(variables.iter().copied())
            .stdin(std::process::Stdio::null());
        finish(command.output().unwrap())
    }

    /// The slots, as `keys status` shows them.
    fn slots(&self, variables: &Variables<'_>) -> Vec<Value> {
        let status = self.with(variables, &["keys", "status", "--json"]).ok().json();
        status["slots"].as_array().unwrap().clone()
    }

    /// The one slot of a provider.
    fn slot(&self, variables: &Variables<'_>, provider: &str) -> (String, String) {
        let slots = self.slots(variables);
        let mut found = slots.iter().filter(|it| it["provider"] == provider);
        let slot = found.next().unwrap();
        assert!(found.next().is_none());
        let text = |name: &str| slot[name].as_str().unwrap().to_owned();
        (text("id"), text("root_key"))
    }

    /// Adds a row of a key slot as somebody who can write to the database would: a copy of one that there is, tried before
    /// it, with another provider and other parameters, which are SQL.
    fn forge(&self, provider: &str, parameters: &str) {
        let id = FORGED.replace('-', "");
        self.tamper(&format!(
            "insert into key_slots select x'{id}', '{provider}', {parameters}, root_fingerprint, instance_fingerprint, wrapped,
             0 from key_slots limit 1"
        ));
    }

    /// Leaves the slot of `provider` as the only one, and destroys the key file.
    fn leave_only(&self, variables: &Variables<'_>, provider: &str) -> String {
        let (_, root_key) = self.slot(variables, provider);
        for slot in self.slots(variables).iter().filter(|it| it["provider"] != provider) {
            self.with(variables, &["keys", "retire-slot", slot["id"].as_str().unwrap()])
                .ok();
        }
        std::fs::remove_file(self.root_key()).unwrap();
        root_key
    }

    /// Commands that fail with 4, name the root key that is needed, and say `text`.
    #[track_caller]
    fn locked(&self, variables: &Variables<'_>, root_key: &str, text: &str) {
        let done = self.with(variables, &["secrets", "list"]);
        let done = done.exits(4).says(root_key).says(text);
        for (_, value) in variables
            .iter()
            .filter(|it| it.0.ends_with("TOKEN") || it.0.ends_with("PIN"))
        {
            assert!(!done.stderr.contains(value), "{}", done.stderr);
        }
    }

    #[track_caller]
    fn opens(&self, variables: &Variables<'_>) {
        let done = self.with(variables, &["secrets", "get", "A", "--reveal"]).ok();
        assert_eq!(done.out(), "kept-value");
        let verified = self.with(variables, &["audit", "verify"]);
        match self.is_forged() {
            false => drop(verified.ok()),
            true => drop(verified.exits(8).says(&format!("key slot {FORGED} "))),
        }
    }

    /// Whether a row that was forged is there: it is named, and no other.
    fn is_forged(&self) -> bool {
        let database = rusqlite::Connection::open(self.database()).unwrap();
        let id = FORGED.replace('-', "");
        let there = format!("select exists (select 1 from key_slots where id = x'{id}')");
        database.query_row(&there, [], |row| row.get(0)).unwrap()
    }
}

/// A home with one secret.
fn home() -> Home {
    let home = Home::new();
    home.set("A", "kept-value");
    home
}
