//! Text on lines of a given width: prose, the output of commands, command lines.

use std::fmt::Write as _;

/// Prose on lines of at most `width`, broken between words; a longer word has a line of its own.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A line as it is, in pieces of at most `width`: broken behind a space where there is one, the rest set in further.
pub(super) fn fold(line: &str, width: usize) -> Vec<String> {
    let mut rest: Vec<char> = line.replace('\t', "  ").chars().collect();
    let margin = rest.iter().take_while(|it| **it == ' ').count().min(width / 2);
    let mut pieces = Vec::new();
    while rest.len() > width {
        let space = rest[margin + 3..=width].iter().rposition(|it| *it == ' ');
        let end = space.map_or(width, |it| margin + 3 + it + 1);
        let behind = rest.split_off(end);
        pieces.push(rest.iter().collect::<String>().trim_end().to_owned());
        rest = std::iter::repeat_n(' ', margin + 2).chain(behind).collect();
    }
    pieces.push(rest.into_iter().collect());
    pieces
}

/// A command line on lines of at most `width` that a shell takes as one.
pub(super) fn command_line(program: &str, words: &[String], width: usize) -> Vec<String> {
    let mut lines = vec![program.to_owned()];
    for word in words.iter().map(|it| quoted(it)) {
        let used = lines.last().map_or(0, |it| it.chars().count());
        // Room for ` \` behind it.
        if used + 1 + word.chars().count() > width - 2 {
            lines.push(format!("    {word}"));
        } else if let Some(line) = lines.last_mut() {
            let _ = write!(line, " {word}");
        }
    }
    let last = lines.len() - 1;
    lines[..last].iter_mut().for_each(|it| it.push_str(" \\"));
    lines
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_between_words_and_output_at_the_edge() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("a-long-word b", 3), ["a-long-word", "b"]);
        assert_eq!(fold(" abc de fgh", 8), [" abc de", "   fgh"]);
        assert_eq!(fold("abcdefghij", 8), ["abcdefgh", "  ij"]);
        assert_eq!(fold("", 8), [""]);
        for width in 8..20 {
            for line in fold("   {\"a\": \"some words and a-word-that-is-long\"}", width) {
                assert!(line.chars().count() <= width, "{width}: {line:?}");
            }
        }
    }

    #[test]
    fn a_shown_command_can_be_typed() {
        for (word, shown) in [
            ("--env=prod", "--env=prod"),
            ("it's {\"a\": 1}", r#"'it'\''s {"a": 1}'"#),
            ("", "''"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
        let words = ["run", "payment_agent", "a b"].map(str::to_owned);
        assert_eq!(command_line("distri", &words, 80), ["distri run payment_agent 'a b'"]);
        assert_eq!(
            command_line("distri", &words, 20),
            ["distri run \\", "    payment_agent \\", "    'a b'"]
        );
    }
}
