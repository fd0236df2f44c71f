//! What the log says there is: one small entry for each thing that it ever named, folded from its records.

use std::collections::{HashMap, HashSet};

use distri_core::Timestamp;
use distri_core::audit::{ActionKind, KeyChange, LogChange, Outcome, Record};
use distri_core::ids::AccountId;

/// The bytes of an identifier of any kind.
pub(super) type Id = [u8; 16];

/// A kind of thing that has a row of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Account,
    Secret,
    Token,
    Invitation,
    Member,
    Agent,
    Slot,
}

/// Something that the log named.
#[derive(Clone, Copy)]
pub(super) struct Thing {
    pub(super) kind: Kind,
    pub(super) account: AccountId,
    /// The newest record that says whether it is there.
    pub(super) seq: u64,
    pub(super) is_there: bool,
    /// Whether a row of it was seen.
    pub(super) is_seen: bool,
}

/// What the records say.
#[derive(Default)]
pub(super) struct Known {
    pub(super) things: HashMap<Id, Thing>,
    /// Accounts that were deleted: of what was in them only what could be put back has a record of its own.
    gone: HashSet<AccountId>,
    /// The newest invitation of each address in each account: the ones before it were dropped without a record.
    invited: HashMap<(AccountId, String), Id>,
    /// The highest version of each account's key.
    pub(super) account_keys: HashMap<AccountId, u32>,
    /// Every instance key from the first rotation on that is known, with the record that names it.
    pub(super) instance_keys: Vec<(u64, String)>,
    /// Backups: the record of each, and how many records are in it.
    pub(super) backups: Vec<(u64, u64)>,
    /// When the installation was made, while the slot that it was made with may be there: no record names that one.
    pub(super) first_slot_of: Option<Timestamp>,
    /// Whether it has to be there: not once a slot was retired that no record had named, which may have been it.
    pub(super) expects_first_slot: bool,
    /// The newest time of a record whose body was dropped.
    pub(super) horizon: Option<Timestamp>,
}

impl Known {
    /// A record whose body was dropped: what was made until then may have been in it.
    pub(super) fn pruned(&mut self, at: Timestamp) {
        self.horizon = self.horizon.max(Some(at));
    }

    /// Whether what has this identifier was made so early that its record may have been dropped.
    pub(super) fn may_be_pruned(&self, id: &Id) -> bool {
        self.horizon.is_some_and(|it| made_at(id) <= it.as_millisecond())
    }

    /// Whether a row of it has to be there.
    pub(super) fn expects(&self, thing: &Thing) -> bool {
        thing.is_there && (thing.kind == Kind::Slot || !self.gone.contains(&thing.account))
    }

    /// Takes notice of what a record says.
    pub(super) fn note(&mut self, seq: u64, record: &Record) {
        if record.outcome != Outcome::Done {
            return;
        }
        match record.action {
            ActionKind::Set
            | ActionKind::Policy
            | ActionKind::Describe
            | ActionKind::Delete
            | ActionKind::Undelete
            | ActionKind::Rollback
            | ActionKind::Stage
            | ActionKind::Unstage
            | ActionKind::Promote => self.secrets(seq, record, true),
            ActionKind::Purge => self.secrets(seq, record, false),
            ActionKind::Reveal | ActionKind::Release => self.used(seq, record),
            ActionKind::TokenCreate | ActionKind::TokenRevoke => self.about(seq, record, Kind::Token, true),
            ActionKind::MemberInvite => self.invited(seq, record),
            ActionKind::MemberAdd | ActionKind::MemberRole => self.about(seq, record, Kind::Member, true),
            ActionKind::MemberRemove => self.about(seq, record, Kind::Member, false),
            ActionKind::AgentPush => self.about(seq, record, Kind::Agent, true),
            ActionKind::AgentRemove => self.about(seq, record, Kind::Agent, false),
            ActionKind::InstanceCreate => {
                (self.first_slot_of, self.expects_first_slot) = (Some(record.at), true);
                self.account(seq, record.account);
            }
            ActionKind::AccountCreate => self.account(seq, record.account),
            ActionKind::AccountDelete => self.account_gone(seq, record),
            ActionKind::RootKeyChange
            | ActionKind::KeyAddSlot
            | ActionKind::KeyRetireSlot
            | ActionKind::KeyRotateInstance
            | ActionKind::KeyRotateAccount => self.keys(seq, record),
            ActionKind::BackupCreate => {
                if let Some(LogChange::BackedUp { size, .. }) = record.log {
                    self.backups.push((seq, size));
                }
            }
            ActionKind::KeyReseal
            | ActionKind::Alarm
            | ActionKind::Refuse
            | ActionKind::AuditPrune
            | ActionKind::AuditAcceptRollback
            | ActionKind::BackupRestore
            | ActionKind::SessionOpen
            | ActionKind::SessionClose
            | ActionKind::PersonPassword => {}
        }
    }

    fn put(&mut self, id: Id, kind: Kind, account: AccountId, seq: u64, is_there: bool) {
        let thing = Thing {
            kind,
            account,
            seq,
            is_there,
            is_seen: false,
        };
        self.things.insert(id, thing);
    }

    fn secrets(&mut self, seq: u64, record: &Record, is_there: bool) {
        for subject in &record.subjects {
            self.put(*subject.secret.as_bytes(), Kind::Secret, record.account, seq, is_there);
        }
    }

    /// What is used is there. That counts where the record of its making was pruned.
    fn used(&mut self, seq: u64, record: &Record) {
        for subject in &record.subjects {
            let id = *subject.secret.as_bytes();
            if !self.things.contains_key(&id) {
                self.put(id, Kind::Secret, record.account, seq, true);
            }
        }
    }

    fn about(&mut self, seq: u64, record: &Record, kind: Kind, is_there: bool) {
        if let Some(about) = &record.about {
            self.put(*about.id.as_bytes(), kind, record.account, seq, is_there);
        }
    }

    fn invited(&mut self, seq: u64, record: &Record) {
        let Some(about) = &record.about else { return };
        let id = *about.id.as_bytes();
        let earlier = self.invited.insert((record.account, about.name.clone()), id);
        let earlier = earlier.and_then(|it| self.things.get_mut(&it));
        if let Some(thing) = earlier.filter(|it| it.kind == Kind::Invitation) {
            (thing.is_there, thing.seq) = (false, seq);
        }
        self.put(id, Kind::Invitation, record.account, seq, true);
    }

    fn account(&mut self, seq: u64, account: AccountId) {
        self.put(*account.as_bytes(), Kind::Account, account, seq, true);
        self.account_keys.entry(account).or_insert(1);
    }

    fn account_gone(&mut self, seq: u64, record: &Record) {
        if let Some(about) = &record.about {
            let account = AccountId::from_bytes(*about.id.as_bytes());
            self.put(*account.as_bytes(), Kind::Account, account, seq, false);
            self.gone.insert(account);
        }
    }

    fn keys(&mut self, seq: u64, record: &Record) {
        match &record.keys {
            Some(KeyChange::SlotAdded(slot)) => {
                if record.action == ActionKind::RootKeyChange {
                    (self.first_slot_of, self.expects_first_slot) = (None, false);
                    for other in self.things.values_mut().filter(|it| it.kind == Kind::Slot) {
                        (other.is_there, other.seq) = (false, seq);
                    }
                }
                self.put(*slot.slot.as_bytes(), Kind::Slot, record.account, seq, true);
            }
            Some(KeyChange::SlotRetired(slot)) => {
                if !self.things.contains_key(slot.slot.as_bytes()) {
                    self.expects_first_slot = false;
                }
                self.put(*slot.slot.as_bytes(), Kind::Slot, record.account, seq, false);
            }
            Some(KeyChange::InstanceRotated { from, to }) => {
                if self.instance_keys.is_empty() {
                    self.instance_keys.push((seq, from.clone()));
                }
                self.instance_keys.push((seq, to.clone()));
            }
            Some(KeyChange::AccountRotated { version }) => {
                let highest = self.account_keys.entry(record.account).or_insert(*version);
                *highest = (*highest).max(*version);
            }
            Some(KeyChange::Resealed(_) | KeyChange::Renewed(_)) | None => {}
        }
    }
}

/// The milliseconds that an identifier begins with.
pub(super) fn made_at(id: &Id) -> i64 {
    id[..6].iter().fold(0, |millis, byte| (millis << 8) | i64::from(*byte))
}
