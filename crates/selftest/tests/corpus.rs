//! The corpus is complete, and every row of it comes out as it must.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use distri_selftest::{Corpus, Layer, Only, Outcome, Verdict, built_in};

/// Every number of an attack, in the sections A to D.
const NUMBERS: &[std::ops::RangeInclusive<u8>] = &[1..=18, 20..=27, 30..=36, 40..=48];

#[tokio::test]
async fn every_row_of_the_corpus_comes_out_as_it_must() {
    let corpus = Corpus::read().expect("the corpus is well-formed");
    let outcomes = built_in::try_all(&corpus, &[]).await.expect("it runs");
    assert_eq!(outcomes.len(), corpus.cases().len());
    let failed: Vec<&Outcome> = outcomes.iter().filter(|it| it.verdict == Verdict::Fail).collect();
    let told: Vec<String> = failed
        .iter()
        .map(|it| {
            format!(
                "{}: {}\n    expected {}\n    got      {}",
                it.id, it.what, it.expected, it.got
            )
        })
        .collect();
    assert!(failed.is_empty(), "{} rows\n{}", failed.len(), told.join("\n"));
}

#[tokio::test]
async fn only_the_chosen_rows_are_tried() {
    let corpus = Corpus::read().expect("the corpus is well-formed");
    let only: Vec<Only> = ["T27*", "T09-cleartext"].map(|it| it.parse().expect(it)).into();
    let outcomes = built_in::try_all(&corpus, &only).await.expect("it runs");
    let numbers: BTreeSet<u8> = outcomes.iter().map(|it| it.id.number()).collect();
    assert_eq!(numbers, BTreeSet::from([9, 27]));
}

#[test]
fn every_attack_has_a_row() {
    let corpus = Corpus::read().expect("the corpus is well-formed");
    let there: BTreeSet<u8> = corpus.cases().iter().map(|it| it.id.number()).collect();
    assert_eq!(there, NUMBERS.iter().cloned().flatten().collect());
}

#[test]
fn every_row_is_a_sentence_and_every_test_it_names_exists() {
    let corpus = Corpus::read().expect("the corpus is well-formed");
    for case in corpus.cases() {
        assert!(case.what.contains(' ') && !case.what.ends_with('.'), "{}", case.id);
        assert!(
            !case.expected.is_empty(),
            "{} names neither a test nor a reason",
            case.id
        );
    }
    let sources = sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")));
    let mut gone = BTreeMap::new();
    for (id, test) in corpus.tests() {
        if !sources.iter().any(|it| it.contains(&format!("fn {test}("))) {
            gone.insert(test, id);
        }
    }
    assert!(gone.is_empty(), "no such tests: {gone:#?}");
}

#[test]
fn what_is_out_of_reach_is_said_in_security_md() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = words(include_str!("../../../SECURITY.md"));
    let corpus = Corpus::read().expect("the corpus is well-formed");
    let rows = corpus.cases().into_iter().filter(|it| it.layer == Layer::OutOfReach);
    let mut said = 0;
    for row in rows {
        let line = words(&format!("- `{}`, {}: {}", row.id, row.what, row.expected));
        assert!(page.contains(&line), "SECURITY.md has no line\n{line}");
        said += 1;
    }
    assert_eq!(
        page.matches(" - `T").count(),
        said,
        "SECURITY.md has rows that are not out of reach"
    );
}

fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(std::fs::read_to_string(&path).expect("a source"));
        }
    }
    found
}
