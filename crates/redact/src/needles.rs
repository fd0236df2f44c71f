//! The needles of all secrets in one sorted array: which of them begin at a place, and which may yet do so.
//!
//! In sorted order the needles that begin a given text stand directly before it, each within the next longer one, and
//! those that the text begins stand directly behind it. So one binary search answers both questions.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use zeroize::{Zeroize, Zeroizing};

/// Needles, sorted, without duplicates, their bytes in one arena that is overwritten on drop.
pub(crate) struct Needles {
    arena: Zeroizing<Vec<u8>>,
    /// The first eight bytes of each needle, big endian: the search runs over this dense array first.
    heads: Zeroizing<Vec<u64>>,
    spans: Vec<Span>,
    longest: usize,
    /// Which first two bytes needles have, a bit for each.
    pairs: Vec<u64>,
    /// The labels after the first, of needles that several secrets have.
    more_labels: BTreeMap<usize, Vec<u32>>,
}

struct Span {
    start: usize,
    len: usize,
    /// The longest needle that is a proper prefix of this one.
    parent: Option<u32>,
    label: u32,
}

impl Needles {
    /// Sorts `forms`, pairs of a label's index and a needle. The first label of equal needles is the one shown.
    pub(crate) fn new(forms: Vec<(u32, Zeroizing<Vec<u8>>)>) -> Self {
        // With the heads beside each other the sort seldom follows a pointer.
        let mut sorted: Vec<_> = forms
            .into_iter()
            .map(|(label, form)| (head(&form), form, label))
            .collect();
        sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| (&*a.1, a.2).cmp(&(&*b.1, b.2))));
        let mut this = Self {
            arena: Zeroizing::new(Vec::with_capacity(sorted.iter().map(|it| it.1.len()).sum())),
            heads: Zeroizing::new(Vec::with_capacity(sorted.len())),
            spans: Vec::with_capacity(sorted.len()),
            longest: sorted.iter().map(|it| it.1.len()).max().unwrap_or(0),
            pairs: vec![0; 1024],
            more_labels: BTreeMap::new(),
        };
        for (head, form, label) in &mut sorted {
            this.append(*label, form);
            head.zeroize();
        }
        this
    }

    fn append(&mut self, label: u32, form: &[u8]) {
        let last = self.spans.len().checked_sub(1);
        if let Some(last) = last
            && self.bytes(last) == form
        {
            let first = self.spans[last].label;
            let more = self.more_labels.entry(last).or_default();
            // Labels arrive in order, so a repeated one stands at the end.
            if *more.last().unwrap_or(&first) != label {
                more.push(label);
            }
            return;
        }
        let mut parent = last;
        while let Some(it) = parent
            && !form.starts_with(self.bytes(it))
        {
            parent = self.parent(it);
        }
        let start = self.arena.len();
        self.arena.extend_from_slice(form);
        self.heads.push(head(form));
        let parent = parent.map(|it| u32::try_from(it).expect("each needle takes more than a byte of memory"));
        self.spans.push(Span {
            start,
            len: form.len(),
            parent,
            label,
        });
        if let [first, second, ..] = *form {
            let pair = usize::from(first) << 8 | usize::from(second);
            self.pairs[pair / 64] |= 1 << (pair % 64);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The length of the longest needle, 0 without needles.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// All needles, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.spans.len()).map(|it| self.bytes(it))
    }

    pub(crate) fn bytes(&self, needle: usize) -> &[u8] {
        let Span { start, len, .. } = self.spans[needle];
        &self.arena[start..start + len]
    }

    pub(crate) fn len_of(&self, needle: usize) -> usize {
        self.spans[needle].len
    }

    /// The index of the label to show for a needle.
    pub(crate) fn label(&self, needle: usize) -> usize {
        self.spans[needle].label as usize
    }

    /// The labels of a needle and of all shorter needles that begin at the same place.
    pub(crate) fn labels_from(&self, needle: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(needle), |it| self.parent(*it)).flat_map(|it| {
            let more = self
                .more_labels
                .get(&it)
                .into_iter()
                .flatten()
                .map(|label| *label as usize);
            std::iter::once(self.label(it)).chain(more)
        })
    }

    /// The longest needle that begins where `text` begins and ends within it.
    pub(crate) fn at(&self, text: &[u8]) -> Option<usize> {
        let before = self.rank(text).checked_sub(1)?;
        // The needles that begin `text` are all prefixes of the one before it, no longer than what both share.
        let shared = self.bytes(before).iter().zip(text).take_while(|(a, b)| a == b).count();
        std::iter::successors(Some(before), |it| self.parent(*it)).find(|it| self.spans[*it].len <= shared)
    }

    /// Whether `text`, all of it, is the beginning of a longer needle.
    pub(crate) fn is_open(&self, text: &[u8]) -> bool {
        if let [first, second, ..] = *text {
            let pair = usize::from(first) << 8 | usize::from(second);
            if self.pairs[pair / 64] >> (pair % 64) & 1 == 0 {
                return false;
            }
        }
        let after = self.rank(text);
        after < self.spans.len() && self.bytes(after).starts_with(text)
    }

    /// The number of needles that are not greater than `text`.
    fn rank(&self, text: &[u8]) -> usize {
        let head = head(text);
        let low = self.heads.partition_point(|it| *it < head);
        let mut high = low;
        // Few needles share eight bytes, so a gallop beats a second search of the whole.
        let mut step = 1;
        while self.heads.get(high + step - 1) == Some(&head) {
            high += step;
            step *= 2;
        }
        high += self.heads[high..].partition_point(|it| *it == head);
        let (mut low, mut high) = (low, high);
        while low < high {
            let middle = low.midpoint(high);
            match self.bytes(middle).cmp(text) {
                Ordering::Greater => high = middle,
                _ => low = middle + 1,
            }
        }
        low
    }

    fn parent(&self, needle: usize) -> Option<usize> {
        self.spans[needle].parent.map(|it| it as usize)
    }
}

/// The first eight bytes as a number that sorts as the bytes do; shorter text is filled with zeros.
fn head(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(chunk) => u64::from_be_bytes(*chunk),
        None => {
            let mut chunk = [0; 8];
            chunk[..text.len()].copy_from_slice(text);
            u64::from_be_bytes(chunk)
        }
    }
}
