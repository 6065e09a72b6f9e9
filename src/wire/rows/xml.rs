//! Finds elements in XML text as Sandtill writes it: without attributes, comments and processing
//! instructions.

use std::ops::Range;

/// What is between the first pair of tags with this name.
pub(super) fn content(text: &str, name: &str) -> Option<Range<usize>> {
    let opening = format!("<{name}>");
    let start = text.find(&opening)? + opening.len();
    let length = text.get(start..)?.find(&format!("</{name}>"))?;
    Some(start..start + length)
}

/// The elements with this name in a range, one behind the other, tags included.
pub(super) fn elements(text: &str, within: Range<usize>, name: &str) -> Vec<Range<usize>> {
    let (opening, closing) = (format!("<{name}>"), format!("</{name}>"));
    let (mut elements, mut at) = (Vec::new(), within.start);
    while let Some(rest) = text.get(at..within.end)
        && let Some(start) = rest.find(&opening)
        && let Some(length) = rest.get(start..).and_then(|it| it.find(&closing))
    {
        let end = at + start + length + closing.len();
        elements.push(at + start..end);
        at = end;
    }
    elements
}

/// The names and contents of the elements directly inside of an element, if they have only text.
pub(super) fn children(text: &str, element: Range<usize>) -> Vec<(&str, Range<usize>)> {
    let mut children = Vec::new();
    let mut at = text.get(element.clone()).and_then(|it| it.find('>')).map_or(0, |end| end + 1);
    at += element.start;
    while let Some(rest) = text.get(at..element.end)
        && let Some(tag) = rest.strip_prefix('<')
        && !tag.starts_with('/')
        && let Some(end) = tag.find('>')
        && let Some(name) = tag.get(..end)
        && let Some(length) = rest.find(&format!("</{name}>"))
    {
        let start = at + name.len() + 2;
        children.push((name, start..at + length));
        at += length + name.len() + 3;
    }
    children
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_their_values_are_found() {
        let text = "<r><n>2</n><l><d><a>1</a><b></b></d><d><a>x &lt; y</a></d></l></r>";
        let get = |range: Range<usize>| text.get(range).unwrap();
        assert_eq!(content(text, "n").map(get), Some("2"));
        assert_eq!(content(text, "m"), None);
        let rows = elements(text, content(text, "l").unwrap(), "d");
        assert_eq!(
            rows.iter().map(|it| get(it.clone())).collect::<Vec<_>>(),
            ["<d><a>1</a><b></b></d>", "<d><a>x &lt; y</a></d>"]
        );
        let cells = |row: &Range<usize>| -> Vec<(&str, &str)> {
            children(text, row.clone()).into_iter().map(|(name, it)| (name, get(it))).collect()
        };
        assert_eq!(cells(&rows[0]), [("a", "1"), ("b", "")]);
        assert_eq!(cells(&rows[1]), [("a", "x &lt; y")]);
    }
}
