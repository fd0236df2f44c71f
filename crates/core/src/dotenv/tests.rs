//! Files as people write them, and every value back and forth.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::{parse, parse_each, quoted};

fn read(text: &str) -> Vec<(String, String)> {
    let lines = parse(text.as_bytes()).map_err(|it| it.to_string()).unwrap();
    lines
        .into_iter()
        .map(|it| (it.key, String::from_utf8(it.value.to_vec()).unwrap()))
        .collect()
}

fn refused(text: &[u8]) -> String {
    parse(text).err().unwrap().to_string()
}

#[test]
fn each_form_of_value_is_read_as_written() {
    let cases = [
        ("K=v", "v"),
        ("export K=v", "v"),
        ("  export\tK = v  ", "v"),
        ("K=", ""),
        ("K=''", ""),
        ("K=a b", "a b"),
        ("K=v # comment", "v"),
        ("K=v#not-a-comment", "v#not-a-comment"),
        ("K=#comment", ""),
        ("K=a=b==", "a=b=="),
        ("K=$2a$10$N9qo8uLOickgx2ZMRZoMye", "$2a$10$N9qo8uLOickgx2ZMRZoMye"),
        ("K=${HOME}`id`$(id)", "${HOME}`id`$(id)"),
        ("K=\"${HOME}\"", "${HOME}"),
        (r"K=a\nb", r"a\nb"),
        ("K=it's", "it's"),
        ("K='a\\n\"$x' # comment", "a\\n\"$x"),
        (r#"K="a\n\r\t\"\\\$\`""#, "a\n\r\t\"\\$`"),
        ("K=\"one\ntwo\"", "one\ntwo"),
        ("K='one\r\ntwo'\r\n", "one\r\ntwo"),
        ("\u{FEFF}K=v\r\n", "v"),
        ("# comment\n\n \nK=v\n# K=x", "v"),
        ("K='\u{FEFF}bom'", "\u{FEFF}bom"),
    ];
    for (text, value) in cases {
        assert_eq!(read(text), [("K".to_owned(), value.to_owned())], "{text:?}");
    }
    assert_eq!(read(""), []);
    assert_eq!(read("\r\n#x"), []);
}

#[test]
fn an_error_names_the_line_and_never_its_text() {
    let cases: [(&[u8], &str); 13] = [
        (b"A=1\nSECRET", "line 2: it is not `KEY=value`"),
        (b"A='x\nSECRET", "line 1: its single quote is not closed"),
        (b"\n\nA=\"SECRET", "line 3: its double quote is not closed"),
        (b"A=\"1\n2\nSECRET\\x\"", "line 3: inside double quotes"),
        (b"A='SECRET'SECRET", "line 1: there is text after the closing quote"),
        (b"A='1\n2'SECRET", "line 2: there is text after the closing quote"),
        (b"A=1\nB=2\nA=SECRET", "line 3: this key is on line 1 already"),
        (b"A=1\nB=SECRET\xFF", "line 2: it is not UTF-8"),
        (b"A=SECRET\0", "line 1: it has a NUL byte"),
        (b"A=SECRET\rSECRET", "line 1: it has a carriage return"),
        (b"SECRETSECRET==", "line 1: it is not `KEY=value`"),
        (b"export SECRET SECRET=x", "line 1: it is not `KEY=value`"),
        (b"=SECRET", "line 1: it is not `KEY=value`"),
    ];
    for (text, message) in cases {
        let refused = refused(text);
        assert!(refused.starts_with(message), "{refused}");
        assert!(!refused.contains("SECRET"), "{refused}");
    }
}

#[test]
fn a_line_that_cannot_be_read_keeps_no_other_from_being_read() {
    let read = |text: &str| -> Vec<String> {
        let lines = parse_each(text.as_bytes()).unwrap().into_iter();
        lines
            .map(|it| match it {
                Ok(line) => format!("{}={}", line.key, String::from_utf8_lossy(&line.value)),
                Err(error) => error.to_string(),
            })
            .collect()
    };
    const PAIR: &str = "it is not `KEY=value`; a value of several lines needs quotes";
    const ESCAPE: &str = "inside double quotes `\\` stands before one of n r t \" \\ $ `";
    let cases: &[(&str, &[&str])] = &[
        ("A=1\nSECRET\nB=2", &["A=1", &format!("line 2: {PAIR}"), "B=2"]),
        (
            "A=1\nA=SECRET\nA=3\nB=2\n",
            &[
                "A=1",
                "line 2: this key is on line 1 already",
                "line 3: this key is on line 1 already",
                "B=2",
            ],
        ),
        (
            "A='1' SECRET\nB=2",
            &["line 1: there is text after the closing quote", "B=2"],
        ),
        (
            "A=\"1\n\\xSECRET\\y\n3\" # x\nB=2",
            &[&format!("line 2: {ESCAPE}"), "B=2"],
        ),
        (
            "A=SECRET\rSECRET\nB=2",
            &[
                "line 1: it has a carriage return inside; put the value in quotes",
                "B=2",
            ],
        ),
        // What is inside of a quote is no line.
        (
            "A=1\nB=\"SECRET\nC=SECRET\n",
            &["A=1", "line 2: its double quote is not closed"],
        ),
        ("A='SECRET\nC=SECRET", &["line 1: its single quote is not closed"]),
        ("SECRET", &[&format!("line 1: {PAIR}")]),
    ];
    for (text, expected) in cases {
        assert_eq!(&read(text), expected, "{text:?}");
    }
}

proptest! {
    #[test]
    fn every_text_comes_back_as_it_was(values in proptest::collection::vec("[^\0]{1,40}|['\"\\\\$`\r\n# =!]{1,12}", 1..6)) {
        let mut file = String::new();
        for (index, value) in values.iter().enumerate() {
            file.push_str(&format!("export K{index}={}\n", *quoted(value.as_bytes()).unwrap()));
        }
        let back: Vec<String> = read(&file).into_iter().map(|it| it.1).collect();
        prop_assert_eq!(back, values);
    }

    #[test]
    fn no_file_makes_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in "[A-C =#'\"\\\\n\r\n]{0,40}") {
        let _ = parse(&bytes);
        let _ = parse(text.as_bytes());
    }
}

#[test]
fn a_shell_reads_the_same_bytes() {
    for value in [
        "it's",
        "a'b\"c$d`e\\f",
        "$2a$10$x",
        "one\ntwo'\n",
        "\\n",
        "tab\there",
        "!!'",
        "-n",
        "é'",
        "a\r\nb'",
    ] {
        let script = format!("K={}; printf %s \"$K\"", *quoted(value.as_bytes()).unwrap());
        let mut sh = Command::new("sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        sh.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert_eq!(sh.wait_with_output().unwrap().stdout, value.as_bytes(), "{value:?}");
    }
}

#[test]
fn bytes_that_no_environment_holds_are_refused() {
    assert!(quoted(b"a\0b").is_err());
    assert!(quoted(b"\xFF\xFE").is_err());
}
