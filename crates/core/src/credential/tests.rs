//! Every credential that is made parses, and nothing near it does.

use proptest::prelude::*;

use super::*;

fn plain(bytes: [u8; 32]) -> String {
    PlainToken::of(&bytes).expose_secret().to_owned()
}

#[test]
fn the_form_is_fixed() {
    let text = plain([7; 32]);
    assert_eq!(text.len(), 56);
    assert_eq!(text, "distri_1fJjkkpe9PiTw9KSulA8Ghct30vZz4HpdQ5c5b9cPF13Agbxr");
}

#[test]
fn kinds_are_not_taken_for_each_other() {
    let token = plain([7; 32]);
    assert!(token.parse::<PresentedSession>().is_err());
    let session = PlainSession::of(&[7; 32]);
    assert!(session.expose_secret().parse::<PresentedToken>().is_err());
    assert!(session.expose_secret().parse::<PresentedInvitation>().is_err());
    assert!(session.expose_secret().parse::<PresentedSession>().is_ok());
}

#[test]
fn errors_repeat_nothing_of_the_text() {
    for text in [
        "",
        "sk_live_abcdef",
        "distri_",
        "distri_abcdef",
        "eyJhbGciOi.x.y",
        &format!("{} ", plain([1; 32])),
    ] {
        let error = text.parse::<PresentedToken>().err().expect("refused").to_string();
        assert!(!error.contains("abcdef") && !error.contains("eyJ"), "{error}");
    }
}

proptest! {
    #[test]
    fn what_is_made_parses(bytes: [u8; 32]) {
        let text = plain(bytes);
        let presented: PresentedToken = text.parse().expect("parses");
        prop_assert_eq!(presented.expose_secret(), text);
    }

    #[test]
    fn two_of_different_bits_differ(one: [u8; 32], other: [u8; 32]) {
        prop_assert_eq!(plain(one) == plain(other), one == other);
    }

    #[test]
    fn any_changed_character_is_refused(bytes: [u8; 32], at in 0_usize..56, other in any::<char>()) {
        let text = plain(bytes);
        let mut chars: Vec<char> = text.chars().collect();
        prop_assume!(chars[at] != other);
        chars[at] = other;
        prop_assert!(chars.into_iter().collect::<String>().parse::<PresentedToken>().is_err());
    }

    #[test]
    fn any_digit_in_the_place_of_another_is_refused(bytes: [u8; 32], at in 7_usize..56, other in "[0-9A-Za-z]") {
        let mut text = plain(bytes);
        prop_assume!(text[at..=at] != other);
        text.replace_range(at..=at, &other);
        prop_assert!(text.parse::<PresentedToken>().is_err());
    }

    #[test]
    fn neighbours_that_changed_places_are_refused(bytes: [u8; 32], at in 7_usize..55) {
        let text = plain(bytes);
        let mut chars: Vec<char> = text.chars().collect();
        prop_assume!(chars[at] != chars[at + 1]);
        chars.swap(at, at + 1);
        prop_assert!(chars.into_iter().collect::<String>().parse::<PresentedToken>().is_err());
    }

    #[test]
    fn cut_or_lengthened_is_refused(bytes: [u8; 32], keep in 0_usize..56, more in "\\PC{1,8}") {
        let text = plain(bytes);
        prop_assert!(text[..keep].parse::<PresentedToken>().is_err());
        let longer = format!("{text}{more}");
        prop_assert!(longer.parse::<PresentedToken>().is_err());
        let earlier = format!("{more}{text}");
        prop_assert!(earlier.parse::<PresentedToken>().is_err());
    }
}
