//! A thread whose stack no source text can exhaust, and an answer in bounded time.
//!
//! The parser descends recursively without a limit of its own, and an exhausted stack ends the process. Its depth is at
//! most the number of places in the text where something can nest, so the stack is sized by that number. Pages that
//! are never touched cost nothing: for a file that people write, the thread uses some kilobytes.
//!
//! The parser also backtracks: `a ? (b, c = a ? (b, c = …` takes quadratic time, 20 seconds for 50 KB. Nothing can stop
//! it, so the thread is left behind when its time is over; it ends by itself or with the process.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::{Position, ScriptError};

/// Runs `work` on a thread with a stack for parsing `source`, for at most [`DEADLINE`].
pub(super) fn with_stack_for<T: Send + 'static>(
    name: &str,
    source: &str,
    work: impl FnOnce() -> Result<T, ScriptError> + Send + 'static,
) -> Result<T, ScriptError> {
    let levels = match count_levels(source, MOST_LEVELS) {
        Ok(levels) => levels,
        Err(offset) => {
            return Err(ScriptError::TooDeep {
                at: Position::of(name, source, offset, offset + 1),
            });
        }
    };
    on_thread(BASE + levels * PER_LEVEL, DEADLINE, work).unwrap_or_else(|reason| {
        Err(ScriptError::Compiler {
            path: name.to_owned(),
            reason,
        })
    })
}

fn on_thread<T: Send + 'static>(
    stack: usize,
    deadline: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let (done, result) = sync_channel(1);
    thread::Builder::new()
        .name("distri-compile".to_owned())
        .stack_size(stack)
        // Nobody receives when the deadline has passed.
        .spawn(move || drop(done.send(work())))
        .map_err(|error| format!("cannot start a thread: {error}"))?;
    result.recv_timeout(deadline).map_err(|error| match error {
        RecvTimeoutError::Timeout => format!("it takes longer than {} s", deadline.as_secs()),
        RecvTimeoutError::Disconnected => "the compiler panicked".to_owned(),
    })
}

/// For one file. A megabyte of usual text takes less than 0.2 s.
const DEADLINE: Duration = Duration::from_secs(10);

/// Stack for everything that does not depend on the text, and for walking a tree of `check`'s greatest depth.
const BASE: usize = 32 * 1024 * 1024;

/// Stack of one level of the parser: twice the most measured (`type A = [[[…`, 1.8 KiB in the dev profile).
const PER_LEVEL: usize = 4 * 1024;

/// So that a crafted file cannot make the process touch more than 1 GiB.
const MOST_LEVELS: usize = 256 * 1024;

/// An upper bound on how deeply `source` can nest, or the offset where it passes `most`.
///
/// Every level of the grammar needs a punctuator that opens or continues something, or two words in a row
/// (`typeof typeof x`, `do do x`). Text inside of strings and comments is counted too: a bound may be too high, and a
/// scanner that decides what is a string could be led astray.
fn count_levels(source: &str, most: usize) -> Result<usize, usize> {
    let mut levels = 0;
    let mut after_word = false;
    let mut before = b';';
    for (offset, byte) in source.bytes().enumerate() {
        let word = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'\\' | 0x80..);
        let nests = match byte {
            b',' | b';' | b'"' | b'\'' | b')' | b']' | b'}' | b'#' | b'.' => false,
            // The first byte of each white space outside of ASCII (and of other characters).
            0xC2 | 0xE1..=0xE3 | 0xEF => true,
            _ if byte.is_ascii_punctuation() && !word => true,
            _ => word && (after_word && before.is_ascii_whitespace() || before == b'.' && !byte.is_ascii_digit()),
        };
        levels += usize::from(nests);
        if levels > most {
            return Err(offset);
        }
        if !byte.is_ascii_whitespace() {
            after_word = word;
        }
        before = byte;
    }
    Ok(levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_nest_is_counted() {
        for unit in [
            "(",
            "[",
            "{",
            "!",
            "~",
            "+",
            "a=>",
            "a=",
            "a?b:",
            "a**",
            "typeof ",
            "void\n",
            "new ",
            "await ",
            "yield\t",
            "do ",
            "if(1)",
            "if(1);else ",
            "for(;;)",
            "l:",
            "`${",
            "<a>",
            "<a b=",
            "a<",
            "keyof ",
            "readonly ",
            "a.",
            "a?.",
            "a()",
            "a[0]",
            "a``",
            "a!",
            "function(){",
            "class{",
            "{a:",
            "@",
            "typeof\u{a0}",
            "typeof\u{2003}",
            "typeof\u{feff}",
            "a ? ",
            "a extends b ? c : ",
            "()=>",
            "infer ",
            "declare ",
            "async ",
            "return ",
        ] {
            let levels = count_levels(&unit.repeat(1_000), usize::MAX);
            assert!(levels.is_ok_and(|it| it >= 999), "{unit:?}: {levels:?}");
        }
    }

    #[test]
    fn an_answer_when_the_work_panics_or_does_not_end() {
        assert_eq!(on_thread(BASE, DEADLINE, || 1), Ok(1));
        assert_eq!(
            on_thread(BASE, DEADLINE, || panic!("on purpose")),
            Err::<(), _>("the compiler panicked".to_owned())
        );
        let (release, wait) = sync_channel::<()>(0);
        let late = on_thread(BASE, Duration::from_millis(1), move || wait.recv().is_ok());
        assert_eq!(late, Err("it takes longer than 0 s".to_owned()));
        drop(release);
    }

    #[test]
    fn data_costs_little() {
        let data = "0.5,\"x\",'y',1e3;\n".repeat(1_000);
        assert_eq!(count_levels(&data, usize::MAX), Ok(0));
        assert_eq!(count_levels("((((", 3), Err(3));
    }
}
