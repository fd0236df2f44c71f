//! Why key slots do not open: one clause for each, and what the operator can do.

use std::fmt;

use distri_core::ids::SlotId;
use distri_store::rows::SlotRow;

use crate::root_key::{RootKeyError, provider};

/// A key slot that does not open.
#[derive(Debug)]
pub struct ClosedSlot {
    /// The slot.
    pub id: SlotId,
    /// The word of its provider, as the row says.
    pub provider: String,
    /// The fingerprint of the root key that it needs, as the row says.
    pub root_key: String,
    /// Why.
    pub why: Closed,
}

/// Why a slot does not open.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    /// Another version wrote it, or nobody of ours.
    #[error("its provider is not known to this version")]
    UnknownProvider,
    /// It was not asked: nobody has vouched for what it names.
    #[error("it is not trusted here and was not asked: it names {place}")]
    NotTrusted {
        /// What it names.
        place: String,
    },
    /// It was not asked: enough of its provider were.
    #[error("it was not asked, after {0} of its provider that do not open")]
    TooMany(usize),
    /// Its provider gives no root key, or another one.
    #[error(transparent)]
    RootKey(#[from] RootKeyError),
    /// It was changed: its root key is there and does not unwrap it.
    #[error("its root key does not unwrap it: it was changed, or belongs to another installation")]
    Inside,
    /// It has the instance key of another time.
    #[error("it opens to another instance key than the one in use")]
    OtherKey,
}

impl ClosedSlot {
    pub(crate) fn of(row: &SlotRow, why: Closed) -> Self {
        Self {
            id: row.id,
            provider: inert(&row.provider),
            root_key: inert(&row.root_fingerprint),
            why,
        }
    }

    /// Whether nothing that the operator could give would open it.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        matches!(
            self.why,
            Closed::Inside | Closed::OtherKey | Closed::RootKey(RootKeyError::Parameters)
        )
    }

    /// What the operator can do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let own = || provider(&self.provider).map(|(_, it)| it.remedy().to_owned());
        match &self.why {
            Closed::NotTrusted { .. } => Some(format!(
                "`distri keys trust {}` accepts what it names, if that is yours: if not, somebody wrote to the database",
                self.id
            )),
            Closed::RootKey(RootKeyError::Open { path, .. }) => Some(format!("`chmod 600 {}`", path.display())),
            Closed::RootKey(RootKeyError::Trusted { .. }) => None,
            Closed::RootKey(_) if !self.is_damaged() => own(),
            Closed::UnknownProvider | Closed::TooMany(_) | Closed::Inside | Closed::OtherKey | Closed::RootKey(_) => {
                None
            }
        }
    }

    /// Which root key it needs, where that is not said by the reason.
    fn needs(&self) -> Option<&str> {
        match &self.why {
            Closed::RootKey(
                RootKeyError::Missing { .. }
                | RootKeyError::Io { .. }
                | RootKeyError::Open { .. }
                | RootKeyError::Format { .. }
                | RootKeyError::NoAccess { .. }
                | RootKeyError::Keeper { .. },
            ) => Some(&self.root_key),
            _ => None,
        }
    }
}

impl fmt::Display for ClosedSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key slot {} ({})", self.id, self.provider)?;
        match self.needs() {
            Some(root_key) => write!(f, " needs root key {root_key}, and {}", self.why),
            None => write!(f, ": {}", self.why),
        }
    }
}

/// Text of a row in a sentence: it begins no line of its own, and reads as it is. What is not printable ASCII is escaped,
/// because some of it is not seen, turns the text around it, or looks like another letter.
pub(crate) fn inert(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            ' '..='~' => shown.push(it),
            _ => shown.extend(it.escape_unicode()),
        }
    }
    shown
}

/// The most slots that a sentence names, more than are asked of one provider: rows cost nothing to write.
const NAMED: usize = 32;
/// The most slots that nobody vouches for of which anything more is said.
const FOREIGN: usize = 3;

/// Slots that do not open, a clause each.
#[derive(Debug, Default)]
pub struct ClosedSlots(pub Vec<ClosedSlot>);

impl ClosedSlots {
    /// Whether nothing that the operator could give would open any of them.
    #[must_use]
    pub fn are_damaged(&self) -> bool {
        self.0.iter().all(ClosedSlot::is_damaged)
    }

    /// What the operator can do, each thing once: first about the slots that were asked, then about the first of those that
    /// nobody vouches for.
    #[must_use]
    pub fn remedies(&self) -> Vec<String> {
        let asked = |it: &&ClosedSlot| !matches!(it.why, Closed::NotTrusted { .. });
        let asked = self.0.iter().filter(asked).take(NAMED);
        let mut remedies: Vec<String> = Vec::new();
        for remedy in asked
            .chain(self.untrusted().take(FOREIGN))
            .filter_map(ClosedSlot::remedy)
        {
            if !remedies.contains(&remedy) {
                remedies.push(remedy);
            }
        }
        remedies
    }

    /// A complaint about each; of many, about the first ones, and how many more there are.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let complaint = |slot: &ClosedSlot| match (&slot.why, slot.id) {
            (Closed::NotTrusted { .. }, id) => format!(
                "{slot}; `distri keys trust {id}` accepts it if that is yours, `distri keys retire-slot {id}` removes it"
            ),
            _ => slot.to_string(),
        };
        let mut complaints: Vec<String> = self.0.iter().take(FOREIGN).map(complaint).collect();
        if self.0.len() > FOREIGN {
            let more = self.0.len() - FOREIGN;
            complaints.push(format!(
                "{more} more key slots were not asked: `distri keys verify` names each"
            ));
        }
        complaints
    }

    /// The slots that were not asked.
    pub fn untrusted(&self) -> impl Iterator<Item = &ClosedSlot> {
        self.0.iter().filter(|it| matches!(it.why, Closed::NotTrusted { .. }))
    }
}

impl fmt::Display for ClosedSlots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, slot) in self.0.iter().take(NAMED).enumerate() {
            let between = if index == 0 { "" } else { "; " };
            write!(f, "{between}{slot}")?;
        }
        match self.0.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}
