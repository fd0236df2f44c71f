//! Packed bytes ↔ letters of an alphabet.
//!
//! A block has a fixed number of letters in each alphabet, so that its end needs no mark.

/// Bytes of an id.
pub(super) const ID_LEN: usize = 7;
/// The most bytes that a block packs: an id and a tag of 8.
pub(super) const PACKED_MOST: usize = ID_LEN + 8;

/// The alphabet in which marker, block and filler are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// `0-9A-Za-z`.
    Mixed,
    /// `0-9a-z`.
    Lower,
    /// `0-9A-Z`.
    Upper,
    /// `0-9a-f`.
    Hex,
}

impl Coding {
    pub(super) const ALL: [Self; 4] = [Self::Mixed, Self::Lower, Self::Upper, Self::Hex];

    pub(super) fn index(self) -> usize {
        self as usize
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Hex => "hex",
        }
    }

    fn alphabet(self) -> &'static [u8] {
        match self {
            Self::Mixed => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            Self::Lower => b"0123456789abcdefghijklmnopqrstuvwxyz",
            Self::Upper => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::Hex => b"0123456789abcdef",
        }
    }

    /// Letters of the marker: a chance of one in ten million or less for each place of a random text.
    pub(super) fn marker_len(self) -> usize {
        match self {
            Self::Mixed => 4,
            Self::Lower | Self::Upper => 5,
            Self::Hex => 6,
        }
    }

    /// Bytes of id and tag. In hexadecimal the tag has 48 bits, so that 32 digits are enough for a placeholder.
    pub(super) fn packed_len(self) -> usize {
        match self {
            Self::Mixed | Self::Lower | Self::Upper => PACKED_MOST,
            Self::Hex => PACKED_MOST - 2,
        }
    }

    /// Letters of a block: the fewest that hold `packed_len` bytes.
    pub(super) fn block_len(self) -> usize {
        match self {
            Self::Mixed => 21,
            Self::Lower | Self::Upper => 24,
            Self::Hex => 26,
        }
    }

    /// Letters of the shortest placeholder without its prefix.
    pub(super) fn least(self) -> usize {
        self.marker_len() + self.block_len()
    }

    /// Each byte as one letter. The slight preference for some letters says nothing: these bytes are a MAC's.
    pub(super) fn letters(self, bytes: &[u8]) -> impl Iterator<Item = char> {
        let alphabet = self.alphabet();
        bytes
            .iter()
            .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
    }

    /// Appends `packed`, a number, in digits of this alphabet, the highest first.
    pub(super) fn write(self, packed: &[u8], out: &mut String) {
        let alphabet = self.alphabet();
        let mut number = packed
            .iter()
            .fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        let base = alphabet.len() as u128;
        let mut digits = vec![0; self.block_len()];
        for digit in digits.iter_mut().rev() {
            *digit = alphabet[usize::try_from(number % base).unwrap_or(0)];
            number /= base;
        }
        out.extend(digits.into_iter().map(char::from));
    }

    /// Reads a block at the beginning of `text`: what it packs and how many bytes it takes. The `-` of a UUID are
    /// passed over.
    pub(super) fn read(self, text: &[u8]) -> Option<([u8; PACKED_MOST], usize)> {
        let alphabet = self.alphabet();
        let mut number = 0_u128;
        let mut digits = 0;
        let mut len = 0;
        while digits < self.block_len() {
            let byte = *text.get(len)?;
            len += 1;
            if byte == b'-' && self == Self::Hex {
                continue;
            }
            let digit = alphabet.iter().position(|it| *it == byte)?;
            number = number.checked_mul(alphabet.len() as u128)?.checked_add(digit as u128)?;
            digits += 1;
        }
        let bytes = number.to_be_bytes();
        let (high, low) = bytes.split_at(bytes.len() - self.packed_len());
        if high.iter().any(|it| *it != 0) {
            return None;
        }
        let mut packed = [0; PACKED_MOST];
        packed[..low.len()].copy_from_slice(low);
        Some((packed, len))
    }
}
