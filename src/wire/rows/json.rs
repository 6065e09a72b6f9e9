//! Finds values in JSON text without copying it: where they begin and where they end.

use std::ops::Range;

/// A name and its value in JSON text, as ranges of bytes; the name is with its quotes.
pub(super) type Member = (Range<usize>, Range<usize>);

/// The value at this path; the path is member names and positions, joined by dots.
pub(super) fn find(text: &str, path: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = skip_blank(bytes, 0);
    let mut value = start..skip_value(bytes, start)?;
    for step in path.split('.').filter(|step| !step.is_empty()) {
        value = match bytes.get(value.start)? {
            b'[' => items(text, value.start)?.into_iter().nth(step.parse().ok()?)?,
            b'{' => {
                let named = |it: &Member| {
                    let name = text.get(it.0.clone()).unwrap_or_default();
                    name.strip_prefix('"').and_then(|it| it.strip_suffix('"')) == Some(step)
                };
                members(text, value.start)?.into_iter().find(named)?.1
            }
            _ => return None,
        };
    }
    Some(value)
}

/// The items of the array that begins at `start`; `None` if there is none.
pub(super) fn items(text: &str, start: usize) -> Option<Vec<Range<usize>>> {
    let bytes = text.as_bytes();
    if bytes.get(start) != Some(&b'[') {
        return None;
    }
    let (mut items, mut at) = (Vec::new(), skip_blank(bytes, start + 1));
    if bytes.get(at) == Some(&b']') {
        return Some(items);
    }
    loop {
        let end = skip_value(bytes, at)?;
        items.push(at..end);
        at = skip_blank(bytes, end);
        match bytes.get(at)? {
            b',' => at = skip_blank(bytes, at + 1),
            b']' => return Some(items),
            _ => return None,
        }
    }
}

/// The members of the object that begins at `start`; `None` if there is none.
pub(super) fn members(text: &str, start: usize) -> Option<Vec<Member>> {
    let bytes = text.as_bytes();
    if bytes.get(start) != Some(&b'{') {
        return None;
    }
    let (mut members, mut at) = (Vec::new(), skip_blank(bytes, start + 1));
    if bytes.get(at) == Some(&b'}') {
        return Some(members);
    }
    loop {
        let name = at..skip_string(bytes, at)?;
        at = skip_blank(bytes, name.end);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        at = skip_blank(bytes, at + 1);
        let end = skip_value(bytes, at)?;
        members.push((name, at..end));
        at = skip_blank(bytes, end);
        match bytes.get(at)? {
            b',' => at = skip_blank(bytes, at + 1),
            b'}' => return Some(members),
            _ => return None,
        }
    }
}

fn skip_blank(bytes: &[u8], at: usize) -> usize {
    let blank =
        bytes.get(at..).unwrap_or_default().iter().take_while(|it| it.is_ascii_whitespace());
    at + blank.count()
}

/// Behind the string that begins at `at`.
fn skip_string(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// Behind the value that begins at `at`.
fn skip_value(bytes: &[u8], at: usize) -> Option<usize> {
    let (mut at, mut depth) = (at, 0_usize);
    loop {
        match bytes.get(at)? {
            b'"' => at = skip_string(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            // Inside of a list or an object, commas, colons and blanks only separate.
            _ if depth > 0 => at += 1,
            _ => {
                let is_plain = |it: &&u8| !it.is_ascii_whitespace() && !b",]}".contains(it);
                let length = bytes.get(at..)?.iter().take_while(is_plain).count();
                return (length > 0).then_some(at + length);
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, path: &str, expected: Option<&str>) {
        assert_eq!(find(text, path).and_then(|it| text.get(it)), expected, "{text} {path}");
    }

    #[test]
    fn a_path_leads_to_a_value_and_nowhere_else() {
        let text = r#" [{"n": 2}, [ {"a":"]}\"","b":[1,2]} , {"a":null}]] "#;
        check(text, "0.n", Some("2"));
        check(text, "1", Some(r#"[ {"a":"]}\"","b":[1,2]} , {"a":null}]"#));
        check(text, "1.0.b", Some("[1,2]"));
        check(text, "1.0.b.1", Some("2"));
        check(text, "1.1.a", Some("null"));
        check(text, "1.1.c", None);
        check(text, "2", None);
        check(text, "0.n.x", None);
        check("[]", "", Some("[]"));
        check("{}", "a", None);
        check("", "", None);
        check("{\"a\"", "a", None);
        check("not json", "a", None);
    }
}
