//! Exporting and importing.

use crate::support::Home;

#[test]
fn what_is_exported_is_imported_as_the_same_bytes() {
    let from = Home::new();
    let values = [
        "simple",
        "it's",
        "$2a$10$x\\n",
        "a\"b'c`d$e\\",
        "one\ntwo\r\n'three'",
        " # not a comment ",
        "\u{FEFF}bom",
    ];
    for (index, value) in values.iter().enumerate() {
        from.set(&format!("K{index}"), value);
    }
    for format in ["dotenv", "shell", "json"] {
        let exported = from.distri(&["secrets", "export", "--reveal", "--format", format]).ok();
        let read_as = if format == "json" { "json" } else { "dotenv" };
        let to = Home::new();
        to.pipe(&["secrets", "import", "-", "--format", read_as], &exported.stdout)
            .ok()
            .says("7 secrets set");
        for (index, value) in values.iter().enumerate() {
            assert_eq!(to.reveal(&format!("K{index}")), value.as_bytes(), "{format}");
            if format == "shell" {
                let file = from.write("vars.sh", &exported.stdout);
                let script = format!(". {}; printf %s \"$K{index}\"", file.display());
                let sourced = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
                assert_eq!(sourced.stdout, value.as_bytes(), "sh");
            }
        }
    }
    from.set("BINARY", b"\xFF\0\x01");
    from.distri(&["secrets", "export", "--reveal"])
        .exits(1)
        .says("`BINARY`")
        .says("json");
    assert_eq!(
        from.distri(&["secrets", "export", "--reveal", "--only", "K0"])
            .ok()
            .out(),
        "K0='simple'\n"
    );
    let all = from.distri(&["secrets", "export", "--reveal", "--format", "json"]).ok();
    let to = Home::new();
    to.pipe(&["secrets", "import", "-", "--format", "json"], &all.stdout)
        .ok();
    assert_eq!(to.reveal("BINARY"), b"\xFF\0\x01");
    let refused = from.distri(&["secrets", "export"]).exits(2).says("--reveal");
    assert!(refused.stdout.is_empty());
}

#[test]
fn an_import_is_planned_and_then_whole_or_nothing() {
    let home = Home::new();
    home.set("SAME", "same");
    home.set("CHANGED", "old");
    home.write(
        ".env",
        "export SAME=same\nCHANGED='new'\nNEW_HASH=$2a$10$N9qo8uLOickgx2ZMRZoMye # comment\n",
    );
    let plan = home
        .distri(&["secrets", "import", ".env", "--dry-run"])
        .ok()
        .says("dry run");
    assert_eq!(plan.out(), "same\tSAME\nchanged\tCHANGED\nnew\tNEW_HASH\n");
    home.distri(&["secrets", "import", ".env"])
        .exits(6)
        .says("`CHANGED`")
        .says("replace");
    assert_eq!(home.distri(&["secrets", "list"]).out(), "CHANGED\nSAME\n");
    home.distri(&["secrets", "import", ".env", "--on-conflict", "skip"])
        .ok()
        .says("1 secret set, 1 the same already, 1 kept");
    assert_eq!(home.reveal("NEW_HASH"), b"$2a$10$N9qo8uLOickgx2ZMRZoMye");
    assert_eq!(home.reveal("CHANGED"), b"old");
    home.distri(&["secrets", "import", ".env", "--on-conflict", "replace"])
        .ok();
    assert_eq!(home.reveal("CHANGED"), b"new");

    home.write("bad.env", "GOOD=VALUE1\nbad-name=VALUE2\nPATH=VALUE3\nEMPTY=\n");
    let refused = home
        .distri(&["secrets", "import", "bad.env"])
        .exits(2)
        .says("line 2")
        .says("`BAD_NAME`")
        .says("line 3")
        .says("line 4")
        .says("nothing was imported");
    assert!(!refused.stderr.contains("VALUE"), "{}", refused.stderr);
    let plan = home.distri(&["secrets", "import", "bad.env", "--dry-run"]).exits(2);
    assert_eq!(
        plan.out(),
        "new\tGOOD\ninvalid\tbad-name\ninvalid\tPATH\ninvalid\tEMPTY\n"
    );
    for (file, text) in [
        ("a", "A=1\nVALUE VALUE"),
        ("b", "A='VALUE"),
        ("c", "A=1\nA=VALUE"),
        ("d", "A=VALUE\0"),
    ] {
        home.write(file, text);
        let refused = home.distri(&["secrets", "import", file]).exits(2).says("line ");
        assert!(!refused.stderr.contains("VALUE"), "{}", refused.stderr);
    }
    for text in [
        "[\"VALUE\"]",
        "\"VALUE\"",
        "{\"A\":1,}VALUE",
        "{\"A\":\"VALUE\",\"A\":\"VALUE\"}",
        "{\"A\":[\"VALUE\"]}",
    ] {
        let refused = home
            .pipe(&["secrets", "import", "-", "--format", "json"], text)
            .exits(2);
        assert!(!refused.stderr.contains("VALUE"), "{}", refused.stderr);
    }
    home.distri(&["secrets", "import", "absent"]).exits(3);
    home.distri(&["secrets", "get", "GOOD"]).exits(3);
}
