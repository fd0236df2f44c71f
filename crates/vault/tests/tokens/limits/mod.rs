//! What is beyond a token's limits looks like what is not there, for every use case that there is.
//!
//! Each use case is tried twice with a limited token: on something hidden and on something that does not exist. The two
//! answers must be the same. A use case without its row here fails [`every_use_case_is_tried`].

mod evidence;
mod people;
mod runs;
mod secrets;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;

use distri_core::authz::Limits;
use distri_core::ids::RunId;
use distri_core::policy::AgentScope;
use distri_core::{AgentName, Environment, SecretKey, Timestamp};
use distri_store::StoreError;
use distri_vault::observed::{ObservedAbout, ObservedBatch};
use distri_vault::root_key::{RootKeyError, Surroundings};
use distri_vault::secrets::{Edit, ListSecrets, ReleaseSecrets, Selection, SetSecret};
use distri_vault::{Caller, Home, Vault, VaultError};

use crate::support::{Place, ada, by, environment, key, token, value};

/// What a use case is tried on.
struct Target {
    environment: Environment,
    key: SecretKey,
    agent: AgentName,
    run: RunId,
    /// A placeholder, or text that is none.
    text: String,
}

type Case = (&'static str, fn(&Caller<'_>, &Target) -> String);

/// Every use case. What its answer shows is its text.
fn cases() -> impl Iterator<Item = &'static Case> {
    [secrets::CASES, runs::CASES, evidence::CASES, people::CASES]
        .into_iter()
        .flatten()
}

/// Asks with nobody and nothing around.
fn alone<T>(ask: impl FnOnce(&mut Surroundings<'_>) -> T) -> T {
    let home = Home::below(Path::new("/nonexistent"));
    let mut nobody = || Err(RootKeyError::NoPassphrase("nobody".to_owned()));
    ask(&mut Surroundings::of(&home, &mut nobody))
}

/// What of an answer anybody gets to see.
fn shown<T: Debug, E: std::fmt::Display>(answer: Result<T, E>) -> String {
    match answer {
        Ok(value) => format!("{value:?}\n"),
        Err(error) => format!("refused: {error}\n"),
    }
}

struct Wrapped(VaultError);

impl From<VaultError> for Wrapped {
    fn from(error: VaultError) -> Self {
        Self(error)
    }
}

impl From<StoreError> for Wrapped {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

/// What only the hidden secrets have.
const MARKS: [&str; 4] = ["hidden-value", "hidden-note", "hidden.example", "HIDDEN_ELSEWHERE"];

const RUN: [u8; 16] = [5; 16];

/// Sets up what is seen and what is hidden, and answers with the text that a run got for the hidden secret.
fn fill(vault: &Vault, hidden: &(Environment, AgentScope)) -> String {
    let ada = ada(vault);
    let (there, agents) = hidden;
    ada.set(&SetSecret::new(
        key("SEEN_KEY"),
        environment("default"),
        value("seen-value"),
    ))
    .expect("sets");
    for name in ["HIDDEN_KEY", "HIDDEN_ELSEWHERE"] {
        let set = SetSecret {
            hosts: Edit::Set(vec!["hidden.example".parse().expect("a host")]),
            note: Edit::Set(Some("hidden-note".to_owned())),
            agents: Edit::Set(agents.clone()),
            ..SetSecret::new(key(name), there.clone(), value("hidden-value-of-some-length"))
        };
        ada.set(&set).expect("sets");
    }
    ada.delete(&key("HIDDEN_ELSEWHERE"), there).expect("deletes");
    let request = ReleaseSecrets {
        agent: Some("other".parse().expect("a name")),
        environment: there.clone(),
        selection: Selection::Only([key("HIDDEN_KEY")].into()),
    };
    let run = RunId::from_bytes(RUN);
    let release = ada.release(run, &request).expect("releases");
    let batch = ObservedBatch {
        about: ObservedAbout {
            at: Timestamp::UNIX_EPOCH,
            agent: request.agent,
            environment: there.clone(),
            secrets: vec![key("HIDDEN_KEY")],
        },
        requests: Vec::new(),
        left_out: 0,
    };
    ada.observe(run, 1, &batch).expect("keeps it");
    release.secrets[0]
        .placeholder
        .as_ref()
        .expect("it has hosts")
        .as_str()
        .to_owned()
}

#[test]
fn what_is_beyond_the_limits_looks_like_what_is_not_there() {
    let default = Environment::default;
    let kinds = [
        (
            "keys",
            "read,write,reveal,resolve",
            Limits {
                keys: Some([key("SEEN_KEY")].into()),
                ..Limits::default()
            },
            (default(), AgentScope::All),
        ),
        (
            "environments",
            "read,write,reveal,resolve",
            Limits {
                environments: Some([default()].into()),
                ..Limits::default()
            },
            (environment("prod"), AgentScope::All),
        ),
        (
            "agents",
            "read,resolve",
            Limits {
                agents: Some(["mailer".parse().expect("a name")].into()),
                ..Limits::default()
            },
            (default(), AgentScope::only(["other".parse().expect("a name")])),
        ),
    ];
    for (kind, scopes, limits, hidden) in kinds {
        let place = Place::new();
        let vault = place.open();
        let placeholder = fill(&vault, &hidden);
        let target = |key_text: &str, run: [u8; 16], text: &str| Target {
            environment: hidden.0.clone(),
            key: key(key_text),
            agent: "other".parse().expect("a name"),
            run: RunId::from_bytes(run),
            text: text.to_owned(),
        };
        let (plain, _) = token(&vault, "limited", scopes, limits.clone());
        for (name, case) in cases() {
            let before = state(&vault, &limits, &hidden.0);

            let caller = by(&vault, &plain).expect("known");
            let on_absent = case(&caller, &target("ABSENT_KEY", [6; 16], "nothing"));
            let on_hidden = case(&caller, &target("HIDDEN_KEY", RUN, &placeholder));
            let neutral = |text: &str| {
                let text = text.replace("ABSENT_KEY", "KEY").replace("HIDDEN_KEY", "KEY");
                text.replace(&RunId::from_bytes([6; 16]).to_string(), "RUN")
                    .replace(&RunId::from_bytes(RUN).to_string(), "RUN")
            };
            assert_eq!(neutral(&on_hidden), neutral(&on_absent), "{kind} {name}");
            for mark in MARKS {
                assert!(
                    !on_hidden.contains(mark) && !on_absent.contains(mark),
                    "{kind} {name}: {on_hidden}"
                );
            }
            assert_eq!(
                state(&vault, &limits, &hidden.0),
                before,
                "{kind} {name} changed something"
            );
        }
    }
}

/// What is known of everything beyond the limits.
fn state(vault: &Vault, limits: &Limits, environment: &Environment) -> String {
    let ada = ada(vault);
    let listed = ada.list(&ListSecrets {
        environment: None,
        deleted: true,
    });
    let mut listed = listed.expect("lists");
    listed.retain(|it| !limits.reach(&it.info.environment, &it.info.key, &it.info.policy.agents));
    format!("{listed:?} {:?}", ada.history(&key("HIDDEN_KEY"), environment))
}

#[test]
fn what_is_within_the_limits_is_there() {
    let place = Place::new();
    let vault = place.open();
    fill(&vault, &(Environment::default(), AgentScope::All));
    let limits = Limits {
        keys: Some([key("SEEN_KEY")].into()),
        agents: Some(["mailer".parse().expect("a name")].into()),
        environments: Some([Environment::default()].into()),
        addresses: None,
    };
    let (plain, _) = token(&vault, "runner", "read,resolve", limits);
    let caller = by(&vault, &plain).expect("known");
    let listed = caller.list(&ListSecrets::default()).expect("lists");
    assert_eq!(
        listed.iter().map(|it| it.info.key.as_str()).collect::<Vec<_>>(),
        ["SEEN_KEY"]
    );
    let release = |agent: Option<&str>| {
        let request = ReleaseSecrets {
            agent: agent.map(|it| it.parse().expect("a name")),
            environment: Environment::default(),
            selection: Selection::All {
                required: BTreeSet::new(),
            },
        };
        caller.release(RunId::from_bytes([1; 16]), &request)
    };
    assert_eq!(release(Some("mailer")).expect("releases").secrets.len(), 1);
    assert!(release(Some("other")).is_err());
    assert!(release(None).is_err(), "a command without an agent is not the agent");
}

#[test]
fn definitions_of_other_agents_are_not_there() {
    let place = Place::new();
    let vault = place.open();
    for name in ["mailer", "other"] {
        let definition = format!("---\nname = \"{name}\"\n---\n");
        ada(&vault).put_agent(&definition).expect("pushes");
    }
    let limits = Limits {
        agents: Some(["mailer".parse().expect("a name")].into()),
        ..Limits::default()
    };
    let (plain, _) = token(&vault, "runner", "read,resolve", limits);
    let caller = by(&vault, &plain).expect("known");
    let names: Vec<String> = caller
        .agents()
        .expect("lists")
        .into_iter()
        .map(|it| it.name.to_string())
        .collect();
    assert_eq!(names, ["mailer"]);
    for name in ["other", "nothing"] {
        let refused = caller.agent(&name.parse().expect("a name"));
        assert!(matches!(refused, Err(VaultError::NoAgent(_))), "{name}");
    }
}

/// Reads the sources: whatever is public on a `Caller` is a use case.
#[test]
fn every_use_case_is_tried() {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("reads") {
            let path = entry.expect("reads").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut is_of_caller = false;
            for line in std::fs::read_to_string(&path).expect("reads").lines() {
                if line.starts_with("impl") {
                    is_of_caller = line.starts_with("impl Caller");
                }
                let name = line.strip_prefix("    pub fn ").filter(|_| is_of_caller);
                found.extend(name.map(|it| it[..it.find(['(', '<']).expect("a signature")].to_owned()));
            }
        }
    }
    let tried: BTreeSet<String> = cases().map(|it| it.0.to_owned()).collect();
    assert_eq!(found, tried);
}
