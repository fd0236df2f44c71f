//! The engine beside a slow reference, on random secrets, texts and chunks (T33, T60).

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod reference;

use aho_corasick::{AhoCorasick, MatchKind};
use data_encoding::BASE64;
use distri_redact::encodings::ENCODINGS;
use distri_redact::{MIN_NEEDLE, Redactor};
use proptest::prelude::*;
use proptest::sample::Index;
use reference::Reference;

type Secrets = Vec<(String, Vec<u8>)>;

/// What a text is made of, so that needles, parts of needles and near misses are common.
#[derive(Clone, Debug)]
enum Piece {
    Noise(Vec<u8>),
    Form {
        secret: Index,
        form: Index,
        from: Index,
        to: Index,
        whole: bool,
    },
    Folded {
        secret: Index,
        before: Vec<u8>,
        after: Vec<u8>,
        width: usize,
        feed: &'static str,
        hex: bool,
    },
    Soft {
        secret: Index,
        width: usize,
        feed: &'static str,
    },
}

fn bytes(alphabet: &'static [u8], length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(alphabet), length)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => bytes(b"ab", 4..20),
        2 => bytes(b"ab\\\"/ &<\n", 4..20),
        2 => bytes(b"abcdefXYZ0189-_.~+/=", 6..70),
        1 => prop::collection::vec(any::<u8>(), 4..40),
        1 => "\\PC{4,12}".prop_map(String::into_bytes),
        1 => bytes(b"abAB", 60..150),
    ]
}

/// Labels begin with a character that no text here has, so that replacements are known from text.
fn secrets() -> impl Strategy<Value = Secrets> {
    prop::collection::vec(value(), 0..5).prop_map(|values| {
        values
            .into_iter()
            .enumerate()
            .map(|(it, value)| (format!("\u{1}{it}"), value))
            .collect()
    })
}

fn piece() -> impl Strategy<Value = Piece> {
    let form = (
        any::<Index>(),
        any::<Index>(),
        any::<Index>(),
        any::<Index>(),
        any::<bool>(),
    );
    let around = || prop::collection::vec(2_u8.., 0..80);
    let feed = prop::sample::select(&["\n", "\r\n", "\r", "\\n", "\\r\\n", "\\r"][..]);
    let soft = prop::sample::select(&["=\n", "=\r\n", "=\r", "=", "==\n"][..]);
    prop_oneof![
        2 => bytes(b"ab", 0..12).prop_map(Piece::Noise),
        1 => prop::collection::vec(2_u8.., 0..12).prop_map(Piece::Noise),
        4 => form.prop_map(|(secret, form, from, to, whole)| Piece::Form { secret, form, from, to, whole }),
        2 => (any::<Index>(), around(), around(), 46..77_usize, feed, any::<bool>()).prop_map(
            |(secret, before, after, width, feed, hex)| Piece::Folded { secret, before, after, width, feed, hex }
        ),
        1 => (any::<Index>(), 1..30_usize, soft).prop_map(|(secret, width, feed)| Piece::Soft { secret, width, feed }),
    ]
}

fn text(secrets: &Secrets, pieces: &[Piece]) -> Vec<u8> {
    let mut text = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Noise(noise) => text.extend(noise),
            Piece::Form { .. } | Piece::Folded { .. } | Piece::Soft { .. } if secrets.is_empty() => {}
            Piece::Soft { secret, width, feed } => {
                let value = &secret.get(secrets).1;
                let quoted = ENCODINGS.iter().find(|it| it.name() == "quoted-printable").unwrap();
                let forms = quoted.forms(value);
                text.extend(forms[0].chunks(*width).collect::<Vec<_>>().join(feed.as_bytes()));
            }
            Piece::Form {
                secret,
                form,
                from,
                to,
                whole,
            } => {
                let (_, value) = secret.get(secrets);
                let forms: Vec<_> = ENCODINGS.iter().flat_map(|it| it.forms(value)).collect();
                let form = form.get(&forms);
                let (from, to) = (from.index(form.len() + 1), to.index(form.len() + 1));
                text.extend(if *whole {
                    &form[..]
                } else {
                    &form[from.min(to)..from.max(to)]
                });
            }
            Piece::Folded {
                secret,
                before,
                after,
                width,
                feed,
                hex,
            } => {
                let body = [before, &secret.get(secrets).1, after].map(Vec::as_slice).concat();
                let body = if *hex {
                    data_encoding::HEXLOWER.encode(&body)
                } else {
                    BASE64.encode(&body)
                };
                let lines: Vec<_> = body
                    .as_bytes()
                    .chunks(*width)
                    .map(|it| str::from_utf8(it).unwrap())
                    .collect();
                text.extend(lines.join(feed).bytes());
            }
        }
    }
    text
}

fn redactor(secrets: &Secrets) -> Redactor {
    secrets
        .iter()
        .fold(Redactor::builder(), |builder, (label, value)| {
            builder.secret(label, value)
        })
        .build()
}

/// A needle that stands in `out` between replacements.
fn surviving(reference: &Reference, out: &[u8]) -> Option<String> {
    let mut rest = out;
    while !rest.is_empty() {
        let end = rest
            .windows(11)
            .position(|it| it == b"[redacted:\x01")
            .unwrap_or(rest.len());
        let stands = |needle: &[u8]| rest[..end].windows(needle.len()).any(|it| it == needle);
        if let Some(needle) = reference.needles().iter().find(|it| stands(&it.bytes)) {
            return Some(needle.bytes.escape_ascii().to_string());
        }
        let close = rest[end..]
            .iter()
            .position(|it| *it == b']')
            .map_or(rest.len(), |it| end + it + 1);
        rest = &rest[close..];
    }
    None
}

proptest! {
    #[test]
    fn redact_find_and_labels_equal_the_reference(secrets in secrets(), pieces in prop::collection::vec(piece(), 0..8)) {
        let (text, redactor, reference) = (text(&secrets, &pieces), redactor(&secrets), Reference::new(&secrets));
        let out = redactor.redact(&text);
        prop_assert_eq!(out.escape_ascii().to_string(), reference.redact(&text).escape_ascii().to_string());
        let found = redactor.find(&text).map(|it| (it.range.start, it.range.end));
        let expected = reference.occurrences(&text).first().map(|it| (it.start, it.end.0));
        prop_assert_eq!(found, expected);
        prop_assert_eq!(redactor.labels_in(&text), reference.labels_in(&text));
    }

    #[test]
    fn a_stream_equals_the_whole_and_holds_the_least(
        secrets in secrets(),
        pieces in prop::collection::vec(piece(), 0..6),
        sizes in prop::collection::vec(0..40_usize, 1..20),
    ) {
        let (text, redactor, reference) = (text(&secrets, &pieces), redactor(&secrets), Reference::new(&secrets));
        let mut stream = redactor.stream();
        let mut out = Vec::new();
        let mut seen = 0;
        for size in sizes.iter().cycle().take(text.len() + sizes.len()) {
            let end = text.len().min(seen + size.max(&usize::from(sizes.iter().all(|it| *it == 0))));
            stream.push(&text[seen..end], &mut out);
            seen = end;
            prop_assert_eq!(stream.held(), reference.hold(&text[..seen]), "after {} bytes", seen);
            if seen == text.len() {
                break;
            }
        }
        stream.push(&text[seen..], &mut out);
        stream.finish(&mut out);
        prop_assert_eq!(out.escape_ascii().to_string(), redactor.redact(&text).escape_ascii().to_string());
    }

    #[test]
    fn replacements_of_their_own_equal_the_reference_whole_and_in_chunks_without_a_copy(
        secrets in secrets(),
        replacements in prop::collection::vec((bytes(b"ABCDEF", 1..30), any::<bool>()), 5),
        pieces in prop::collection::vec(piece(), 0..6),
        sizes in prop::collection::vec(1..40_usize, 1..20),
    ) {
        // As often as not of the value's length, as placeholders have it.
        let replacements: Vec<_> = replacements.into_iter().enumerate().map(|(index, (text, same))| {
            match secrets.get(index).filter(|_| same) {
                Some((_, value)) => text.into_iter().cycle().take(value.len()).collect(),
                None => text,
            }
        }).collect();
        let (text, reference) = (text(&secrets, &pieces), Reference::new_as(&secrets, &replacements));
        let builder = secrets.iter().zip(&replacements).fold(Redactor::builder(), |builder, ((label, value), it)| {
            builder.secret_as(label, value, it)
        });
        let redactor = builder.build();
        let expected = reference.redact(&text).escape_ascii().to_string();
        prop_assert_eq!(redactor.redact(&text).escape_ascii().to_string(), expected.clone());
        prop_assert_eq!(redactor.shortest(), reference.needles().iter().map(|it| it.bytes.len()).min());
        let (mut stream, mut out, mut rest) = (redactor.stream(), Vec::new(), &text[..]);
        for size in sizes.iter().cycle().take_while(|_| !rest.is_empty() ) {
            let (chunk, after) = rest.split_at(rest.len().min(*size));
            out.extend_from_slice(&stream.pass(chunk));
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        stream.finish(&mut out);
        prop_assert_eq!(out.escape_ascii().to_string(), expected);
    }

    #[test]
    fn no_needle_survives_between_replacements(secrets in secrets(), pieces in prop::collection::vec(piece(), 0..8)) {
        let (text, redactor, reference) = (text(&secrets, &pieces), redactor(&secrets), Reference::new(&secrets));
        let out = redactor.redact(&text);
        prop_assert_eq!(surviving(&reference, &out), None);
    }

    #[test]
    fn what_shows_early_changes_no_text_and_lets_no_needle_survive(
        secrets in secrets(),
        pieces in prop::collection::vec(piece(), 0..6),
        steps in prop::collection::vec((1..9_usize, 0..4_usize), 1..20),
    ) {
        let (text, redactor, reference) = (text(&secrets, &pieces), redactor(&secrets), Reference::new(&secrets));
        let (mut stream, mut out) = (redactor.stream(), Vec::new());
        let mut rest = &text[..];
        for (size, most) in steps.iter().cycle().take(text.len()) {
            let (chunk, after) = rest.split_at(rest.len().min(*size));
            stream.push(chunk, &mut out);
            stream.show_idle(*most, &mut out);
            rest = after;
        }
        stream.finish(&mut out);
        if reference.occurrences(&text).is_empty() {
            prop_assert_eq!(&out, &text);
        }
        prop_assert_eq!(surviving(&reference, &out), None);
    }

    #[test]
    fn without_overlaps_aho_corasick_agrees(secrets in secrets(), pieces in prop::collection::vec(piece(), 0..8)) {
        let (text, redactor, reference) = (text(&secrets, &pieces), redactor(&secrets), Reference::new(&secrets));
        let patterns: Vec<_> = reference.needles().iter().map(|it| &it.bytes).collect();
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns).unwrap();
        let matches: Vec<_> = automaton.find_iter(&text).map(|it| it.range()).collect();
        let all = reference.occurrences(&text);
        let overlap = |it: &reference::Occurrence| !matches.iter().any(|range| range.start <= it.start && it.end.0 <= range.end);
        if all.iter().any(overlap) {
            return Ok(());
        }
        let labels: Vec<_> = reference.needles().iter().map(|it| format!("[redacted:{}]", reference.label(it))).collect();
        prop_assert_eq!(automaton.replace_all_bytes(&text, &labels), redactor.redact(&text).into_owned());
    }

    #[test]
    fn every_encoding_of_a_value_is_replaced_in_any_surroundings(
        value in bytes(b"abcdefghijklmnopqrstuvwxyz0123456789-_/+=&<> ", 12..64),
        before in bytes(b"{}()|;, \n", 0..5),
    ) {
        prop_assume!(distri_redact::weakness(&value).is_none());
        let redactor = Redactor::builder().secret("K", &value).build();
        for encoding in ENCODINGS {
            for form in encoding.forms(&value).iter().filter(|it| it.len() >= MIN_NEEDLE) {
                let text = [&before, &form[..], &before].concat();
                let out = redactor.redact(&text);
                prop_assert!(!out.windows(form.len()).any(|it| it == &form[..]), "{}", encoding.name());
                prop_assert!(redactor.labels_in(&text).contains("K"));
            }
        }
    }
}
