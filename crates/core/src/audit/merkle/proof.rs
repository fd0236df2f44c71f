//! Proofs over a tree: made and checked by the recursions of RFC 6962, section 2.1, word for word.
//!
//! Making takes a function that gives the head of the leaves in a range, so that a log can answer it from a database
//! and a test from a slice. Checking takes nothing but the proof: it runs with the public data of a checkpoint alone.

use std::ops::Range;

use super::{Hash, split};

/// The hashes that lead from the leaf at `index` to the head of the first `size` leaves, its sibling first.
///
/// `PATH(m, D[n])` of RFC 6962, section 2.1.1. `None` when there is no such leaf.
///
/// # Errors
/// Whatever `head` fails with.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    mut head: impl FnMut(Range<u64>) -> Result<Hash, E>,
) -> Result<Option<Vec<Hash>>, E> {
    if index >= size {
        return Ok(None);
    }
    let mut beside = Vec::new();
    let mut leaves = 0..size;
    while leaves.end - leaves.start > 1 {
        let middle = leaves.start + split(leaves.end - leaves.start);
        if index < middle {
            beside.push(middle..leaves.end);
            leaves.end = middle;
        } else {
            beside.push(leaves.start..middle);
            leaves.start = middle;
        }
    }
    let proof: Result<Vec<Hash>, E> = beside.into_iter().rev().map(&mut head).collect();
    proof.map(Some)
}

/// The head to which `proof` leads from `leaf` at `index` of `size` leaves; `None` when it has the wrong length.
#[must_use]
pub fn head_by_inclusion(index: u64, size: u64, leaf: Hash, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    if size == 1 {
        return proof.is_empty().then_some(leaf);
    }
    let (&beside, below) = proof.split_last()?;
    let k = split(size);
    if index < k {
        Some(Hash::node(head_by_inclusion(index, k, leaf, below)?, beside))
    } else {
        Some(Hash::node(beside, head_by_inclusion(index - k, size - k, leaf, below)?))
    }
}

/// The hashes that show the tree of `old` leaves to be the beginning of the tree of `size` leaves.
///
/// `PROOF(m, D[n])` of RFC 6962, section 2.1.2. `None` when `old` is larger than `size`. Nothing is needed to show
/// that the empty tree is the beginning of every other.
///
/// # Errors
/// Whatever `head` fails with.
pub fn consistency<E>(
    old: u64,
    size: u64,
    mut head: impl FnMut(Range<u64>) -> Result<Hash, E>,
) -> Result<Option<Vec<Hash>>, E> {
    if old > size {
        return Ok(None);
    }
    if old == 0 {
        return Ok(Some(Vec::new()));
    }
    let mut needed = Vec::new();
    let mut leaves = 0..size;
    // Whether these leaves begin at 0: then their head is the old head, which the verifier has.
    let mut known = true;
    while old != leaves.end {
        let middle = leaves.start + split(leaves.end - leaves.start);
        if old <= middle {
            needed.push(middle..leaves.end);
            leaves.end = middle;
        } else {
            needed.push(leaves.start..middle);
            leaves.start = middle;
            known = false;
        }
    }
    if !known {
        needed.push(leaves);
    }
    let proof: Result<Vec<Hash>, E> = needed.into_iter().rev().map(&mut head).collect();
    proof.map(Some)
}

/// Whether `proof` shows the tree of `old` leaves with head `old_head` to begin the tree of `size` leaves with `head`.
#[must_use]
pub fn is_consistent(old: u64, old_head: Hash, size: u64, head: Hash, proof: &[Hash]) -> bool {
    if old == 0 {
        return proof.is_empty() && old_head == Hash::empty();
    }
    old <= size && heads_by_consistency(old, size, Some(old_head), proof) == Some((old_head, head))
}

/// Old and new head of a subtree; `known` is the old head while the subtree still begins at the first leaf.
fn heads_by_consistency(old: u64, size: u64, known: Option<Hash>, proof: &[Hash]) -> Option<(Hash, Hash)> {
    if old == size {
        return match (known, proof) {
            (Some(head), []) => Some((head, head)),
            (None, [head]) => Some((*head, *head)),
            _ => None,
        };
    }
    let (&beside, below) = proof.split_last()?;
    let k = split(size);
    if old <= k {
        let (before, after) = heads_by_consistency(old, k, known, below)?;
        Some((before, Hash::node(after, beside)))
    } else {
        let (before, after) = heads_by_consistency(old - k, size - k, None, below)?;
        Some((Hash::node(beside, before), Hash::node(beside, after)))
    }
}
