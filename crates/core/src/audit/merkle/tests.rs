//! The tree against vectors, against the definitions written out slowly, and against changed proofs.

use std::convert::Infallible;
use std::ops::Range;

use proptest::prelude::*;
use serde::Deserialize;

use super::{Frontier, Hash, Tree, proof};

/// The definitions of RFC 6962, section 2.1, over a slice: exponentially plain.
mod reference {
    use super::Hash;

    fn split(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
        let mut k = 1;
        while k * 2 < leaves.len() {
            k *= 2;
        }
        leaves.split_at(k)
    }

    pub(super) fn head(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::empty(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = split(leaves);
                Hash::node(head(left), head(right))
            }
        }
    }

    pub(super) fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let (left, right) = split(leaves);
        if index < left.len() {
            [path(index, left), vec![head(right)]].concat()
        } else {
            [path(index - left.len(), right), vec![head(left)]].concat()
        }
    }

    pub(super) fn subproof(old: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if known { Vec::new() } else { vec![head(leaves)] };
        }
        let (left, right) = split(leaves);
        if old <= left.len() {
            [subproof(old, left, known), vec![head(right)]].concat()
        } else {
            [subproof(old - left.len(), right, false), vec![head(left)]].concat()
        }
    }
}

#[derive(Deserialize)]
struct Vectors {
    leaves: Vec<String>,
    heads: Vec<String>,
    inclusion: Vec<InclusionVector>,
    consistency: Vec<ConsistencyVector>,
}

#[derive(Deserialize)]
struct InclusionVector {
    index: u64,
    size: u64,
    proof: Vec<String>,
}

#[derive(Deserialize)]
struct ConsistencyVector {
    old: u64,
    size: u64,
    proof: Vec<String>,
}

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).expect("hexadecimal")
}

fn hash(text: &str) -> Hash {
    Hash::from_bytes(hex(text).try_into().expect("32 bytes"))
}

fn hashes(texts: &[String]) -> Vec<Hash> {
    texts.iter().map(|it| hash(it)).collect()
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|it| Hash::leaf(&it.to_be_bytes())).collect()
}

fn slice(leaves: &[Hash]) -> impl Fn(Range<u64>) -> Result<Hash, Infallible> {
    |range| Ok(reference::head(&leaves[range.start as usize..range.end as usize]))
}

fn inclusion(leaves: &[Hash], index: u64, size: u64) -> Option<Vec<Hash>> {
    let Ok(proof) = proof::inclusion(index, size, slice(leaves));
    proof
}

fn consistency(leaves: &[Hash], old: u64, size: u64) -> Option<Vec<Hash>> {
    let Ok(proof) = proof::consistency(old, size, slice(leaves));
    proof
}

/// The leaves, heads and proofs of Certificate Transparency's reference tests.
#[test]
fn the_vectors_of_certificate_transparency_hold() {
    let vectors: Vectors = serde_json::from_str(include_str!("vectors.json")).expect("the vectors are JSON");
    let leaves: Vec<Hash> = vectors.leaves.iter().map(|it| Hash::leaf(&hex(it))).collect();
    let mut frontier = Frontier::new();
    for (size, head) in vectors.heads.iter().enumerate() {
        assert_eq!(frontier.head(), hash(head), "{size}");
        if let Some(leaf) = leaves.get(size) {
            frontier.push(*leaf);
        }
    }
    assert_eq!((vectors.inclusion.len(), vectors.consistency.len()), (36, 36));
    for it in &vectors.inclusion {
        let expected = hashes(&it.proof);
        assert_eq!(inclusion(&leaves, it.index, it.size), Some(expected.clone()));
        let head = proof::head_by_inclusion(it.index, it.size, leaves[it.index as usize], &expected);
        assert_eq!(head, Some(hash(&vectors.heads[it.size as usize])));
    }
    for it in &vectors.consistency {
        let expected = hashes(&it.proof);
        assert_eq!(consistency(&leaves, it.old, it.size), Some(expected.clone()));
        let head = |size: u64| hash(&vectors.heads[size as usize]);
        assert!(proof::is_consistent(
            it.old,
            head(it.old),
            it.size,
            head(it.size),
            &expected
        ));
    }
}

/// The worked example of RFC 6962, section 2.1.3: seven leaves, nodes named by letters as there.
#[test]
fn the_example_of_the_rfc_holds() {
    let d = leaves(7);
    let [a, b, c, dd, e, f, j] = [d[0], d[1], d[2], d[3], d[4], d[5], d[6]];
    let (g, h, i) = (Hash::node(a, b), Hash::node(c, dd), Hash::node(e, f));
    let (k, l) = (Hash::node(g, h), Hash::node(i, j));
    assert_eq!(d.iter().copied().collect::<Frontier>().head(), Hash::node(k, l));
    assert_eq!(inclusion(&d, 0, 7), Some(vec![b, h, l]));
    assert_eq!(inclusion(&d, 3, 7), Some(vec![c, g, l]));
    assert_eq!(inclusion(&d, 4, 7), Some(vec![f, j, k]));
    assert_eq!(inclusion(&d, 6, 7), Some(vec![i, k]));
    assert_eq!(consistency(&d, 3, 7), Some(vec![c, dd, g, l]));
    assert_eq!(consistency(&d, 4, 7), Some(vec![l]));
    assert_eq!(consistency(&d, 6, 7), Some(vec![i, j, k]));
}

#[test]
fn there_is_no_proof_of_what_is_not_there() {
    let d = leaves(5);
    assert_eq!(inclusion(&d, 5, 5), None);
    assert_eq!(inclusion(&d, 0, 0), None);
    assert_eq!(consistency(&d, 6, 5), None);
    assert_eq!(proof::head_by_inclusion(1, 1, d[0], &[]), None);
    assert!(!proof::is_consistent(3, Hash::empty(), 2, Hash::empty(), &[]));
    assert!(proof::is_consistent(0, Hash::empty(), 5, reference::head(&d), &[]));
    assert!(!proof::is_consistent(0, d[0], 5, reference::head(&d), &[]));
}

#[test]
fn a_stored_frontier_has_the_peaks_of_its_size() {
    let frontier: Frontier = leaves(13).into_iter().collect();
    let stored = frontier.peaks_to_store();
    assert_eq!(stored.len(), 3 * 32);
    assert_eq!(Frontier::from_stored(13, &stored), Some(frontier));
    assert_eq!(Frontier::from_stored(12, &stored), None);
    assert_eq!(Frontier::from_stored(13, &stored[1..]), None);
    assert_eq!(Frontier::from_stored(0, &[]), Some(Frontier::new()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_tree_agrees_with_the_slow_reference(size in 1_u64..200, at in any::<prop::sample::Index>()) {
        let leaves = leaves(size);
        let index = at.index(leaves.len());
        let head = reference::head(&leaves);
        prop_assert_eq!(leaves.iter().copied().collect::<Frontier>().head(), head);

        let path = reference::path(index, &leaves);
        prop_assert_eq!(inclusion(&leaves, index as u64, size), Some(path.clone()));
        prop_assert_eq!(Tree::new(leaves.clone()).inclusion(index as u64), Some(path.clone()));
        prop_assert_eq!(proof::head_by_inclusion(index as u64, size, leaves[index], &path), Some(head));

        let old = index + 1;
        let proof = reference::subproof(old, &leaves, true);
        prop_assert_eq!(consistency(&leaves, old as u64, size), Some(proof.clone()));
        let old_head = reference::head(&leaves[..old]);
        prop_assert!(proof::is_consistent(old as u64, old_head, size, head, &proof));
    }

    #[test]
    fn a_changed_proof_proves_nothing(
        size in 2_u64..200,
        at in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        change in 0_u8..4,
    ) {
        let leaves = leaves(size);
        let index = at.index(leaves.len());
        let head = reference::head(&leaves);
        let mut path = reference::path(index, &leaves);
        changed(&mut path, place, change);
        prop_assert_ne!(proof::head_by_inclusion(index as u64, size, leaves[index], &path), Some(head));

        let old = at.index(leaves.len() - 1) + 1;
        let mut proof = reference::subproof(old, &leaves, true);
        changed(&mut proof, place, change);
        let old_head = reference::head(&leaves[..old]);
        prop_assert!(!proof::is_consistent(old as u64, old_head, size, head, &proof));
    }
}

/// One hash exchanged, removed, doubled, or one more at the end.
fn changed(proof: &mut Vec<Hash>, place: prop::sample::Index, change: u8) {
    let place = place.index(proof.len());
    match change {
        0 => proof[place] = Hash::leaf(b"another"),
        1 => drop(proof.remove(place)),
        2 => proof.insert(place, proof[place]),
        _ => proof.push(Hash::leaf(b"more")),
    }
}
