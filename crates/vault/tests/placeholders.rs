//! Stories of placeholders: each run has its own, each says whose it is, and an alarm names agent and run.

#[path = "common/database.rs"]
mod database;

use std::sync::Arc;

use data_encoding::BASE64;
use distri_core::alarm::{Alarm, AlarmRule};
use distri_core::audit::{ActionKind, Outcome};
use distri_core::authz::Actor;
use distri_core::ids::RunId;
use distri_core::policy::Delivery;
use distri_core::{AccountName, AgentName, Environment, Policy, Release, SecretValue, SystemClock};
use distri_vault::secrets::{ReleaseSecrets, Selection, SetSecret};
use distri_vault::{Caller, FirstUse, Vault};

const VALUE: &str = "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG";

use database::TestDatabase;

struct Place {
    directory: tempfile::TempDir,
    database: TestDatabase,
}

impl Place {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            database: TestDatabase::new(),
        }
    }

    fn open(&self) -> Vault {
        let home = self.database.home(self.directory.path());
        let ask = &mut || panic!("nobody is asked");
        Vault::open(&home, Arc::new(SystemClock), FirstUse::KeyFile, ask).expect("opens")
    }
}

fn ada(vault: &Vault) -> Caller<'_> {
    vault
        .caller(Actor::local("ada"), &AccountName::default())
        .expect("the account")
}

fn set(caller: &Caller<'_>, key: &str, hosts: &[&str], delivery: Delivery) {
    let value = SecretValue::new(VALUE.into()).expect("a value");
    let request = SetSecret {
        default_policy: Policy {
            hosts: hosts.iter().map(|it| it.parse().expect("a binding")).collect(),
            delivery,
            ..Policy::default()
        },
        ..SetSecret::new(key.parse().expect("a key"), Environment::default(), value)
    };
    caller.set(&request).expect("sets");
}

fn agent() -> AgentName {
    "payment_agent".parse().expect("a name")
}

fn release(caller: &Caller<'_>) -> Release {
    let request = ReleaseSecrets {
        agent: Some(agent()),
        environment: Environment::default(),
        selection: Selection::All {
            required: Default::default(),
        },
    };
    caller.release(RunId::new(&SystemClock), &request).expect("releases")
}

#[test]
fn each_run_gets_placeholders_of_its_own_and_each_says_whose_it_is() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A_FREE", &[], Delivery::Auto);
    set(&caller, "BOUND", &["api.stripe.com"], Delivery::Auto);
    set(&caller, "GIVEN", &["api.stripe.com"], Delivery::Value);
    set(&caller, "LOCAL", &[], Delivery::Placeholder);

    let (one, two) = (release(&caller), release(&caller));
    let given = |release: &Release, key| String::from_utf8(release.get(key).expect(key).given().to_vec()).expect(key);
    assert_eq!(given(&one, "A_FREE"), VALUE);
    assert_eq!(given(&one, "GIVEN"), VALUE);
    for key in ["BOUND", "LOCAL"] {
        let (first, second) = (given(&one, key), given(&two, key));
        assert!(first.starts_with("sk_live_") && first.len() == VALUE.len(), "{first}");
        assert!(first != VALUE && first != second);
        // Another process, later, with nothing but the database and the root key.
        let later = place.open();
        let text = format!("found in a log: {second}, {}", BASE64.encode(first.as_bytes()));
        let holders = ada(&later).identify(text.as_bytes()).expect("identifies");
        let runs: Vec<_> = holders.iter().map(|it| it.release.run).collect();
        assert_eq!(runs, [Some(two.run), Some(one.run)]);
        assert!(
            holders
                .iter()
                .all(|it| it.subject.key.as_str() == key && it.release.agent == Some(agent()))
        );
    }
    assert!(caller.identify(VALUE.as_bytes()).expect("identifies").is_empty());
}

#[test]
fn an_alarm_is_recorded_with_agent_run_secret_and_whose_placeholder_it_was() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "BOUND", &["api.stripe.com"], Delivery::Auto);
    let (one, two) = (release(&caller), release(&caller));
    let alarm = Alarm {
        rule: AlarmRule::OtherRun,
        place: "header authorization".to_owned(),
        destination: Some("evil.example".to_owned()),
        step: Some("send_email 1".to_owned()),
        found: one
            .get("BOUND")
            .and_then(|it| it.placeholder.as_ref())
            .map(|it| it.id()),
        key: None,
    };
    caller.alarm(two.run, Some(&agent()), &alarm).expect("records");

    let (_, record) = caller.audit_newest(1).expect("reads").pop().expect("a record");
    assert_eq!(record.action, ActionKind::Alarm);
    assert_eq!((record.run, record.agent), (Some(two.run), Some(agent())));
    assert_eq!(record.subjects[0].key.as_str(), "BOUND");
    assert_eq!(record.outcome, Outcome::Denied("other-run".to_owned()));
    let facts = record.alarm.expect("facts");
    assert_eq!(facts.origin, Some(one.run));
    assert_eq!(facts.destination.as_deref(), Some("evil.example"));
}

#[test]
fn alarms_are_found_among_everything_else() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "BOUND", &["api.stripe.com"], Delivery::Auto);
    let run = release(&caller).run;
    let alarm = |place: &str| {
        let alarm = Alarm {
            rule: AlarmRule::Output,
            place: place.to_owned(),
            destination: None,
            step: None,
            found: None,
            key: None,
        };
        caller.alarm(run, Some(&agent()), &alarm).expect("records");
    };
    let places = |after, limit| -> Vec<String> {
        let alarms = caller.alarms(after, limit).expect("reads");
        assert!(alarms.iter().is_sorted_by_key(|(seq, _)| *seq));
        alarms
            .into_iter()
            .map(|(_, it)| it.alarm.expect("an alarm").place)
            .collect()
    };
    assert!(places(None, 10).is_empty() && places(Some(0), 10).is_empty());
    alarm("one");
    // More than are read at once.
    for _ in 0..300 {
        drop(release(&caller));
    }
    alarm("two");
    alarm("three");
    assert_eq!(places(None, 10), ["one", "two", "three"]);
    assert_eq!(places(None, 2), ["two", "three"]);
    assert_eq!(places(Some(0), 2), ["one", "two"]);
    let (seq, _) = caller.alarms(Some(0), 1).expect("reads").remove(0);
    assert_eq!(places(Some(seq), 10), ["two", "three"]);
}
