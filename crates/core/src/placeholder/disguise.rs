//! Encodings that hide a placeholder from a plain search, undone: base64, hexadecimal, percent escapes, UTF-16.
//!
//! A search for needles in every encoding knows the placeholders of one run. Whose a strange one is only its tag says, so
//! the text is decoded instead, wherever it may be an encoding of something as long as a placeholder.

use std::ops::Range;

use super::code::Coding;

/// Hands to `each` what every part of `text` that may be an encoding encodes, and where the part stands.
pub(super) fn undo(text: &[u8], mut each: impl FnMut(Range<usize>, &[u8])) {
    for (range, letters) in runs(text) {
        // Where a group of four begins is not known: other letters may stand directly before it.
        for skip in 0..4.min(letters.len()) {
            each(range.clone(), &base64(&letters[skip..]));
        }
        for digits in letters.split(|it| !it.is_ascii_hexdigit()) {
            if digits.len() >= 2 * least() {
                each(range.clone(), &hex(digits));
                each(range.clone(), &hex(&digits[1..]));
            }
        }
    }
    if memchr::memchr(b'%', text).is_some() {
        each(0..text.len(), &percent(text));
    }
    if memchr::memchr(0, text).is_some() {
        // ASCII in UTF-16, either way around.
        let ascii: Vec<u8> = text.iter().copied().filter(|it| *it != 0).collect();
        each(0..text.len(), &ascii);
    }
}

/// Bytes of the shortest thing to find: marker and block.
fn least() -> usize {
    Coding::ALL.iter().map(|it| it.least()).min().unwrap_or(0)
}

/// The stretches of letters of base64 and base64url that are long enough. Encoders fold long lines, so line breaks
/// between letters are passed over.
fn runs(text: &[u8]) -> Vec<(Range<usize>, Vec<u8>)> {
    let enough = least() * 4 / 3;
    let mut runs = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if !is_letter(text[at]) {
            at += 1;
            continue;
        }
        let start = at;
        let mut end = at;
        while at < text.len() && (is_letter(text[at]) || matches!(text[at], b'\r' | b'\n')) {
            at += 1;
            if is_letter(text[at - 1]) {
                end = at;
            }
        }
        if end - start >= enough {
            let letters = text[start..end].iter().copied().filter(|it| is_letter(*it)).collect();
            runs.push((start..end, letters));
        }
    }
    runs
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Both alphabets at once; a rest that is no whole byte is left out.
fn base64(letters: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letters.len() * 3 / 4);
    for group in letters.chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, letter| bits << 6 | value(*letter));
        let bits = bits << (6 * (4 - group.len()));
        out.extend_from_slice(&bits.to_be_bytes()[1..group.len().max(1)]);
    }
    out
}

fn value(letter: u8) -> u32 {
    u32::from(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    })
}

fn hex(digits: &[u8]) -> Vec<u8> {
    let pairs = digits.chunks_exact(2);
    pairs.map(|it| nibble(it[0]) << 4 | nibble(it[1])).collect()
}

fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        match rest {
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(nibble(*high) << 4 | nibble(*low));
                rest = tail;
            }
            _ => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
    out
}

/// The value of a digit that is one.
fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_like_the_standard_says() {
        // RFC 4648, section 10.
        for (letters, plain) in [
            ("Zm9vYmFy", "foobar"),
            ("Zm9vYmE", "fooba"),
            ("Zm9vYg", "foob"),
            ("Zm9v", "foo"),
            ("Z", ""),
            ("", ""),
        ] {
            assert_eq!(base64(letters.as_bytes()), plain.as_bytes(), "{letters}");
        }
        assert_eq!(base64(b"-_-_"), base64(b"+/+/"));
        assert_eq!(hex(b"4a4B4"), b"JK");
        assert_eq!(percent(b"%4a%zz%4"), b"J%zz%4");
    }

    #[test]
    fn short_runs_are_passed_over_and_line_breaks_within_long_ones() {
        assert!(runs(b"a few words and a/path/to-a_file").is_empty());
        let folded = [&[b'x'; 20][..], b"\r\n", &[b'y'; 20], b"\n"].concat();
        assert_eq!(runs(&folded), [(0..42, [[b'x'; 20], [b'y'; 20]].concat())]);
    }
}
