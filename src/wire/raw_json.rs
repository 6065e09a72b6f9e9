//! JSON in the form that the signature needs: members in the order received, numbers as written by the
//! client, duplicate names refused.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number, as written by the client.
    Number(&'a str),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Self>),
    /// An object.
    Object(JsonObject<'a>),
    /// An array or object below the maximum depth; its content is not parsed.
    Deep,
}

/// The members of an object in the order received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonObject<'a>(pub Vec<(Cow<'a, str>, Json<'a>)>);

/// Nesting levels of the deepest valid request: the object, a list, a filter, its value.
pub const DEPTH: usize = 4;

/// Maximum nesting levels of a request for `sandtill sign`.
pub const DEEPEST: usize = 32;

/// Parses a body as a JSON object of at most `depth` levels. The error is a short description of the
/// problem.
pub fn parse(body: &[u8], depth: usize) -> Result<JsonObject<'_>, String> {
    let text = std::str::from_utf8(body).map_err(|err| format!("it is not UTF-8: {err}"))?;
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let is_curly = !text.is_ascii() && text.contains(['“', '”']);
    if is_curly && serde_json::from_str::<&RawValue>(text).is_err() {
        return Err("it has curly quotes “ ” where JSON has straight ones, as the vendor's page \
                    prints them"
            .to_owned());
    }
    read(text, Object(depth))
}

fn read<'a, S: DeserializeSeed<'a>>(text: &'a str, seed: S) -> Result<S::Value, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    value.map_err(|err| err.to_string())
}

/// The content of a JSON string without copying; `None` if it contains escape sequences.
fn plain(string: &str) -> Option<&str> {
    let inner = string.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('\\')).then_some(inner)
}

fn value(raw: &RawValue, depth: usize) -> Result<Json<'_>, String> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'"') => Json::Text(match plain(text) {
            Some(plain) => Cow::Borrowed(plain),
            None => Cow::Owned(serde_json::from_str(text).map_err(|err| err.to_string())?),
        }),
        Some(b'{' | b'[') if depth == 0 => Json::Deep,
        Some(b'{') => Json::Object(read(text, Object(depth))?),
        Some(b'[') => Json::List(read(text, List(depth))?),
        Some(b'n') => Json::Null,
        Some(b't') => Json::Flag(true),
        Some(b'f') => Json::Flag(false),
        _ => Json::Number(text),
    })
}

/// The name of a member, borrowed if it contains no escape sequences.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Borrowed(name)))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Owned(name.to_owned())))
    }
}

/// Deserializes an object of at most this many levels; the object is the first level.
struct Object(usize);

impl<'de> DeserializeSeed<'de> for Object {
    type Value = JsonObject<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = JsonObject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::with_capacity(12);
        while let Some((name, raw)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
            let value = value(raw, self.0.saturating_sub(1)).map_err(A::Error::custom)?;
            all.push((name.0, value));
        }
        match twice(&all) {
            Some(name) => Err(A::Error::custom(format!("`{name}` is there twice"))),
            None => Ok(JsonObject(all)),
        }
    }
}

/// The first duplicate name, if there is one.
fn twice<'a>(members: &'a [(Cow<'_, str>, Json<'_>)]) -> Option<&'a str> {
    // Comparing all pairs is faster for few members; sorting avoids quadratic time for many.
    if members.len() <= 16 {
        let behind = |index| members.iter().skip(index + 1);
        let mut all = members.iter().enumerate();
        let twice = all.find(|(index, it)| behind(*index).any(|other| other.0 == it.0));
        return twice.map(|(_, it)| &*it.0);
    }
    let mut names: Vec<&str> = members.iter().map(|member| &*member.0).collect();
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [left, right] if left == right => Some(*left),
        _ => None,
    })
}

/// Deserializes a list of at most this many levels; the list is the first level.
struct List(usize);

impl<'de> DeserializeSeed<'de> for List {
    type Value = Vec<Json<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = Vec<Json<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::with_capacity(16);
        while let Some(raw) = list.next_element::<&'de RawValue>()? {
            all.push(value(raw, self.0.saturating_sub(1)).map_err(A::Error::custom)?);
        }
        Ok(all)
    }
}

impl<'a> JsonObject<'a> {
    /// The value of a member; `None` also for `null`.
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        let member = self.0.iter().find(|member| member.0 == name)?;
        (member.1 != Json::Null).then_some(&member.1)
    }

    /// The text of a member that is a string, a number or a flag.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }
}

impl Json<'_> {
    /// The text of a string, a number or a flag; `None` for other types.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(text) => Some(text),
            Self::Flag(flag) => Some(if *flag { "true" } else { "false" }),
            Self::Null | Self::List(_) | Self::Object(_) | Self::Deep => None,
        }
    }

    /// The type in English, for error messages in the journal.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::Deep => "a list or an object in too many others",
        }
    }

    /// Whether the value contains [`Json::Deep`], so that it cannot be signed.
    pub fn is_too_deep(&self) -> bool {
        match self {
            Self::Deep => true,
            Self::List(items) => items.iter().any(Self::is_too_deep),
            Self::Object(members) => members.0.iter().any(|member| member.1.is_too_deep()),
            Self::Null | Self::Flag(_) | Self::Number(_) | Self::Text(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(body: &[u8], because: &str) {
        let err = parse(body, DEPTH).unwrap_err();
        assert!(err.contains(because), "{err}");
    }

    #[test]
    fn order_and_numbers_are_as_written() {
        let members = parse(br#" {"b": 1.50, "a": [1e3, null, true]} "#, DEPTH).unwrap();
        let list = vec![Json::Number("1e3"), Json::Null, Json::Flag(true)];
        let expected = [("b".into(), Json::Number("1.50")), ("a".into(), Json::List(list))];
        assert_eq!(members.0, expected);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        refused(b"", "empty");
        refused(b" \n", "empty");
        refused(b"\xff\xfe{}", "UTF-8");
        refused(b"\xef\xbb\xbf{}", "expected value");
        refused(b"[]", "a JSON object");
        refused(b"\"x\"", "a JSON object");
        refused(b"{\"a\":1}{", "trailing characters");
        refused(b"{\"a\":1,}", "trailing comma");
        refused(b"{\"a\":\"\\ud800\"}", "hex escape");
        refused("{“a”: 1}".as_bytes(), "curly quotes");
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused_at_every_level() {
        refused(br#"{"a":1,"b":2,"a":1}"#, "`a` is there twice");
        refused(br#"{"filters":[{"key":"a","key":"b"}]}"#, "`key` is there twice");
        refused(br#"{"a":1,"\u0061":1}"#, "`a` is there twice");
        let many: String = (0..40).map(|n| format!("\"a{n}\":1,")).collect();
        refused(format!("{{{many}\"a7\":1}}").as_bytes(), "`a7` is there twice");
    }

    #[test]
    fn deep_nesting_neither_overflows_nor_fails() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let members = parse(deep.as_bytes(), DEEPEST).unwrap();
        assert!(members.get("a").unwrap().is_too_deep());
    }
}
