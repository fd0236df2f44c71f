//! Every target on its corpus and on random changes of it, on the stable toolchain.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use distri_fuzz::TARGETS;

/// Enough for a look at each commit; `DISTRI_FUZZ_SECONDS` makes it longer.
const SECONDS: u64 = 1;

/// Words that parsers here care about, to be put in at random places.
const WORDS: &[&[u8]] = &[
    b"\n",
    b"\n\n",
    b"---",
    b"=",
    b"\"",
    b"'",
    b"$",
    b"${A}",
    b"{{",
    b"}}",
    b"\0",
    b"\xFF",
    b"%2e",
    b"//",
    b"..",
    b"@",
    b":443",
    b"*.",
    b"-> X25519 ",
    b"age-encryption.org/v1\n",
    b"distri_",
    b"{\"seq\":1",
    b"[secrets]\n",
    b"required = [",
    b"\r\n",
    "\u{3002}".as_bytes(),
    b"sk_live_",
    b"c2tfbGl2ZV8",
    "\u{2014} distri/fuzz ".as_bytes(),
];

/// SplitMix64: the same changes in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        it ^ (it >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} is missing", folder.display()));
    let mut seeds: Vec<_> = files
        .map(|it| it.unwrap().path())
        .map(|it| (it.clone(), std::fs::read(it).unwrap()))
        .collect();
    seeds.sort();
    seeds
}

fn change(seed: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len() + 1);
        match chance.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            1 if at < bytes.len() => drop(bytes.drain(at..(at + chance.below(16)).min(bytes.len()))),
            2 => bytes.truncate(at),
            3 => {
                let word = WORDS[chance.below(WORDS.len())];
                bytes.splice(at..at, word.iter().copied());
            }
            4 => {
                let from = chance.below(other.len() + 1);
                let piece = &other[from..(from + chance.below(64)).min(other.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            5 => {
                let piece = bytes[at..(at + chance.below(32)).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes.insert(at, chance.next() as u8),
        }
    }
    bytes
}

#[test]
fn every_target_holds_for_its_corpus_and_for_random_changes_of_it() {
    let seconds = std::env::var("DISTRI_FUZZ_SECONDS").ok().and_then(|it| it.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(SECONDS));
    for (name, target) in TARGETS {
        let seeds = corpus(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for (path, seed) in &seeds {
            let held = std::panic::catch_unwind(|| target(seed));
            assert!(held.is_ok(), "{}", path.display());
        }
        let mut chance = Chance(seconds.unwrap_or(0));
        let (begun, mut tried) = (Instant::now(), 0_u64);
        while begun.elapsed() < time || tried < 100 {
            let seed = &seeds[chance.below(seeds.len())].1;
            let other = &seeds[chance.below(seeds.len())].1;
            let bytes = change(seed, other, &mut chance);
            let held = std::panic::catch_unwind(|| target(&bytes));
            assert!(held.is_ok(), "{name}: {:?}", String::from_utf8_lossy(&bytes));
            tried += 1;
        }
        println!("{name}: {tried} inputs");
    }
}

#[test]
fn every_target_has_its_binary_and_every_corpus_its_target() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    for (name, _) in TARGETS {
        let text = std::fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(text.contains(&format!("distri_fuzz::{name}(")), "{name}");
    }
    for folder in std::fs::read_dir(fuzz.join("corpus")).unwrap() {
        let folder = folder.unwrap().file_name();
        assert!(TARGETS.iter().any(|it| it.0 == folder), "{folder:?}");
    }
}
