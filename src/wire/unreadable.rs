//! Says what a body is that cannot be read as JSON: compressed, in another encoding, a form, XML, or JSON
//! with a mistake that programs make.

use axum::response::Response;

use crate::sandbox::journal::{Explanation, Note};

/// Bytes of a body that are looked at.
const MAX_LOOKED_AT: usize = 64 * 1024;

/// Adds what the body is to the note of an answer that could not read it.
#[must_use]
pub fn explained(mut response: Response, body: &[u8]) -> Response {
    if let Some(note) = response.extensions_mut().get_mut::<Note>()
        && let Some(mistake) = likely(body)
    {
        note.explanation = Some(Box::new(Explanation::mistake(mistake)));
    }
    response
}

/// The problem of a body that is no JSON, with what it is instead.
#[must_use]
pub fn problem(body: &[u8], problem: &str) -> String {
    match likely(body) {
        Some(mistake) => format!("{problem} ({mistake})"),
        None => problem.to_owned(),
    }
}

/// What a body is that is no JSON; `None` if it is JSON, or nothing that is known.
#[must_use]
pub fn likely(body: &[u8]) -> Option<String> {
    let looked_at = body.get(..body.len().min(MAX_LOOKED_AT)).unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Some("the body is empty".to_owned());
    }
    if let Some(encoding) = of_bytes(looked_at) {
        return Some(encoding.to_owned());
    }
    let text = match std::str::from_utf8(looked_at) {
        Ok(text) => text,
        // The limit can be in the middle of a character.
        Err(err) if err.error_len().is_none() => looked_at
            .get(..err.valid_up_to())
            .map_or("", |it| std::str::from_utf8(it).unwrap_or("")),
        Err(err) => {
            let at = err.valid_up_to();
            let byte = looked_at.get(at).copied().unwrap_or(0);
            return Some(format!(
                "the body is not UTF-8: byte {at} is 0x{byte:02x}, as in Latin-1; JSON is sent as UTF-8"
            ));
        }
    };
    let is_whole = looked_at.len() == body.len();
    of_text(text.trim(), is_whole).map(str::to_owned)
}

/// What the first bytes say.
fn of_bytes(body: &[u8]) -> Option<&'static str> {
    match body {
        [0xef, 0xbb, 0xbf, ..] => {
            Some("there is a byte order mark in front of the body; JSON is sent without one")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [b'{' | b'[' | b' ', 0, ..] => {
            Some("the body is UTF-16; JSON is sent as UTF-8")
        }
        [0x1f, 0x8b, ..] => Some(
            "the body is compressed with gzip; it is taken whole, with `Content-Encoding: gzip`",
        ),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => {
            Some("the body is compressed (zlib); only `Content-Encoding: gzip` is taken")
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            Some("the body is compressed with zstd; only `Content-Encoding: gzip` is taken")
        }
        _ => None,
    }
}

/// What a text is; `is_whole` is false if its end is not looked at.
fn of_text(text: &str, is_whole: bool) -> Option<&'static str> {
    let lower: String = text.chars().take(1000).collect::<String>().to_ascii_lowercase();
    let json = serde_json::from_str::<serde_json::Value>(text);
    if let Ok(serde_json::Value::String(inner)) = &json
        && inner.trim_start().starts_with(['{', '['])
    {
        return Some("the body is JSON inside of a JSON string: it was encoded twice");
    }
    if json.is_ok() {
        return None;
    }
    if text.starts_with('<') {
        let is_html =
            ["<html", "<!doctype html", "<body", "<head"].iter().any(|it| lower.contains(it));
        return Some(if is_html {
            "the body is an HTML page; JSON is wanted"
        } else {
            "the body is XML; JSON is wanted"
        });
    }
    if text.starts_with("--") && lower.contains("content-disposition") {
        return Some("the body is a multipart form; JSON is wanted");
    }
    if is_form(text) {
        return Some("the body is a form (`a=b&c=d`); JSON is wanted");
    }
    if text.contains(['“', '”', '‘', '’']) && !text.starts_with("{\"") {
        return Some("the body has curly quotes “ ” where JSON has straight ones");
    }
    of_json(&outside_of_strings(text), is_whole)
}

fn is_form(text: &str) -> bool {
    let Some((name, _)) = text.split_once('=') else { return false };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.%[]+".contains(&byte);
    !name.is_empty() && !name.starts_with('[') && name.bytes().all(allowed)
}

/// The text with every string in double quotes as `""`.
fn outside_of_strings(text: &str) -> String {
    let mut outside = String::with_capacity(text.len());
    let (mut is_inside, mut is_escaped) = (false, false);
    for c in text.chars() {
        let ends = c == '"' && !is_escaped;
        if !is_inside || ends {
            outside.push(c);
        }
        is_escaped = is_inside && c == '\\' && !is_escaped;
        is_inside ^= ends;
    }
    outside
}

/// What is wrong with something that is nearly JSON; strings are left out.
fn of_json(outside: &str, is_whole: bool) -> Option<&'static str> {
    let dense: String = outside.split_whitespace().collect();
    let has_word = |word: &str| {
        let mut tokens = outside.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        tokens.any(|it| it == word)
    };
    if outside.contains('\'') {
        return Some(
            "the body has single quotes where JSON has double ones, as Python prints a dictionary",
        );
    }
    if ["NaN", "Infinity", "nan"].iter().any(|word| has_word(word)) {
        return Some("the body has `NaN` or `Infinity`, which JSON does not have");
    }
    if ["None", "True", "False"].iter().any(|word| has_word(word)) {
        return Some(
            "the body has `None`, `True` or `False`, as Python prints them; JSON has `null`, `true`, `false`",
        );
    }
    if has_word("undefined") {
        return Some("the body has `undefined`, which JSON does not have");
    }
    if dense.contains(",}") || dense.contains(",]") {
        return Some("the body has a comma behind the last member, which JSON does not allow");
    }
    if outside.contains("//") || outside.contains("/*") {
        return Some("the body has a comment, which JSON does not have");
    }
    if dense.contains("=>") {
        return Some("the body has `=>`, as PHP and Ruby print arrays; JSON has `:`");
    }
    if dense.starts_with("[object") {
        return Some(
            "the body is `[object Object]`: JavaScript made text of an object without `JSON.stringify`",
        );
    }
    let names = dense.split(['{', ',']).skip(1).filter_map(|part| part.split_once(':'));
    if names
        .filter(|it| !it.0.is_empty())
        .any(|(name, _)| name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_'))
    {
        return Some("the body has names without quotes, as in JavaScript; JSON has `\"name\"`");
    }
    if is_whole && dense.matches(['{', '[']).count() > dense.matches(['}', ']']).count() {
        return Some("the body ends too early: a bracket is not closed");
    }
    if dense.contains("}{") {
        return Some("the body has more than one JSON document; one is wanted");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &[u8], part: &str) {
        let named = likely(body).unwrap_or_default();
        assert!(named.contains(part), "{named:?} for {:?}", String::from_utf8_lossy(body));
    }

    #[test]
    fn a_body_that_is_no_json_is_named() {
        check(b" \n", "is empty");
        check(b"\xef\xbb\xbf{}", "byte order mark");
        check(b"\xff\xfe{\0}\0", "UTF-16");
        check(b"{\0}\0", "UTF-16");
        check(b"\0{\0}", "UTF-16");
        check(b"\x1f\x8b\x08\0", "gzip");
        check(b"\x78\x9c\0", "zlib");
        check(b"{\"a\":\"\xe9\"}", "byte 6 is 0xe9");
        check(b"<?xml version=\"1.0\"?><a/>", "XML");
        check(b"<!DOCTYPE html><html>", "HTML");
        check(b"a=b&c=d", "a form");
        check(b"filters[0][key]=b", "a form");
        check(b"--x\r\nContent-Disposition: form-data", "multipart");
        check(br#""{\"a\":1}""#, "encoded twice");
        check("{“a”: 1}".as_bytes(), "curly");
        check(b"{'a': 'b'}", "single quotes");
        check(br#"{"a": NaN}"#, "`NaN`");
        check(br#"{"a": None}"#, "`None`");
        check(br#"{"a": 1,}"#, "a comma behind the last");
        check(b"{\"a\": [1, 2,\n]}", "a comma behind the last");
        check(br#"{"a": 1 /* one */}"#, "a comment");
        check(br#"{a: 1}"#, "names without quotes");
        check(b"[object Object]", "JSON.stringify");
        check(br#"{"a": 1"#, "ends too early");
        check(br#"{"a":1}{"a":2}"#, "more than one");
    }

    #[test]
    fn the_end_of_a_long_body_is_not_looked_at() {
        let long = format!("{{\"a\":[{}1]}}", "1,".repeat(MAX_LOOKED_AT));
        assert_eq!(likely(long.as_bytes()), None);
    }

    #[test]
    fn what_json_has_inside_of_strings_is_no_mistake() {
        for body in [r#"{"a":"it's NaN, {x: 1,} // \" <a> “q” "}"#, "{}", "[1]", "\"text\"", "5"]
        {
            assert_eq!(likely(body.as_bytes()), None, "{body}");
        }
    }
}
