//! 256 bits as 43 digits to the base of 62, and a checksum of six more.

use aws_lc_rs::{constant_time, rand};

/// Random bytes of the operating system.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the operating system's random source answers");
    bytes
}

/// Whether both are the same, in time that depends only on their lengths.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// The digits, in their order.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many digits hold 256 bits: 62^43 > 2^256.
pub(super) const BODY: usize = 43;
/// How many digits hold 32 bits.
pub(super) const CHECK: usize = 6;

/// The number that `bytes` are, most significant first.
pub(super) fn body(bytes: &[u8; 32], out: &mut String) {
    let mut number = zeroize::Zeroizing::new(*bytes);
    let mut digits = zeroize::Zeroizing::new([0_u8; BODY]);
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u32;
        for byte in number.iter_mut() {
            let part = rest << 8 | u32::from(*byte);
            *byte = u8::try_from(part / 62).expect("less than 256, because the rest is less than 62");
            rest = part % 62;
        }
        *digit = DIGITS[rest as usize];
    }
    out.extend(digits.iter().map(|it| char::from(*it)));
}

/// The digits of a text's checksum.
///
/// CRC-32 finds every error within 32 bits that follow each other, so any changed character, and any two neighbours that
/// changed places.
pub(super) fn check(text: &str) -> [u8; CHECK] {
    let mut number = crc32(text.as_bytes());
    let mut digits = [0; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits
}

/// Whether `text` is digits and nothing else.
pub(super) fn are_digits(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_alphanumeric())
}

/// CRC-32 as in Ethernet and gzip (RFC 1952, section 8), a bit at a time: the texts are short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_known_one() {
        // The check value of the CRC catalogue for CRC-32/ISO-HDLC.
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn numbers_become_digits() {
        let text = |bytes: &[u8; 32]| {
            let mut out = String::new();
            body(bytes, &mut out);
            out
        };
        let mut small = [0; 32];
        assert_eq!(text(&small), "0".repeat(BODY));
        small[31] = 63;
        assert_eq!(text(&small), format!("{}11", "0".repeat(BODY - 2)));
        assert_eq!(text(&[0xFF; 32]).len(), BODY);
        assert_ne!(&text(&[0xFF; 32])[..1], "0");
    }
}
