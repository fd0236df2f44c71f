//! `distri selftest`: a table of every attack, nothing of the user's, and an exit code that tells.

use crate::support::Home;

#[test]
fn a_selftest_tells_of_every_row_and_touches_nothing() {
    let home = Home::new();
    let out = home
        .distri(&["selftest", "--only", "T1*", "--only", "T20", "--only", "T34"])
        .ok()
        .out();
    for expected in [
        "A. Destination and authority\nROW",
        "B. Where inside of the request\nROW",
        "C. Coming back\nROW",
        "T20-cookie",
        "Tried by tests of the source\n",
        "Out of reach\nT13-ech",
        " ok, 0 failed; ",
    ] {
        assert!(out.contains(expected), "{expected}\n{out}");
    }
    assert!(!out.contains("FAIL") && !out.contains("T21"), "{out}");
    assert!(!home.path().exists(), "no store was made");
}

#[test]
fn rows_are_listed_with_those_out_of_reach_and_why() {
    let home = Home::new();
    let out = home.distri(&["selftest", "--list"]).ok().out();
    for expected in [
        "D. Process and host",
        "T46-no-credential",
        "proxy",
        "reply",
        "T40-root  root on the same machine",
    ] {
        assert!(out.contains(expected), "{expected}\n{out}");
    }
    let json = home.distri(&["selftest", "--only", "T36", "--json"]).ok().out();
    let report: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(report["summary"]["failed"], 0);
    assert_eq!(report["outcomes"][0]["verdict"], "ok");
}

#[test]
fn what_is_not_there_is_said() {
    let home = Home::new();
    assert_eq!(home.distri(&["selftest", "--only", "T19"]).code, 3);
    assert_eq!(home.distri(&["selftest", "--only", "x"]).code, 2);
    assert_eq!(home.distri(&["selftest", "--proxy", "http://127.0.0.1:1"]).code, 2);
    let value = home.write("value", "sk_test_0123456789abcdefghij");
    let ca = home.write("ca.pem", "");
    let (value, ca) = (value.to_string_lossy(), ca.to_string_lossy());
    // This one and the six after it.
    let listen = format!("127.0.0.1:{}", xtask::ports::free(7).unwrap());
    let done = home.distri(&[
        "selftest",
        "--upstream",
        "made",
        "--proxy",
        "http://127.0.0.1:1",
        "--proxy-ca",
        &ca,
        "--placeholder",
        "X",
        "--value-file",
        &value,
        "--listen",
        &listen,
    ]);
    assert_eq!(done.code, 7, "{}", done.stderr);
    assert!(
        done.stderr.contains("hint: it must trust `ca.pem`") && !done.stderr.contains("sk_test"),
        "{}",
        done.stderr
    );
    assert!(home.work().join("made/ca.pem").exists());
}
