//! What stands below the options in a help text. In the sources its paragraphs are wrapped by hand; to a terminal of another
//! width that would be lines that end twice, so clap gets each paragraph as one line, and wraps it once.

use clap::Command;

/// The command and its verbs with their epilogues in paragraphs.
pub(crate) fn flowing(command: Command) -> Command {
    let text = command.get_after_help().map(ToString::to_string);
    let command = match text {
        Some(text) => command.after_help(flowed(&text)),
        None => command,
    };
    command.mut_subcommands(flowing)
}

/// A line goes on in the next one, unless a sentence ends with it, or either is indented: an example, a table.
fn flowed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = "";
    for line in text.lines() {
        let goes_on = !before.is_empty() && !before.starts_with(' ') && !before.ends_with('.');
        match goes_on && !line.is_empty() && !line.starts_with(' ') {
            true => out.push(' '),
            false if out.is_empty() => {}
            false => out.push('\n'),
        }
        out.push_str(line);
        before = line;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_one_line_and_everything_else_stays() {
        let text = "JSON: {id, name:\nstate}; of limits only\nthose there are.\nA sentence.\n\nExamples:\n  distri a\n  distri b\n\nThe\nend";
        let flowed = flowed(text);
        assert_eq!(
            flowed,
            "JSON: {id, name: state}; of limits only those there are.\nA sentence.\n\nExamples:\n  distri a\n  distri b\n\nThe end"
        );
        assert_eq!(super::flowed(&flowed), flowed, "once is enough");
    }
}
