//! Prints a value in the syntax of a language.

use std::fmt::Write;

use super::{JSON, Lists, Quote, Syntax};
use crate::wire::raw_json::{Json, JsonObject};

impl Lists {
    /// Appends the value of a field: a scalar without quotes, a list or an object in this syntax.
    pub(in crate::wire::proof) fn push(self, text: &mut String, value: &Json<'_>) {
        match value {
            Json::List(_) | Json::Object(_) => match self.lines() {
                Some((end, indent)) => push_lines(text, value, (end, indent), 0),
                None => match self.word(value) {
                    Some(word) => text.push_str(word),
                    None => self.push_inner(text, value, &self.syntax()),
                },
            },
            Json::Null => text.push_str("null"),
            Json::Deep => text.push('…'),
            Json::Flag(_) | Json::Number(_) | Json::Text(_) => {
                text.push_str(value.as_text().unwrap_or(""));
            }
        }
    }

    /// The line break and the number of blanks of an indentation, in JSON on lines.
    fn lines(self) -> Option<(&'static str, usize)> {
        match self {
            Self::JsonLines => Some(("\n", 2)),
            Self::JsonLines4 => Some(("\n", 4)),
            Self::JsonCrlf => Some(("\r\n", 2)),
            _ => None,
        }
    }

    /// The word that stands for a list or object, in languages that do not print its content.
    fn word(self, value: &Json<'_>) -> Option<&'static str> {
        let has_objects = match value {
            Json::List(items) => items.iter().any(|item| matches!(item, Json::Object(_))),
            _ => true,
        };
        match (self, value) {
            (Self::PhpArray, _) => Some("Array"),
            (Self::JavaScript, Json::Object(_)) => Some("[object Object]"),
            (Self::DotNetArray, _) => {
                Some(if has_objects { "System.Object[]" } else { "System.String[]" })
            }
            (Self::DotNetList, _) => Some(if has_objects {
                "System.Collections.Generic.List`1[System.Collections.Generic.Dictionary`2[System.String,System.String]]"
            } else {
                "System.Collections.Generic.List`1[System.String]"
            }),
            (Self::DotNetObjects, _) => Some("System.Collections.Generic.List`1[System.Object]"),
            _ => None,
        }
    }

    fn push_inner(self, text: &mut String, value: &Json<'_>, syntax: &Syntax) {
        match value {
            Json::List(items) => {
                let [open, comma, close] = syntax.list;
                text.push_str(open);
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index > 0 { comma } else { "" });
                    self.push_inner(text, item, syntax);
                }
                text.push_str(close);
            }
            Json::Object(members) => match self.word(value) {
                Some(word) => text.push_str(word),
                None => self.push_object(text, members, syntax),
            },
            Json::Text(plain) => push_text(text, plain, syntax.quote),
            Json::Null if matches!(syntax.quote, Quote::Python(_)) => text.push_str("None"),
            Json::Null | Json::Deep | Json::Flag(_) | Json::Number(_) => {
                Self::Java.push(text, value);
            }
        }
    }

    fn push_object(self, text: &mut String, members: &JsonObject<'_>, syntax: &Syntax) {
        let mut members: Vec<_> = members.0.iter().collect();
        let is_filter =
            members.len() == 2 && members.iter().all(|it| it.0 == "key" || it.0 == "value");
        // Go prints maps sorted by name.
        if (is_filter && self == Self::Java) || self == Self::Go {
            members.sort_by(|left, right| left.0.cmp(&right.0));
        }
        let ([open, comma, close], [before, after]) = (syntax.object, syntax.name);
        text.push_str(open);
        for (index, (name, value)) in members.into_iter().enumerate() {
            text.push_str(if index > 0 { comma } else { "" });
            if self != Self::GoStruct {
                let capital = syntax.quote == Quote::Capital;
                let first =
                    name.chars().next().filter(|_| capital).map(|it| it.to_ascii_uppercase());
                let rest = if first.is_some() { name.get(1..).unwrap_or("") } else { name };
                text.push_str(before);
                text.extend(first);
                text.push_str(rest);
                text.push_str(after);
            }
            self.push_inner(text, value, syntax);
        }
        text.push_str(close);
    }

    /// The fields that PHP makes of a field whose value is a list; `None` in other syntaxes.
    pub(in crate::wire::proof) fn fields(
        self,
        name: &str,
        value: &Json<'_>,
    ) -> Option<Vec<(String, String)>> {
        let brackets = match self {
            Self::PhpBrackets => ["[", "]"],
            Self::PhpBracketsEncoded => ["%5B", "%5D"],
            _ => return None,
        };
        let mut fields = Vec::new();
        flatten(&mut fields, name.to_owned(), value, brackets);
        Some(fields)
    }
}

fn flatten(
    fields: &mut Vec<(String, String)>,
    name: String,
    value: &Json<'_>,
    [open, close]: [&str; 2],
) {
    match value {
        Json::List(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(fields, format!("{name}{open}{index}{close}"), item, [open, close]);
            }
        }
        Json::Object(members) => {
            for (inner, value) in &members.0 {
                flatten(fields, format!("{name}{open}{inner}{close}"), value, [open, close]);
            }
        }
        scalar => fields.push((name, scalar.as_text().unwrap_or("").to_owned())),
    }
}

fn push_text(text: &mut String, plain: &str, quote: Quote) {
    match quote {
        Quote::Nothing | Quote::Capital => text.push_str(plain),
        Quote::Json => push_json(text, plain),
        Quote::JsonAscii | Quote::JsonPhp => {
            let mut json = String::new();
            push_json(&mut json, plain);
            for c in json.chars() {
                match c {
                    '/' if quote == Quote::JsonPhp => text.push_str("\\/"),
                    c if c.is_ascii() => text.push(c),
                    c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                        let _ = write!(text, "\\u{unit:04x}");
                    }),
                }
            }
        }
        Quote::Python(before) => {
            let mark = if plain.contains('\'') && !plain.contains('"') { '"' } else { '\'' };
            text.push_str(before);
            text.push(mark);
            for c in plain.chars() {
                match c {
                    '\\' => text.push_str("\\\\"),
                    '\n' => text.push_str("\\n"),
                    c if c == mark => text.extend(['\\', c]),
                    c => text.push(c),
                }
            }
            text.push(mark);
        }
    }
}

fn push_json(text: &mut String, plain: &str) {
    let _ = write!(text, "{}", serde_json::Value::from(plain));
}

/// Appends JSON on lines; `level` is how many lists and objects the value is in.
fn push_lines(text: &mut String, value: &Json<'_>, lines: (&str, usize), level: usize) {
    let (end, indent) = lines;
    let new_line = |text: &mut String, level: usize| {
        text.push_str(end);
        text.extend(std::iter::repeat_n(' ', indent * level));
    };
    match value {
        Json::List(items) if !items.is_empty() => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                new_line(text, level + 1);
                push_lines(text, item, lines, level + 1);
            }
            new_line(text, level);
            text.push(']');
        }
        Json::Object(members) if !members.0.is_empty() => {
            text.push('{');
            for (index, (name, item)) in members.0.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                new_line(text, level + 1);
                push_json(text, name);
                text.push_str(": ");
                push_lines(text, item, lines, level + 1);
            }
            new_line(text, level);
            text.push('}');
        }
        Json::Text(plain) => push_json(text, plain),
        other => Lists::Json.push_inner(text, other, &JSON),
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;
    use crate::wire::raw_json::{DEEPEST, parse};

    const FILTERS: &str = r#"{"v":[{"value":"A'é/D","key":"k"}],"c":["a","b"]}"#;

    #[track_caller]
    fn check(lists: Lists, columns: &str, filters: &str) {
        let members = parse(FILTERS.as_bytes(), DEEPEST).unwrap();
        let print = |name: &str| {
            let mut text = String::new();
            lists.push(&mut text, members.get(name).unwrap());
            text
        };
        assert_eq!((&*print("c"), &*print("v")), (columns, filters), "{lists:?}");
    }

    #[test]
    fn lists_are_as_the_languages_print_them() {
        // Python: printed by CPython 3. JavaScript and the others: from the languages' own
        // documentation (`Arrays.toString`, `Hash#inspect`, package `fmt`, `json_encode`, `JToken`).
        check(Lists::Java, "[a, b]", "[{key=k, value=A'é/D}]");
        check(Lists::JavaAsSent, "[a, b]", "[{value=A'é/D, key=k}]");
        check(Lists::Json, r#"["a","b"]"#, r#"[{"value":"A'é/D","key":"k"}]"#);
        check(Lists::JsonSpaced, r#"["a", "b"]"#, r#"[{"value": "A'é/D", "key": "k"}]"#);
        check(Lists::JsonPhp, r#"["a","b"]"#, r#"[{"value":"A'\u00e9\/D","key":"k"}]"#);
        check(Lists::JsonAscii, r#"["a", "b"]"#, r#"[{"value": "A'\u00e9/D", "key": "k"}]"#);
        check(Lists::Python, "['a', 'b']", r#"[{'value': "A'é/D", 'key': 'k'}]"#);
        check(Lists::JavaScript, "a,b", "[object Object]");
        check(Lists::PhpArray, "Array", "Array");
        check(Lists::Ruby, r#"["a", "b"]"#, r#"[{"value"=>"A'é/D", "key"=>"k"}]"#);
        check(Lists::RubySymbols, r#"["a", "b"]"#, r#"[{:value=>"A'é/D", :key=>"k"}]"#);
        check(Lists::Ruby34, r#"["a", "b"]"#, r#"[{"value" => "A'é/D", "key" => "k"}]"#);
        check(Lists::Ruby34Symbols, r#"["a", "b"]"#, r#"[{value: "A'é/D", key: "k"}]"#);
        check(Lists::Go, "[a b]", "[map[key:k value:A'é/D]]");
        check(Lists::GoStruct, "[a b]", "[{A'é/D k}]");
        check(Lists::GoNamed, "[a b]", "[{Value:A'é/D Key:k}]");
        check(Lists::Tight, "[a,b]", "[{value=A'é/D,key=k}]");
        check(Lists::DotNetArray, "System.String[]", "System.Object[]");
        let list = "System.Collections.Generic.List`1";
        let objects = "[System.Collections.Generic.Dictionary`2[System.String,System.String]]";
        let objects = format!("{list}{objects}");
        check(Lists::DotNetList, &format!("{list}[System.String]"), &objects);
        let plain = format!("{list}[System.Object]");
        check(Lists::DotNetObjects, &plain, &plain);
        check(Lists::Kotlin, "[a, b]", "[Filter(value=A'é/D, key=k)]");
        check(
            Lists::JsonCrlf,
            "[\r\n  \"a\",\r\n  \"b\"\r\n]",
            "[\r\n  {\r\n    \"value\": \"A'é/D\",\r\n    \"key\": \"k\"\r\n  }\r\n]",
        );
    }

    /// As Python's `json.dumps(value, indent=2)` prints them.
    #[test]
    fn what_is_empty_stays_on_its_line() {
        let members = parse(br#"{"v":[{},[],{"a":[]},{"b":{}}]}"#, DEEPEST).unwrap();
        let mut text = String::new();
        Lists::JsonLines.push(&mut text, members.get("v").unwrap());
        let printed = "[\n  {},\n  [],\n  {\n    \"a\": []\n  },\n  {\n    \"b\": {}\n  }\n]";
        assert_eq!(text, printed);
    }

    #[test]
    fn every_syntax_says_what_it_is() {
        assert!(
            Lists::VARIANTS
                .iter()
                .all(|it| it.says().contains("list") || it.says().contains("filters"))
        );
    }
}
