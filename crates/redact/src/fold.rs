//! Base64 and hexadecimal folded over lines, as MIME (RFC 2045), PEM (RFC 7468), `base64` and `xxd -p` write them.
//!
//! A *seam* is a line break behind a long run of base64 characters. Around seams, and only there, the text is searched
//! once more with the seams taken out. The run is asked for so that ordinary lines cost a look at a few bytes and
//! nothing of them is held back. Tools fold at 60, 64 and 76 columns; a run may be cut short by what stands before it.

use memchr::memchr_iter;
use zeroize::Zeroizing;

use crate::filter::{Filter, open_from};
use crate::needles::Needles;

/// How many base64 characters in a row make a line break behind them a seam.
pub(crate) const RUN: usize = 48;

/// The needles that may be folded.
pub(crate) struct Folds {
    pub(crate) needles: Needles,
    filter: Filter,
}

/// A needle with at least one seam in it.
#[derive(Clone, Copy)]
pub(crate) struct Folded {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Its index in [`Folds::needles`].
    pub(crate) needle: usize,
}

/// What [`Folds::search`] found.
#[derive(Default)]
pub(crate) struct Search {
    /// In order of their beginnings.
    pub(crate) found: Vec<Folded>,
    /// The first place from which on the text may be the beginning of a folded needle.
    pub(crate) open: Option<usize>,
}

impl Folds {
    pub(crate) fn new(needles: Needles) -> Self {
        let filter = Filter::new(&needles);
        Self { needles, filter }
    }

    /// Finds the folded needles in `text`, which has `lead` base64 characters directly before it, and continues or not.
    pub(crate) fn search(&self, text: &[u8], lead: usize, continues: bool) -> Search {
        let mut search = Search::default();
        if self.needles.is_empty() {
            return search;
        }
        let reach = self.needles.longest() - 1;
        let mut seams = seams(text, lead, continues).peekable();
        let mut zone = Zone::new(text);
        while let Some(first) = seams.next() {
            // Seams so near that one needle may span them are taken out together.
            zone.begin(first.start.saturating_sub(reach));
            zone.skip(first);
            while let Some(next) = seams.next_if(|next| next.start - zone.raw <= reach) {
                zone.skip(next);
            }
            let end = text.len().min(zone.raw + reach);
            zone.copy_to(end);
            self.search_zone(&zone, continues && end == text.len(), &mut search);
        }
        search
    }

    fn search_zone(&self, zone: &Zone<'_>, continues: bool, search: &mut Search) {
        for start in self.filter.candidates(&zone.joined, 0) {
            let Some(needle) = self.needles.at(&zone.joined[start..]) else {
                continue;
            };
            let end = start + self.needles.len_of(needle);
            if zone.has_seam_within(start, end) {
                search.found.push(Folded {
                    start: zone.raw_of(start),
                    end: zone.raw_of(end - 1) + 1,
                    needle,
                });
            }
        }
        if continues && let Some(start) = open_from(&self.needles, &self.filter, &zone.joined) {
            // Without a seam behind it, a beginning is an ordinary one and no matter of this search. Behind the last
            // seam all are, so the first open place decides.
            if zone.has_seam_within(start, zone.joined.len() + 1) {
                search.open = Some(zone.raw_of(start));
            }
        }
    }
}

/// The number of base64 characters directly before `place`, as far as it matters.
pub(crate) fn run_before(text: &[u8], place: usize, lead: usize) -> usize {
    let run = text[..place]
        .iter()
        .rev()
        .take(RUN)
        .take_while(|byte| is_base64(**byte))
        .count();
    if run == place { RUN.min(run + lead) } else { run }
}

/// Whether a byte may stand in a folded text.
pub(crate) fn is_base64(byte: u8) -> bool {
    BASE64[usize::from(byte)]
}

/// A table, so that tests of several bytes are one branch: the ends of lines are hard to predict.
static BASE64: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte == b'+' as usize || byte == b'/' as usize;
        byte += 1;
    }
    table
};

#[derive(Clone, Copy)]
struct Seam {
    start: usize,
    end: usize,
}

fn seams(text: &[u8], lead: usize, continues: bool) -> impl Iterator<Item = Seam> + '_ {
    let whole = memchr_iter(b'\n', text)
        .filter(|feed| may_be_seam(text, *feed))
        .map(|feed| {
            let start = if text[..feed].ends_with(b"\r") { feed - 1 } else { feed };
            Seam { start, end: feed + 1 }
        });
    // A carriage return at the end of a chunk may be the first half of a break.
    let half = (continues && text.ends_with(b"\r")).then(|| Seam {
        start: text.len() - 1,
        end: text.len(),
    });
    whole
        .chain(half)
        .filter(move |seam| run_before(text, seam.start, lead) == RUN)
}

/// Looks at few bytes around a line feed: enough to pass over most lines.
#[inline(always)]
fn may_be_seam(text: &[u8], feed: usize) -> bool {
    // A break before a byte that is in no needle need not be taken out.
    let next = text.get(feed + 1).is_none_or(|byte| is_base64(*byte) | (*byte == b'='));
    // With or without a carriage return before the line feed, these bytes belong to the run.
    match feed.checked_sub(RUN).map(|start| &text[start..feed]) {
        Some(run) => {
            next & is_base64(run[RUN - 2]) & is_base64(run[0]) & is_base64(run[RUN / 3]) & is_base64(run[RUN * 2 / 3])
        }
        None => next,
    }
}

/// A part of a text with its seams taken out.
struct Zone<'t> {
    text: &'t [u8],
    /// Up to where the text is copied or skipped.
    raw: usize,
    joined: Zeroizing<Vec<u8>>,
    /// For each piece between seams, where it begins in the joined bytes and in the text.
    pieces: Vec<(usize, usize)>,
}

impl<'t> Zone<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            raw: 0,
            joined: Zeroizing::default(),
            pieces: Vec::new(),
        }
    }

    /// Starts again at a place, with the same buffers: overwriting them each time would cost more than the search.
    fn begin(&mut self, start: usize) {
        self.raw = start;
        self.joined.clear();
        self.pieces.clear();
        self.pieces.push((0, start));
    }

    fn skip(&mut self, seam: Seam) {
        self.copy_to(seam.start);
        self.raw = seam.end;
        self.pieces.push((self.joined.len(), seam.end));
    }

    fn copy_to(&mut self, end: usize) {
        self.joined.extend_from_slice(&self.text[self.raw..end]);
        self.raw = end;
    }

    fn raw_of(&self, joined: usize) -> usize {
        let (piece, raw) = self.pieces[self.pieces.partition_point(|(piece, _)| *piece <= joined) - 1];
        raw + joined - piece
    }

    /// Whether a seam lies behind `start` and before `end`.
    fn has_seam_within(&self, start: usize, end: usize) -> bool {
        self.pieces
            .get(self.pieces.partition_point(|(piece, _)| *piece <= start))
            .is_some_and(|(piece, _)| *piece < end)
    }
}
