//! Placeholders look like the value, are recognised anywhere, and cannot be made without the key.

use super::*;
use crate::names::SecretKey;

fn key(byte: u8) -> PlaceholderKey {
    PlaceholderKey::new(&[byte; 32])
}

fn shape(name: &str, value: &str) -> Shape {
    let name: SecretKey = name.parse().expect("a key");
    Shape::of(&name, value.as_bytes())
}

fn id(release: u64, subject: usize) -> PlaceholderId {
    PlaceholderId::new(release, subject).expect("in range")
}

const SHAPES: &[(&str, &str, &str)] = &[
    (
        "STRIPE_API_KEY",
        "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG",
        "sk_live_",
    ),
    (
        "STRIPE_WEBHOOK_SECRET",
        "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH",
        "whsec_",
    ),
    (
        "SENDGRID_API_KEY",
        "SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc",
        "SG.",
    ),
    (
        "SLACK_BOT_TOKEN",
        "xoxb-2174382190-2131238123-kJHGfd76JHGfdsKJ",
        "xoxb-",
    ),
    ("OTHER_KEY", "sk_live_51HG7dKJhgfd765KJHgfd7654jhgfKJHG", "sk_live_"),
    ("SOME_HEX", "d41d8cd98f00b204e9800998ecf8427e", ""),
    ("SOME_LOWER", "z41d8cd98f00b204e9800998ecf8427ez", ""),
    ("SOME_UPPER", "ZPMX7J2KQ4PLMR8TX3BNCVWQ9ADSF1XX", ""),
    ("SOME_UUID", "123e4567-e89b-42d3-a456-426614174000", ""),
];

#[test]
fn a_placeholder_has_the_prefix_length_and_alphabet_of_its_value() {
    let keys = key(1);
    for (name, value, prefix) in SHAPES {
        let made = keys.mint(id(7, 3), &shape(name, value));
        let text = made.as_str();
        assert!(text.starts_with(prefix), "{name}: {text}");
        assert_eq!(text.len(), value.len(), "{name}: {text}");
        assert_ne!(text, *value);
        let class = |text: &str, it: fn(&u8) -> bool| text[prefix.len()..].bytes().any(|byte| it(&byte));
        for kind in [u8::is_ascii_uppercase, u8::is_ascii_lowercase] {
            assert!(!class(text, kind) || class(value, kind), "{name}: {text}");
        }
    }
    let made = keys.mint(id(7, 3), &shape("SOME_UUID", SHAPES[8].1));
    assert_eq!(
        made.as_str().match_indices('-').map(|it| it.0).collect::<Vec<_>>(),
        [8, 13, 18, 23]
    );
}

#[test]
fn a_short_a_long_and_a_binary_value_get_a_placeholder_too() {
    let keys = key(1);
    for value in ["x", "p4ss", &"y".repeat(5000), "two\nlines", "ключ"] {
        let made = keys.mint(id(1, 0), &shape("PASSWORD", value));
        assert!((25..=64).contains(&made.as_str().len()), "{}", made.as_str());
        assert_eq!(keys.find(made.as_str().as_bytes()).len(), 1);
    }
}

#[test]
fn a_placeholder_is_recognised_in_any_text_and_says_whose_it_is() {
    let keys = key(1);
    for (name, value, _) in SHAPES {
        for id in [id(1, 0), id((1 << 40) - 1, 65535), id(123_456, 17)] {
            let made = keys.mint(id, &shape(name, value));
            for text in [
                made.as_str().to_owned(),
                format!("Bearer {}", made.as_str()),
                format!("x{0}y {0}", made.as_str()),
            ] {
                let found = keys.find(text.as_bytes());
                assert!(
                    !found.is_empty() && found.iter().all(|it| it.id == id),
                    "{name}: {text}"
                );
            }
        }
    }
}

#[test]
fn placeholders_are_unique_for_a_run_and_a_secret() {
    let keys = key(1);
    let shape = shape("SENDGRID_API_KEY", SHAPES[2].1);
    let mut seen = std::collections::BTreeSet::new();
    for release in 0..200 {
        for subject in 0..20 {
            assert!(seen.insert(keys.mint(id(release, subject), &shape).as_str().to_owned()));
        }
    }
}

#[test]
fn another_instance_does_not_recognise_it_and_a_changed_one_is_none() {
    let (ours, theirs) = (key(1), key(2));
    let made = ours.mint(id(5, 1), &shape("STRIPE_API_KEY", SHAPES[0].1));
    assert!(theirs.find(made.as_str().as_bytes()).is_empty());
    let block = 8..8 + Coding::Mixed.least();
    for place in block {
        let mut bytes = made.as_str().as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'7' { b'8' } else { b'7' };
        assert!(ours.find(&bytes).is_empty(), "byte {place}");
    }
}

#[test]
fn a_disguised_one_is_recognised() {
    use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
    let keys = key(1);
    for (name, value, _) in SHAPES {
        let made = keys.mint(id(7, 3), &shape(name, value));
        let plain = made.as_str().as_bytes();
        let mut disguised = vec![
            HEXLOWER.encode(plain).into_bytes(),
            HEXUPPER.encode(&[b"x", plain].concat()).into_bytes(),
            plain.iter().flat_map(|it| format!("%{it:02x}").into_bytes()).collect(),
            plain.iter().flat_map(|it| [*it, 0]).collect(),
            plain.iter().flat_map(|it| [0, *it]).collect(),
        ];
        for before in ["", "u", "us", "usr", "user:"] {
            let joined = [before.as_bytes(), plain, b":x"].concat();
            disguised.push(BASE64.encode(&joined).into_bytes());
            disguised.push(format!("{before}{}", BASE64URL_NOPAD.encode(&joined)).into_bytes());
            let folded = BASE64.encode(&joined);
            let (head, tail) = folded.split_at(20);
            disguised.push(format!("{head}\r\n{tail}").into_bytes());
        }
        for text in disguised {
            let text = [b"before \"", &text[..], b"\" after"].concat();
            let found: Vec<_> = keys.find_disguised(&text).into_iter().map(|it| it.id).collect();
            assert_eq!(found, [made.id()], "{name}: {}", String::from_utf8_lossy(&text));
            assert!(key(2).find_disguised(&text).is_empty());
        }
        assert_eq!(keys.find_disguised(plain).len(), 1, "{name}");
    }
}

#[test]
fn ids_have_bounds() {
    assert!(PlaceholderId::new(1 << 40, 0).is_none());
    assert!(PlaceholderId::new(0, 1 << 16).is_none());
}

proptest::proptest! {
    #[test]
    fn any_id_comes_back(release in 0_u64..1 << 40, subject in 0_usize..1 << 16, shape_of in 0..SHAPES.len()) {
        let keys = key(9);
        let (name, value, _) = SHAPES[shape_of];
        let made = keys.mint(id(release, subject), &shape(name, value));
        let found = keys.find(made.as_str().as_bytes());
        proptest::prop_assert_eq!(found.len(), 1);
        proptest::prop_assert_eq!((found[0].id.release(), found[0].id.subject()), (release, subject));
    }

    #[test]
    fn any_text_is_searched_without_panic(bytes in proptest::collection::vec(0_u8..=255, 0..200)) {
        let keys = key(9);
        let marked = [keys.markers[0].as_bytes(), &bytes, keys.markers[3].as_bytes(), &bytes].concat();
        proptest::prop_assert!(keys.find(&marked).is_empty());
        proptest::prop_assert!(keys.find_disguised(&marked).is_empty());
    }
}
