//! The contract of the command line, as transcripts in `tests/cmd`: each is a file, its name a sentence.
//!
//! `TRYCMD=overwrite cargo test -p distri-cli --test cli transcripts` writes what the binary says now; read the
//! difference before you keep it. `[..]` stands for times and ids, `...` for lines that are told elsewhere.

use std::path::{Path, PathBuf};

#[test]
fn the_binary_says_what_the_transcripts_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd");
    let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let is_case = |it: &PathBuf| it.extension().is_some_and(|it| it == "md" || it == "toml");
    let mut cases: Vec<_> = files.filter(is_case).collect();
    cases.sort();
    assert!(cases.len() > 5, "{cases:?}");
    for case in cases {
        let home = tempfile::tempdir().unwrap();
        let transcripts = trycmd::TestCases::new();
        transcripts
            .register_bin("distri", Path::new(env!("CARGO_BIN_EXE_distri")))
            .env("DISTRI_HOME", home.path().display().to_string())
            .env("DISTRI_LOG", "")
            .env("COLUMNS", "100")
            .case(case);
        transcripts.run();
    }
}
