//! Finds lines and values in comma-separated text (RFC 4180) without copying them.

use std::borrow::Cow;
use std::ops::Range;

/// The lines, each with its line end. A line end inside of quotes ends no line.
pub(super) fn lines(text: &str) -> Vec<Range<usize>> {
    let (mut lines, mut start, mut is_quoted) = (Vec::new(), 0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => {
                lines.push(start..at + 1);
                start = at + 1;
            }
            _ => {}
        }
    }
    if start < text.len() {
        lines.push(start..text.len());
    }
    lines
}

/// The line end of a line.
pub(super) fn line_end(line: &str) -> &str {
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.get(length..).unwrap_or_default()
}

/// The values of a line as they are written.
pub(super) fn cells(line: &str) -> Vec<&str> {
    let line = line.trim_end_matches(['\r', '\n']);
    let (mut cells, mut start, mut is_quoted) = (Vec::new(), 0, false);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => {
                cells.extend(line.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    cells.extend(line.get(start..));
    cells
}

/// A value without its quotes.
pub(super) fn plain(cell: &str) -> Cow<'_, str> {
    match cell.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
        Some(inner) => Cow::Owned(inner.replace("\"\"", "\"")),
        None => Cow::Borrowed(cell),
    }
}

/// A value, in quotes if it needs them.
pub(super) fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::faults::{Change, Drift, RowFault};
    use crate::wire::rows::Layout;

    #[test]
    fn quotes_hold_commas_and_line_ends() {
        let text = "a,b\n1,\"x, \"\"y\"\"\nz\"\n,\r\nlast,2";
        let found: Vec<&str> = lines(text).into_iter().filter_map(|it| text.get(it)).collect();
        assert_eq!(found, ["a,b\n", "1,\"x, \"\"y\"\"\nz\"\n", ",\r\n", "last,2"]);
        assert_eq!(cells(found[1]), ["1", "\"x, \"\"y\"\"\nz\""]);
        assert_eq!(cells(found[2]), ["", ""]);
        assert_eq!((line_end(found[2]), line_end(found[3])), ("\r\n", ""));
        assert_eq!(plain(cells(found[1])[1]), "x, \"y\"\nz");
        assert_eq!(quoted("x, \"y\"\nz"), "\"x, \"\"y\"\"\nz\"");
        assert_eq!((quoted("plain"), plain("plain")), ("plain".to_owned(), "plain".into()));
    }
    #[test]
    fn a_last_line_without_a_line_end_is_not_joined_with_the_line_behind_it() {
        let repeated = |text: &str| Some(crate::wire::rows::repeat(text, &[Layout::Csv], &[1])?.0);
        let whole = repeated("id,a\n1,x\n2,y\n");
        assert_eq!(whole.as_deref(), Some("id,a\n1,x\n2,y\n2,y\n"));
        let bare = repeated("id,a\n1,x\n2,y");
        assert_eq!(bare.as_deref(), Some("id,a\n1,x\n2,y\n2,y"));
        let bare = repeated("id,a\r\n1,x\r\n2,y");
        assert_eq!(bare.as_deref(), Some("id,a\r\n1,x\r\n2,y\r\n2,y"));
    }

    #[test]
    fn a_row_whose_only_value_is_taken_away_is_no_empty_line() {
        let drifted = |text: &str, change| {
            let drift = Drift { change, field: Some("id".to_owned()), to: None };
            crate::wire::rows::alter(text, &[Layout::Csv], &RowFault::Drift(drift), 0).unwrap().text
        };
        assert_eq!(drifted("id\n1\n2", Change::Null), "id\n\"\"\n\"\"");
        assert_eq!(drifted("id\n1\n", Change::Remove), "\"\"\n\"\"\n");
        assert_eq!(drifted("id,a\n1,\n", Change::Null), "id,a\n,\n");
        // An empty line of the answer itself stays.
        assert_eq!(drifted("id\n1\n\n", Change::Reorder), "id\n1\n\n");
    }
}
