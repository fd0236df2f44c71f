//! Values whose lines were broken: base64 and hexadecimal folded over lines, as MIME (RFC 2045), PEM (RFC 7468), `base64`
//! and `xxd -p` write them, also inside a JSON string; and quoted-printable's soft line breaks.
//!
//! A *seam* is a line break behind a long run of base64 characters. Around seams, and only there, the text is searched
//! once more with the seams taken out. The run is asked for so that ordinary lines cost a look at a few bytes and
//! nothing of them is held back. Tools fold at 60, 64 and 76 columns; a run may be cut short by what stands before it.
//! The break itself may be written out (`\\n`), as a JSON string has it.
//!
//! A *soft* seam is `=` and a line break, which quoted-printable takes out again whatever stands before it. These are
//! searched apart: what is broken in the one way is not broken in the other.

use memchr::memchr2_iter;
use zeroize::Zeroizing;

use crate::filter::{Filter, open_from};
use crate::needles::Needles;

/// How many base64 characters in a row make a line break behind them a seam.
pub(crate) const RUN: usize = 48;

/// The needles whose lines may be broken.
pub(crate) struct Folds {
    lines: Broken,
    soft: Broken,
}

/// A needle with at least one seam in it.
#[derive(Clone, Copy)]
pub(crate) struct Folded<'f> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) needles: &'f Needles,
    /// Its index in the needles.
    pub(crate) needle: usize,
}

/// What [`Folds::search`] found.
#[derive(Default)]
pub(crate) struct Search<'f> {
    /// In order of their beginnings.
    pub(crate) found: Vec<Folded<'f>>,
    /// The first place from which on the text may be the beginning of a folded needle.
    pub(crate) open: Option<usize>,
}

impl Folds {
    /// From the needles that are folded and those that are broken softly.
    pub(crate) fn new(lines: Needles, soft: Needles) -> Self {
        Self {
            lines: Broken::new(lines),
            soft: Broken::new(soft),
        }
    }

    /// Finds the folded needles in `text`, which has `lead` base64 characters directly before it, and continues or not.
    pub(crate) fn search(&self, text: &[u8], lead: usize, continues: bool) -> Search<'_> {
        let mut search = Search::default();
        if self.soft.needles.is_empty() {
            return search; // Every value may be broken softly, so there is nothing at all to find.
        }
        let mut soft = Vec::new();
        let lines = seams(text, lead, continues, &mut soft);
        self.lines.search(text, lines, continues, &mut search);
        if !soft.is_empty() {
            let found = search.found.len();
            self.soft.search(text, soft.into_iter(), continues, &mut search);
            if found > 0 {
                search.found.sort_by_key(Folded::order);
            }
        }
        search
    }
}

impl Folded<'_> {
    /// What comes first, and is shown, of occurrences that overlap.
    pub(crate) fn order(&self) -> (usize, std::cmp::Reverse<usize>, usize) {
        (self.start, std::cmp::Reverse(self.end), self.needles.label(self.needle))
    }
}

/// Needles that are broken in one way.
struct Broken {
    needles: Needles,
    filter: Filter,
}

impl Broken {
    fn new(needles: Needles) -> Self {
        let filter = Filter::new(&needles);
        Self { needles, filter }
    }

    fn search<'f>(&'f self, text: &[u8], seams: impl Iterator<Item = Seam>, continues: bool, search: &mut Search<'f>) {
        let reach = self.needles.longest().saturating_sub(1);
        let mut seams = seams.peekable();
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
            self.search_zone(&zone, continues && end == text.len(), search);
        }
    }

    fn search_zone<'f>(&'f self, zone: &Zone<'_>, continues: bool, search: &mut Search<'f>) {
        for start in self.filter.candidates(&zone.joined, 0) {
            let Some(needle) = self.needles.at(&zone.joined[start..]) else {
                continue;
            };
            let end = start + self.needles.len_of(needle);
            if zone.has_seam_within(start, end) {
                search.found.push(Folded {
                    start: zone.raw_of(start),
                    end: zone.raw_of(end - 1) + 1,
                    needles: &self.needles,
                    needle,
                });
            }
        }
        if continues && let Some(start) = open_from(&self.needles, &self.filter, &zone.joined) {
            // Without a seam behind it, a beginning is an ordinary one and no matter of this search. Behind the last
            // seam all are, so the first open place decides.
            if zone.has_seam_within(start, zone.joined.len() + 1) {
                let start = zone.raw_of(start);
                search.open = Some(search.open.map_or(start, |it| it.min(start)));
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

/// The seams behind a run, and beside them, in `soft`, those of quoted-printable.
fn seams<'t>(
    text: &'t [u8],
    lead: usize,
    continues: bool,
    soft: &'t mut Vec<Seam>,
) -> impl Iterator<Item = Seam> + use<'t> {
    // The end of a chunk may be the first part of a break.
    let half = |parts: &[&[u8]]| {
        let part = parts.iter().find(|it| continues && text.ends_with(it))?;
        Some(Seam {
            start: text.len() - part.len(),
            end: text.len(),
        })
    };
    let half_line = half(&[b"\\r\\", b"\\r", b"\\", b"\r"]);
    let mut half_soft = half(&[b"=\r", b"="]);
    let breaks = memchr2_iter(b'\n', b'\\', text).map(Some).chain([None]);
    let whole = breaks.filter_map(move |at| {
        let Some(at) = at else {
            soft.extend(half_soft.take());
            return None;
        };
        match text[at] {
            b'\n' => {
                let start = if text[..at].ends_with(b"\r") { at - 1 } else { at };
                if text[..start].ends_with(b"=") {
                    soft.push(Seam {
                        start: start - 1,
                        end: at + 1,
                    });
                }
                may_be_seam(text, at, at + 1).then_some(Seam { start, end: at + 1 })
            }
            _ => {
                let rest = &text[at + 1..];
                let len = if rest.starts_with(b"n") {
                    2
                } else if rest.starts_with(b"r\\n") {
                    4
                } else {
                    return None;
                };
                may_be_seam(text, at, at + len).then_some(Seam {
                    start: at,
                    end: at + len,
                })
            }
        }
    });
    whole
        .chain(half_line)
        .filter(move |seam| run_before(text, seam.start, lead) == RUN)
}

/// Looks at few bytes around a break: enough to pass over most lines.
#[inline(always)]
fn may_be_seam(text: &[u8], start: usize, end: usize) -> bool {
    // A break before a byte that is in no needle need not be taken out.
    let next = text.get(end).is_none_or(|byte| is_base64(*byte) | (*byte == b'='));
    // With or without a carriage return before the line feed, these bytes belong to the run.
    match start.checked_sub(RUN).map(|run| &text[run..start]) {
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
