//! Use cases of people, tokens and accounts, and of the caller itself.

use distri_core::authz::{Limits, Role};
use distri_core::credential::PlainSession;
use distri_core::ids::{MemberId, PersonId, TokenId};
use distri_vault::once::KeptAnswer;
use distri_vault::people::{NewInvitation, Password};

use super::{Case, shown};
use crate::support::new_token;

pub(super) const CASES: &[Case] = &[
    ("hold_form", |it, _| {
        let session = PlainSession::random().presented();
        shown(it.hold_form(&session, b"form").map(drop))
    }),
    ("held_form", |it, _| {
        let session = PlainSession::random().presented();
        shown(it.held_form(&session, "form").map(|it| it.is_some()))
    }),
    ("expires_at", |it, _| format!("{:?}", it.expires_at())),
    ("token_expiry", |it, _| format!("{:?}", it.token_expiry())),
    ("account", |it, _| it.account().to_string()),
    ("authority", |it, _| it.authority().actor().name.clone()),
    // Of its own requests, and nothing else.
    ("begin_once", |it, on| {
        let request: [&[u8]; 1] = [b"request"];
        shown(it.begin_once(on.key.as_str(), &request))
    }),
    ("end_once", |it, on| {
        let answer = KeptAnswer {
            status: 200,
            etag: None,
            body: None,
        };
        let request: [&[u8]; 1] = [b"request"];
        shown(it.end_once(on.key.as_str(), &request, &answer))
    }),
    ("forget_once", |it, on| shown(it.forget_once(on.key.as_str()))),
    ("accounts", |it, _| shown(it.accounts())),
    ("create_account", |it, _| {
        shown(it.create_account(&"other".parse().expect("a name")))
    }),
    ("delete_account", |it, _| {
        shown(it.delete_account(&"default".parse().expect("a name")))
    }),
    ("members", |it, _| shown(it.members())),
    ("invite", |it, _| {
        let new = NewInvitation {
            email: "eve@example.com".parse().expect("an address"),
            role: Role::Viewer,
        };
        shown(it.invite(&new).map(|it| it.1))
    }),
    ("invitations", |it, _| shown(it.invitations())),
    ("withdraw_invitation", |it, _| {
        shown(it.withdraw_invitation(MemberId::from_bytes([0; 16])))
    }),
    ("change_role", |it, _| {
        shown(it.change_role(PersonId::from_bytes([0; 16]), Role::Viewer))
    }),
    ("remove_member", |it, _| {
        shown(it.remove_member(PersonId::from_bytes([0; 16])))
    }),
    ("reset_password", |it, _| {
        let email = "eve@example.com".parse().expect("an address");
        shown(it.reset_password(&email, &Password::new("a good passphrase".to_owned())))
    }),
    ("tokens", |it, _| shown(it.tokens())),
    ("create_token", |it, _| {
        shown(
            it.create_token(&new_token("mine", "read", Limits::default()))
                .map(|it| it.1),
        )
    }),
    ("revoke_token", |it, _| {
        shown(it.revoke_token(TokenId::from_bytes([0; 16])))
    }),
];
