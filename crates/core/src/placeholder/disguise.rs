//! Encodings that hide a placeholder from a plain search, undone: base64, hexadecimal, percent escapes, UTF-16.
//!
//! A search for needles in every encoding knows the placeholders of one run. Whose a strange one is only its tag says, so
//! what looks like an encoded marker is decoded, with as much behind it as a placeholder takes.

use std::ops::Range;

use memchr::memmem::Finder;

/// Letters of an encoding that are decoded from a marker on: more than marker and block take in any.
const WINDOW: usize = 80;

/// What the markers of an instance are in each encoding that is searched for.
pub(super) struct Disguises(Vec<Disguise>);

struct Disguise {
    /// The letters that the marker alone decides.
    letters: Finder<'static>,
    /// How many letters before them the decoding begins.
    before: usize,
    decode: fn(&[u8]) -> Vec<u8>,
    /// Whether encoders fold it over lines.
    folds: bool,
}

impl Disguises {
    pub(super) fn of<'m>(markers: impl IntoIterator<Item = &'m str>) -> Self {
        let mut disguises = Vec::new();
        for marker in markers {
            for at in 0..3 {
                let [first, end] = whole_letters(at, marker.len());
                let letters = base64_of(&[&b"\0\0"[..at], marker.as_bytes(), b"\0\0"].concat());
                disguises.push(Disguise {
                    letters: Finder::new(&letters[first..end]).into_owned(),
                    before: first,
                    decode: base64,
                    folds: true,
                });
            }
            for digits in [LOWER, UPPER] {
                let digits = |byte: u8| [byte >> 4, byte & 15].map(|it| digits[usize::from(it)]);
                let letters: Vec<u8> = marker.bytes().flat_map(digits).collect();
                disguises.push(Disguise {
                    letters: Finder::new(&letters).into_owned(),
                    before: 0,
                    decode: hex,
                    folds: false,
                });
            }
        }
        Self(disguises)
    }

    /// Hands to `each` what the parts of `text` mean that may be an encoded placeholder, and where they stand.
    pub(super) fn undo(&self, text: &[u8], mut each: impl FnMut(Range<usize>, &[u8])) {
        for it in &self.0 {
            it.undo(text, &mut each);
        }
        let whole = 0..text.len();
        if memchr::memchr2(b'\n', b'\r', text).is_some() {
            let joined: Vec<u8> = text.iter().copied().filter(|it| !is_line_break(*it)).collect();
            for it in self.0.iter().filter(|it| it.folds) {
                it.undo(&joined, &mut |_, plain| each(whole.clone(), plain));
            }
        }
        if memchr::memchr(b'%', text).is_some() {
            each(whole.clone(), &percent(text));
        }
        if memchr::memchr(0, text).is_some() {
            // ASCII in UTF-16, either way around.
            let ascii: Vec<u8> = text.iter().copied().filter(|it| *it != 0).collect();
            each(whole, &ascii);
        }
    }
}

impl Disguise {
    fn undo(&self, text: &[u8], each: &mut impl FnMut(Range<usize>, &[u8])) {
        for at in self.letters.find_iter(text) {
            let Some(start) = at.checked_sub(self.before) else {
                continue;
            };
            let letters = &text[start..text.len().min(start + WINDOW)];
            let len = letters.iter().position(|it| !is_letter(*it)).unwrap_or(letters.len());
            each(start..start + len, &(self.decode)(&letters[..len]));
        }
    }
}

/// The first letter of base64 that `len` bytes alone decide, when they begin at byte `at` of a group, and the one behind
/// the last: a letter is six bits.
fn whole_letters(at: usize, len: usize) -> [usize; 2] {
    [(at * 8).div_ceil(6), (at + len) * 8 / 6]
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Whole groups only. ASCII letters and digits never give `+` or `/`, so both alphabets agree on them.
fn base64_of(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks_exact(3);
    groups
        .flat_map(|it| {
            let bits = u32::from_be_bytes([0, it[0], it[1], it[2]]);
            [18, 12, 6, 0].map(|shift| LETTERS[(bits >> shift & 63) as usize])
        })
        .collect()
}

/// Both alphabets at once; a rest that is no whole byte is left out.
fn base64(letters: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letters.len() * 3 / 4);
    for group in letters.chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, letter| bits << 6 | value(*letter));
        let bits = bits << (6 * (4 - group.len()));
        out.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
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

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Up to the first letter that is no digit.
fn hex(letters: &[u8]) -> Vec<u8> {
    let pairs = letters
        .chunks_exact(2)
        .map(|it| Some(nibble(it[0])? << 4 | nibble(it[1])?));
    pairs.map_while(|it| it).collect()
}

fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, tail @ ..] => nibble(*high).zip(nibble(*low)).map(|it| (it, tail)),
            _ => None,
        };
        match escaped {
            Some(((high, low), tail)) => {
                out.push(high << 4 | low);
                rest = tail;
            }
            None => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
    out
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_and_written_like_the_standard_says() {
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
        assert_eq!(base64_of(b"foobarx"), b"Zm9vYmFy");
    }

    #[test]
    fn digits_and_escapes_are_read_as_far_as_they_go() {
        assert_eq!(hex(b"4a4B4"), b"JK");
        assert_eq!(hex(b"4axx4B"), b"J");
        assert_eq!(percent(b"%4a%zz%4"), b"J%zz%4");
    }

    #[test]
    fn the_letters_of_a_marker_do_not_depend_on_what_stands_beside_it() {
        for (at, letters) in [(0, [0, 5]), (1, [2, 6]), (2, [3, 8])] {
            assert_eq!(whole_letters(at, 4), letters);
        }
        let marker = b"mArk";
        for at in 0..3 {
            let [first, end] = whole_letters(at, 4);
            let one = base64_of(&[&b"\0\0"[..at], marker, b"\0\0"].concat());
            let other = base64_of(&[&b"~~"[..at], marker, b"~~"].concat());
            assert_eq!(one[first..end], other[first..end]);
        }
    }
}
