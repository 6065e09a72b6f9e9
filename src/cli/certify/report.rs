//! What an importer survived, as a table that fits a terminal and as JUnit XML.

use std::fmt::Write;

use quick_xml::escape::escape;

use super::Survived;

/// Lines that are printed of why a pack failed; JUnit has all of them.
const MAX_LINES: usize = 12;

/// Columns of a terminal.
const WIDTH: usize = 100;

pub(super) fn table(survived: &[Survived]) -> String {
    let mut text = format!("{:<16} {:<7} {:>8} {:>8}  \n", "pack", "result", "rows", "wrong");
    for it in survived {
        let result = if it.failure.is_some() { "failed" } else { "passed" };
        let number = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |it| it.to_string());
        let (rows, wrong) = (it.rows.map(|it| it.0), it.rows.map(|it| it.1));
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "{:<16} {result:<7} {:>8} {:>8}  {}",
            it.pack,
            number(rows),
            number(wrong),
            cut(&it.summary, WIDTH.saturating_sub(44)),
        );
    }
    for it in survived {
        let Some(failure) = &it.failure else { continue };
        let _ = writeln!(text, "\n{}:", it.pack);
        let lines: Vec<&str> = failure.lines().filter(|line| !line.is_empty()).collect();
        for line in lines.iter().take(MAX_LINES) {
            let _ = writeln!(text, "  {}", cut(line, WIDTH - 2));
        }
        if lines.len() > MAX_LINES {
            let _ = writeln!(text, "  … and {} lines more", lines.len() - MAX_LINES);
        }
    }
    text
}

/// At most so many characters of a line.
fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

pub(super) fn junit(provider: &str, survived: &[Survived]) -> String {
    let failures = survived.iter().filter(|it| it.failure.is_some()).count();
    let (name, tests) = (escape(provider), survived.len());
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{tests}\" failures=\"{failures}\">\n\
         <testsuite name=\"certify {name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" \
         skipped=\"0\">\n"
    );
    for it in survived {
        let _ = write!(xml, "<testcase classname=\"sandtill.certify.{name}\" name=\"{}\"", it.pack);
        match &it.failure {
            None => xml.push_str("/>\n"),
            Some(failure) => {
                let plain = |c: char| c.is_control() && c != '\n' && c != '\t';
                let failure = failure.replace(plain, "\u{fffd}");
                let message = failure.lines().next().unwrap_or("").to_owned();
                let (message, failure) = (escape(&message), escape(&failure));
                let _ =
                    writeln!(xml, "><failure message=\"{message}\">{failure}</failure></testcase>");
            }
        }
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}
