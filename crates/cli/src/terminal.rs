//! What is said to a person: on standard error, plain words first; colour only repeats them.
//!
//! `warning: …`, `alarm: …`, `error: …`, `hint: …`; one sentence, no final period. No colour when standard error is not a
//! terminal, when `NO_COLOR` is set, or when `TERM` is `dumb`.

use std::io::{BufRead, IsTerminal, Write};

use crate::exit::Exit;
use crate::failure::Failure;

/// Says that something went wrong.
pub(crate) fn error(message: &str) {
    say("error", "1;31", message);
}

/// Says what caused the error.
pub(crate) fn caused_by(message: &str) {
    say("caused by", "31", message);
}

/// Says that something was seen that must not be.
pub(crate) fn alarm(message: &str) {
    say("alarm", "1;35", message);
}

/// Says that something is probably not meant.
pub(crate) fn warning(message: &str) {
    say("warning", "1;33", message);
}

/// Says what the person can do.
pub(crate) fn hint(message: &str) {
    say("hint", "1;36", message);
}

/// Says what was done.
pub(crate) fn note(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", inert(message));
}

/// Asks on the terminal; only a clear yes is one. Without a terminal, `--yes` is needed to `act`.
pub(crate) fn confirmed(question: &str, act: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Usage, "there is no terminal to ask on")
            .hint(format!("add `--yes` to {act} without being asked")));
    }
    let _ = write!(std::io::stderr().lock(), "{} [y/N] ", inert(question));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// Whether standard error takes colour.
pub(crate) fn colours() -> bool {
    colours_on(&std::io::stderr())
}

/// Whether this stream takes colour.
pub(crate) fn colours_on(stream: &impl IsTerminal) -> bool {
    stream.is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
        && std::env::var_os("TERM").is_none_or(|it| it != "dumb")
}

/// Text that came from a file or a peer, without the control characters that would steer a terminal.
pub(crate) fn inert(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                '\u{FFFD}'
            } else {
                c
            }
        })
        .collect()
}

fn say(word: &str, colour: &str, message: &str) {
    let message = inert(message);
    // A closed standard error is no reason to fail.
    let _ = if colours() {
        writeln!(std::io::stderr().lock(), "\x1b[{colour}m{word}\x1b[0m: {message}")
    } else {
        writeln!(std::io::stderr().lock(), "{word}: {message}")
    };
}
