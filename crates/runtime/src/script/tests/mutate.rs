//! Whatever the text is, bundling answers.

use proptest::prelude::*;

use super::*;
use crate::script::compile::compile;
use crate::script::resolve::{Kind, SourceFile};

const KINDS: [Kind; 4] = [Kind::Tsx, Kind::TypeScript, Kind::JavaScript, Kind::Json];

/// Compiles, and reads every place that comes back.
fn answers(text: &str, kind: Kind) {
    match compile(
        &SourceFile {
            name: "Tools.tsx".to_owned(),
            kind,
        },
        text,
    ) {
        Ok(compiled) => {
            for import in compiled.imports {
                assert!(import.end <= text.len());
            }
        }
        Err(error) => {
            assert!(!matches!(error, ScriptError::Compiler { .. }), "{error}");
            let at = error.position().unwrap();
            assert!(at.line >= 1 && at.column >= 1);
            assert!(!format!("{error}\n{}", at.pointer()).is_empty());
        }
    }
}

fn big() -> String {
    fs::read_to_string(fixture("script/Tools.tsx")).unwrap()
}

/// Bits of grammar that mean something to a parser.
const BITS: [&str; 24] = [
    "(", ")", "{", "}", "[", "`", "${", "<", "/>", "</", "=>", "/*", "*/", "'", "\"", "\\", "import ", "type ",
    "enum ", "@", "\u{2028}", "é", "\0", "\u{feff}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_changed_file(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, 0usize..BITS.len()), 1..6),
        kind in prop::sample::select(&KINDS[..]),
    ) {
        let mut text = big();
        for (at, removed, bit) in edits {
            let start = text.floor_char_boundary(at.index(text.len()));
            let end = text.floor_char_boundary((start + removed).min(text.len())).max(start);
            text.replace_range(start..end, BITS[bit]);
        }
        answers(&text, kind);
    }

    #[test]
    fn a_file_cut_short(at in any::<prop::sample::Index>(), kind in prop::sample::select(&KINDS[..])) {
        let text = big();
        answers(&text[text.floor_char_boundary(at.index(text.len()))..], kind);
        answers(&text[..text.floor_char_boundary(at.index(text.len()))], kind);
    }

    #[test]
    fn any_text(text in "\\PC{0,200}", kind in prop::sample::select(&KINDS[..])) {
        answers(&text, kind);
    }

    #[test]
    fn a_pile_of_bits(bits in prop::collection::vec(prop::sample::select(&BITS[..]), 0..60)) {
        answers(&bits.concat(), Kind::Tsx);
    }
}
