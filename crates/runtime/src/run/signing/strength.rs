//! Whether a value could be found by trying.

/// Bits below which a value is guessable: 2^64 tries are out of reach of everybody who would want one secret.
const ENOUGH: usize = 64;

/// Whether whoever has a signature made with `value` could find `value` by trying: the signature says which guess is
/// right, and nobody counts the tries.
///
/// An estimate from the letters that occur, as if each were drawn by itself. Text without digits in one case is taken for
/// words, of which a letter says one bit and a half. A sentence with a digit in it fools this.
pub(super) fn is_guessable(value: &[u8]) -> bool {
    let mut seen = [false; 256];
    value.iter().for_each(|it| seen[usize::from(*it)] = true);
    let different = seen.iter().filter(|it| **it).count();
    different < 6 || value.len() * tenths_of_a_bit(value) < ENOUGH * 10
}

/// How much a byte says, by the alphabet it is drawn from.
fn tenths_of_a_bit(value: &[u8]) -> usize {
    let has = |class: fn(&u8) -> bool| value.iter().any(class);
    let is_all = |class: fn(&u8) -> bool| value.iter().all(class);
    let (digits, lower, upper) = (
        has(u8::is_ascii_digit),
        has(u8::is_ascii_lowercase),
        has(u8::is_ascii_uppercase),
    );
    if !is_all(u8::is_ascii_graphic) && !is_all(|it| it.is_ascii_graphic() || it.is_ascii_whitespace()) {
        return 70;
    }
    match (digits, lower, upper) {
        (true, false, false) => 33,
        (true, ..) if is_all(u8::is_ascii_hexdigit) => 40,
        (true, true, true) => 59,
        (true, ..) => 51,
        (false, true, true) => 57,
        (false, ..) => 15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_random_values_are_strong_and_words_are_not() {
        for strong in [
            &b"8f742231b10e8888abcd99yyyzzz85a5"[..],
            b"d41d8cd98f00b204e9800998ecf8427e",
            b"5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH",
            b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            b"12345678901234567890",
            b"kPq7vR2xT9wZ",
            &[7, 201, 93, 14, 255, 0, 66, 180, 31, 2],
        ] {
            assert!(!is_guessable(strong), "{}", String::from_utf8_lossy(strong));
        }
        for weak in [
            &b""[..],
            b"hunter2",
            b"1234567890123456",
            b"my-webhook-secret",
            b"correct horse battery staple",
            b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            b"ABABABABAB1212121212ABABABAB",
            b"d41d8cd98f00",
        ] {
            assert!(is_guessable(weak), "{}", String::from_utf8_lossy(weak));
        }
    }
}
