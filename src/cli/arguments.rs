//! Arguments that are not valid: one sentence on standard error and exit code 2. Help and version are printed
//! as they are.

use std::io::Write;
use std::process::ExitCode;

use clap::Error;
use clap::error::ErrorKind;

/// Prints what the parser of the arguments has to say. Returns the exit code.
pub(super) fn refused(err: &Error) -> ExitCode {
    match err.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = err.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = err.print();
            ExitCode::from(2)
        }
        _ => {
            let text = sentence(&err.render().to_string());
            let _ = writeln!(std::io::stderr(), "sandtill: {text}");
            ExitCode::from(2)
        }
    }
}

/// The lines of a message up to its usage, as one sentence.
fn sentence(message: &str) -> String {
    let text = message.split("\nUsage:").next().unwrap_or(message);
    let text = text.split("\nFor more information").next().unwrap_or(text);
    let mut sentence = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let line = line.strip_prefix("error: ").unwrap_or(line);
        if !sentence.is_empty() {
            sentence.push_str(if sentence.ends_with(':') { " " } else { "; " });
        }
        sentence.push_str(line);
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_several_lines_is_one_sentence() {
        let message = "error: unexpected argument '--lisen' found\n\n  tip: a similar argument exists: \
                       '--listen'\n\nUsage: sandtill --listen <LISTEN>\n\nFor more information, try \
                       '--help'.\n";
        assert_eq!(
            sentence(message),
            "unexpected argument '--lisen' found; tip: a similar argument exists: '--listen'"
        );
        let message = "error: the following required arguments were not provided:\n  <FILES>...\n\n\
                       Usage: sandtill check <FILES>...\n";
        assert_eq!(
            sentence(message),
            "the following required arguments were not provided: <FILES>..."
        );
    }
}
