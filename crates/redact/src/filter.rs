//! The skip filter: says quickly where no needle can begin.
//!
//! Every needle's first `M` bytes are its *window*, every `Q` bytes in it a *gram*. Wherever a window lies over the text,
//! the gram at a fixed place of the text is one of its grams; so a gram that no window has rules out `M - Q + 1`
//! beginnings at once (Wu and Manber 1994; Salmela, Tarhio and Kytöjoki 2006). Grams are kept in Bloom filters, so the
//! filter may be wrong in one direction only: what it lets pass is compared with the needles themselves.
//!
//! Needles below 16 bytes have a filter of their own: short windows skip little and would slow the long ones.

use crate::needles::Needles;

/// The widest window, in bytes. A beginning of a needle that is shorter may not show in the filter.
const WIDEST: usize = 32;

/// The skip filters over the needles of a redactor.
pub(crate) struct Filter {
    short: Option<Class>,
    long: Option<Class>,
}

impl Filter {
    pub(crate) fn new(needles: &Needles) -> Self {
        let class = |pick: fn(usize) -> bool| {
            let shortest = needles.iter().map(<[u8]>::len).filter(|len| pick(*len)).min()?;
            let picked = || needles.iter().filter(|it| pick(it.len()));
            Some(match shortest {
                32.. => Class::W32(Windows::new(picked)),
                16.. => Class::W16(Windows::new(picked)),
                8.. => Class::W8(Windows::new(picked)),
                _ => Class::W6(Windows::new(picked)),
            })
        };
        Self {
            short: class(|len| len < 16),
            long: class(|len| len >= 16),
        }
    }

    /// The places in `text`, from `from` on and in order, at which a needle may begin that ends within the text.
    pub(crate) fn candidates<'a>(&'a self, text: &'a [u8], from: usize) -> Candidates<'a> {
        let mut it = Candidates {
            filter: self,
            text,
            short: None,
            long: None,
        };
        it.short = it.next_short(from);
        it.long = it.next_long(from);
        it
    }
}

/// See [`Filter::candidates`].
pub(crate) struct Candidates<'a> {
    filter: &'a Filter,
    text: &'a [u8],
    short: Option<usize>,
    long: Option<usize>,
}

impl Candidates<'_> {
    fn next_short(&self, from: usize) -> Option<usize> {
        self.filter.short.as_ref()?.next(self.text, from)
    }

    fn next_long(&self, from: usize) -> Option<usize> {
        self.filter.long.as_ref()?.next(self.text, from)
    }
}

impl Iterator for Candidates<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let next = match (self.short, self.long) {
            (Some(short), Some(long)) => short.min(long),
            (short, long) => short.or(long)?,
        };
        if self.short == Some(next) {
            self.short = self.next_short(next + 1);
        }
        if self.long == Some(next) {
            self.long = self.next_long(next + 1);
        }
        Some(next)
    }
}

/// The first place from which on all of `text` is the beginning of a longer needle.
pub(crate) fn open_from(needles: &Needles, filter: &Filter, text: &[u8]) -> Option<usize> {
    let tail = text.len().saturating_sub(needles.longest().saturating_sub(1));
    let is_open = |start: &usize| needles.is_open(&text[*start..]);
    // What is shorter than the widest window may not show in the filter.
    let short = (tail.max(text.len().saturating_sub(WIDEST - 1))..text.len()).find(is_open);
    filter
        .candidates(text, tail)
        .find(is_open)
        .into_iter()
        .chain(short)
        .min()
}

enum Class {
    W6(Windows<6, 4>),
    W8(Windows<8, 4>),
    W16(Windows<16, 8>),
    W32(Windows<32, 8>),
}

impl Class {
    fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        match self {
            Self::W6(it) => it.next(text, from),
            Self::W8(it) => it.next(text, from),
            Self::W16(it) => it.next(text, from),
            Self::W32(it) => it.next(text, from),
        }
    }
}

struct Windows<const M: usize, const Q: usize> {
    /// Every gram of every window.
    grams: Bloom,
    /// The beginning of every window.
    heads: Bloom,
}

impl<const M: usize, const Q: usize> Windows<M, Q> {
    const SKIP: usize = M - Q + 1;

    fn new<'n, I: Iterator<Item = &'n [u8]>>(needles: impl Fn() -> I) -> Self {
        // Sorted needles with the same beginning stand together, so equal windows are seen by looking back once.
        let windows = || {
            let mut last: &[u8] = &[];
            needles()
                .map(|it| &it[..M])
                .filter(move |it| std::mem::replace(&mut last, it) != *it)
        };
        let count = windows().count();
        let mut this = Self {
            grams: Bloom::new(count * Self::SKIP),
            heads: Bloom::new(count),
        };
        for window in windows() {
            this.heads.insert(head::<M>(window));
            for gram in window.windows(Q) {
                this.grams.insert(number(gram));
            }
        }
        this
    }

    /// The first place from `from` on at which a window may lie.
    fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        let mut place = from;
        while let Some(window) = text.get(place..place + M) {
            if self.grams.may_have(number(&window[M - Q..])) {
                for place in place..place + Self::SKIP {
                    let window = text.get(place..place + M)?;
                    if self.heads.may_have(head::<M>(window)) {
                        return Some(place);
                    }
                }
            }
            place += Self::SKIP;
        }
        None
    }
}

/// The first bytes of a window of `M` bytes as a number.
#[inline(always)]
fn head<const M: usize>(window: &[u8]) -> u64 {
    if M < 8 {
        number(&window[..4]) | number(&window[M - 4..M]) << 32
    } else {
        number(&window[..8])
    }
}

/// Four or eight bytes as a number.
#[inline(always)]
fn number(gram: &[u8]) -> u64 {
    match gram.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => u64::from(u32::from_le_bytes(
            *gram.first_chunk().expect("grams have four bytes or eight"),
        )),
    }
}

/// A Bloom filter whose two bits for a key lie in one word, so that a look-up touches one cache line.
struct Bloom {
    words: Vec<u64>,
    shift: u32,
}

impl Bloom {
    /// About one bit in sixteen set while the table stays within a core's second-level cache.
    fn new(keys: usize) -> Self {
        let words = (keys / 2).next_power_of_two().clamp(64, 1 << 16);
        Self {
            words: vec![0; words],
            shift: 64 - words.trailing_zeros(),
        }
    }

    fn insert(&mut self, key: u64) {
        let (word, bits) = self.slot(key);
        self.words[word] |= bits;
    }

    #[inline(always)]
    fn may_have(&self, key: u64) -> bool {
        let (word, bits) = self.slot(key);
        self.words[word] & bits == bits
    }

    #[inline(always)]
    fn slot(&self, key: u64) -> (usize, u64) {
        // Folded multiplication: every bit of the key reaches every bit of the hash.
        let product = u128::from(key ^ 0x9e37_79b9_7f4a_7c15) * 0xe703_7ed1_a0b4_28db;
        let hash = (product >> 64) as u64 ^ product as u64;
        ((hash >> self.shift) as usize, 1 << (hash & 63) | 1 << (hash >> 6 & 63))
    }
}
