//! Accounts that are deleted: nothing of one works afterwards, not even when every row of it is put back.

use distri_core::audit::ActionKind;
use distri_core::authz::{Actor, Denied, Limits, Role};
use distri_core::credential::{PresentedInvitation, PresentedSession, PresentedToken};
use distri_core::ids::RunId;
use distri_core::{AccountName, Clock, Environment};
use distri_store::tables;
use distri_vault::observed::{ObservedAbout, ObservedBatch};
use distri_vault::people::{Joining, NewInvitation, PASSWORD_FRESH};
use distri_vault::tokens::NewToken;
use distri_vault::{Caller, Unauthenticated, Vault, VaultError};

use super::support::{Place, WORDS, by, email, join, local, log_in, owner, password, peer, records, reveal, set};

fn acme() -> AccountName {
    "acme".parse().expect("a name")
}

fn in_acme(vault: &Vault) -> Result<Caller<'_>, VaultError> {
    vault.caller(Actor::local("root"), &acme())
}

fn new_token() -> NewToken {
    NewToken {
        name: "ci".parse().expect("a name"),
        scopes: "read,write,reveal,resolve,admin".parse().expect("scopes"),
        limits: Limits::default(),
        expires_at: None,
    }
}

/// The tables whose rows are an account's own, with the condition for those of account `acme`.
fn own() -> impl Iterator<Item = (&'static str, String)> {
    let by_account = |table: &tables::Table| table.columns.iter().any(|it| it.0 == "account");
    let listed = tables::all().iter().filter_map(move |table| {
        let of = "(select id from kept_accounts where name = 'acme')";
        let condition = match table.name {
            "accounts" => format!("id in {of}"),
            "data_keys" | "secret_versions" => {
                format!("secret in (select id from kept_secrets where account in {of})")
            }
            "token_uses" => format!("token in (select id from kept_tokens where account in {of})"),
            // What was recorded stays.
            "audit_records" | "unsigned_audit_records" => return None,
            _ if by_account(table) => format!("account in {of}"),
            _ => return None,
        };
        Some((table.name, condition))
    });
    listed.collect::<Vec<_>>().into_iter()
}

/// Account `acme` with something in each of its tables; a copy of every row is kept beside.
fn full(place: &Place, vault: &Vault) -> (Credentials, AccountName) {
    let session = owner(vault).session.presented();
    let (ada, _) = by(vault, &session);
    set(&ada, "A_KEY", "of default").expect("sets");
    ada.create_account(&acme()).expect("makes it");
    let there = in_acme(vault).expect("is there");
    set(&there, "A_KEY", "of acme").expect("sets");
    set(&there, "A_KEY", "of acme, again").expect("sets");
    set(&there, "GONE", "deleted").expect("sets");
    there
        .delete(&"GONE".parse().expect("a key"), &Default::default())
        .expect("deletes");
    there.rotate_account().expect("rotates");
    there.session_set("s", "k", b"1", None).expect("sets session data");
    there
        .put_agent("---\nname = \"helper\"\ndescription = \"d\"\n---\nHelp.\n")
        .expect("pushes");
    let (token, _) = there.create_token(&new_token()).expect("makes it");
    vault.authenticate_token(&token.presented(), peer()).expect("known");
    let bob = join(vault, &there, "bob", Role::Admin).session.presented();
    let new = NewInvitation {
        email: email("eve"),
        role: Role::Viewer,
    };
    let link = there.invite(&new).expect("invites").0.presented();
    let batch = ObservedBatch {
        about: ObservedAbout {
            at: place.clock.now(),
            agent: None,
            environment: Environment::default(),
            secrets: Vec::new(),
        },
        requests: Vec::new(),
        left_out: 1,
    };
    there
        .observe(RunId::new(place.clock.as_ref()), 1, &batch)
        .expect("observes");
    for table in tables::all() {
        let copy = format!("create table kept_{0} as select * from {0}", table.name);
        place.database().execute_batch(&copy).expect("copies");
    }
    let credentials = Credentials {
        ada: session,
        bob,
        token: token.presented(),
        link,
    };
    (credentials, acme())
}

struct Credentials {
    ada: PresentedSession,
    bob: PresentedSession,
    token: PresentedToken,
    link: PresentedInvitation,
}

#[test]
fn nothing_of_a_deleted_account_is_left_and_the_log_still_verifies() {
    let place = Place::new();
    let vault = place.open();
    let (credentials, name) = full(&place, &vault);
    let count = |table: &str, condition: &str| {
        place
            .database()
            .text(&format!("select cast(count(*) as text) from {table} where {condition}"))
    };
    for (table, condition) in own() {
        assert_ne!(count(table, &condition), "0", "nothing of it is in {table}");
    }
    let others: Vec<_> = own()
        .map(|(table, condition)| (table, count(table, &format!("not ({condition})"))))
        .collect();

    let deleted = in_acme(&vault)
        .expect("is there")
        .delete_account(&name)
        .expect("deletes");
    assert_eq!(
        (deleted.secrets, deleted.versions, deleted.tokens, deleted.members),
        (2, 3, 1, 2)
    );
    for (table, condition) in own() {
        assert_eq!(count(table, &condition), "0", "something of it is in {table}");
    }
    for (table, before) in others {
        let condition = own().find(|it| it.0 == table).expect("the same").1;
        assert_eq!(count(table, &format!("not ({condition})")), before, "{table}");
    }

    let unauthenticated = |result: Result<(), VaultError>| match result {
        Err(VaultError::Unauthenticated(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert!(matches!(in_acme(&vault).map(drop), Err(VaultError::NoAccount(_))));
    let token = vault.authenticate_token(&credentials.token, peer()).map(drop);
    assert_eq!(unauthenticated(token), Unauthenticated::UnknownToken);
    let bob = vault.authenticate_session(&credentials.bob).map(drop);
    assert_eq!(unauthenticated(bob), Unauthenticated::NoSession);
    let link = vault.invitation(&credentials.link).map(drop);
    assert_eq!(unauthenticated(link), Unauthenticated::Invitation);
    let (ada, view) = by(&vault, &credentials.ada);
    assert_eq!(view.accounts.len(), 1);
    assert_eq!(reveal(&ada, "A_KEY").expect("reveals"), b"of default");

    assert_eq!(local(&vault).verify_audit().expect("verifies").findings, []);
    let last = records(&vault)
        .into_iter()
        .rfind(|it| it.action == ActionKind::AccountDelete);
    let last = last.expect("a record");
    let about = last.about.expect("about it");
    assert_eq!(
        (last.action, about.name.as_str(), about.revision),
        (ActionKind::AccountDelete, "acme", 2)
    );
    // Another one may have its name.
    local(&vault).create_account(&name).expect("makes it");
    let again = in_acme(&vault).expect("is there");
    assert!(matches!(reveal(&again, "A_KEY"), Err(VaultError::NotFound { .. })));
}

#[test]
fn whoever_is_a_member_of_nothing_else_is_gone_with_the_account_and_may_come_again() {
    let place = Place::new();
    let vault = place.open();
    let (credentials, name) = full(&place, &vault);
    let there = in_acme(&vault).expect("is there");
    // Carol is a member of `default` too; Dan's session shows that account, which he was removed from.
    for name in ["carol", "dan"] {
        join(&vault, &local(&vault), name, Role::Viewer);
    }
    for name in ["carol", "dan"] {
        let new = NewInvitation {
            email: email(name),
            role: Role::Viewer,
        };
        let (link, _) = there.invite(&new).expect("invites");
        let joining = Joining {
            name: None,
            password: password(WORDS),
        };
        let joined = vault.accept_invitation(&link.presented(), &joining, peer());
        joined.expect("joins");
    }
    let dan = log_in(&vault, "dan", WORDS, peer()).expect("signs in");
    vault
        .switch_account(&dan.session.presented(), &AccountName::default())
        .expect("is a member");
    local(&vault).remove_member(dan.view.person).expect("removes");
    in_acme(&vault)
        .expect("is there")
        .delete_account(&name)
        .expect("deletes");

    let known = |name: &str| {
        let sql = "select cast(count(*) as text) from people where email = ";
        place.database().text(&format!("{sql}'{}'", email(name)))
    };
    assert_eq!(["ada", "carol", "bob", "dan"].map(known), ["1", "1", "0", "0"]);
    assert!(log_in(&vault, "carol", WORDS, peer()).is_ok());
    assert!(log_in(&vault, "bob", WORDS, peer()).is_err());
    for session in [&credentials.bob, &dan.session.presented()] {
        let refused = vault.authenticate_session(session).map(drop);
        assert!(
            matches!(refused, Err(VaultError::Unauthenticated(Unauthenticated::NoSession))),
            "{refused:?}"
        );
    }
    assert_eq!(local(&vault).verify_audit().expect("verifies").findings, []);
    // Invited again, Bob is somebody new.
    let bob = join(&vault, &local(&vault), "bob", Role::Member).session.presented();
    assert_eq!(by(&vault, &bob).1.role, Role::Member);
}

#[test]
fn a_deleted_account_that_is_put_back_opens_nothing() {
    let place = Place::new();
    let vault = place.open();
    let (credentials, name) = full(&place, &vault);
    in_acme(&vault)
        .expect("is there")
        .delete_account(&name)
        .expect("deletes");
    // Bob was a member of nothing else. Who they were comes first: other rows refer to it.
    let gone = "select * from kept_people where id not in (select id from people)";
    place
        .database()
        .execute_batch(&format!("insert into people {gone}"))
        .expect("puts back");
    for (table, condition) in own() {
        let back = format!("insert into {table} select * from kept_{table} where {condition}");
        place.database().execute_batch(&back).expect("puts back");
    }
    let refused = |result: Result<(), VaultError>, what: &str| match result {
        Err(VaultError::Tampered { what: found, .. }) => assert_eq!(found, what),
        other => panic!("{other:?}"),
    };
    refused(in_acme(&vault).map(drop), "account");
    refused(vault.authenticate_token(&credentials.token, peer()).map(drop), "token");
    refused(vault.authenticate_session(&credentials.bob).map(drop), "person");
    refused(vault.invitation(&credentials.link).map(drop), "invitation");
    // Moved to an account that is there, a secret of it opens no more than before.
    place
        .database()
        .execute_batch(
            "update secrets set account = (select id from accounts where name = 'default'), environment = 'moved'
             where account = (select id from accounts where name = 'acme')",
        )
        .expect("moves");
    let moved = local(&vault).reveal(
        &"A_KEY".parse().expect("a key"),
        &"moved".parse().expect("an environment"),
        None,
    );
    assert!(matches!(moved.map(drop), Err(VaultError::Integrity { .. })));
    // The log is whole, and says of each that it is gone.
    let findings = local(&vault).verify_audit().expect("verifies").findings;
    for what in [
        "secret `A_KEY`",
        "token `ci`",
        "invitation `eve@example.com`",
        "agent definition `helper`",
        "account `acme`",
    ] {
        let is_it = |it: &str| {
            it.starts_with(what) && it.contains("is there, and record") && it.ends_with("says that it is not")
        };
        assert!(findings.iter().any(|it| is_it(&it.what)), "{what}: {findings:?}");
    }
    assert_eq!(findings.len(), 8, "{findings:?}");
}

#[test]
fn only_an_owner_deletes_an_account_and_the_first_one_stays() {
    let place = Place::new();
    let vault = place.open();
    let (credentials, name) = full(&place, &vault);
    let (bob, _) = by(&vault, &credentials.bob);
    assert!(
        matches!(bob.delete_account(&name), Err(VaultError::Denied(_))),
        "an admin"
    );
    let there = in_acme(&vault).expect("is there");
    assert!(matches!(
        there.delete_account(&AccountName::default()),
        Err(VaultError::NoAccount(_))
    ));
    vault.switch_account(&credentials.ada, &name).expect("is a member");
    place.pass(i64::try_from(PASSWORD_FRESH.as_secs()).expect("short") + 1);
    let (ada, _) = by(&vault, &credentials.ada);
    assert!(matches!(
        ada.delete_account(&name),
        Err(VaultError::Denied(Denied::NotFresh { .. }))
    ));
    assert!(matches!(
        local(&vault).delete_account(&AccountName::default()),
        Err(VaultError::FirstAccount)
    ));
    assert_eq!(reveal(&there, "A_KEY").expect("is there"), b"of acme, again");
    // A token of an owner may, of its own account.
    let caller = vault.authenticate_token(&credentials.token, peer()).expect("known");
    caller.delete_account(&name).expect("deletes");
    assert!(vault.authenticate_token(&credentials.token, peer()).is_err());
}
