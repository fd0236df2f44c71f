//! A database that is gone, as what stands outside of it says: so that no new installation is made in its place without a
//! word.
//!
//! Nothing read here is believed, because the keys that could tell are gone with the database. It only keeps a first use
//! from happening by itself. Tip and checkpoints leave a process after the commit that they are about, so a first use that
//! a crash cut short leaves none of them, and happens again.

use std::path::{Path, PathBuf};

use distri_core::audit::Checkpoint;
use distri_core::ids::InstanceId;

use super::sink::file::{self, Piece};
use super::tip;
use crate::Home;

/// An installation that had its database where there is none now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Which; none where what is left does not say.
    pub instance: Option<InstanceId>,
    /// How many audit records it had at least.
    pub records: u64,
    /// Which file says so.
    pub place: PathBuf,
    /// The files that have to be moved away before another installation can begin here.
    pub in_the_way: Vec<PathBuf>,
    /// Where the database should be.
    pub database: String,
}

impl Lost {
    /// What a home without a database still knows of one.
    ///
    /// A file of checkpoints that the settings name may be shared by several installations: what it has counts only for the
    /// one that the tip names.
    #[must_use]
    pub fn of(home: &Home) -> Option<Self> {
        let (tip, file) = (home.audit_tip(), home.checkpoint_file());
        let claimed = tip::claimed(&tip);
        let is_own = home.audit().checkpoint_file.is_none();
        let notes = notes(&file);
        let newest = notes.last().filter(|_| is_own).map(|it| it.0);
        let instance = claimed.and_then(|it| it.instance).or(newest);
        let signed = notes.iter().filter(|it| Some(it.0) == instance).map(|it| it.1).max();
        let shown = claimed.map_or(0, |it| it.size);
        let (records, place) = match signed {
            Some(size) if size > shown => (size, file.clone()),
            _ => (shown, tip.clone()),
        };
        let tip = claimed.map(|_| tip);
        let in_the_way: Vec<PathBuf> = tip.into_iter().chain(newest.map(|_| file)).collect();
        (!in_the_way.is_empty()).then(|| Self {
            instance,
            records,
            place,
            in_the_way,
            database: home.location().to_string(),
        })
    }
}

/// How many installations a file of checkpoints has notes of.
pub(crate) fn installations_in(path: &Path) -> usize {
    let mut found: Vec<InstanceId> = notes(path).into_iter().map(|it| it.0).collect();
    found.sort_unstable();
    found.dedup();
    found.len()
}

/// The notes of a file: whose each claims to be, and over how many records.
fn notes(path: &Path) -> Vec<(InstanceId, u64)> {
    // One that cannot be read says nothing; whoever delivers to it says so.
    let pieces = file::pieces(path).unwrap_or_default().into_iter();
    let claims = pieces.filter_map(|it| match it {
        Piece::Note(note) => Checkpoint::peek(&note),
        Piece::Junk(_) => None,
    });
    claims
        .filter_map(|it| Some((it.origin.strip_prefix("distri/")?.parse().ok()?, it.size)))
        .collect()
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            instance,
            records,
            place,
            database,
            ..
        } = self;
        let place = place.display();
        match instance {
            Some(instance) => {
                let plural = if *records == 1 { "" } else { "s" };
                write!(
                    f,
                    "there is no installation in `{database}`, and `{place}` shows that installation {instance} was there, \
                     with {records} audit record{plural} or more"
                )
            }
            None => write!(
                f,
                "there is no installation in `{database}`, and `{place}` shows that there was one"
            ),
        }
    }
}
