//! The frontier of a growing tree: the heads of its complete subtrees, largest first.
//!
//! A tree of 13 = 8 + 4 + 1 leaves has three. Appending merges as a binary counter carries, so it costs two hashes on
//! average and keeps at most 64 (*compact range*; Crosby and Wallach, USENIX Security 2009).

use super::Hash;

/// All that is needed of a tree to append to it and to know its head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A stored frontier: the peaks' bytes one after the other. `None` unless there are as many as `size` has one bits.
    #[must_use]
    pub fn from_stored(size: u64, peaks: &[u8]) -> Option<Self> {
        let (hashes, []) = peaks.as_chunks::<32>() else {
            return None;
        };
        let expected = usize::try_from(size.count_ones()).ok()?;
        (hashes.len() == expected).then(|| Self {
            size,
            peaks: hashes.iter().copied().map(Hash::from_bytes).collect(),
        })
    }

    /// The peaks' bytes, to store.
    #[must_use]
    pub fn peaks_to_store(&self) -> Vec<u8> {
        self.peaks.iter().flat_map(|it| *it.as_bytes()).collect()
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut merged = leaf;
        // Each one bit at the end of the size is a complete subtree as large as the one that has just become complete.
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("a peak for each one bit");
            merged = Hash::node(left, merged);
        }
        self.peaks.push(merged);
        self.size += 1;
    }

    /// The head of the tree.
    #[must_use]
    pub fn head(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(smallest) = peaks.next() else {
            return Hash::empty();
        };
        peaks.fold(smallest, |right, left| Hash::node(left, right))
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut frontier = Self::new();
        leaves.into_iter().for_each(|leaf| frontier.push(leaf));
        frontier
    }
}
