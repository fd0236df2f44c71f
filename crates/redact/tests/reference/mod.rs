//! A slow redactor that is easily seen to be right: tries every needle at every place.

use std::collections::BTreeSet;

use distri_redact::encodings::ENCODINGS;
use distri_redact::{MIN_NEEDLE, weakness};

/// How many base64 characters make the line break behind them a seam, as the crate documents it.
pub(crate) const RUN: usize = 48;

pub(crate) struct Reference {
    labels: Vec<String>,
    needles: Vec<Needle>,
}

pub(crate) struct Needle {
    pub(crate) label: usize,
    pub(crate) bytes: Vec<u8>,
    replacement: Vec<u8>,
    /// In which ways its lines may be broken.
    breaks: Vec<Break>,
}

#[derive(Clone, Copy, PartialEq)]
enum Break {
    /// Behind a run of base64 characters, also written out.
    Line,
    /// Quoted-printable's.
    Soft,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Occurrence {
    pub(crate) start: usize,
    pub(crate) end: std::cmp::Reverse<usize>,
    /// Its place among the needles, which are in the order of their secrets.
    needle: usize,
}

impl Reference {
    pub(crate) fn new(secrets: &[(String, Vec<u8>)]) -> Self {
        let mut this = Self {
            labels: Vec::new(),
            needles: Vec::new(),
        };
        for (label, value) in secrets {
            this.insert(label, value, None);
        }
        this
    }

    /// The same with a text of its own in the place of each secret.
    pub(crate) fn new_as(secrets: &[(String, Vec<u8>)], replacements: &[Vec<u8>]) -> Self {
        let mut this = Self::new(&[]);
        for ((label, value), replacement) in secrets.iter().zip(replacements) {
            this.insert(label, value, Some(replacement));
        }
        this
    }

    fn insert(&mut self, label: &str, value: &[u8], replacement: Option<&Vec<u8>>) {
        if weakness(value).is_some() {
            return;
        }
        let plain = replacement.map_or_else(|| format!("[redacted:{label}]").into_bytes(), Clone::clone);
        for encoding in ENCODINGS {
            for value in [value.trim_ascii_start(), value.trim_ascii()] {
                let stand_ins = replacement.and_then(|it| encoding.stand_ins(value, it));
                for (index, form) in encoding.forms(value).iter().enumerate() {
                    let stand_in = stand_ins.as_ref().map(|it| &it[index]);
                    if form.len() < MIN_NEEDLE {
                        continue;
                    }
                    let folds = encoding.folds() && form.iter().all(|it| is_base64(*it) || *it == b'=');
                    let line = folds.then_some(Break::Line);
                    let soft = encoding.breaks_softly().then_some(Break::Soft);
                    self.needles.push(Needle {
                        label: self.labels.len(),
                        bytes: form.to_vec(),
                        replacement: stand_in.map_or(&plain, |it| it).to_vec(),
                        breaks: line.into_iter().chain(soft).collect(),
                    });
                }
            }
        }
        self.labels.push(label.to_owned());
    }

    pub(crate) fn needles(&self) -> &[Needle] {
        &self.needles
    }

    pub(crate) fn label(&self, needle: &Needle) -> &str {
        &self.labels[needle.label]
    }

    /// Every occurrence of every needle: leftmost first, then longest, then first inserted.
    pub(crate) fn occurrences(&self, text: &[u8]) -> BTreeSet<Occurrence> {
        let mut all = BTreeSet::new();
        for start in 0..text.len() {
            for (needle, Needle { bytes, breaks, .. }) in self.needles.iter().enumerate() {
                if text[start..].starts_with(bytes) {
                    all.insert(Occurrence {
                        start,
                        end: std::cmp::Reverse(start + bytes.len()),
                        needle,
                    });
                }
                for way in breaks {
                    if let Walk::Whole(end) = walk(text, start, bytes, *way) {
                        all.insert(Occurrence {
                            start,
                            end: std::cmp::Reverse(end),
                            needle,
                        });
                    }
                }
            }
        }
        all
    }

    pub(crate) fn labels_in(&self, text: &[u8]) -> BTreeSet<&str> {
        self.occurrences(text)
            .iter()
            .map(|it| &*self.labels[self.needles[it.needle].label])
            .collect()
    }

    pub(crate) fn redact(&self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut shown = 0;
        for it in self.occurrences(text) {
            if it.start >= shown {
                out.extend(&text[shown..it.start]);
                out.extend(&self.needles[it.needle].replacement);
            }
            shown = shown.max(it.end.0);
        }
        out.extend(&text[shown..]);
        out
    }

    /// How many bytes at the end of `text` may be the beginning of a needle.
    pub(crate) fn hold(&self, text: &[u8]) -> usize {
        let open = |start: usize| {
            self.needles.iter().any(|Needle { bytes, breaks, .. }| {
                let rest = &text[start..];
                let open = |way: &Break| matches!(walk(text, start, bytes, *way), Walk::Open);
                (rest.len() < bytes.len() && bytes.starts_with(rest)) || breaks.iter().any(open)
            })
        };
        (0..text.len())
            .find(|start| open(*start))
            .map_or(0, |start| text.len() - start)
    }
}

enum Walk {
    Whole(usize),
    Open,
    No,
}

/// Follows a needle over its breaks; says no when it has none.
fn walk(text: &[u8], start: usize, needle: &[u8], way: Break) -> Walk {
    let mut place = start;
    let mut seams = 0;
    for (index, byte) in needle.iter().enumerate() {
        // Soft breaks may follow each other: an empty line between two halves.
        let mut again = index > 0;
        while again {
            again = false;
            match broken(text, place, way) {
                Walk::Whole(end) => (place, seams, again) = (end, seams + 1, true),
                Walk::Open => return Walk::Open,
                Walk::No => {}
            }
        }
        match text.get(place) {
            Some(it) if it == byte => place += 1,
            None if index > 0 && seams > 0 => return Walk::Open,
            _ => return Walk::No,
        }
    }
    if seams > 0 { Walk::Whole(place) } else { Walk::No }
}

/// Whether a break stands at `place`, or its beginning at the end of the text.
fn broken(text: &[u8], place: usize, way: Break) -> Walk {
    let breaks: &[&[u8]] = match way {
        Break::Line if run_before(text, place) < RUN => return Walk::No,
        Break::Line => &[b"\n", b"\r\n", b"\\n", b"\\r\\n"],
        Break::Soft => &[b"=\n", b"=\r\n"],
    };
    let rest = &text[place..];
    if let Some(whole) = breaks.iter().find(|it| rest.starts_with(it)) {
        return Walk::Whole(place + whole.len());
    }
    match !rest.is_empty() && breaks.iter().any(|it| it.starts_with(rest)) {
        true => Walk::Open,
        false => Walk::No,
    }
}

fn run_before(text: &[u8], place: usize) -> usize {
    text[..place].iter().rev().take_while(|it| is_base64(**it)).count()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}
