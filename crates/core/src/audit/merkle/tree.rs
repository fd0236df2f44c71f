//! A whole tree in memory: 64 bytes a leaf, and every proof over it in O(log n).

use std::convert::Infallible;
use std::ops::Range;

use super::{Hash, proof, split};

/// The heads of all complete subtrees, level by level; the leaves are level 0.
pub struct Tree(Vec<Vec<Hash>>);

impl Tree {
    /// The tree over these leaves.
    #[must_use]
    pub fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        loop {
            let (pairs, _) = levels[levels.len() - 1].as_chunks::<2>();
            if pairs.is_empty() {
                return Self(levels);
            }
            let above = pairs.iter().map(|[left, right]| Hash::node(*left, *right)).collect();
            levels.push(above);
        }
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0[0].len() as u64
    }

    /// The hashes that lead from the leaf at `index` to the head; `None` when there is no such leaf.
    #[must_use]
    pub fn inclusion(&self, index: u64) -> Option<Vec<Hash>> {
        match proof::inclusion(index, self.size(), |range| Ok::<_, Infallible>(self.head(range))) {
            Ok(proof) => proof,
        }
    }

    /// The head of a range that begins where a subtree of its size begins.
    fn head(&self, leaves: Range<u64>) -> Hash {
        let size = leaves.end - leaves.start;
        if size.is_power_of_two() {
            let level = size.trailing_zeros();
            let index = leaves.start >> level;
            let found = usize::try_from(index)
                .ok()
                .and_then(|it| self.0[level as usize].get(it));
            return *found.expect("complete subtrees are aligned");
        }
        if size == 0 {
            return Hash::empty();
        }
        let middle = leaves.start + split(size);
        Hash::node(self.head(leaves.start..middle), self.head(middle..leaves.end))
    }
}
