//! Somebody accepts an invitation while the account that they were known by goes: they are in it, or told that the
//! invitation is none, and never met by an error of the database.

use distri_core::AccountName;
use distri_core::authz::{Actor, Role};
use distri_core::credential::PlainInvitation;
use distri_vault::people::{Joining, NewInvitation, SignedIn};
use distri_vault::{Caller, Unauthenticated, Vault, VaultError};

use super::support::{Place, WORDS, by, email, join, local, owner, password, peer};

/// How often both are tried at once.
const ROUNDS: usize = 6;

fn in_account<'v>(vault: &'v Vault, name: &AccountName) -> Caller<'v> {
    vault.caller(Actor::local("root"), name).expect("is there")
}

/// Somebody who is known by an account of their own, and is invited to the default one.
fn invited(vault: &Vault, who: &str) -> (AccountName, PlainInvitation) {
    let account: AccountName = format!("of-{who}").parse().expect("a name");
    local(vault).create_account(&account).expect("makes it");
    join(vault, &in_account(vault, &account), who, Role::Owner);
    let new = NewInvitation {
        email: email(who),
        role: Role::Viewer,
    };
    let (link, view) = local(vault).invite(&new).expect("invites");
    assert!(view.is_known);
    (account, link)
}

fn accept(vault: &Vault, link: &PlainInvitation) -> Result<SignedIn, VaultError> {
    let joining = Joining {
        // Whoever is known keeps theirs; whoever is not any more is somebody new.
        name: Some("Bob".parse().expect("a name")),
        password: password(WORDS),
    };
    vault.accept_invitation(&link.presented(), &joining, peer())
}

#[test]
fn whoever_is_gone_between_their_password_and_the_membership_is_told_that_the_invitation_is_none() {
    let place = Place::new();
    if !place.database.is_embedded() {
        // The moment in between is made by a trigger of SQLite.
        return;
    }
    let vault = place.open();
    owner(&vault);
    let (_, link) = invited(&vault, "bob");
    let database = place.database();
    database
        .execute_batch(
            "create trigger gone_meanwhile after delete on invitations begin
               delete from web_sessions where person = (select id from people where email = old.email);
               delete from members where person = (select id from people where email = old.email);
               delete from people where email = old.email;
             end",
        )
        .expect("makes it");
    let refused = accept(&vault, &link).err().expect("refused");
    assert!(
        matches!(refused, VaultError::Unauthenticated(Unauthenticated::Invitation)),
        "{refused}"
    );
    database.execute_batch("drop trigger gone_meanwhile").expect("drops it");
    assert!(vault.invitation(&link.presented()).is_ok(), "nothing was changed");
    accept(&vault, &link).expect("joins");
}

#[test]
fn in_either_order_they_are_in_the_account_that_is_left() {
    for joins_first in [true, false] {
        let place = Place::new();
        let vault = place.open();
        owner(&vault);
        let (account, link) = invited(&vault, "bob");
        let delete = || in_account(&vault, &account).delete_account(&account).expect("deletes");
        let joined = if joins_first {
            let joined = accept(&vault, &link).expect("joins");
            delete();
            joined
        } else {
            delete();
            // They are unknown by then, and come as somebody new.
            assert!(!vault.invitation(&link.presented()).expect("is good").is_known);
            accept(&vault, &link).expect("joins")
        };
        let (_, view) = by(&vault, &joined.session.presented());
        assert_eq!(view.account, AccountName::default(), "{joins_first}");
        assert_eq!(view.accounts.len(), 1, "{joins_first}");
        assert_eq!(local(&vault).verify_audit().expect("verifies").findings, []);
    }
}

/// The two orders are tried above, and the moment in between before that; whichever of them these rounds meet holds too.
#[test]
fn an_account_that_is_deleted_while_its_owner_joins_another_leaves_one_answer_or_the_other() {
    let place = Place::new();
    let vault = place.open();
    owner(&vault);
    for round in 0..ROUNDS {
        let who = format!("bob{round}");
        let (account, link) = invited(&vault, &who);
        std::thread::scope(|scope| {
            let joining = scope.spawn(|| accept(&vault, &link));
            let deleting = scope.spawn(|| in_account(&vault, &account).delete_account(&account));
            deleting.join().expect("no panic").expect("deletes");
            match joining.join().expect("no panic") {
                Ok(joined) => assert_eq!(joined.view.account, AccountName::default()),
                // They are unknown when they give their password, or only afterwards.
                Err(VaultError::Unauthenticated(Unauthenticated::LogIn | Unauthenticated::Invitation)) => {}
                Err(error) => panic!("{who}: {error}"),
            }
        });
    }
    assert_eq!(local(&vault).verify_audit().expect("verifies").findings, []);
}
