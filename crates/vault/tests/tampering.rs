//! Stories of somebody who edits the database by hand: noticed, named, refused, and recorded as an alarm.

#[path = "common/database.rs"]
mod database;
#[path = "common/place.rs"]
mod place;

use std::collections::BTreeSet;

use distri_core::alarm::AlarmRule;
use distri_core::audit::Record;
use distri_core::ids::RunId;
use distri_core::{Environment, SecretKey, SystemClock, Timestamp};
use distri_vault::secrets::{Edit, ListSecrets, ReleaseSecrets, Selection, SetSecret, UpdateSecret};
use distri_vault::{Caller, VaultError};

use place::{Place, ada, key, value};

fn default() -> Environment {
    Environment::default()
}

fn set(caller: &Caller<'_>, name: &str, text: &str) {
    let request = SetSecret::new(key(name), default(), value(text));
    caller.set(&request).expect("sets");
}

fn revealed(caller: &Caller<'_>, name: &str) -> Vec<u8> {
    let revealed = caller.reveal(&key(name), &default(), None).expect("reveals");
    revealed.value.expose_secret().to_vec()
}

fn request(selection: Selection) -> ReleaseSecrets {
    ReleaseSecrets {
        agent: None,
        environment: default(),
        selection,
    }
}

fn required(names: &[&str]) -> BTreeSet<SecretKey> {
    names.iter().map(|it| key(it)).collect()
}

#[test]
fn every_way_of_editing_the_database_is_noticed_and_named() {
    let edits = [
        (
            "values exchanged",
            "update secret_versions set sealed = (select o.sealed from secret_versions o where o.secret <> secret_versions.secret limit 1)",
        ),
        (
            "policy edited",
            r#"update secret_versions set policy = '{"hosts":["evil.example"],"agents":"all","delivery":"auto"}'"#,
        ),
        ("pointer moved back", "update secrets set current_version = 1"),
        ("expiry removed", "update secrets set expires_at = null"),
        ("undeleted by hand", "update secrets set deleted_at = 1"),
        (
            "names exchanged",
            "update secrets set key = case key when 'A' then 'X' else key end",
        ),
        ("note edited", "update secrets set note = 'trust me'"),
        ("value cut", "update secret_versions set sealed = substr(sealed, 1, 20)"),
        (
            "a bit of the value",
            "update secret_versions set sealed = cast(substr(sealed, 1, 15) || x'00' || substr(sealed, 17) as blob)",
        ),
        (
            "data keys exchanged",
            "update data_keys set wrapped = (select o.wrapped from data_keys o where o.id <> data_keys.id limit 1)",
        ),
        ("data key cut", "update data_keys set wrapped = x'01'"),
        (
            "account key cut",
            "update account_keys set wrapped = substr(wrapped, 1, 40)",
        ),
    ];
    for (name, sql) in edits {
        let place = Place::new();
        let vault = place.open();
        let caller = ada(&vault);
        let expires_at = Edit::Set(Some(place.clock_in(1_000_000)));
        for (name, text) in [("A", "alpha-value"), ("B", "beta-value!")] {
            set(&caller, name, "first");
            caller
                .set(&SetSecret {
                    expires_at: expires_at.clone(),
                    ..SetSecret::new(key(name), default(), value(text))
                })
                .expect("sets");
        }
        place
            .database()
            .execute_batch(sql)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let looked_for = if name == "names exchanged" { "X" } else { "A" };
        match caller
            .reveal(&key(looked_for), &default(), None)
            .map(|it| it.value.expose_secret().to_vec())
        {
            Err(VaultError::Integrity { .. } | VaultError::Key { .. }) => {}
            Err(VaultError::NotFound { .. }) if name == "undeleted by hand" => {
                let listed = caller
                    .list(&ListSecrets {
                        deleted: true,
                        ..ListSecrets::default()
                    })
                    .expect("lists");
                assert!(listed.iter().all(|it| it.damage.is_some()), "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
        let released = caller.release(
            RunId::new(&SystemClock),
            &request(Selection::Only(required(&[looked_for]))),
        );
        assert!(released.is_err(), "{name}");

        // Once, whoever meets it; and once more by the run that it stopped, which is named.
        let _again = caller.reveal(&key(looked_for), &default(), None);
        let alarms = tampered(&caller);
        let by_run: Vec<_> = alarms.iter().filter(|it| it.run.is_some()).collect();
        if name != "undeleted by hand" {
            assert_eq!((alarms.len(), by_run.len()), (2, 1), "{name}: {alarms:?}");
        }
        assert!(!alarms.is_empty(), "{name}");
        for alarm in alarms.iter().filter(|_| name != "account key cut") {
            assert!(["A", "B", "X"].contains(&alarm.subjects[0].key.as_str()), "{name}");
            assert_eq!(alarm.environment, Some(default()), "{name}");
        }
    }
}

/// The alarms about changed data.
fn tampered(caller: &Caller<'_>) -> Vec<Record> {
    let alarms = caller.alarms(None, 100).expect("reads").into_iter().map(|it| it.1);
    let facts = |it: &Record| it.alarm.as_ref().map(|it| it.rule);
    alarms.filter(|it| facts(it) == Some(AlarmRule::Tampered)).collect()
}

#[test]
fn an_old_row_put_back_is_noticed() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "old and leaked");
    let database = place.database();
    database
        .execute_batch("create table kept as select * from secrets")
        .expect("keeps");
    set(&caller, "A", "new");
    database
        .execute_batch("update secrets set (current_version, latest_version, updated_at, mac) = (select current_version, latest_version, updated_at, mac from kept)")
        .expect("replays");
    assert!(matches!(
        caller.reveal(&key("A"), &default(), None),
        Err(VaultError::Integrity { .. })
    ));
}

#[test]
fn an_old_state_put_back_whole_is_older_than_the_log() {
    type Change = fn(&Caller<'_>, Timestamp);
    let changes: [(&str, Change); 4] = [
        ("a new value", |caller, _| {
            set(caller, "A", "rotated");
        }),
        ("a narrower policy", |caller, _| {
            let request = UpdateSecret {
                hosts: Edit::Set(vec!["api.example.com".parse().expect("a binding")]),
                ..UpdateSecret::default()
            };
            caller.update(&key("A"), &default(), &request).expect("updates");
        }),
        ("an expiry", |caller, soon| {
            let request = UpdateSecret {
                expires_at: Edit::Set(Some(soon)),
                ..UpdateSecret::default()
            };
            caller.update(&key("A"), &default(), &request).expect("updates");
        }),
        ("a deletion", |caller, _| {
            caller.delete(&key("A"), &default()).expect("deletes");
        }),
    ];
    for (name, change) in changes {
        let place = Place::new();
        let vault = place.open();
        let caller = ada(&vault);
        set(&caller, "A", "old and leaked");
        set(&caller, "B", "another");
        let database = place.database();
        let tables = ["secrets", "secret_versions", "data_keys"];
        for table in tables {
            database
                .execute_batch(&format!("create table kept_{table} as select * from {table}"))
                .expect("keeps");
        }
        change(&caller, place.clock_in(1_000_000));
        for table in tables {
            database
                .execute_batch(&format!(
                    "pragma foreign_keys = off; delete from {table}; insert into {table} select * from kept_{table}"
                ))
                .expect("replays");
        }
        let error = caller.reveal(&key("A"), &default(), None).err().expect(name);
        let VaultError::Integrity { reason, .. } = &error else {
            panic!("{name}: {error:?}")
        };
        assert!(reason.contains("older than record"), "{name}: {reason}");
        let run = RunId::new(&SystemClock);
        let only = Selection::Only(required(&["A"]));
        assert!(caller.release(run, &request(only)).is_err(), "{name}");
        let listed = caller.list(&ListSecrets::default()).expect("lists");
        let damaged: Vec<_> = listed.iter().map(|it| it.damage.is_some()).collect();
        assert_eq!(damaged, [true, false], "{name}");
        assert_eq!(revealed(&caller, "B"), b"another", "{name}");
        let runs: Vec<_> = tampered(&caller).iter().map(|it| it.run).collect();
        assert_eq!(runs, [None, Some(run)], "{name}");
    }
}

#[test]
fn the_newest_change_of_a_secret_is_found_without_reading_the_log() {
    let place = Place::new();
    drop(place.open());
    let source = include_str!("../../store/src/sql/audit.rs");
    let begin = match place.database.is_embedded() {
        true => "where json_extract",
        false => "where substring",
    };
    let from = source.find(begin).expect("the statement");
    let to = source[from..].find("order by").expect("its end") + from;
    // In the macro the id stands between two pieces of text.
    let (before, rest) = source[from..to].split_once("$secret").expect("the id");
    let before = before.trim_end().trim_end_matches(['"', '#', ',']);
    let after = rest.trim_start_matches([',', ' ', '\n', '"']);
    let statement = format!("{before} 'x' {after}");
    let plan = place
        .database()
        .plan(&format!("select seq from audit_records {statement}"));
    assert!(plan.contains("audit_changes_by_secret"), "{plan}");
}

#[test]
fn an_alarm_that_cannot_be_recorded_leaves_the_refusal_and_an_old_one_is_recorded_again() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "a");
    let database = place.database();
    let full = match place.database.is_embedded() {
        true => "create trigger full_disk before insert on audit_records begin select raise(abort, 'full'); end",
        false => {
            "create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'full'; end $$;
                  create trigger full_disk before insert on audit_records for each row execute function full_disk()"
        }
    };
    let edit = format!("update secrets set note = 'trust me'; {full}");
    database.execute_batch(&edit).expect("edits");
    let refused = || matches!(caller.get(&key("A"), &default()), Err(VaultError::Integrity { .. }));
    assert!(refused() && tampered(&caller).is_empty());
    let room = match place.database.is_embedded() {
        true => "drop trigger full_disk",
        false => "drop trigger full_disk on audit_records",
    };
    database.execute_batch(room).expect("edits");
    assert!(refused() && refused());
    assert_eq!(tampered(&caller).len(), 1);
    place.clock.set(place.clock_in(2 * 60 * 60));
    assert!(refused());
    assert_eq!(tampered(&caller).len(), 2);
}

#[test]
fn an_index_that_leads_to_another_row_gives_no_other_secret() {
    let place = Place::new();
    if !place.database.is_embedded() {
        // There, nobody edits an index; a server that lies is another story.
        return;
    }
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "the value of A");
    set(&caller, "B", "the value of B");
    drop(vault);
    // An index that has the keys of A and B exchanged, in the place of the one by which secrets are looked up.
    place
        .database()
        .execute_batch(
            "create index evil on secrets (account, environment, case key when 'A' then 'B' when 'B' then 'A' else key end);
             pragma writable_schema = on;
             create table roots as select name, rootpage from sqlite_schema where name in ('evil', 'sqlite_autoindex_secrets_2');
             update sqlite_schema set rootpage = (select rootpage from roots where name <> sqlite_schema.name)
              where name in ('evil', 'sqlite_autoindex_secrets_2');
             drop table roots; pragma writable_schema = off;",
        )
        .expect("edits");
    let vault = place.open();
    let caller = ada(&vault);
    for name in ["A", "B"] {
        let refused = caller.reveal(&key(name), &default(), None).map(|it| it.info.key);
        let reason = refused.expect_err("refused").to_string();
        assert!(
            reason.contains("integrity check") || reason.contains("is damaged"),
            "{name}: {reason}"
        );
        let only = request(Selection::Only(required(&[name])));
        let refused = caller
            .release(RunId::new(&SystemClock), &only)
            .map(|it| it.secrets.len());
        assert!(refused.is_err(), "{name}: {refused:?}");
    }
}

#[test]
fn what_a_trigger_makes_of_a_narrowed_policy_is_not_signed_with_the_next_value() {
    // Whoever may write to the database has it change what is written, in the middle of a unit of work.
    for evil in [
        "update secrets set current_version = new.version - 1 where id = new.secret",
        "update secret_versions set policy = replace(policy, 'crm.example', 'evil.example') where secret = new.secret",
    ] {
        let place = Place::new();
        let vault = place.open();
        let caller = ada(&vault);
        let hosts = |names: &[&str]| Edit::Set(names.iter().map(|it| it.parse().expect("a host")).collect());
        let wide = SetSecret {
            hosts: hosts(&["crm.example", "wide.example"]),
            ..SetSecret::new(key("A"), default(), value("the first value"))
        };
        caller.set(&wide).expect("sets");
        let trigger = match place.database.is_embedded() {
            true => format!(
                "create trigger evil after insert on secret_versions when new.change = 'policy' begin {evil}; end"
            ),
            false => format!(
                "create function evil() returns trigger language plpgsql as $$ begin {evil}; return new; end $$;
                 create trigger evil after insert on secret_versions for each row
                  when (new.change = 'policy') execute function evil()"
            ),
        };
        place.database().execute_batch(&trigger).expect("plants it");
        let narrow = UpdateSecret {
            hosts: hosts(&["crm.example"]),
            ..UpdateSecret::default()
        };
        let staged = caller.update_and_stage(&key("A"), &default(), &narrow, &value("the next value"));
        let promoted = staged.and_then(|_| caller.promote(&key("A"), &default()));
        match promoted {
            Ok(info) => {
                let hosts: Vec<_> = info.policy.hosts.iter().map(ToString::to_string).collect();
                assert_eq!(hosts, ["crm.example"], "{evil}");
            }
            Err(error) => assert!(matches!(error, VaultError::Integrity { .. }), "{evil}: {error}"),
        }
    }
}

#[test]
fn a_data_key_that_is_gone_is_said_of_its_secret_whoever_needs_it() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    set(&caller, "A", "a value");
    let edit = match place.database.is_embedded() {
        true => "pragma foreign_keys = off; delete from data_keys",
        false => "set session_replication_role = replica; delete from data_keys",
    };
    place.database().execute_batch(edit).expect("edits");
    let only = request(Selection::Only(required(&["A"])));
    let set_again = SetSecret::new(key("A"), default(), value("the next value"));
    let refusals = [
        caller.set(&set_again).map(drop).map_err(|it| it.to_string()),
        caller
            .stage(&key("A"), &default(), &value("another"))
            .map(drop)
            .map_err(|it| it.to_string()),
        caller
            .reveal(&key("A"), &default(), None)
            .map(drop)
            .map_err(|it| it.to_string()),
        caller
            .reveal_all(&default(), None)
            .map(drop)
            .map_err(|it| it.to_string()),
        caller
            .release(RunId::new(&SystemClock), &only)
            .map(drop)
            .map_err(|it| it.to_string()),
    ];
    for refusal in refusals {
        let reason = refusal.expect_err("refused");
        assert!(
            reason.contains("`A`") && reason.contains("its data key is gone"),
            "{reason}"
        );
    }
    assert!(!tampered(&caller).is_empty());
}
