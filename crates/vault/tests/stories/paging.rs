//! Lists in pages: whole and in order whatever happens in between, and within the limits.

use std::collections::BTreeSet;

use distri_core::authz::Limits;
use distri_core::policy::AgentScope;
use distri_core::{Environment, SecretKey};
use distri_vault::secrets::{
    Edit, FindKeys, ImportEntry, ImportSecrets, ListSecrets, MOST_COUNTED, OnConflict, PageOf, SetSecret, UpdateSecret,
};
use distri_vault::tokens::NewToken;
use distri_vault::{Caller, VaultError};

use super::support::{Place, ada, key, value};

const SECRETS: usize = 10_000;

type Listed = (SecretKey, Environment);

fn environment(text: &str) -> Environment {
    text.parse().expect("an environment")
}

fn set_in(caller: &Caller<'_>, name: &str, there: &str) {
    let new = SetSecret::new(key(name), environment(there), value("v"));
    caller.set(&new).expect("sets");
}

fn import(caller: &Caller<'_>, keys: impl Iterator<Item = String>, there: &str) {
    let entries = keys.map(|it| ImportEntry {
        key: key(&it),
        value: value("v"),
        default_policy: Default::default(),
    });
    let request = ImportSecrets {
        environment: environment(there),
        entries: entries.collect(),
        on_conflict: OnConflict::Fail,
        dry_run: false,
    };
    caller.import(request).expect("imports");
}

/// Every page, one after the other; `between` happens after each.
fn walked(caller: &Caller<'_>, list: &ListSecrets, limit: usize, mut between: impl FnMut(usize)) -> Vec<Listed> {
    let mut seen: Vec<Listed> = Vec::new();
    for number in 0.. {
        let of = PageOf {
            after: seen.last().cloned(),
            limit: Some(limit),
        };
        let page = caller.list_page(list, &of).expect("lists");
        assert!(page.listed.iter().all(|it| it.damage.is_none()));
        assert!(
            page.listed.len() == limit || !page.has_more,
            "a page before the last is full"
        );
        seen.extend(page.listed.into_iter().map(|it| (it.info.key, it.info.environment)));
        if !page.has_more {
            break;
        }
        between(number);
    }
    seen
}

#[test]
fn ten_thousand_secrets_come_each_once_and_in_order_while_others_come_and_go() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    // Even numbers stay; odd ones come and go.
    let half = SECRETS / 2;
    import(&caller, (0..half).map(|it| format!("K{:05}", 2 * it)), "default");
    import(&caller, (0..half).map(|it| format!("K{:05}", 2 * it)), "prod");
    let all = ListSecrets::default();
    let stays: Vec<Listed> = (0..half)
        .flat_map(|it| ["default", "prod"].map(|there| (key(&format!("K{:05}", 2 * it)), environment(there))))
        .collect();
    assert_eq!(walked(&caller, &all, 1_000, |_| {}), stays);
    let one = ListSecrets {
        environment: Some(environment("prod")),
        deleted: false,
    };
    let in_prod: Vec<Listed> = stays.iter().filter(|it| it.1 == environment("prod")).cloned().collect();
    assert_eq!(walked(&caller, &one, 999, |_| {}), in_prod);

    let mut removed = BTreeSet::new();
    let seen = walked(&caller, &all, 777, |number| {
        // One before the place and one after it, on every page; and the last of the page itself goes.
        let read = (number + 1) * 777;
        set_in(&caller, &format!("K{:05}", read / 4 * 2 + 1), "default");
        set_in(&caller, &format!("K{:05}", (read + 2_000) / 2 * 2 + 1), "default");
        let gone = (key(&format!("K{:05}", (read - 1) / 2 * 2)), environment("prod"));
        if caller.delete(&gone.0, &gone.1).is_ok() {
            removed.insert(gone);
        }
    });
    assert!(!removed.is_empty());
    assert!(seen.is_sorted_by(|a, b| a < b), "in order, and each once");
    let seen: BTreeSet<Listed> = seen.into_iter().collect();
    let missing: Vec<_> = stays
        .iter()
        .filter(|it| !seen.contains(it) && !removed.contains(it))
        .collect();
    assert!(missing.is_empty(), "what stayed all the time is there: {missing:?}");
}

#[test]
fn pages_of_keys_have_all_environments_and_what_is_looked_for_whatever_its_capitals() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    import(&caller, (0..1_200).map(|it| format!("K{it:04}")), "default");
    set_in(&caller, "K0100", "a");
    set_in(&caller, "K0100", "z");
    set_in(&caller, "ONLY_IN_PROD", "prod");
    let noted = UpdateSecret {
        note: Edit::Set(Some("Für Übungen".to_owned())),
        ..UpdateSecret::default()
    };
    caller
        .update(&key("K0700"), &environment("default"), &noted)
        .expect("writes");
    caller.delete(&key("K1199"), &environment("default")).expect("deletes");

    let find = |text: &str, after: Option<&SecretKey>| {
        let wanted = FindKeys {
            text,
            after,
            limit: 100,
        };
        caller.find_keys(&wanted).expect("finds")
    };
    let mut seen = Vec::new();
    loop {
        let page = find("", seen.last());
        assert!(page.keys.len() == 100 || !page.has_more);
        for (key, listed) in page.keys {
            assert_eq!(listed.len(), if key.as_str() == "K0100" { 3 } else { 1 }, "{key}");
            seen.push(key);
        }
        if !page.has_more {
            break;
        }
    }
    let all: Vec<SecretKey> = (0..1_199)
        .map(|it| format!("K{it:04}"))
        .chain(["ONLY_IN_PROD".to_owned()])
        .map(|it| key(&it))
        .collect();
    assert_eq!(seen, all);

    let names = |text: &str, after: Option<&str>| -> (Vec<String>, Option<u32>) {
        let after = after.map(key);
        let page = find(text, after.as_ref());
        (page.keys.iter().map(|it| it.0.to_string()).collect(), page.found)
    };
    assert_eq!(names("übungen", None), (vec!["K0700".to_owned()], Some(1)));
    assert_eq!(names("in_PROD", None), (vec!["ONLY_IN_PROD".to_owned()], Some(1)));
    assert_eq!(names("k119", Some("K1197")), (vec!["K1198".to_owned()], Some(9)));
    assert_eq!(names("nowhere", None), (vec![], Some(0)));
    let many = find("k", None);
    assert_eq!(
        (many.keys.len(), many.has_more, many.found),
        (100, true, Some(MOST_COUNTED + 1))
    );

    let tally = caller.tally().expect("counts");
    assert_eq!(tally.environments, ["a", "default", "prod", "z"].map(environment));
    assert_eq!((tally.keys, tally.deleted), (MOST_COUNTED + 1, 1));
    let deleted = caller
        .list_deleted(&PageOf {
            after: None,
            limit: Some(1),
        })
        .expect("lists");
    assert_eq!((deleted.listed.len(), deleted.has_more), (1, false));
}

#[test]
fn what_is_hidden_leaves_no_gap_in_a_page_and_no_page_without_end() {
    let place = Place::new();
    let vault = place.open();
    let caller = ada(&vault);
    import(&caller, (0..2_000).map(|it| format!("K{it:04}")), "default");
    let mailer = AgentScope::only(["mailer".parse().expect("a name")]);
    let for_mailer: BTreeSet<SecretKey> = (0..30).map(|it| key(&format!("K{:04}", it * it * 2))).collect();
    for name in &for_mailer {
        let narrowed = UpdateSecret {
            agents: Edit::Set(mailer.clone()),
            ..UpdateSecret::default()
        };
        caller
            .update(name, &environment("default"), &narrowed)
            .expect("narrows");
    }
    let other = UpdateSecret {
        agents: Edit::Set(AgentScope::only([])),
        ..UpdateSecret::default()
    };
    for it in (0..2_000)
        .map(|it| key(&format!("K{it:04}")))
        .filter(|it| !for_mailer.contains(it))
    {
        caller.update(&it, &environment("default"), &other).expect("narrows");
    }
    let by_keys = Limits {
        keys: Some(for_mailer.clone()),
        ..Limits::default()
    };
    let by_agent = Limits {
        agents: Some(["mailer".parse().expect("a name")].into()),
        ..Limits::default()
    };
    for (name, limits) in [("by keys", by_keys), ("by agent", by_agent)] {
        let new = NewToken {
            name: name.parse().expect("a name"),
            scopes: "read".parse().expect("scopes"),
            limits,
            expires_at: None,
        };
        let (plain, _) = caller.create_token(&new).expect("makes it");
        let peer = "192.0.2.7".parse().expect("an address");
        let limited = vault.authenticate_token(&plain.presented(), peer).expect("known");
        let wanted: Vec<SecretKey> = for_mailer.iter().cloned().collect();
        for limit in [1, 7, 30, 31] {
            let seen = walked(&limited, &ListSecrets::default(), limit, |_| {});
            let seen: Vec<SecretKey> = seen.into_iter().map(|it| it.0).collect();
            assert_eq!(seen, wanted, "{name}, in pages of {limit}");
        }
        for text in ["", "k"] {
            let wanted = FindKeys {
                text,
                after: None,
                limit: 29,
            };
            let page = limited.find_keys(&wanted).expect("finds");
            assert_eq!((page.keys.len(), page.has_more), (29, true), "{name} `{text}`");
            assert!(
                page.found.is_none_or(|it| it == 30),
                "{name}: what is hidden is not counted"
            );
        }
        let refused = limited.tally().expect_err("counts the account");
        assert!(matches!(refused, VaultError::Denied(_)), "{refused}");
    }
}
