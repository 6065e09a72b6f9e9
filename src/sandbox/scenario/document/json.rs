//! Reads JSON into the tree. `serde_json` tells where a value stands by the slice of the text that it is.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Broken, MAX_DEPTH, Member, Node, Table, Value};

pub(super) fn read(text: &str) -> (Option<Node>, Vec<Broken>) {
    let mut reading = Reading { text, broken: Vec::new() };
    let root = match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => Some(reading.node(raw.get(), 0)),
        Err(err) => {
            let at = offset(text, err.line(), err.column());
            let message = err.to_string();
            let problem = message.split(" at line ").next().unwrap_or(&message);
            reading.broken.push(Broken { at, problem: format!("not JSON: {problem}") });
            None
        }
    };
    (root, reading.broken)
}

/// The offset of a line and column of `serde_json`, which counts bytes in a line.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

struct Reading<'t> {
    text: &'t str,
    broken: Vec<Broken>,
}

impl<'t> Reading<'t> {
    /// The offset of a part of the text.
    fn at(&self, part: &str) -> usize {
        part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }

    fn node(&mut self, raw: &'t str, depth: usize) -> Node {
        let at = self.at(raw);
        if depth > MAX_DEPTH {
            self.broken.push(Broken { at, problem: super::too_deep() });
            return Node::new(at, Value::Null);
        }
        let read = match raw.as_bytes().first() {
            Some(b'{') => serde_json::from_str(raw).map(|members| self.table(members, depth)),
            Some(b'[') => serde_json::from_str(raw).map(|items: Vec<&'t RawValue>| {
                Value::List(items.iter().map(|it| self.node(it.get(), depth + 1)).collect())
            }),
            _ => serde_json::from_str(raw).map(plain),
        };
        let value = read.unwrap_or_else(|err| {
            let message = err.to_string();
            let problem = message.split(" at line ").next().unwrap_or(&message);
            self.broken.push(Broken { at, problem: format!("not JSON: {problem}") });
            Value::Null
        });
        Node::new(at, value)
    }

    fn table(&mut self, read: Members<'t>, depth: usize) -> Value {
        let mut table = Table::default();
        let mut seen = std::collections::BTreeSet::new();
        for (key, raw) in read.0 {
            let node = self.node(raw.get(), depth + 1);
            let key_at = match &key {
                // The quote is in front of the text of the key.
                Cow::Borrowed(key) => self.at(key).saturating_sub(1),
                Cow::Owned(_) => node.at,
            };
            if !seen.insert(key.to_string()) {
                let problem = format!("the key `{}` is there twice", super::Shown(&key));
                self.broken.push(Broken { at: key_at, problem });
                continue;
            }
            table.members.push(Member { key: key.into_owned(), key_at, node });
        }
        Value::Table(table)
    }
}

fn plain(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Number(number) => match number.as_i128() {
            Some(number) => Value::Integer(number),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
            Value::Null
        }
    }
}

/// The members of an object, with the texts of their values.
struct Members<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Walk)
    }
}

/// A key, borrowed from the text if it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((Key(key), raw)) = map.next_entry()? {
            members.push((key, raw));
        }
        Ok(Members(members))
    }
}
