//! A record's place in the log, and the log's state after it: what the keyed MACs authenticate.
//!
//! The MAC of an entry binds the record to its number, so that no row of the database can be changed, moved, copied or
//! made without the installation's key. It covers the columns that stay when a body is dropped. The MAC of the head
//! state binds how many entries there are: rows cannot be cut off the end unnoticed.

use super::merkle::{Frontier, Hash};
use super::record::Record;
use crate::clock::Timestamp;
use crate::envelope::Canonical;
use crate::ids::{AccountId, InstanceId, RecordId};

/// A record's place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// The record.
    pub id: RecordId,
    /// Its account.
    pub account: AccountId,
    /// When it was written.
    pub at: Timestamp,
    /// The word of its action.
    pub action: String,
    /// Its leaf in the tree.
    pub leaf: Hash,
}

impl Entry {
    /// The entry of `record` at number `seq`.
    #[must_use]
    pub fn of(seq: u64, record: &Record) -> Self {
        Self {
            seq,
            id: record.id,
            account: record.account,
            at: record.at,
            action: record.action.as_str().to_owned(),
            leaf: record.leaf_hash(),
        }
    }

    /// What its MAC is over.
    #[must_use]
    pub fn canonical(&self, instance: InstanceId) -> Canonical {
        let mut canonical = Canonical::new("audit.entry");
        canonical
            .bytes(instance.as_bytes())
            .number(self.seq)
            .bytes(self.id.as_bytes())
            .bytes(self.account.as_bytes())
            .bytes(&self.at.as_millisecond().to_be_bytes())
            .text(&self.action)
            .bytes(self.leaf.as_bytes());
        canonical
    }
}

/// The state of the log after its newest entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadState {
    /// The tree over all entries.
    pub frontier: Frontier,
    /// The newest checkpoint, if there is one.
    pub checkpoint: Option<CheckpointMark>,
}

/// Which checkpoint is the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointMark {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// How many records it covers.
    pub size: u64,
    /// When it was made.
    pub at: Timestamp,
}

impl HeadState {
    /// What its MAC is over.
    #[must_use]
    pub fn canonical(&self, instance: InstanceId) -> Canonical {
        let mut canonical = Canonical::new("audit.head");
        canonical
            .bytes(instance.as_bytes())
            .number(self.frontier.size())
            .bytes(&self.frontier.peaks_to_store());
        match &self.checkpoint {
            None => canonical.number(0),
            Some(mark) => canonical
                .number(mark.number)
                .number(mark.size)
                .bytes(&mark.at.as_millisecond().to_be_bytes()),
        };
        canonical
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            seq: 1,
            id: RecordId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            at: Timestamp::UNIX_EPOCH,
            action: "secret.set".to_owned(),
            leaf: Hash::empty(),
        }
    }

    #[test]
    fn every_field_is_under_the_mac() {
        let bytes = |it: &Entry, instance| it.canonical(InstanceId::from_bytes(instance)).as_ref().to_vec();
        let base = bytes(&entry(), [0; 16]);
        assert_ne!(bytes(&entry(), [9; 16]), base);
        let changes: [fn(&mut Entry); 6] = [
            |it| it.seq = 2,
            |it| it.id = RecordId::from_bytes([9; 16]),
            |it| it.account = AccountId::from_bytes([9; 16]),
            |it| it.at = Timestamp::from_second(1).expect("in range"),
            |it| it.action = "secret.delete".to_owned(),
            |it| it.leaf = Hash::leaf(b""),
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut other = entry();
            change(&mut other);
            assert_ne!(bytes(&other, [0; 16]), base, "{index}");
        }
    }

    #[test]
    fn every_part_of_the_head_is_under_the_mac() {
        let bytes = |it: &HeadState| it.canonical(InstanceId::from_bytes([0; 16])).as_ref().to_vec();
        let mark = CheckpointMark {
            number: 1,
            size: 1,
            at: Timestamp::UNIX_EPOCH,
        };
        let frontier: Frontier = [Hash::leaf(b"a")].into_iter().collect();
        let with = |checkpoint| HeadState {
            frontier: frontier.clone(),
            checkpoint,
        };
        let states = [
            HeadState::default(),
            with(None),
            with(Some(mark)),
            with(Some(CheckpointMark { number: 2, ..mark })),
            with(Some(CheckpointMark { size: 0, ..mark })),
            with(Some(CheckpointMark {
                at: Timestamp::from_second(1).expect("in range"),
                ..mark
            })),
        ];
        for (index, state) in states.iter().enumerate() {
            for other in &states[index + 1..] {
                assert_ne!(bytes(state), bytes(other));
            }
        }
    }
}
