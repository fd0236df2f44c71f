//! A form that is looked at again: sealed for one session of one account, and for a while.

use super::support::{Place, by, owner};

#[test]
fn what_is_held_opens_for_the_same_session_only_and_not_for_ever() {
    let place = Place::new();
    let vault = place.open();
    let session = owner(&vault).session.presented();
    let other = distri_core::credential::PlainSession::random().presented();
    let (caller, _) = by(&vault, &session);
    let text = caller.hold_form(&session, b"A=first value\n").expect("seals");
    assert!(!text.contains("first"));
    assert_ne!(text, caller.hold_form(&session, b"A=first value\n").expect("seals"));
    let opened = |session, text: &str| caller.held_form(session, text).expect("answers").map(|it| it.to_vec());
    assert_eq!(opened(&session, &text).as_deref(), Some(&b"A=first value\n"[..]));
    assert_eq!(opened(&other, &text), None, "another session");
    for index in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("text");
        assert_eq!(opened(&session, &changed), None, "byte {index}");
        assert_eq!(opened(&session, &text[..index]), None, "cut at {index}");
    }
    place.pass(30 * 60);
    let (caller, _) = by(&vault, &session);
    assert!(
        caller.held_form(&session, &text).expect("answers").is_none(),
        "too long ago"
    );
}
