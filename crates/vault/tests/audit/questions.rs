//! The auditor's two questions: who could have used a secret, and who did.

use distri_core::audit::{ActionKind, Outcome};
use distri_core::authz::{Actor, ActorKind, Role};
use distri_core::ids::RunId;
use distri_core::policy::AgentScope;
use distri_core::{AccountName, Clock, Environment, SecretKey, SystemClock, Timestamp};
use distri_vault::audit::{CouldUse, WhoCould, WhoDid};
use distri_vault::secrets::{Edit, ReleaseError, ReleaseSecrets, Selection, UpdateSecret};
use distri_vault::{Caller, Vault, VaultError};

use crate::support::{Place, ada, key, release, set};

const START: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(START + seconds).unwrap()
}

fn who_could(caller: &Caller<'_>, from: i64, to: i64) -> CouldUse {
    let question = WhoCould {
        key: key("A"),
        environment: None,
        from: at(from),
        to: at(to),
    };
    caller.who_could(&question).unwrap()
}

fn who_did(name: &str, from: i64, to: i64) -> WhoDid {
    WhoDid {
        key: key(name),
        environment: None,
        from: at(from),
        to: at(to),
        after: 0,
        limit: 1_000,
    }
}

fn spans(answer: &CouldUse) -> Vec<(i64, i64, u32, String)> {
    let second = |it: Timestamp| it.as_second() - START;
    let spans = answer.spans.iter();
    spans
        .map(|it| (second(it.from), second(it.to), it.version, it.agents.to_string()))
        .collect()
}

/// Set at 0, for one agent from 100 on, deleted at 200, undeleted at 300, expired at 450.
fn place_with_a_history() -> (Place, Vault) {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    let update = |change| {
        caller.update(&key("A"), &Environment::default(), &change).unwrap();
    };
    set(&vault, "A", "one");
    set(&vault, "OTHER", "x");
    place.wait(100);
    update(UpdateSecret {
        agents: Edit::Set(AgentScope::only(["payment_agent".parse().unwrap()])),
        ..UpdateSecret::default()
    });
    place.wait(50);
    release(&vault, Some("payment_agent"));
    place.wait(50);
    caller.delete(&key("A"), &Environment::default()).unwrap();
    place.wait(100);
    caller.undelete(&key("A"), &Environment::default()).unwrap();
    place.wait(100);
    update(UpdateSecret {
        expires_at: Edit::Set(Some(at(450))),
        ..UpdateSecret::default()
    });
    place.wait(100);
    (place, vault)
}

#[test]
fn who_could_have_used_a_secret_is_told_from_the_log() {
    let (_place, vault) = place_with_a_history();
    let caller = ada(&vault);
    let answer = who_could(&caller, 0, 500);
    assert_eq!(
        spans(&answer),
        [
            (0, 100, 1, "*".to_owned()),
            (100, 200, 2, "payment_agent".to_owned()),
            (300, 400, 2, "payment_agent".to_owned()),
            (400, 450, 2, "payment_agent".to_owned()),
        ]
    );
    assert!(
        answer
            .people
            .iter()
            .all(|it| it.kind == ActorKind::Local && it.may_reveal)
    );
    assert!(!answer.pruned);
    assert_eq!(spans(&who_could(&caller, 50, 60)), [(50, 60, 1, "*".to_owned())]);
    assert_eq!(spans(&who_could(&caller, 210, 290)), [], "it was deleted");
    assert_eq!(spans(&who_could(&caller, 460, 470)), [], "it had expired");
    assert_eq!(spans(&who_could(&caller, -100, 0)), [], "there was none yet");
}

#[test]
fn who_did_names_every_change_and_use() {
    let (_place, vault) = place_with_a_history();
    let caller = ada(&vault);
    let did = |from, to| -> Vec<ActionKind> {
        let found = caller.who_did(&who_did("A", from, to)).unwrap();
        assert_eq!((found.next, found.kept), (None, None));
        found.records.into_iter().map(|it| it.1.action).collect()
    };
    use ActionKind::{Delete, Describe, Policy, Release, Set, Undelete};
    assert_eq!(did(0, 500), [Set, Policy, Release, Delete, Undelete, Describe]);
    assert_eq!(did(100, 200), [Policy, Release]);
    assert_eq!(did(500, 600), []);
    let mut paged = WhoDid {
        limit: 4,
        ..who_did("A", 0, 500)
    };
    let first = caller.who_did(&paged).unwrap();
    assert_eq!(first.records.len(), 4);
    paged.after = first.next.unwrap();
    let last = caller.who_did(&paged).unwrap();
    assert_eq!((last.records.len(), last.next), (2, None));
}

#[test]
fn a_key_that_the_log_never_knew_is_no_comfort() {
    let (_place, vault) = place_with_a_history();
    let caller = ada(&vault);
    let (other, prod): (SecretKey, Environment) = (key("OTHER"), "prod".parse().unwrap());
    let mut could = WhoCould {
        key: key("OTHERS"),
        environment: None,
        from: at(0),
        to: at(500),
    };
    let mut did = who_did("OTHERS", 0, 500);
    let mut says = |key: &SecretKey, environment: Option<&Environment>, text: &str| {
        could.key = key.clone();
        could.environment = environment.cloned();
        did.key = key.clone();
        did.environment = environment.cloned();
        for error in [
            caller.who_could(&could).map(drop).unwrap_err(),
            caller.who_did(&did).map(drop).unwrap_err(),
        ] {
            assert!(matches!(error, VaultError::NeverKnown(_)));
            assert_eq!(error.to_string(), text);
        }
    };
    says(
        &key("OTHERS"),
        None,
        "the audit log has never known a secret `OTHERS`; did you mean `OTHER`",
    );
    says(
        &key("NOPE"),
        Some(&prod),
        "the audit log has never known a secret `NOPE` in environment `prod`",
    );
    says(
        &other,
        Some(&prod),
        "the audit log has never known a secret `OTHER` in environment `prod`; there is one in environment `default`",
    );
    caller.purge(&other, &Environment::default()).unwrap();
    let purged = caller.who_did(&who_did("OTHER", 0, 501)).unwrap();
    assert_eq!(purged.records.len(), 3, "what was purged was known");
}

#[test]
fn what_was_pruned_is_filled_from_the_versions_and_said() {
    let (place, vault) = place_with_a_history();
    ada(&vault).prune_audit(at(150)).unwrap();
    let answer = who_could(&ada(&vault), 0, 500);
    assert!(answer.pruned);
    let kept = answer.kept.unwrap();
    assert_eq!(kept.at, at(150));
    let did = |from, to| ada(&vault).who_did(&who_did("A", from, to)).unwrap();
    assert_eq!(did(0, 500).kept, Some(kept));
    assert_eq!(did(200, 500).kept, None, "all of that time is there");
    assert!(did(0, 100).records.is_empty() && did(0, 100).kept.is_some());
    let error = ada(&vault).who_did(&who_did("NOPE", 0, 500)).unwrap_err();
    let said = format!("since record {}, and those before it were pruned", kept.seq);
    assert!(error.to_string().ends_with(&said), "{error}");
    let found = spans(&answer);
    assert_eq!(found[0], (0, 100, 1, "*".to_owned()));
    assert_eq!(found[1].3, "payment_agent");
    assert_eq!(answer.spans[0].seq, None, "the version says so");
    assert!(place.clock.now() >= at(500));
}

#[test]
fn what_was_refused_is_recorded_with_its_rule() {
    let (place, vault) = place_with_a_history();
    place.wait(-400);
    let mut eve = Actor::local("eve");
    eve.role = Role::Viewer;
    let caller = vault.caller(eve, &AccountName::default()).unwrap();
    let refused = caller.reveal(&key("OTHER"), &Environment::default(), None);
    assert!(matches!(refused, Err(VaultError::Denied(_))));
    let request = ReleaseSecrets {
        agent: Some("another_agent".parse().unwrap()),
        environment: Environment::default(),
        selection: Selection::Only([key("A")].into()),
    };
    let run = RunId::new(&SystemClock);
    let missing = ada(&vault).release(run, &request);
    assert!(matches!(missing, Err(ReleaseError::Missing(_))));

    let newest = ada(&vault).audit_newest(2).unwrap();
    let by_role = &newest[0].1;
    assert_eq!(
        (by_role.actor.name.as_str(), by_role.action),
        ("eve", ActionKind::Refuse)
    );
    let rule = "role: the role `viewer` does not permit `reveal`";
    assert_eq!(by_role.outcome, Outcome::Denied(rule.to_owned()));
    let by_policy = &newest[1].1;
    assert_eq!(by_policy.outcome, Outcome::Denied("policy: agents".to_owned()));
    assert_eq!(by_policy.agent, request.agent);
    assert_eq!((by_policy.run, by_policy.subjects[0].key.as_str()), (Some(run), "A"));
}
