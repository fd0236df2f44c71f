//! One record with the proof that it is in the log, in the C2SP `tlog-proof` form around a checkpoint.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! index 73894
//! base64 of a hash, a line for each, the leaf's sibling first
//!
//! the signed checkpoint
//! ```

use super::checkpoint::{Checkpoint, CheckpointError};
use super::merkle::{Hash, proof};
use super::note::VerifierKey;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Leads from one leaf to a signed head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordProof {
    /// The leaf's place, from 0: the record's number less one.
    pub index: u64,
    /// The hashes beside the way up.
    pub path: Vec<Hash>,
    /// The signed note.
    pub checkpoint: String,
}

impl RecordProof {
    /// The form that travels.
    #[must_use]
    pub fn to_text(&self) -> String {
        let path: String = self.path.iter().map(|it| format!("{it}\n")).collect();
        format!("{FIRST_LINE}\nindex {}\n{path}\n{}", self.index, self.checkpoint)
    }

    /// Reads the form that travels. Extra data, which nothing authenticates, is ignored.
    ///
    /// # Errors
    /// [`ProofError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        Self::parts(text).ok_or(ProofError::Malformed)
    }

    fn parts(text: &str) -> Option<Self> {
        let (head, checkpoint) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let mut line = lines.next()?;
        if line.starts_with("extra ") {
            line = lines.next()?;
        }
        let number = line.strip_prefix("index ")?;
        let index: u64 = number.parse().ok().filter(|it: &u64| it.to_string() == number)?;
        let path: Option<Vec<Hash>> = lines.map(Hash::from_base64).collect();
        Some(Self {
            index,
            path: path?,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Whether `leaf` is in the log whose checkpoint `key` signed; the checkpoint if so.
    ///
    /// # Errors
    /// [`ProofError::Checkpoint`], [`ProofError::NotIncluded`].
    pub fn verify(&self, leaf: Hash, key: &VerifierKey) -> Result<Checkpoint, ProofError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, key)?;
        let head = proof::head_by_inclusion(self.index, checkpoint.size, leaf, &self.path);
        if head == Some(checkpoint.head) {
            Ok(checkpoint)
        } else {
            Err(ProofError::NotIncluded)
        }
    }
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not the form of a proof.
    #[error("it is not a `tlog-proof`")]
    Malformed,
    /// Its checkpoint.
    #[error("its checkpoint is not believed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The hashes lead elsewhere.
    #[error("it does not lead from this record to the checkpoint: one of the two was changed")]
    NotIncluded,
}

#[cfg(test)]
mod tests {
    use super::super::merkle::Tree;
    use super::super::note::NoteSigner;
    use super::*;

    #[test]
    fn a_proof_survives_its_text_and_fits_one_leaf() {
        let signer = NoteSigner::from_seed("distri/0190".to_owned(), &[3; 32]);
        let leaves: Vec<Hash> = (0..5_u8).map(|it| Hash::leaf(&[it])).collect();
        let tree = Tree::new(leaves.clone());
        let frontier: super::super::merkle::Frontier = leaves.iter().copied().collect();
        let checkpoint = Checkpoint::sign(5, frontier.head(), &signer);
        for index in 0..5 {
            let proof = RecordProof {
                index,
                path: tree.inclusion(index).expect("is there"),
                checkpoint: checkpoint.clone(),
            };
            let read = RecordProof::parse(&proof.to_text()).expect("parses");
            assert_eq!(read, proof);
            for (other, leaf) in (0..).zip(&leaves) {
                let verified = read.verify(*leaf, signer.key());
                assert_eq!(verified.is_ok(), other == index, "{index}, {other}");
            }
            let with_extra = proof.to_text().replace("\nindex", "\nextra AAAA\nindex");
            assert_eq!(RecordProof::parse(&with_extra), Ok(proof));
        }
        for text in [
            "",
            "c2sp.org/tlog-proof@v1\nindex 01\n\nx",
            "c2sp.org/tlog-proof@v2\nindex 1\n\nx",
            "\n\n",
        ] {
            assert_eq!(RecordProof::parse(text), Err(ProofError::Malformed), "{text}");
        }
    }
}
