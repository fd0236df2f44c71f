//! What redactors and streams share: all occurrences of all needles, in order, and their replacement.

use std::iter::Peekable;
use std::sync::LazyLock;

use crate::filter::{Candidates, Filter, open_from};
use crate::fold::{Folded, Folds};
use crate::needles::Needles;

/// An engine that is made at its first use, or beside it.
pub(crate) type LazyEngine = LazyLock<Engine, Box<dyn FnOnce() -> Engine + Send>>;

pub(crate) struct Engine {
    needles: Needles,
    filter: Filter,
    folds: Folds,
    labels: Vec<Label>,
}

/// Whose a needle is, and what takes its place. A secret has several where its forms are replaced in different ways.
pub(crate) struct Label {
    pub(crate) name: Box<str>,
    pub(crate) replacement: Box<[u8]>,
}

/// One needle at one place.
pub(crate) struct Occurrence<'e> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    needles: &'e Needles,
    needle: usize,
}

/// How far a text is done with.
#[derive(Clone, Copy, Default)]
pub(crate) struct Done {
    /// Up to here the bytes, or what replaces them, are written.
    pub(crate) written: usize,
    /// Up to here the last replacement reaches. What overlaps it needs no other.
    pub(crate) replaced: usize,
}

impl Engine {
    pub(crate) fn new(labels: Vec<Label>, needles: Needles, folds: Folds) -> Self {
        let filter = Filter::new(&needles);
        Self {
            needles,
            filter,
            folds,
            labels,
        }
    }

    /// The length of the shortest needle.
    pub(crate) fn shortest(&self) -> Option<usize> {
        self.needles.iter().map(<[u8]>::len).min()
    }

    /// The longest needle at each place that has one, in order; where a folded one begins too, the longer comes first.
    pub(crate) fn occurrences<'a>(&'a self, text: &'a [u8]) -> Occurrences<'a> {
        self.occurrences_with(text, self.folds.search(text, 0, false).found)
    }

    /// Where the last bytes of a text that goes on begin to be the beginning of a needle, and what is found before.
    ///
    /// The text has `lead` base64 characters directly before it. The place is the text's length if nothing is open.
    pub(crate) fn open<'a>(&'a self, text: &'a [u8], lead: usize) -> (usize, Occurrences<'a>) {
        let folds = self.folds.search(text, lead, true);
        let plain = open_from(&self.needles, &self.filter, text).unwrap_or(text.len());
        (
            plain.min(folds.open.unwrap_or(plain)),
            self.occurrences_with(text, folds.found),
        )
    }

    /// The occurrences in the rest of a text that ends here. `lead` is as in [`Self::open`].
    pub(crate) fn rest<'a>(&'a self, text: &'a [u8], lead: usize) -> Occurrences<'a> {
        self.occurrences_with(text, self.folds.search(text, lead, false).found)
    }

    /// Whether all of `text` is the beginning of a needle.
    pub(crate) fn is_open(&self, text: &[u8]) -> bool {
        self.needles.is_open(text)
    }

    /// The label to show for an occurrence.
    pub(crate) fn label(&self, it: &Occurrence<'_>) -> &str {
        &self.labels[it.needles.label(it.needle)].name
    }

    /// All labels of an occurrence and of the shorter needles that begin where it begins.
    pub(crate) fn labels(&self, it: &Occurrence<'_>) -> impl Iterator<Item = &str> {
        it.needles.labels_from(it.needle).map(|label| &*self.labels[label].name)
    }

    /// Writes `text[..until]`, with the occurrences that begin before `until` replaced, to `out`.
    ///
    /// Goes on where `done` says, and returns where it came to, which may be more than `until`.
    pub(crate) fn replace<'a>(
        &self,
        text: &[u8],
        occurrences: impl Iterator<Item = Occurrence<'a>>,
        done: Done,
        until: usize,
        out: &mut Vec<u8>,
    ) -> Done {
        let Done {
            mut written,
            mut replaced,
        } = done;
        for it in occurrences.take_while(|it| it.start < until) {
            if it.start >= replaced {
                if written < it.start {
                    out.extend_from_slice(&text[written..it.start]);
                }
                out.extend_from_slice(&self.labels[it.needles.label(it.needle)].replacement);
            }
            // An overlapping occurrence lengthens the replacement, so that nothing of it is left over.
            replaced = replaced.max(it.end);
            written = written.max(replaced);
        }
        if written < until {
            out.extend_from_slice(&text[written..until]);
            written = until;
        }
        Done { written, replaced }
    }

    fn occurrences_with<'a>(&'a self, text: &'a [u8], folded: Vec<Folded<'a>>) -> Occurrences<'a> {
        let plain = Plain {
            engine: self,
            text,
            candidates: self.filter.candidates(text, 0),
        }
        .peekable();
        Occurrences {
            plain,
            folded: folded.into_iter().peekable(),
        }
    }
}

/// See [`Engine::occurrences`].
pub(crate) struct Occurrences<'a> {
    plain: Peekable<Plain<'a>>,
    folded: Peekable<std::vec::IntoIter<Folded<'a>>>,
}

impl<'a> Iterator for Occurrences<'a> {
    type Item = Occurrence<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(folded) = self.folded.peek().copied() else {
            return self.plain.next();
        };
        let order = |it: &Occurrence<'_>| (it.start, std::cmp::Reverse(it.end), it.needles.label(it.needle));
        if let Some(plain) = self.plain.next_if(|plain| order(plain) <= folded.order()) {
            return Some(plain);
        }
        self.folded.next();
        Some(Occurrence {
            start: folded.start,
            end: folded.end,
            needles: folded.needles,
            needle: folded.needle,
        })
    }
}

/// The occurrences that are not folded.
struct Plain<'a> {
    engine: &'a Engine,
    text: &'a [u8],
    candidates: Candidates<'a>,
}

impl<'a> Iterator for Plain<'a> {
    type Item = Occurrence<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let needles = &self.engine.needles;
        self.candidates.find_map(|start| {
            let needle = needles.at(&self.text[start..])?;
            Some(Occurrence {
                start,
                end: start + needles.len_of(needle),
                needles,
                needle,
            })
        })
    }
}
