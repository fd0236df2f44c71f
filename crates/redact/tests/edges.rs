//! Values and texts that broke other redactors (T27, T31, T33, T34, T36).

use data_encoding::{BASE64, BASE64_MIME, BASE64URL_NOPAD, HEXLOWER};
use distri_redact::{Found, Redactor};

const TOKEN: &[u8] = b"sk-proj-9f8Q2mZ7xK1vB4nT6wR3yU5pL0aD";

fn redactor(secrets: &[(&str, &[u8])]) -> Redactor {
    secrets
        .iter()
        .fold(Redactor::builder(), |builder, (label, value)| {
            builder.secret(label, value)
        })
        .build()
}

fn redact(secrets: &[(&str, &[u8])], text: &str) -> String {
    redactor(secrets).redact_str(text).into_owned()
}

#[test]
fn of_equal_values_the_first_label_is_shown_and_all_are_named() {
    let redactor = redactor(&[("B", TOKEN), ("A", TOKEN)]);
    let text = [b"x ", TOKEN].concat();
    assert_eq!(
        redactor.find(&text),
        Some(Found {
            label: "B",
            range: 2..2 + TOKEN.len()
        })
    );
    assert_eq!(redactor.labels_in(&text).into_iter().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(&*redactor.redact(&text), b"x [redacted:B]");
}

#[test]
fn a_prefix_gives_way_to_the_longer_secret_and_stands_alone_elsewhere() {
    let secrets: &[(&str, &[u8])] = &[("SHORT", b"hunter2"), ("LONG", b"hunter2-and-more")];
    assert_eq!(
        redact(secrets, "hunter2-and-more hunter2-and"),
        "[redacted:LONG] [redacted:SHORT]-and"
    );
}

#[test]
fn overlapping_secrets_leave_nothing() {
    let secrets: &[(&str, &[u8])] = &[("A", b"abcdefgh"), ("B", b"efghijkl"), ("C", b"ijklmnop")];
    assert_eq!(redact(secrets, "<abcdefghijklmnop>"), "<[redacted:A]>");
    assert_eq!(
        redact(secrets, "<abcdefghijkl><ijklmnop>"),
        "<[redacted:A]><[redacted:C]>"
    );
    assert_eq!(redact(&[("P", b"abcabc")], "abcabcabcab"), "[redacted:P]ab");
}

#[test]
fn adjacent_secrets_are_two_replacements() {
    assert_eq!(
        redact(&[("A", b"abcdef"), ("B", b"ghijkl")], "abcdefghijklabcdef"),
        "[redacted:A][redacted:B][redacted:A]"
    );
}

#[test]
fn regex_metacharacters_are_bytes() {
    assert_eq!(
        redact(&[("R", b".*+?()[]{}|^$\\")], "a .*+?()[]{}|^$\\ b"),
        "a [redacted:R] b"
    );
    assert_eq!(redact(&[("R", b".*.*.*.")], "anything"), "anything");
}

#[test]
fn a_value_that_looks_like_a_replacement_does_not_recurse() {
    let secrets: &[(&str, &[u8])] = &[("A", b"[redacted:B]"), ("B", b"[redacted:A]")];
    assert_eq!(redact(secrets, "[redacted:B][redacted:A]"), "[redacted:A][redacted:B]");
    assert_eq!(redact(&[("X", b"redacted")], "a redacted b"), "a [redacted:X] b");
}

#[test]
fn a_replacement_is_written_as_the_value_was_where_plain_text_would_not_decode() {
    const STAND_IN: &[u8] = b"sk-proj-PLACEHOLDERPLACEHOLDER012345";
    let redactor = Redactor::builder().secret_as("K", TOKEN, STAND_IN).build();
    let redact = |text: &[u8]| redactor.redact(text).into_owned();
    assert_eq!(TOKEN.len(), STAND_IN.len());
    assert_eq!(
        redact(&[b"key=", TOKEN, b"&"].concat()),
        [b"key=", STAND_IN, b"&"].concat()
    );
    assert_eq!(
        redact(HEXLOWER.encode(TOKEN).as_bytes()),
        HEXLOWER.encode(STAND_IN).as_bytes()
    );
    let utf16 = |text: &[u8]| text.iter().flat_map(|it| [*it, 0]).collect::<Vec<_>>();
    assert_eq!(redact(&utf16(TOKEN)), utf16(STAND_IN));
    for before in ["", "u", "us", "use", "user:"] {
        for after in ["", "x", "xy", "xyz"] {
            let around = |text: &[u8]| [before.as_bytes(), text, after.as_bytes()].concat();
            let out = redact(BASE64.encode(&around(TOKEN)).as_bytes());
            let decoded = BASE64.decode(&out).expect("still base64");
            assert_eq!(decoded.len(), before.len() + TOKEN.len() + after.len());
            // The characters at both ends are shared with the neighbours and stay.
            let inner = before.len() + 1..before.len() + STAND_IN.len() - 1;
            assert_eq!(decoded[inner.clone()], around(STAND_IN)[inner]);
            assert!(decoded.starts_with(before.as_bytes()) && decoded.ends_with(after.as_bytes()));
        }
    }
    // A text of another length would shift what follows, so it stands as it is.
    let redactor = Redactor::builder().secret_as("K", TOKEN, b"PLACEHOLDER").build();
    assert_eq!(&*redactor.redact(BASE64.encode(TOKEN).as_bytes()), b"PLACEHOLDER");
}

#[test]
fn replacements_keep_the_rules_of_overlaps() {
    let redactor = Redactor::builder()
        .secret_as("SHORT", b"hunter2", b"<S>")
        .secret_as("LONG", b"hunter2-and-more", b"<L>")
        .secret_as("SAME", b"hunter2-and-more", b"<never>")
        .secret("PLAIN", b"more-and-more")
        .build();
    assert_eq!(redactor.redact_str("hunter2-and-more hunter2-and"), "<L> <S>-and");
    assert_eq!(redactor.redact_str("hunter2-and-more-and-more"), "<L>");
    assert_eq!(redactor.redact_str("more-and-more"), "[redacted:PLAIN]");
    // What was put in is not searched again.
    let swap = Redactor::builder()
        .secret_as("A", b"value-a", b"value-b")
        .secret_as("B", b"value-b", b"value-a")
        .build();
    assert_eq!(swap.redact_str("value-a value-b"), "value-b value-a");
}

#[test]
fn lower_case_needles_find_what_a_rule_put_in_lower_case() {
    let redactor = Redactor::builder()
        .lower_case()
        .secret_as("K", TOKEN, b"placeholder")
        .build();
    for text in [
        TOKEN.to_vec(),
        BASE64URL_NOPAD.encode(TOKEN).into_bytes(),
        HEXLOWER.encode(TOKEN).into_bytes(),
    ] {
        assert_eq!(&*redactor.redact(&text.to_ascii_lowercase()), b"placeholder");
    }
    assert_eq!(redactor.find(TOKEN), None);
}

#[test]
fn what_needs_no_replacement_is_not_copied() {
    let mut stream = redactor(&[("K", TOKEN)]).stream();
    assert!(matches!(
        stream.pass(b"plain text sk"),
        std::borrow::Cow::Borrowed(b"plain text ")
    ));
    assert!(matches!(stream.pass(b"iing, plain"), std::borrow::Cow::Owned(it) if it == b"skiing, plain"));
    assert!(matches!(stream.pass(b" again"), std::borrow::Cow::Borrowed(b" again")));
    assert!(matches!(stream.pass(TOKEN), std::borrow::Cow::Owned(it) if it == b"[redacted:K]"));
}

#[test]
fn weak_and_empty_values_find_nothing() {
    for value in [&b""[..], b"a", b"true", b"12345", b"localhost", b"      ", b"\n"] {
        let redactor = redactor(&[("W", value)]);
        assert!(redactor.is_empty());
        assert_eq!(redactor.redact_str("true a 12345 localhost"), "true a 12345 localhost");
    }
    assert!(Redactor::none().is_empty());
    assert_eq!(Redactor::none().find(b"anything"), None);
}

#[test]
fn a_value_of_64_kib_is_replaced_in_every_form_and_chunking() {
    let value: Vec<u8> = (0..64_u32 << 10)
        .map(|it| b'a' + (it.wrapping_mul(2_654_435_761) >> 24) as u8 % 26)
        .collect();
    let redactor = redactor(&[("BIG", &value)]);
    let folded = BASE64_MIME.encode(&[b"lead", &value[..], b"trail"].concat());
    for (text, expected) in [
        (value.clone(), "[redacted:BIG]"),
        (BASE64.encode(&value).into_bytes(), "[redacted:BIG]"),
        (HEXLOWER.encode(&value).into_bytes(), "[redacted:BIG]"),
        (folded.into_bytes(), "bGVhZG[redacted:BIG]x0cmFpbA==\r\n"),
    ] {
        assert_eq!(
            redactor.redact(&text).escape_ascii().to_string(),
            expected.escape_default().to_string()
        );
        for size in [1021, 16 << 10] {
            let (mut stream, mut out) = (redactor.stream(), Vec::new());
            text.chunks(size).for_each(|chunk| stream.push(chunk, &mut out));
            stream.finish(&mut out);
            assert_eq!(out, expected.as_bytes());
        }
    }
}

#[test]
fn base64_is_found_at_each_alignment_and_in_basic_credentials() {
    for user in ["", "u", "us", "use"] {
        let credentials = [user.as_bytes(), b":", TOKEN].concat();
        for text in [BASE64.encode(&credentials), BASE64URL_NOPAD.encode(&credentials)] {
            let out = redact(&[("K", TOKEN)], &format!("Basic {text}\n"));
            assert!(out.ends_with("[redacted:K]\n"), "{out}");
            assert!(out.len() <= "Basic ".len() + 6 + "[redacted:K]\n".len(), "{out}");
        }
    }
}

#[test]
fn folded_base64_is_found_wherever_the_line_breaks() {
    let redactor = redactor(&[("K", TOKEN)]);
    for before in 0..120 {
        let body = [&vec![b'.'; before][..], TOKEN, &[b'.'; 90]].concat();
        for width in [60, 64, 76] {
            for feed in ["\n", "\r\n"] {
                let lines: Vec<_> = BASE64
                    .encode(&body)
                    .into_bytes()
                    .chunks(width)
                    .map(<[u8]>::to_vec)
                    .collect();
                let text = lines.join(feed.as_bytes());
                assert!(redactor.labels_in(&text).contains("K"), "{before} {width}");
                // What remains, decoded, has no run of the token longer than the bits that a character shares.
                let out = redactor.redact(&text);
                let [head, tail] = out.split(|it| *it == b'[').collect::<Vec<_>>()[..] else {
                    panic!("one match")
                };
                assert!(head.len() <= before * 4 / 3 + 2 + 2 * (before / 40), "{before} {width}");
                assert!(tail.starts_with(b"redacted:K]"));
            }
        }
    }
}

#[test]
fn base64_folded_inside_a_json_string_is_found() {
    // As the contents interface of a well-known code host answers.
    let redactor = redactor(&[("K", TOKEN)]);
    for feed in ["\\n", "\\r\\n"] {
        for before in 0..90 {
            let body = BASE64.encode(&[&vec![b'.'; before][..], TOKEN, &[b'.'; 90]].concat());
            let lines: Vec<_> = body.as_bytes().chunks(60).map(<[u8]>::to_vec).collect();
            let text = format!(
                "{{\"content\":\"{}{feed}\"}}",
                String::from_utf8_lossy(&lines.join(feed.as_bytes()))
            );
            assert!(redactor.labels_in(text.as_bytes()).contains("K"), "{before}");
            let (mut stream, mut out) = (redactor.stream(), Vec::new());
            text.as_bytes().chunks(1).for_each(|chunk| stream.push(chunk, &mut out));
            stream.finish(&mut out);
            assert_eq!(out, &*redactor.redact(text.as_bytes()));
        }
    }
    // An ordinary line that ends in these letters is none.
    let text = [&TOKEN[..10], b"\\n", &TOKEN[10..]].concat();
    assert_eq!(redactor.find(&text), None);
}

#[test]
fn quoted_printable_is_found_wherever_the_line_breaks() {
    let value = b"pa=ss word=\xc3\xbc/x-and-more";
    let quoted = "pa=3Dss word=3D=C3=BC/x-and-more";
    let redactor = redactor(&[("K", TOKEN), ("P", value)]);
    let token = str::from_utf8(TOKEN).expect("text");
    for feed in ["=\n", "=\r\n"] {
        for text in [token, quoted] {
            // Between any two, except within an escape.
            let inside = |at: &usize| text[..*at].ends_with('=') || text[..at - 1].ends_with('=');
            for at in (1..text.len()).filter(|at| !inside(at)) {
                let (head, tail) = text.split_at(at);
                let broken = format!("key is {head}{feed}{tail}{feed}.");
                let out = redactor.redact_str(&broken);
                assert!(
                    out.starts_with("key is [redacted:") && out.ends_with(&format!("]{feed}.")),
                    "{out}"
                );
                for size in 1..9 {
                    let (mut stream, mut out) = (redactor.stream(), Vec::new());
                    broken
                        .as_bytes()
                        .chunks(size)
                        .for_each(|chunk| stream.push(chunk, &mut out));
                    stream.finish(&mut out);
                    assert_eq!(out, &*redactor.redact(broken.as_bytes()));
                }
            }
            // Every byte on a line of its own.
            let lines: Vec<_> = text.split_inclusive(|_| true).collect();
            if text == token {
                assert_eq!(redactor.redact_str(&lines.join(feed)), "[redacted:K]");
            }
        }
    }
    assert_eq!(redactor.redact_str("sk=\nproj=3D x=\ny"), "sk=\nproj=3D x=\ny");
}

#[test]
fn a_folded_secret_at_the_very_end_is_replaced_in_a_stream() {
    let redactor = redactor(&[("K", TOKEN)]);
    for before in 0..120 {
        let body = BASE64.encode(&[&vec![b'.'; before][..], TOKEN].concat());
        let lines: Vec<_> = body
            .trim_end_matches('=')
            .as_bytes()
            .chunks(76)
            .map(<[u8]>::to_vec)
            .collect();
        let text = lines.join(&b"\r\n"[..]);
        for size in [1, 7, text.len()] {
            let (mut stream, mut out) = (redactor.stream(), Vec::new());
            text.chunks(size).for_each(|chunk| stream.push(chunk, &mut out));
            stream.finish(&mut out);
            assert!(out.ends_with(b"[redacted:K]"), "{before} {size} {}", out.escape_ascii());
        }
    }
}

#[test]
fn redactors_and_streams_cross_threads() {
    fn check<T: Send + Sync>() {}
    check::<Redactor>();
    check::<distri_redact::RedactStream>();
}

#[test]
fn ordinary_lines_are_not_joined() {
    let (head, tail) = TOKEN.split_at(10);
    let text = [head, b"\n", tail].concat();
    assert_eq!(redactor(&[("K", TOKEN)]).find(&text), None);
}

#[test]
fn a_multi_line_value_is_found_line_by_line() {
    let key =
        b"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n";
    let out = redact(
        &[("KEY", key)],
        "log: -----BEGIN PRIVATE KEY-----\nlog: MIIEvQIBADANBgkqhkiG9w0B\r\nlog: AQEFAASCBKcwggSjAgEAAoIB\n",
    );
    assert_eq!(
        out,
        "log: -----BEGIN PRIVATE KEY-----\nlog: [redacted:KEY]\r\nlog: [redacted:KEY]\n"
    );
    assert_eq!(
        redact(&[("KEY", key)], str::from_utf8(key).expect("the key is text")),
        "[redacted:KEY]"
    );
}

#[test]
fn white_space_around_a_value_does_not_hide_it() {
    assert_eq!(
        redact(&[("K", b" secret-token\n")], "a=secret-token;"),
        "a=[redacted:K];"
    );
    assert_eq!(redact(&[("K", b"secret-token\n")], "c2VjcmV0LXRva2Vu"), "[redacted:K]");
    let mut stream = redactor(&[("K", b"\n\n secret-token\n")]).stream();
    let mut out = Vec::new();
    stream.push(b"data: event\n\n", &mut out);
    assert_eq!(
        out, b"data: event\n\n",
        "the end of an event does not wait for the next one"
    );
}

#[test]
fn text_stays_text_when_a_match_cuts_a_character() {
    let redactor = redactor(&[("K", b"\xa4secret-bytes\xc3")]);
    assert_eq!(redactor.redact_str("ä\u{0}"), "ä\u{0}");
    assert_eq!(redactor.redact_str("äsecret-bytesä"), "\u{fffd}[redacted:K]\u{fffd}");
}

#[test]
fn a_prompt_shows_at_once() {
    let mut stream = redactor(&[("K", TOKEN), ("P", b"hunter2-hunter2")]).stream();
    let mut out = Vec::new();
    for prompt in ["Password: ", "$ ", "line\n", "line\r\n", ">>> "] {
        out.clear();
        stream.push(prompt.as_bytes(), &mut out);
        assert_eq!((&*out, stream.held()), (prompt.as_bytes(), 0));
    }
}

#[test]
fn typed_letters_show_when_nothing_else_comes_and_a_secret_still_does_not() {
    let redactor = redactor(&[("K", TOKEN)]);
    let slowly = |text: &[u8]| {
        let (mut stream, mut out) = (redactor.stream(), Vec::new());
        for (index, byte) in text.iter().enumerate() {
            stream.push(&[*byte], &mut out);
            stream.show_idle(2, &mut out);
            assert!(out.len() + 2 > index || text.starts_with(TOKEN));
        }
        stream.finish(&mut out);
        out
    };
    assert_eq!(slowly(b"ls skiing\r\nsks\x7f"), b"ls skiing\r\nsks\x7f");
    assert_eq!(
        slowly(&[TOKEN, b"; ", TOKEN].concat()),
        b"sk[redacted:K]; sk[redacted:K]"
    );
}

#[test]
fn a_dropped_stream_shows_nothing_of_what_it_held() {
    let mut stream = redactor(&[("K", TOKEN)]).stream();
    let mut out = Vec::new();
    stream.push(b"token=", &mut out);
    stream.push(&TOKEN[..20], &mut out);
    assert_eq!(stream.held(), 20);
    drop(stream);
    assert_eq!(out, b"token=");
}

#[test]
fn a_secret_split_at_every_byte_is_replaced() {
    let redactor = redactor(&[("K", TOKEN)]);
    let text = [b"a ", TOKEN, b" b ", TOKEN].concat();
    for size in 1..text.len() {
        let (mut stream, mut out) = (redactor.stream(), Vec::new());
        text.chunks(size).for_each(|chunk| stream.push(chunk, &mut out));
        stream.finish(&mut out);
        assert_eq!(out, b"a [redacted:K] b [redacted:K]");
    }
}

#[test]
fn random_binary_data_passes_unchanged() {
    let mut state = 1_u64;
    let data: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(1 << 20)
    .collect();
    assert!(matches!(
        redactor(&[("K", TOKEN), ("S", b"hunter2")]).redact(&data),
        std::borrow::Cow::Borrowed(_)
    ));
}

#[test]
fn nothing_prints_a_value() {
    let builder = Redactor::builder().secret("K", TOKEN);
    assert_eq!(format!("{builder:?}"), "RedactorBuilder");
    let redactor = builder.build();
    assert_eq!(format!("{redactor:?} {:?}", redactor.stream()), "Redactor RedactStream");
}

#[test]
fn a_form_that_a_value_shares_with_its_trimmed_self_is_replaced_as_the_values() {
    let redactor = Redactor::builder()
        .secret_as("KEY", b"aaaaaaaab\n", b"AAAAAAAAAA")
        .build();
    // In base64, one byte further: the core of the value, and all of the trimmed one without padding.
    assert_eq!(&*redactor.redact(b"FhYWFhYWFhYg"), b"FBQUFBQUFBQU");
}
