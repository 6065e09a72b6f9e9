//! Findings as CSV, as JUnit XML for continuous integration, and as a table for people.

use std::fmt::Write;

use quick_xml::escape::escape;

use super::{FindingView, Findings};

/// Findings in a table for people; more are counted.
const MAX_LISTED: usize = 100;

pub(super) fn csv(findings: &Findings) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    // Writing into memory cannot fail.
    let _ = csv.write_record([
        "kind", "id", "report", "expected", "received", "why", "lever", "fault", "entry",
    ]);
    for finding in &findings.findings {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let why = &finding.why;
        let _ = csv.write_record([
            finding.kind,
            &finding.id,
            &finding.report,
            &text(&finding.expected),
            &text(&finding.received),
            &why.text,
            &text(&why.lever),
            &text(&why.fault),
            &why.entry.map(|entry| entry.to_string()).unwrap_or_default(),
        ]);
    }
    csv.into_inner().unwrap_or_default()
}

/// One test case for each kind of finding; those that are wrong fail with their rows.
pub(super) fn junit(findings: &Findings) -> String {
    let wrong = |count: &&super::CountOf| count.count > 0 && count.kind != "expected";
    let failures = findings.counts.iter().filter(wrong).count();
    let name = escape(format!("{} {}", findings.provider, findings.merchant)).into_owned();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tests = findings.counts.len();
    // Writing into a string cannot fail.
    let _ = writeln!(
        xml,
        "<testsuites tests=\"{tests}\" failures=\"{failures}\">\n<testsuite name=\"reconcile {name}\" \
         tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\" timestamp=\"{}\">",
        findings.now
    );
    for count in &findings.counts {
        let _ = write!(xml, "<testcase classname=\"sandtill.{name}\" name=\"{}\"", count.kind);
        let lines = lines(findings, count.kind);
        if count.count == 0 {
            xml.push_str("/>\n");
        } else if count.kind == "expected" {
            let _ = writeln!(xml, "><system-out>{}</system-out></testcase>", escape(&lines));
        } else {
            let message = format!("{} rows", count.count);
            let _ = writeln!(
                xml,
                "><failure type=\"{}\" message=\"{message}\">{}</failure></testcase>",
                count.kind,
                escape(&lines)
            );
        }
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}

/// The findings of a kind, a line each.
fn lines(findings: &Findings, kind: &str) -> String {
    let of_kind = findings.findings.iter().filter(|finding| finding.kind == kind);
    let mut text = String::new();
    for (index, finding) in of_kind.enumerate() {
        if index == MAX_LISTED {
            text.push_str("…\n");
            break;
        }
        let _ = writeln!(text, "{}", line(finding));
    }
    text
}

fn line(finding: &FindingView) -> String {
    let value = match (&finding.expected, &finding.received) {
        (Some(expected), Some(received)) => format!(" {received} instead of {expected}"),
        (Some(value), None) | (None, Some(value)) => format!(" {value}"),
        (None, None) => String::new(),
    };
    // XML has no control characters, and a table no line breaks.
    let id: String =
        finding.id.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect();
    let value: String =
        value.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect();
    format!("{:<17} {id}{value}: {}", finding.kind, finding.why.text)
}

pub(super) fn table(findings: &Findings) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} {}: {} rows, {} expected, {} wrong",
        findings.provider,
        findings.merchant,
        findings.rows,
        findings.expected_rows,
        findings.breaks
    );
    for count in findings.counts.iter().filter(|count| count.count > 0) {
        let _ = writeln!(text, "  {:<17} {}", count.kind, count.count);
    }
    for finding in findings.findings.iter().take(MAX_LISTED) {
        let _ = writeln!(text, "{}", line(finding));
    }
    let more = findings.counts.iter().map(|count| count.count).sum::<u64>();
    let hidden = more.saturating_sub(u64::try_from(MAX_LISTED).unwrap_or(0));
    if hidden > 0 {
        let _ = writeln!(text, "… and {hidden} more; `format=json` lists them");
    }
    for note in &findings.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}
