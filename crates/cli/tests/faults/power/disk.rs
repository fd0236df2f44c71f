//! A disk with a cache: what was flushed is there after a power cut, of the rest perhaps some.
//!
//! A flushed file has its content, and its name only when its directory was flushed too, as POSIX has it; or, for whoever
//! relies on it, a new file has its name with its first flush, as every journal of Linux's file systems has it.

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
    /// Whether a new file that is flushed has its name.
    flushes_names: bool,
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
    gone: Option<(String, usize)>,
    come: Option<(String, usize)>,
}

impl Disk {
    /// One that has had these files for long.
    pub(super) fn holding(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut disk = Self {
            flushes_names: true,
            ..Self::default()
        };
        for (number, (name, durable)) in files.into_iter().enumerate() {
            disk.names.insert(name, number);
            disk.files.push(File {
                durable,
                pending: Vec::new(),
            });
        }
        disk.durable_names.clone_from(&disk.names);
        disk
    }

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
                if self.flushes_names {
                    let number = self.names[&op.path];
                    let is_its = |it: &Naming| it.gone.is_none() && it.come.as_ref().is_some_and(|it| it.1 == number);
                    self.flush_names(is_its);
                }
            }
            What::Rename => {
                let file = self.names[&op.path];
                self.rename(Some((op.path.clone(), file)), Some((op.other.clone(), file)));
            }
            What::Unlink => {
                let file = self.names[&op.path];
                self.rename(Some((op.path.clone(), file)), None);
            }
            What::Link => {
                let file = self.names[&op.path];
                self.rename(None, Some((op.other.clone(), file)));
            }
            What::SyncDirectory => {
                self.flush_names(|it| {
                    let name = it.come.as_ref().or(it.gone.as_ref());
                    name.and_then(|it| Path::new(&it.0).parent()) == Some(Path::new(&op.path))
                });
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

    fn flush_names(&mut self, is_flushed: impl Fn(&Naming) -> bool) {
        let (flushed, rest): (Vec<_>, _) = std::mem::take(&mut self.renamed).into_iter().partition(is_flushed);
        self.renamed = rest;
        flushed.iter().for_each(|it| it.apply(&mut self.durable_names));
    }

    fn rename(&mut self, gone: Option<(String, usize)>, come: Option<(String, usize)>) {
        let naming = Naming { gone, come };
        naming.apply(&mut self.names);
        self.renamed.push(naming);
    }
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        // Another file may have the name by now, whose own was flushed before.
        if let Some((gone, file)) = &self.gone
            && names.get(gone) == Some(file)
        {
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
