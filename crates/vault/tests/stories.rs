//! Stories of the vault on a real database: what its users rely on.

#[path = "common/database.rs"]
mod database;

use std::collections::BTreeSet;
use std::sync::Arc;

use distri_core::audit::ActionKind;
use distri_core::authz::{Actor, Role};
use distri_core::clock::FixedClock;
use distri_core::ids::RunId;
use distri_core::policy::AgentScope;
use distri_core::{AccountName, Environment, Policy, SecretKey, SecretValue, SystemClock, Timestamp};
use distri_vault::root_key::{Passphrase, RootKeyError, Surroundings, passphrase};
use distri_vault::secrets::{
    CopySecrets, Edit, ImportEntry, ImportSecrets, ListSecrets, MissingReason, OnConflict, Planned, ReleaseError,
    ReleaseSecrets, Selection, SetSecret, UpdateSecret,
};
use distri_vault::{Caller, FirstUse, Home, Vault, VaultError};

use database::{Hands, TestDatabase, files};

struct Place {
    directory: tempfile::TempDir,
    clock: Arc<FixedClock>,
    database: TestDatabase,
}

impl Place {
    fn new() -> Self {
        let start = Timestamp::from_second(1_800_000_000).expect("in range");
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            clock: Arc::new(FixedClock::at(start)),
            database: TestDatabase::new(),
        }
    }

    fn home(&self) -> Home {
        self.database.home(self.directory.path())
    }

    fn open(&self) -> Vault {
        Vault::open(&self.home(), self.clock.clone(), FirstUse::KeyFile, &mut nobody_to_ask).expect("opens")
    }

    fn database(&self) -> Hands<'_> {
        self.database.hands(&self.home())
    }
}

fn nobody_to_ask() -> Result<Passphrase, RootKeyError> {
    Err(RootKeyError::NoPassphrase("nobody".to_owned()))
}

fn ada(vault: &Vault) -> Caller<'_> {
    vault
        .caller(Actor::local("ada"), &AccountName::default())
        .expect("the default account")
}

fn key(text: &str) -> SecretKey {
    text.parse().expect("a key")
}

fn default() -> Environment {
    Environment::default()
}

fn value(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec()).expect("within limits")
}

fn set(caller: &Caller<'_>, name: &str, text: &str) -> u32 {
    caller
        .set(&SetSecret::new(key(name), default(), value(text)))
        .expect("sets")
        .info
        .version
}

fn revealed(caller: &Caller<'_>, name: &str) -> Vec<u8> {
    caller
        .reveal(&key(name), &default(), None)
        .expect("reveals")
        .value
        .expose_secret()
        .to_vec()
}

fn actions(caller: &Caller<'_>) -> Vec<ActionKind> {
    caller
        .audit_newest(100)
        .expect("reads")
        .into_iter()
        .map(|it| it.1.action)
        .collect()
}

#[test]
fn a_value_is_kept_versioned_deleted_and_brought_back_with_its_records() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    assert_eq!(set(&caller, "STRIPE_API_KEY", "one"), 1);
    assert_eq!(set(&caller, "STRIPE_API_KEY", "two"), 2);
    assert_eq!(revealed(&caller, "STRIPE_API_KEY"), b"two");
    let first = caller
        .reveal(&key("STRIPE_API_KEY"), &default(), Some(1))
        .expect("reveals");
    assert_eq!((first.value.expose_secret(), first.info.version), (&b"one"[..], 1));

    caller.delete(&key("STRIPE_API_KEY"), &default()).expect("deletes");
    assert!(matches!(
        caller.get(&key("STRIPE_API_KEY"), &default()),
        Err(VaultError::NotFound { .. })
    ));
    assert!(matches!(
        caller.reveal(&key("STRIPE_API_KEY"), &default(), None),
        Err(VaultError::NotFound { .. })
    ));
    assert!(matches!(
        caller.delete(&key("STRIPE_API_KEY"), &default()),
        Err(VaultError::NotFound { .. })
    ));
    caller.undelete(&key("STRIPE_API_KEY"), &default()).expect("undeletes");
    assert!(matches!(
        caller.undelete(&key("STRIPE_API_KEY"), &default()),
        Err(VaultError::NotDeleted(_))
    ));
    assert_eq!(
        caller
            .rollback(&key("STRIPE_API_KEY"), &default(), None)
            .expect("rolls back")
            .version,
        3
    );
    assert_eq!(revealed(&caller, "STRIPE_API_KEY"), b"one");

    use ActionKind::{Delete, InstanceCreate, Reveal, Rollback, Set, Undelete};
    assert_eq!(
        actions(&caller),
        [
            InstanceCreate,
            Set,
            Set,
            Reveal,
            Reveal,
            Delete,
            Undelete,
            Rollback,
            Reveal
        ]
    );
    let history = caller.history(&key("STRIPE_API_KEY"), &default()).expect("reads");
    let lines: Vec<_> = history
        .iter()
        .map(|it| (it.version, it.change, it.origin, it.current))
        .collect();
    assert_eq!(
        lines,
        [
            (3, "rollback", Some(1), true),
            (2, "value", None, false),
            (1, "value", None, false)
        ]
    );
}

#[test]
fn everything_survives_closing_and_opening() {
    let place = Place::new();
    set(&ada(&place.open()), "A", "kept");
    let vault = place.open();
    assert_eq!(revealed(&ada(&vault), "A"), b"kept");
}

#[test]
fn setting_a_deleted_secret_brings_it_back_with_its_history_and_policy() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    let hosts = vec!["api.stripe.com".parse().expect("a binding")];
    let request = SetSecret {
        default_policy: Policy {
            hosts: hosts.clone(),
            ..Policy::default()
        },
        ..SetSecret::new(key("A"), default(), value("one"))
    };
    caller.set(&request).expect("sets");
    caller.delete(&key("A"), &default()).expect("deletes");
    let outcome = caller
        .set(&SetSecret::new(key("A"), default(), value("two")))
        .expect("sets");
    assert!(outcome.undeleted && !outcome.created);
    assert_eq!((outcome.info.version, outcome.info.policy.hosts), (2, hosts));
}

#[test]
fn a_changed_policy_is_a_new_version_with_the_same_value() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "one");
    let hosts = Edit::Set(vec![
        "b.example".parse().expect("a binding"),
        "a.example".parse().expect("a binding"),
    ]);
    let outcome = caller
        .update(
            &key("A"),
            &default(),
            &UpdateSecret {
                hosts,
                ..UpdateSecret::default()
            },
        )
        .expect("updates");
    assert!(outcome.policy_changed);
    assert_eq!(outcome.info.version, 2);
    assert_eq!(
        outcome
            .info
            .policy
            .hosts
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["a.example", "b.example"]
    );
    assert_eq!(revealed(&caller, "A"), b"one");
    let note = UpdateSecret {
        note: Edit::Set(Some("for refunds".to_owned())),
        ..UpdateSecret::default()
    };
    let outcome = caller.update(&key("A"), &default(), &note).expect("updates");
    assert!(outcome.changed && !outcome.policy_changed);
    assert_eq!(outcome.info.version, 2);
    let same = caller.update(&key("A"), &default(), &note).expect("updates");
    assert!(!same.changed);
    assert_eq!(set(&caller, "A", "two"), 3);
    let again = caller.rollback(&key("A"), &default(), None);
    assert_eq!(again.expect("rolls back").version, 4);
    assert_eq!(
        revealed(&caller, "A"),
        b"one",
        "the policy's version is skipped: it brought no value"
    );
}

#[test]
fn environments_never_fall_through() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "default value");
    let prod: Environment = "prod".parse().expect("an environment");
    assert!(matches!(caller.get(&key("A"), &prod), Err(VaultError::NotFound { .. })));
    let copy = CopySecrets {
        from: default(),
        to: prod.clone(),
        only: None,
        on_conflict: OnConflict::Fail,
    };
    assert_eq!(caller.copy(&copy).expect("copies").copied, [key("A")]);
    assert!(matches!(caller.copy(&copy), Err(VaultError::Exists { .. })));
    set(&caller, "A", "another");
    assert_eq!(
        caller
            .reveal(&key("A"), &prod, None)
            .expect("reveals")
            .value
            .expose_secret(),
        b"default value"
    );
    assert_eq!(caller.list(&ListSecrets::default()).expect("lists").len(), 2);
}

#[test]
fn the_version_a_caller_expects_is_checked() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    let expecting = |version| SetSecret {
        expected_version: Some(version),
        ..SetSecret::new(key("A"), default(), value("v"))
    };
    assert!(matches!(
        caller.set(&expecting(1)),
        Err(VaultError::Stale { current: 0, .. })
    ));
    caller.set(&expecting(0)).expect("there is none yet");
    assert!(matches!(
        caller.set(&expecting(0)),
        Err(VaultError::Stale { current: 1, .. })
    ));
    caller.set(&expecting(1)).expect("it is the one");
}

#[test]
fn an_import_is_all_or_nothing() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "SAME", "s");
    set(&caller, "OTHER", "before");
    let import = |on_conflict, dry_run| ImportSecrets {
        environment: default(),
        entries: [("FRESH", "f"), ("SAME", "s"), ("OTHER", "after")]
            .map(|(name, text)| ImportEntry {
                key: key(name),
                value: value(text),
                default_policy: Policy::default(),
            })
            .into(),
        on_conflict,
        dry_run,
    };
    let plan = caller.import(import(OnConflict::Fail, true)).expect("plans").plan;
    assert_eq!(
        plan.iter().map(|it| it.1).collect::<Vec<_>>(),
        [Planned::New, Planned::Same, Planned::Changed]
    );
    assert!(
        matches!(caller.import(import(OnConflict::Fail, false)), Err(VaultError::Exists { keys, .. }) if keys == [key("OTHER")])
    );
    assert!(
        caller.get(&key("FRESH"), &default()).is_err(),
        "nothing of a refused import stays"
    );
    assert_eq!(caller.import(import(OnConflict::Skip, false)).expect("imports").set, 1);
    assert_eq!(revealed(&caller, "OTHER"), b"before");
    assert_eq!(
        caller.import(import(OnConflict::Replace, false)).expect("imports").set,
        1
    );
    assert_eq!(revealed(&caller, "OTHER"), b"after");
}

fn request(agent: Option<&str>, selection: Selection) -> ReleaseSecrets {
    ReleaseSecrets {
        agent: agent.map(|it| it.parse().expect("a name")),
        environment: default(),
        selection,
    }
}

fn required(names: &[&str]) -> BTreeSet<SecretKey> {
    names.iter().map(|it| key(it)).collect()
}

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

impl Place {
    fn clock_in(&self, seconds: i64) -> Timestamp {
        use distri_core::Clock;
        Timestamp::from_second(self.clock.now().as_second() + seconds).expect("in range")
    }
}

#[test]
fn roles_are_asked_before_anything_else() {
    let place = Place::new();
    let vault = place.open();
    set(&ada(&vault), "A", "v");
    let viewer = Actor {
        role: Role::Viewer,
        ..Actor::local("eve")
    };
    let caller = vault.caller(viewer, &AccountName::default()).expect("the account");
    assert_eq!(caller.list(&ListSecrets::default()).expect("may list").len(), 1);
    assert!(matches!(
        caller.reveal(&key("A"), &default(), None),
        Err(VaultError::Denied(_))
    ));
    assert!(matches!(
        caller.delete(&key("A"), &default()),
        Err(VaultError::Denied(_))
    ));
    assert!(matches!(caller.audit_newest(1), Err(VaultError::Denied(_))));
}

#[test]
fn one_damaged_secret_does_not_affect_another() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "a");
    set(&caller, "B", "b");
    place
        .database()
        .execute_batch("update secrets set note = 'x' where key = 'A'")
        .expect("edits");
    let listed = caller.list(&ListSecrets::default()).expect("lists");
    assert_eq!(
        listed
            .iter()
            .map(|it| (it.info.key.as_str(), it.damage.is_some()))
            .collect::<Vec<_>>(),
        [("A", true), ("B", false)]
    );
    assert_eq!(revealed(&caller, "B"), b"b");
    let only = Selection::Only(required(&["B"]));
    assert_eq!(
        caller
            .release(RunId::new(&SystemClock), &request(None, only))
            .expect("releases")
            .secrets
            .len(),
        1
    );
}

#[test]
fn a_wrong_or_missing_root_key_is_named() {
    let place = Place::new();
    let vault = place.open();
    let home = place.home();
    let mut ask = nobody_to_ask;
    let around = Surroundings::of(&home, &mut ask);
    let needed = ada(&vault).key_status(&around).expect("status").slots[0]
        .root_key
        .clone();
    drop(vault);
    let path = place.home().root_key();
    let kept = std::fs::read(&path).expect("reads");
    std::fs::remove_file(&path).expect("removes");
    let open = || {
        Vault::open(
            &place.home(),
            place.clock.clone(),
            FirstUse::KeyFile,
            &mut nobody_to_ask,
        )
    };
    let error = open().err().expect("locked").to_string();
    assert!(error.contains(&needed), "{error}");
    assert!(!path.exists(), "a new key is never made for a database that has one");
    distri_vault::root_key::file::create(&path, &distri_core::envelope::RootKey::random()).expect("writes");
    let error = open().err().expect("wrong").to_string();
    assert!(error.contains(&needed) && error.contains("gives root key"), "{error}");
    std::fs::write(&path, kept).expect("writes");
    assert!(open().is_ok());
}

#[test]
fn a_passphrase_can_take_over_from_the_key_file() {
    let place = Place::new();
    let vault = place.open();
    set(&ada(&vault), "A", "v");
    let mut ask = || Ok(Passphrase::new("correct horse battery".to_owned()));
    let home = place.home();
    ada(&vault)
        .change_root(&mut Surroundings::of(&home, &mut nobody_to_ask), |_| {
            passphrase::enrol(&mut ask)
        })
        .expect("changes");
    drop(vault);
    std::fs::remove_file(place.home().root_key()).expect("removes");
    let mut wrong = || Ok(Passphrase::new("correct horse batter".to_owned()));
    let error = Vault::open(&place.home(), place.clock.clone(), FirstUse::KeyFile, &mut wrong)
        .err()
        .expect("refused");
    assert!(
        matches!(error, VaultError::RootKey(RootKeyError::WrongPassphrase)),
        "{error}"
    );
    let vault = Vault::open(&place.home(), place.clock.clone(), FirstUse::KeyFile, &mut ask).expect("opens");
    assert_eq!(revealed(&ada(&vault), "A"), b"v");
}

#[test]
fn many_first_uses_at_once_make_one_installation() {
    let place = Place::new();
    let home = place.home();
    let threads: Vec<_> = (0..8)
        .map(|index| {
            let home = home.clone();
            std::thread::spawn(move || {
                let vault =
                    Vault::open(&home, Arc::new(SystemClock), FirstUse::KeyFile, &mut nobody_to_ask).expect("opens");
                set(&ada(&vault), &format!("KEY_{index}"), "v");
                vault.fingerprint().to_string()
            })
        })
        .collect();
    let fingerprints: BTreeSet<String> = threads.into_iter().map(|it| it.join().expect("ends")).collect();
    assert_eq!(fingerprints.len(), 1);
    assert_eq!(
        ada(&place.open()).list(&ListSecrets::default()).expect("lists").len(),
        8
    );
}

#[test]
fn session_data_is_kept_sealed_and_expires() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    caller.session_set("s1", "cart", b"three apples", None).expect("sets");
    caller
        .session_set("s1", "token", b"t", Some(place.clock_in(10)))
        .expect("sets");
    assert_eq!(
        caller
            .session_get("s1", "cart")
            .expect("gets")
            .expect("there")
            .as_slice(),
        b"three apples"
    );
    assert!(caller.session_get("s2", "cart").expect("gets").is_none());
    place.clock.set(place.clock_in(11));
    assert!(caller.session_get("s1", "token").expect("gets").is_none());
    assert!(caller.session_delete("s1", "cart").expect("deletes"));
    assert!(!caller.session_delete("s1", "cart").expect("deletes"));
    if place.database.is_embedded() {
        for (path, bytes) in files(&place.home()) {
            assert!(!bytes.windows(12).any(|it| it == b"three apples"), "{}", path.display());
        }
    }
}

#[test]
fn the_audit_log_refuses_changes() {
    let place = Place::new();
    let vault = place.open();
    set(&ada(&vault), "A", "v");
    let database = place.database();
    assert!(database.execute_batch("update audit_records set body = '{}'").is_err());
    assert!(database.execute_batch("delete from audit_records").is_err());
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
