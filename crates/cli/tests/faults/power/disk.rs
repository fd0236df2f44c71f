//! A disk with a cache: what was flushed is there after a power cut, of the rest perhaps some.
//!
//! A flushed file has its content, and its name only when its directory was flushed too, as POSIX has it.

use std::collections::BTreeMap;
use std::path::Path;

use super::log::{Op, What};

/// What becomes of what was not flushed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Lost,
    Kept,
    /// Some of it, in any order and torn at sectors, by this number.
    Some(u64),
}

#[derive(Default)]
pub(super) struct Disk {
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// Changes of names that were not flushed, in order.
    renamed: Vec<Naming>,
    files: Vec<File>,
}

#[derive(Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

/// A name that goes, and one that comes, at once.
struct Naming {
    gone: Option<String>,
    come: Option<(String, usize)>,
}

impl Disk {
    pub(super) fn apply(&mut self, op: &Op) {
        match op.what {
            What::Create => {
                self.files.push(File::default());
                let new = self.files.len() - 1;
                self.rename(None, Some((op.path.clone(), new)));
            }
            What::Write => {
                let change = Change::Write(usize::try_from(op.offset).unwrap(), op.bytes.clone());
                self.file(&op.path).pending.push(change);
            }
            What::Truncate => {
                let change = Change::Length(usize::try_from(op.offset).unwrap());
                self.file(&op.path).pending.push(change);
            }
            What::Sync => {
                let file = self.file(&op.path);
                let pending = std::mem::take(&mut file.pending);
                pending.iter().for_each(|it| it.apply(&mut file.durable));
            }
            What::Rename => {
                let file = self.names[&op.path];
                self.rename(Some(op.path.clone()), Some((op.other.clone(), file)));
            }
            What::Unlink => self.rename(Some(op.path.clone()), None),
            What::Link => {
                let file = self.names[&op.path];
                self.rename(None, Some((op.other.clone(), file)));
            }
            What::SyncDirectory => {
                let is_in = |it: &Naming| {
                    let name = it.come.as_ref().map(|it| &it.0).or(it.gone.as_ref());
                    name.and_then(|it| Path::new(it).parent()) == Some(Path::new(&op.path))
                };
                let (flushed, rest) = std::mem::take(&mut self.renamed).into_iter().partition(is_in);
                self.renamed = rest;
                let flushed: Vec<Naming> = flushed;
                flushed.iter().for_each(|it| it.apply(&mut self.durable_names));
            }
        }
    }

    /// The files that are there afterwards.
    pub(super) fn after_a_cut(&self, fate: Fate) -> BTreeMap<String, Vec<u8>> {
        let mut dice = match fate {
            Fate::Some(seed) => Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            Fate::Lost | Fate::Kept => Dice(1),
        };
        let mut names = self.durable_names.clone();
        let kept = match fate {
            Fate::Lost => 0,
            Fate::Kept => self.renamed.len(),
            // A journal of a file system keeps their order.
            Fate::Some(_) => dice.below(self.renamed.len() + 1),
        };
        self.renamed[..kept].iter().for_each(|it| it.apply(&mut names));
        let content = |file: &File, dice: &mut Dice| {
            let mut bytes = file.durable.clone();
            for change in &file.pending {
                match fate {
                    Fate::Lost => {}
                    Fate::Kept => change.apply(&mut bytes),
                    Fate::Some(_) if dice.below(2) == 0 => {}
                    Fate::Some(_) => change.torn(dice).apply(&mut bytes),
                }
            }
            bytes
        };
        let files = names
            .iter()
            .map(|(name, file)| (name.clone(), content(&self.files[*file], &mut dice)));
        files.collect()
    }

    fn file(&mut self, path: &str) -> &mut File {
        let Self { names, files, .. } = self;
        &mut files[*names.get(path).unwrap_or_else(|| panic!("`{path}` was never made"))]
    }

    fn rename(&mut self, gone: Option<String>, come: Option<(String, usize)>) {
        let naming = Naming { gone, come };
        naming.apply(&mut self.names);
        self.renamed.push(naming);
    }
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        if let Some(gone) = &self.gone {
            names.remove(gone);
        }
        if let Some((name, file)) = &self.come {
            names.insert(name.clone(), *file);
        }
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(len) => bytes.resize(*len, 0),
            Self::Write(offset, written) => {
                let end = offset + written.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*offset..end].copy_from_slice(written);
            }
        }
    }

    /// The same, or its beginning as far as the end of a sector.
    fn torn(&self, dice: &mut Dice) -> Self {
        const SECTOR: usize = 512;
        match self {
            Self::Write(offset, written) if dice.below(4) == 0 => {
                let sectors = (offset + written.len()) / SECTOR - offset / SECTOR;
                let end = (offset / SECTOR + dice.below(sectors + 1)) * SECTOR;
                Self::Write(*offset, written[..end.saturating_sub(*offset)].to_vec())
            }
            other => other.clone(),
        }
    }
}

/// Numbers by chance, the same for the same beginning.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}
