//! What is hidden from a token is not measured by it: rows that no page may depend on are read for none, or for all alike.
//!
//! A row whose policy is no policy fails whatever reads it: that is how a row that was read is seen.

use distri_core::Environment;
use distri_core::authz::Limits;
use distri_core::policy::AgentScope;
use distri_vault::secrets::{Edit, FindKeys, ListSecrets, PageOf, SetSecret, UpdateSecret};
use distri_vault::tokens::NewToken;
use distri_vault::{Caller, Vault};

use super::support::{Place, ada, key, value};

fn environment(text: &str) -> Environment {
    text.parse().expect("an environment")
}

fn set_in(caller: &Caller<'_>, name: &str, there: &str) {
    let new = SetSecret::new(key(name), environment(there), value("v"));
    caller.set(&new).expect("sets");
}

fn limited<'v>(vault: &'v Vault, name: &str, limits: &Limits) -> Caller<'v> {
    let new = NewToken {
        name: name.parse().expect("a name"),
        scopes: "read".parse().expect("scopes"),
        limits: limits.clone(),
        expires_at: None,
    };
    let (plain, _) = ada(vault).create_token(&new).expect("makes it");
    let peer = "192.0.2.7".parse().expect("an address");
    vault.authenticate_token(&plain.presented(), peer).expect("known")
}

/// Makes the policies of some secrets unreadable.
fn break_those(place: &Place, condition: &str) {
    let sql = format!(
        "update secret_versions set policy = '[' || policy where secret in (select id from secrets where {condition})"
    );
    place.database().execute_batch(&sql).expect("edits");
}

fn mend_those(place: &Place, condition: &str) {
    let sql = format!(
        "update secret_versions set policy = substr(policy, 2) where secret in (select id from secrets where {condition})"
    );
    place.database().execute_batch(&sql).expect("edits");
}

/// The names on a page; none if a row that was read cannot be.
fn page(caller: &Caller<'_>, list: &ListSecrets, after: Option<&str>, limit: usize) -> Option<Vec<String>> {
    let of = PageOf {
        after: after.map(|it| (key(it), environment("dev"))),
        limit: Some(limit),
    };
    let page = caller.list_page(list, &of).ok()?;
    Some(page.listed.iter().map(|it| it.info.key.to_string()).collect())
}

#[test]
fn beyond_the_environments_of_a_token_no_row_is_read() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    let names: Vec<String> = (0..40).map(|it| format!("K{it:02}")).collect();
    for name in &names {
        set_in(&caller, name, "prod");
        set_in(&caller, &format!("{name}_X"), "prod");
        set_in(&caller, name, "dev");
    }
    for name in ["GONE", "K00_Y", "K39_Y"] {
        for there in ["dev", "prod"] {
            set_in(&caller, name, there);
            caller.delete(&key(name), &environment(there)).expect("deletes");
        }
    }
    let environments = Limits {
        environments: Some(["dev", "staging"].map(environment).into()),
        ..Limits::default()
    };
    let with_keys = Limits {
        keys: Some(names.iter().map(|it| key(it)).collect()),
        ..environments.clone()
    };
    let with_agents = Limits {
        agents: Some(["mailer".parse().expect("a name")].into()),
        ..environments.clone()
    };
    break_those(&place, "environment = 'prod'");
    for after in [None, Some("K17")] {
        let read = page(&caller, &ListSecrets::default(), after, 2);
        assert!(read.is_none(), "a row that is read is seen");
    }
    let in_dev = caller.list_called([&key("K07")], Some(&environment("dev")));
    assert_eq!(in_dev.expect("reads no other environment").len(), 1);

    let of = |environment: Option<&str>, deleted| ListSecrets {
        environment: environment.map(self::environment),
        deleted,
    };
    for (name, limits) in [("dev", environments), ("keys", with_keys), ("agents", with_agents)] {
        let caller = limited(&vault, name, &limits);
        for at in 0..names.len() - 1 {
            for there in [None, Some("dev")] {
                let next = page(&caller, &of(there, false), Some(&names[at]), 1);
                assert_eq!(next, Some(vec![names[at + 1].clone()]), "{name}");
            }
        }
        assert_eq!(
            page(&caller, &of(None, false), None, 100),
            Some(names.clone()),
            "{name}"
        );
        assert_eq!(
            page(&caller, &of(Some("prod"), true), None, 100),
            Some(vec![]),
            "{name}"
        );
        let with_deleted = page(&caller, &of(None, true), None, 100).expect("lists");
        let expected = names.len() + if limits.keys.is_some() { 0 } else { 3 };
        assert_eq!(with_deleted.len(), expected, "{name}");
        assert!(with_deleted.is_sorted(), "{name}");
        let first = PageOf {
            after: None,
            limit: Some(2),
        };
        let deleted = caller.list_deleted(&first).expect("lists");
        assert_eq!(deleted.has_more, limits.keys.is_none(), "{name}");
        let called = caller.list_called([&key("K07")], None).expect("lists");
        assert_eq!(called.len(), 1, "{name}");
        for text in ["", "k1"] {
            let wanted = FindKeys {
                text,
                after: None,
                limit: 9,
            };
            let found = caller.find_keys(&wanted).expect("finds");
            assert!((found.keys.len(), found.has_more) == (9, true), "{name} `{text}`");
        }
    }
}

#[test]
fn of_the_keys_of_a_token_those_before_a_page_are_not_read() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    let names = ["A", "B", "C"];
    for name in names {
        set_in(&caller, name, "dev");
    }
    let limits = Limits {
        keys: Some(names.iter().map(|it| key(it)).collect()),
        ..Limits::default()
    };
    let caller = limited(&vault, "keys", &limits);
    break_those(&place, "key = 'A'");
    assert_eq!(page(&caller, &ListSecrets::default(), None, 1), None);
    let rest = page(&caller, &ListSecrets::default(), Some("B"), 5);
    assert_eq!(rest, Some(vec!["C".to_owned()]));
}

#[test]
fn each_page_of_a_token_that_is_limited_to_agents_reads_the_same_rows() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    let names: Vec<String> = (0..12).map(|it| format!("K{it:02}")).collect();
    for (number, name) in names.iter().enumerate() {
        set_in(&caller, name, "dev");
        let agents = match number % 3 {
            1 => AgentScope::only(["mailer".parse().expect("a name")]),
            _ => AgentScope::only([]),
        };
        let narrowed = UpdateSecret {
            agents: Edit::Set(agents),
            ..UpdateSecret::default()
        };
        caller
            .update(&key(name), &environment("dev"), &narrowed)
            .expect("narrows");
    }
    let limits = Limits {
        agents: Some(["mailer".parse().expect("a name")].into()),
        ..Limits::default()
    };
    let caller = limited(&vault, "agents", &limits);
    let pages = || {
        let after = names.iter().map(|it| Some(it.as_str())).chain([None]);
        let mut pages: Vec<bool> = after
            .flat_map(|after| [1, 12].map(|limit| page(&caller, &ListSecrets::default(), after, limit).is_some()))
            .collect();
        let wanted = |text| FindKeys {
            text,
            after: None,
            limit: 1,
        };
        pages.extend(["", "k"].map(|text| caller.find_keys(&wanted(text)).is_ok()));
        pages
    };
    assert!(pages().iter().all(|it| *it));
    let second = page(&caller, &ListSecrets::default(), Some("K01"), 1);
    assert_eq!(second, Some(vec!["K04".to_owned()]));
    // Whichever row it is, hidden or not: all of them read it.
    for name in &names {
        let condition = format!("key = '{name}'");
        break_those(&place, &condition);
        assert!(pages().iter().all(|it| !it), "{name} is read for some pages only");
        mend_those(&place, &condition);
    }
    assert!(pages().iter().all(|it| *it));
}
