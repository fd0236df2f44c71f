//! Somebody edits the database: nobody gets a role, a password or a session by that, and whoever tries is noticed.

use distri_core::alarm::AlarmRule;
use distri_core::audit::ActionKind;
use distri_core::authz::Role;
use distri_core::ids::PersonId;
use distri_vault::accounts::AccountView;
use distri_vault::people::{Joining, NewInvitation};
use distri_vault::{Caller, Unauthenticated, VaultError};

use super::support::{Place, WORDS, by, email, join, local, log_in, owner, password, peer, records};

#[test]
fn every_edit_of_a_person_a_member_or_a_session_is_refused_and_alarmed() {
    let edits = [
        ("role", "update members set role = 'owner' where role = 'viewer'"),
        ("account", "update members set account = (select id from accounts where name = 'acme') where role = 'viewer';
                     update web_sessions set account = (select id from accounts where name = 'acme')"),
        ("membership of somebody else", "delete from members where role = 'owner' and person = (select id from people where email = 'ada@example.com');
             update members set person = (select id from people where email = 'eve@example.com'), id = id where role = 'owner';
             update members set role = 'owner' where role = 'viewer'"),
        ("revision", "update members set revision = 7 where role = 'viewer'"),
        ("member's mac", "update members set mac = randomblob(32) where role = 'viewer'"),
        ("password", "update people set password = (select password from people where email = 'ada@example.com') where email = 'eve@example.com'"),
        ("name", "update people set name = 'Ada' where email = 'eve@example.com'"),
        ("address", "update people set email = 'e@example.com' where email = 'eve@example.com'"),
        ("session of somebody else", "update web_sessions set person = (select id from people where email = 'ada@example.com')"),
        ("expiry of the session", "update web_sessions set expires_at = expires_at + 1"),
        ("freshness", "update web_sessions set password_at = password_at + 1"),
        ("idle time", "update web_sessions set seen_at = seen_at + 1"),
    ];
    for (what, sql) in edits {
        let place = Place::new();
        let vault = place.open();
        let first = owner(&vault);
        let (ada, _) = by(&vault, &first.session.presented());
        ada.create_account(&"acme".parse().expect("a name")).expect("makes it");
        let eve = join(&vault, &ada, "eve", Role::Viewer).session.presented();
        place.database().execute_batch(sql).expect(what);
        let error = vault.authenticate_session(&eve).err();
        assert!(matches!(error, Some(VaultError::Tampered { .. })), "{what}: {error:?}");
        let found = alarms(&place);
        assert_eq!(found, 1, "{what}");
    }
}

/// How many alarms about changed data there are in any account.
fn alarms(place: &Place) -> usize {
    let vault = place.open();
    let mut found = 0;
    for account in local(&vault).accounts().expect("lists") {
        let caller = vault
            .caller(distri_core::authz::Actor::local("root"), &account.name)
            .expect("is there");
        let records = caller.audit_newest(1_000).expect("reads");
        found += records
            .iter()
            .filter(|it| it.1.alarm.as_ref().is_some_and(|it| it.rule == AlarmRule::Tampered))
            .count();
    }
    found
}

#[test]
fn an_old_role_and_an_old_password_cannot_be_put_back() {
    let place = Place::new();
    let vault = place.open();
    let first = owner(&vault);
    let (ada, _) = by(&vault, &first.session.presented());
    let eve = join(&vault, &ada, "eve", Role::Admin);
    let database = place.database();
    database
        .execute_batch(
            "create table kept_members as select * from members; create table kept_people as select * from people",
        )
        .expect("keeps them");
    let put_back = |table: &str| {
        let sql = format!("pragma foreign_keys = off; insert or replace into {table} select * from kept_{table}");
        database.execute_batch(&sql).expect("puts them back");
    };
    ada.change_role(eve.view.person, Role::Viewer).expect("changes");
    put_back("members");
    let error = vault
        .authenticate_session(&eve.session.presented())
        .err()
        .expect("refused");
    assert!(error.to_string().contains("older than the audit log"), "{error}");

    // A member who was removed does not come back by their rows.
    database
        .execute_batch("update members set role = role")
        .expect("nothing");
    let place = Place::new();
    let vault = place.open();
    let first = owner(&vault);
    let (ada, _) = by(&vault, &first.session.presented());
    let eve = join(&vault, &ada, "eve", Role::Admin);
    let database = place.database();
    database
        .execute_batch(
            "create table kept_members as select * from members; create table kept_people as select * from people;
             create table kept_web_sessions as select * from web_sessions",
        )
        .expect("keeps them");
    ada.remove_member(eve.view.person).expect("removes");
    for table in ["people", "members", "web_sessions"] {
        database
            .execute_batch(&format!("insert or ignore into {table} select * from kept_{table}"))
            .expect("puts them back");
    }
    assert!(matches!(
        vault.authenticate_session(&eve.session.presented()),
        Err(VaultError::Tampered { .. })
    ));

    let new = password("another good passphrase");
    vault
        .change_password(&first.session.presented(), &password(WORDS), &new, peer())
        .expect("changes");
    database
        .execute_batch("pragma foreign_keys = off; insert or replace into people select * from kept_people")
        .expect("puts them back");
    assert!(matches!(
        log_in(&vault, "ada", WORDS, peer()),
        Err(VaultError::Tampered { .. })
    ));
    assert!(records(&vault).iter().any(|it| it.alarm.is_some()));
}

#[test]
fn the_row_of_somebody_who_was_removed_brings_no_password_back() {
    type Removal = fn(&Caller<'_>, PersonId);
    let removals: [(&str, Removal); 2] = [
        ("as a member", |by, person| {
            drop(by.remove_member(person).expect("removes"))
        }),
        ("with the account", |by, _| {
            drop(by.delete_account(&"acme".parse().expect("a name")).expect("deletes"));
        }),
    ];
    for (how, remove) in removals {
        let place = Place::new();
        let vault = place.open();
        owner(&vault);
        let root = local(&vault);
        root.create_account(&"acme".parse().expect("a name")).expect("makes it");
        let there = vault
            .caller(
                distri_core::authz::Actor::local("root"),
                &"acme".parse().expect("a name"),
            )
            .expect("is there");
        let eve = join(&vault, &there, "eve", Role::Member);
        let database = place.database();
        database
            .execute_batch("create table kept as select * from people where email = 'eve@example.com'")
            .expect("keeps it");
        remove(&there, eve.view.person);
        let recorded = there.audit_newest(1_000).expect("reads").into_iter().map(|it| it.1);
        let destroyed = recorded.filter(|it| it.action == ActionKind::PersonPassword);
        let about: Vec<_> = destroyed
            .filter_map(|it| it.about)
            .map(|it| (it.name, it.revision))
            .collect();
        assert_eq!(about, [("eve@example.com".to_owned(), 2)], "{how}");

        database
            .execute_batch("insert into people select * from kept")
            .expect("puts it back");
        let refused = |result: Result<(), VaultError>| match result {
            Err(VaultError::Tampered {
                what: "person", reason, ..
            }) => {
                assert_eq!(reason, "its row is older than the audit log", "{how}");
            }
            other => panic!("{how}: {other:?}"),
        };
        refused(log_in(&vault, "eve", WORDS, peer()).map(drop));
        let alarmed = records(&vault).into_iter().filter_map(|it| it.alarm);
        assert_eq!(alarmed.count(), 1, "{how}");
        let new = NewInvitation {
            email: email("eve"),
            role: Role::Member,
        };
        let (link, _) = root.invite(&new).expect("invites");
        let joining = Joining {
            name: None,
            password: password(WORDS),
        };
        refused(vault.accept_invitation(&link.presented(), &joining, peer()).map(drop));
    }
}

#[test]
fn an_invitation_cannot_be_widened_or_used_twice() {
    let place = Place::new();
    let vault = place.open();
    let root = local(&vault);
    let new = NewInvitation {
        email: email("eve"),
        role: Role::Viewer,
    };
    let joining = || distri_vault::people::Joining {
        name: Some("Eve".parse().expect("a name")),
        password: password(WORDS),
    };
    let database = place.database();
    for edit in [
        "update invitations set role = 'owner'",
        "update invitations set email = 'mallory@example.com'",
        "update invitations set expires_at = expires_at + 1",
    ] {
        let (link, _) = root.invite(&new).expect("invites");
        database.execute_batch(edit).expect("edits");
        let refused = vault
            .accept_invitation(&link.presented(), &joining(), peer())
            .err()
            .expect("refused");
        assert!(matches!(refused, VaultError::Tampered { .. }), "{edit}");
        database.execute_batch("delete from invitations").expect("edits");
    }
    let (link, _) = root.invite(&new).expect("invites");
    database
        .execute_batch("create table kept as select * from invitations")
        .expect("keeps it");
    let eve = vault
        .accept_invitation(&link.presented(), &joining(), peer())
        .expect("joins");
    root.remove_member(eve.view.person).expect("removes");
    database
        .execute_batch("insert into invitations select * from kept")
        .expect("puts it back");
    let refused = vault
        .accept_invitation(&link.presented(), &joining(), peer())
        .err()
        .expect("refused");
    assert!(matches!(refused, VaultError::Tampered { .. }), "{refused}");
    // Withdrawn, it does not come back either.
    database
        .execute_batch("delete from invitations; delete from kept")
        .expect("edits");
    let (link, view) = root.invite(&new).expect("invites");
    database
        .execute_batch("insert into kept select * from invitations")
        .expect("keeps it");
    root.withdraw_invitation(view.id).expect("withdraws");
    assert!(matches!(
        vault.invitation(&link.presented()),
        Err(VaultError::Unauthenticated(Unauthenticated::Invitation))
    ));
    database
        .execute_batch("insert into invitations select * from kept")
        .expect("puts it back");
    assert!(matches!(
        vault.invitation(&link.presented()),
        Err(VaultError::Tampered { .. })
    ));
}

#[test]
fn names_of_accounts_cannot_be_exchanged() {
    let place = Place::new();
    let vault = place.open();
    let session = owner(&vault).session.presented();
    let (ada, _) = by(&vault, &session);
    let name = |text: &str| -> distri_core::AccountName { text.parse().expect("a name") };
    for account in ["acme", "other"] {
        ada.create_account(&name(account)).expect("makes it");
    }
    let there = vault
        .caller(distri_core::authz::Actor::local("root"), &name("acme"))
        .expect("is there");
    let new = NewInvitation {
        email: email("eve"),
        role: Role::Viewer,
    };
    let link = there.invite(&new).expect("invites").0.presented();
    let names = |accounts: &[AccountView]| -> Vec<String> {
        let mut names: Vec<_> = accounts.iter().map(|it| it.name.to_string()).collect();
        names.sort();
        names
    };
    let exchange = |one: &str, other: &str| {
        let sql = format!(
            "update accounts set name = 'x' where name = '{one}'; update accounts set name = '{one}' where name = '{other}';
             update accounts set name = '{other}' where name = 'x'"
        );
        place.database().execute_batch(&sql).expect("exchanges them");
    };
    let refused = |vault: &distri_vault::Vault, account: &str| {
        let found = vault.caller(distri_core::authz::Actor::local("root"), &name(account));
        matches!(found.map(drop), Err(VaultError::Tampered { what: "account", .. }))
    };
    for (one, other) in [("acme", "other"), ("default", "acme")] {
        exchange(one, other);
        // Another process has seen nothing of before.
        for vault in [&vault, &place.open()] {
            assert!(refused(vault, one) && refused(vault, other), "{one} {other}");
        }
        // Whoever is shown one of them is refused; the others are there without them.
        match (one, vault.authenticate_session(&session)) {
            ("default", Err(error)) => assert!(error.to_string().contains("changed outside distri"), "{error}"),
            ("acme", Ok((ada, view))) => {
                assert_eq!(names(&view.accounts), ["default"]);
                assert_eq!(names(&ada.accounts().expect("lists")), ["default"]);
                assert_eq!(names(&local(&vault).accounts().expect("lists")), ["default"]);
                let again = log_in(&vault, "ada", WORDS, peer()).expect("signs in");
                assert_eq!(names(&again.view.accounts), ["default"]);
                assert!(records(&vault).iter().any(|it| it.alarm.is_some()));
                let join = vault.invitation(&link).map(drop);
                assert!(
                    matches!(join, Err(VaultError::Tampered { what: "account", .. })),
                    "{join:?}"
                );
                let misled = there.delete_account(&name(other)).map(drop);
                assert!(
                    matches!(misled, Err(VaultError::Tampered { what: "account", .. })),
                    "{misled:?}"
                );
            }
            (_, other) => panic!("{one}: {:?}", other.map(|it| it.1)),
        }
        exchange(one, other);
        assert!(!refused(&vault, one) && !refused(&vault, other));
    }
    place
        .database()
        .execute_batch("update accounts set name = 'acne' where name = 'acme'")
        .expect("edits");
    assert!(refused(&vault, "acne"));
    let left = local(&vault).accounts().expect("lists");
    assert_eq!(names(&left), ["default", "other"]);
    assert!(records(&vault).iter().any(|it| it.alarm.is_some()));
}
