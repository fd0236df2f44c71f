//! Members: invited, changed, removed, and never more than whoever does it.

use distri_core::audit::ActionKind;
use distri_core::authz::{Denied, Limits, Role};
use distri_core::credential::PlainInvitation;
use distri_vault::people::{Joining, NewInvitation};
use distri_vault::tokens::NewToken;
use distri_vault::{Unauthenticated, VaultError};

use super::support::{Place, WORDS, by, email, join, local, log_in, owner, password, peer, records, set};

fn joining(name: &str) -> Joining {
    Joining {
        name: Some(name.parse().expect("a name")),
        password: password(WORDS),
    }
}

#[test]
fn an_invitation_is_for_one_use_and_for_a_week() {
    let place = Place::new();
    let vault = place.open();
    let session = owner(&vault).session.presented();
    let (ada, _) = by(&vault, &session);
    let new = NewInvitation {
        email: email("bob"),
        role: Role::Member,
    };
    let (link, view) = ada.invite(&new).expect("invites");
    assert_eq!(
        (view.account.as_str(), view.role, view.is_known),
        ("default", Role::Member, false)
    );
    assert_eq!(ada.invitations().expect("lists").len(), 1);
    let bob = vault
        .accept_invitation(&link.presented(), &joining("Bob"), peer())
        .expect("joins");
    assert_eq!((bob.view.role, bob.view.name.as_str()), (Role::Member, "Bob"));

    let used = vault
        .accept_invitation(&link.presented(), &joining("Bob"), peer())
        .err()
        .expect("refused");
    assert!(matches!(used, VaultError::Unauthenticated(Unauthenticated::Invitation)));
    assert!(matches!(ada.invite(&new), Err(VaultError::MemberExists(_))));
    assert!(vault.invitation(&PlainInvitation::random().presented()).is_err());

    let other = NewInvitation {
        email: email("carol"),
        role: Role::Viewer,
    };
    let (link, _) = ada.invite(&other).expect("invites");
    place.pass(7 * 24 * 3_600);
    assert!(vault.invitation(&link.presented()).is_err());
}

#[test]
fn only_the_newest_invitation_of_somebody_is_good_and_one_can_be_withdrawn() {
    let place = Place::new();
    let vault = place.open();
    let root = local(&vault);
    let invite = |role| {
        let new = NewInvitation {
            email: email("bob"),
            role,
        };
        root.invite(&new).expect("invites")
    };
    let (first, _) = invite(Role::Admin);
    let (second, view) = invite(Role::Viewer);
    assert!(vault.invitation(&first.presented()).is_err());
    assert!(vault.invitation(&second.presented()).is_ok());
    root.withdraw_invitation(view.id).expect("withdraws");
    assert!(
        vault
            .accept_invitation(&second.presented(), &joining("Bob"), peer())
            .is_err()
    );
    assert!(matches!(
        root.withdraw_invitation(view.id),
        Err(VaultError::NoInvitation)
    ));
}

#[test]
fn a_role_holds_from_the_next_request_on() {
    let place = Place::new();
    let vault = place.open();
    let owner = owner(&vault).session.presented();
    let (ada, _) = by(&vault, &owner);
    let bob = join(&vault, &ada, "bob", Role::Member);
    let session = bob.session.presented();
    assert!(set(&by(&vault, &session).0, "A_KEY", "v").is_ok());
    ada.change_role(bob.view.person, Role::Viewer).expect("changes");
    let refused = set(&by(&vault, &session).0, "A_KEY", "w").expect_err("refused");
    assert!(matches!(
        refused,
        VaultError::Denied(Denied::Role {
            action: "write",
            role: "viewer"
        })
    ));
    assert!(matches!(by(&vault, &session).0.members(), Err(VaultError::Denied(_))));
}

#[test]
fn the_last_owner_stays() {
    let place = Place::new();
    let vault = place.open();
    let first = owner(&vault);
    let (ada, view) = by(&vault, &first.session.presented());
    assert!(matches!(ada.remove_member(view.person), Err(VaultError::LastOwner)));
    assert!(matches!(
        ada.change_role(view.person, Role::Admin),
        Err(VaultError::LastOwner)
    ));
    assert!(matches!(
        local(&vault).remove_member(view.person),
        Err(VaultError::LastOwner)
    ));
    let bob = join(&vault, &ada, "bob", Role::Owner);
    ada.change_role(view.person, Role::Admin).expect("there is another");
    let (bob_caller, _) = by(&vault, &bob.session.presented());
    assert!(matches!(
        bob_caller.remove_member(bob.view.person),
        Err(VaultError::LastOwner)
    ));
}

#[test]
fn of_two_owners_who_remove_each_other_at_once_one_stays() {
    let place = Place::new();
    let vault = place.open();
    let ada = owner(&vault);
    let bob = join(&vault, &by(&vault, &ada.session.presented()).0, "bob", Role::Owner);
    let removals = [
        (ada.session.presented(), bob.view.person),
        (bob.session.presented(), ada.view.person),
    ];
    std::thread::scope(|scope| {
        for (session, whom) in &removals {
            let server = place.open();
            scope.spawn(move || {
                if let Ok((caller, _)) = server.authenticate_session(session) {
                    let _ = caller.remove_member(*whom);
                }
            });
        }
    });
    let left = local(&vault).members().expect("lists");
    assert_eq!(left.iter().filter(|it| it.role == Role::Owner).count(), 1);
}

#[test]
fn nobody_gives_or_takes_more_than_they_have() {
    let place = Place::new();
    let vault = place.open();
    let ada = owner(&vault);
    let (ada_caller, _) = by(&vault, &ada.session.presented());
    let bob = join(&vault, &ada_caller, "bob", Role::Admin);
    let carol = join(&vault, &ada_caller, "carol", Role::Member);
    let (bob_caller, _) = by(&vault, &bob.session.presented());
    let above = |it: Result<(), VaultError>| assert!(matches!(it, Err(VaultError::Denied(Denied::Above { .. }))));
    above(bob_caller.change_role(bob.view.person, Role::Owner).map(drop));
    above(bob_caller.change_role(ada.view.person, Role::Viewer).map(drop));
    above(bob_caller.remove_member(ada.view.person).map(drop));
    let new = NewInvitation {
        email: email("dave"),
        role: Role::Owner,
    };
    above(bob_caller.invite(&new).map(drop));
    assert!(bob_caller.change_role(carol.view.person, Role::Admin).is_ok());
    let (carol_caller, _) = by(&vault, &carol.session.presented());
    assert!(carol_caller.remove_member(bob.view.person).is_ok());
}

#[test]
fn a_removed_members_tokens_go_with_them_and_a_demoted_ones_shrink() {
    let place = Place::new();
    let vault = place.open();
    let ada = owner(&vault);
    let (ada_caller, _) = by(&vault, &ada.session.presented());
    let bob = join(&vault, &ada_caller, "bob", Role::Member);
    let (bob_caller, _) = by(&vault, &bob.session.presented());
    let new = NewToken {
        name: "bobs".parse().expect("a name"),
        scopes: "read,write".parse().expect("scopes"),
        limits: Limits::default(),
        expires_at: None,
    };
    let (token, view) = bob_caller.create_token(&new).expect("makes it");
    assert_eq!(view.role, Role::Member);
    let request = |key: &str| {
        let caller = vault.authenticate_token(&token.presented(), peer())?;
        set(&caller, key, "v")
    };
    request("A_KEY").expect("may write");
    ada_caller.change_role(bob.view.person, Role::Viewer).expect("changes");
    assert!(matches!(request("A_KEY"), Err(VaultError::Denied(Denied::Role { .. }))));
    // A greater role than at its making does not make the token greater.
    ada_caller.change_role(bob.view.person, Role::Owner).expect("changes");
    let caller = vault.authenticate_token(&token.presented(), peer()).expect("known");
    assert_eq!(caller.authority().actor().role, Role::Member);

    let revoked = ada_caller.remove_member(bob.view.person).expect("removes");
    assert_eq!(revoked.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["bobs"]);
    assert!(matches!(
        request("A_KEY"),
        Err(VaultError::Unauthenticated(Unauthenticated::Revoked))
    ));
    // Coming back brings no token back.
    join_again(&vault, &ada_caller, "bob");
    assert!(matches!(
        request("A_KEY"),
        Err(VaultError::Unauthenticated(Unauthenticated::Revoked))
    ));
    let actions: Vec<_> = records(&vault).into_iter().map(|it| it.action).collect();
    for expected in [
        ActionKind::MemberInvite,
        ActionKind::MemberAdd,
        ActionKind::MemberRole,
        ActionKind::MemberRemove,
        ActionKind::TokenRevoke,
    ] {
        assert!(actions.contains(&expected), "{expected:?}");
    }
}

/// Whoever was a member of nothing any more is somebody new: with a password of their choice.
fn join_again(vault: &distri_vault::Vault, by: &distri_vault::Caller<'_>, name: &str) {
    let new = NewInvitation {
        email: email(name),
        role: Role::Member,
    };
    let (link, view) = by.invite(&new).expect("invites");
    assert!(!view.is_known);
    let joining = Joining {
        name: Some(name.parse().expect("a name")),
        password: password("another good passphrase"),
    };
    vault
        .accept_invitation(&link.presented(), &joining, peer())
        .expect("joins again");
    assert!(log_in(vault, name, WORDS, peer()).is_err());
    assert!(log_in(vault, name, "another good passphrase", peer()).is_ok());
}
