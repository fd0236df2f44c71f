//! Placeholders: what a run holds instead of a secret's value.
//!
//! A placeholder looks like the value it stands for (prefix, length, alphabet), so that a client library accepts it,
//! and is good for nothing: only the broker of its run puts the value in its place, and only towards the secret's
//! hosts. Each is unique for a run and a secret, and each is a honeytoken: whoever has the instance's key recognises
//! any of them anywhere and knows whose it is, without a table.
//!
//! ```text
//! placeholder = prefix ‖ marker ‖ block ‖ filler
//! id          = number of the release's audit record (40 bits) ‖ place of the secret in it (16 bits)
//! tag         = HMAC-SHA256(K_tag, id), first 8 bytes (6 in hexadecimal)
//! block       = text(id ⊕ HMAC-SHA256(K_mask, tag) ‖ tag)            in the alphabet of the placeholder
//! marker      = text(HMAC-SHA256(K_marker, alphabet))                 the same for all of an instance: what is searched
//! filler      = text(HMAC-SHA256(K_filler, tag ‖ counter))            to the length of the value
//! ```
//!
//! All four keys come from the instance key by HKDF. The tag authenticates the id and is the nonce of its mask (the
//! construction of SIV, RFC 5297), so equal ids give equal placeholders and nobody without the keys makes one.

mod code;
mod disguise;
mod shape;

use aws_lc_rs::hmac;

use code::{Coding, ID_LEN, PACKED_MOST};
use disguise::Disguises;
pub use shape::Shape;

/// Which secret of which release a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaceholderId {
    release: u64,
    subject: u16,
}

impl PlaceholderId {
    /// The secret at `subject` (from 0) in the record of a release; `None` beyond 2^40 records or 2^16 secrets.
    #[must_use]
    pub fn new(release: u64, subject: usize) -> Option<Self> {
        let subject = u16::try_from(subject).ok()?;
        (release < 1 << 40).then_some(Self { release, subject })
    }

    /// The sequence number of the release's audit record.
    #[must_use]
    pub fn release(self) -> u64 {
        self.release
    }

    /// The place of the secret among the record's subjects, from 0.
    #[must_use]
    pub fn subject(self) -> usize {
        self.subject.into()
    }

    fn to_bytes(self) -> [u8; ID_LEN] {
        let mut bytes = [0; ID_LEN];
        bytes[..5].copy_from_slice(&self.release.to_be_bytes()[3..]);
        bytes[5..].copy_from_slice(&self.subject.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: [u8; ID_LEN]) -> Self {
        let [a, b, c, d, e, f, g] = bytes;
        Self {
            release: u64::from_be_bytes([0, 0, 0, a, b, c, d, e]),
            subject: u16::from_be_bytes([f, g]),
        }
    }
}

/// Text that stands for a value. It is no secret: it may be printed, and where it turns up it tells on its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    text: Box<str>,
    core: Box<str>,
    id: PlaceholderId,
}

impl Placeholder {
    /// One that a server made for this run and that only it can recognise anywhere: the text, and the marker and block
    /// in it. `None` where they are none.
    #[must_use]
    pub fn received(text: &str, core: &str, id: PlaceholderId) -> Option<Self> {
        let shortest = Coding::ALL.map(Coding::least).into_iter().min()?;
        let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
        let fits = core.len() >= shortest
            && core.chars().all(|it| it.is_ascii_alphanumeric())
            && text.chars().all(is_plain)
            // A UUID has `-` between its letters.
            && (text.contains(core) || text.replace('-', "").contains(core));
        fits.then(|| Self {
            text: text.into(),
            core: core.into(),
            id,
        })
    }

    /// ASCII letters, digits and the `-`, `_`, `.` of its shape.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Marker and block, letters and digits only: what a name that allows no other characters would carry of it.
    #[must_use]
    pub fn core(&self) -> &str {
        &self.core
    }

    /// Whose it is.
    #[must_use]
    pub fn id(&self) -> PlaceholderId {
        self.id
    }
}

/// A placeholder found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Whose it is.
    pub id: PlaceholderId,
    /// Where its marker and block stand, in bytes: what was recognised.
    pub range: std::ops::Range<usize>,
}

/// Makes and recognises the placeholders of one instance.
pub struct PlaceholderKey {
    tag: hmac::Key,
    mask: hmac::Key,
    filler: hmac::Key,
    markers: [Box<str>; Coding::ALL.len()],
    disguises: Disguises,
}

impl PlaceholderKey {
    /// From the 32 bytes that the keyring derives for this purpose.
    pub(crate) fn new(bytes: &[u8; 32]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let part = |purpose: &str| hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, purpose.as_bytes()).as_ref());
        let marker = part("marker");
        let markers = Coding::ALL.map(|coding| {
            let bytes = hmac::sign(&marker, coding.name().as_bytes());
            let letters = coding.letters(bytes.as_ref()).take(coding.marker_len());
            letters.collect::<String>().into_boxed_str()
        });
        Self {
            tag: part("tag"),
            mask: part("mask"),
            filler: part("filler"),
            disguises: Disguises::of(markers.iter().map(|it| &**it)),
            markers,
        }
    }

    /// The placeholder of `id`, shaped like its secret's value.
    #[must_use]
    pub fn mint(&self, id: PlaceholderId, shape: &Shape) -> Placeholder {
        let coding = shape.coding();
        let tag = self.tag(id, coding);
        let masked = self.masked(id.to_bytes(), &tag);
        let mut body = self.markers[coding.index()].to_string();
        coding.write(&[&masked[..], &tag].concat(), &mut body);
        for counter in 0_u8.. {
            if body.len() >= shape.body_len() {
                break;
            }
            let more = hmac::sign(&self.filler, &[&tag[..], &[counter]].concat());
            let missing = shape.body_len() - body.len();
            body.extend(coding.letters(more.as_ref()).take(missing));
        }
        Placeholder {
            text: shape.dress(&body).into(),
            core: body[..coding.least()].into(),
            id,
        }
    }

    /// Every placeholder of this instance in `text`, whichever run it was made for; forged ones are not found.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Vec<Sighting> {
        let mut found = Vec::new();
        for coding in Coding::ALL {
            let marker = self.markers[coding.index()].as_bytes();
            for at in memchr::memmem::find_iter(text, marker) {
                if let Some((packed, len)) = coding.read(&text[at + marker.len()..])
                    && let Some(id) = self.open(&packed, coding)
                {
                    found.push(Sighting {
                        id,
                        range: at..at + marker.len() + len,
                    });
                }
            }
        }
        found.sort_by_key(|it| it.range.start);
        found
    }

    /// As [`find`](Self::find), and also inside base64, hexadecimal, percent escapes and UTF-16. The range of a disguised
    /// one is that of the encoded text around it.
    #[must_use]
    pub fn find_disguised(&self, text: &[u8]) -> Vec<Sighting> {
        let mut found = self.find(text);
        self.disguises.undo(text, |range, plain| {
            found.extend(self.find(plain).into_iter().map(|it| Sighting {
                range: range.clone(),
                ..it
            }));
        });
        found.sort_by_key(|it| it.range.start);
        // The same run of letters may be read in two ways that overlap.
        found.dedup();
        found
    }

    fn open(&self, packed: &[u8; PACKED_MOST], coding: Coding) -> Option<PlaceholderId> {
        let (masked, tag) = packed[..coding.packed_len()].split_at(ID_LEN);
        let id = PlaceholderId::from_bytes(self.masked(masked.try_into().ok()?, tag));
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.tag(id, coding), tag).ok()?;
        Some(id)
    }

    fn tag(&self, id: PlaceholderId, coding: Coding) -> Vec<u8> {
        let mut tag = hmac::sign(&self.tag, &id.to_bytes()).as_ref().to_vec();
        tag.truncate(coding.packed_len() - ID_LEN);
        tag
    }

    /// Masking is its own inverse.
    fn masked(&self, mut id: [u8; ID_LEN], tag: &[u8]) -> [u8; ID_LEN] {
        let mask = hmac::sign(&self.mask, tag);
        id.iter_mut().zip(mask.as_ref()).for_each(|(byte, mask)| *byte ^= mask);
        id
    }
}

#[cfg(test)]
mod tests;
