//! The Merkle tree of RFC 6962 (RFC 9162, section 2.1) over the records: heads, proofs, and growing by one leaf.
//!
//! ```text
//! leaf(d)          = SHA-256(00 ‖ d)
//! node(l, r)       = SHA-256(01 ‖ l ‖ r)
//! head(no leaves)  = SHA-256()
//! head(one leaf)   = leaf
//! head(n leaves)   = node(head(first k), head(the rest)),  k the largest power of two below n
//! ```
//!
//! Different prefixes for leaves and nodes keep a node from being shown as a record.
//!
//! | module | owns |
//! |---|---|
//! | [`frontier`] | the tree as it grows: O(log n) hashes are all that appending needs |
//! | [`proof`] | making and checking proofs of inclusion and of consistency |
//! | [`tree`] | all of a tree in memory, for many proofs over one head |

pub mod frontier;
pub mod proof;
pub mod tree;

use std::fmt;

use aws_lc_rs::digest;
use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use frontier::Frontier;
pub use tree::Tree;

/// SHA-256 of a leaf, a node or a whole tree. As text it is base64, as in signed notes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The leaf for a record with these canonical bytes.
    #[must_use]
    pub fn leaf(data: &[u8]) -> Self {
        Self::over(&[&[0], data])
    }

    /// The node over two subtrees.
    #[must_use]
    pub fn node(left: Self, right: Self) -> Self {
        Self::over(&[&[1], &left.0, &right.0])
    }

    /// The head of a tree without leaves.
    #[must_use]
    pub fn empty() -> Self {
        Self::over(&[])
    }

    /// The hash with these 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash that this base64 stands for.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    fn over(parts: &[&[u8]]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(part);
        }
        Self(context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_base64(&text).ok_or_else(|| serde::de::Error::custom("not the base64 of 32 bytes"))
    }
}

/// The largest power of two below `size`, which is at least 2: where a tree parts into left and right.
fn split(size: u64) -> u64 {
    debug_assert!(size >= 2, "a tree of one leaf does not part");
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

#[cfg(test)]
mod tests;
