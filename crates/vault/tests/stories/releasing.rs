//! What a run gets, and that it is on the record first.

use distri_core::SystemClock;
use distri_core::audit::ActionKind;
use distri_core::ids::RunId;
use distri_core::policy::AgentScope;
use distri_vault::VaultError;
use distri_vault::secrets::{Edit, MissingReason, ReleaseError, Selection, SetSecret, UpdateSecret};

use super::support::{Place, actions, ada, default, key, request, required, set, value};

#[test]
fn a_run_gets_what_it_may_have_and_the_record_says_so() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "OPEN", "o");
    set(&caller, "PRIVATE", "p");
    let only = UpdateSecret {
        agents: Edit::Set(AgentScope::only(["payment_agent".parse().expect("a name")])),
        ..UpdateSecret::default()
    };
    caller.update(&key("PRIVATE"), &default(), &only).expect("updates");

    let run = RunId::new(&SystemClock);
    let all = Selection::All {
        required: required(&["OPEN"]),
    };
    let release = caller
        .release(run, &request(Some("payment_agent"), all.clone()))
        .expect("releases");
    assert_eq!(
        release.secrets.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(),
        ["OPEN", "PRIVATE"]
    );
    assert_eq!(release.get("PRIVATE").expect("given").value.expose_secret(), b"p");
    let other = caller
        .release(run, &request(Some("other_agent"), all))
        .expect("releases");
    assert_eq!(other.secrets.len(), 1);

    let records = caller.audit_newest(2).expect("reads");
    assert_eq!(records[0].1.action, ActionKind::Release);
    assert_eq!(records[0].1.run, Some(run));
    assert_eq!(
        records[0]
            .1
            .subjects
            .iter()
            .map(|it| (it.key.as_str(), it.version))
            .collect::<Vec<_>>(),
        [("OPEN", 1), ("PRIVATE", 2)]
    );
}

#[test]
fn nothing_is_released_or_recorded_while_a_required_secret_is_missing() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "OLD", "o");
    let soon = place.clock_in(60);
    let expires = UpdateSecret {
        expires_at: Edit::Set(Some(soon)),
        ..UpdateSecret::default()
    };
    caller.update(&key("OLD"), &default(), &expires).expect("updates");
    place.clock.set(place.clock_in(120));
    let before = actions(&caller).len();
    let wanted = Selection::All {
        required: required(&["OLD", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"]),
    };
    let error = caller
        .release(RunId::new(&SystemClock), &request(None, wanted))
        .err()
        .expect("refused");
    let text = error.to_string();
    let ReleaseError::Missing(missing) = error else {
        panic!("{text}")
    };
    assert_eq!(missing[0].reason, MissingReason::Expired(soon));
    assert_eq!(missing.len(), 3);
    assert!(
        text.starts_with("required secrets are not configured: STRIPE_API_KEY, STRIPE_WEBHOOK_SECRET"),
        "{text}"
    );
    assert_eq!(actions(&caller).len(), before);
}

#[test]
fn requests_that_come_together_are_recorded_before_any_of_them_is_answered() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "value of a");
    set(&caller, "B", "value of b");
    let before = vault.records().expect("counts");
    let release = |name: &str| {
        let keys = [key(name)].into();
        caller.begin_release(RunId::new(&SystemClock), None, default(), keys)
    };
    let stale = SetSecret {
        expected_version: Some(7),
        ..SetSecret::new(key("A"), default(), value("stale"))
    };

    let a = release("A").expect("begins");
    let new = caller
        .begin_set(SetSecret::new(key("A"), default(), value("new value of a")))
        .expect("begins");
    assert!(matches!(caller.begin_set(stale), Err(VaultError::Stale { .. })));
    let newer = release("A").expect("begins");
    let b = release("B").expect("begins");
    let nothing = release("C").expect("begins");
    assert_eq!(vault.records().expect("counts"), before, "nothing is committed yet");

    let given = |released: distri_core::Release| -> Vec<String> {
        let values = released.secrets.iter().map(|it| it.value.expose_secret().to_vec());
        values.map(|it| String::from_utf8(it).expect("text")).collect()
    };
    // In whatever order they are finished, each sees what came before it in the transaction.
    assert_eq!(given(newer.finish().expect("released")), ["new value of a"]);
    assert_eq!(vault.records().expect("counts"), before + 5, "all are committed");
    assert_eq!(given(a.finish().expect("released")), ["value of a"]);
    assert_eq!(new.finish().expect("set").info.version, 2);
    assert_eq!(given(b.finish().expect("released")), ["value of b"]);
    assert_eq!(given(nothing.finish().expect("released")), Vec::<String>::new());
    drop(vault);

    // The tip outside is that of the last record: nothing is behind, and nothing is ahead.
    let vault = place.open();
    assert_eq!(vault.records().expect("counts"), before + 5);
    assert_eq!(vault.take_complaints(), Vec::<String>::new());
}
