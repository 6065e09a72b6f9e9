//! Checks JSON bodies strictly: the body is an object, and no object has a key twice.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Whether a body can contain lists. If not, they are refused, because serde reads a list as an object whose
/// fields have no names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListRule {
    Taken,
    Refused,
}

/// Checks the structure of a body: it is an object, without repeated keys, and without lists if refused.
pub(super) fn check(body: &[u8], lists: ListRule) -> Result<(), serde_json::Error> {
    let found = serde_json::from_slice::<Unique>(body)?;
    if !found.is_object {
        return Err(serde_json::Error::custom("the body must be a JSON object"));
    }
    if found.has_list && lists == ListRule::Refused {
        return Err(serde_json::Error::custom("no key of this call takes a list"));
    }
    Ok(())
}

/// Checks the structure of a list body: every item is an object, as [`check`] wants it.
pub(super) fn check_items(body: &[u8], lists: ListRule) -> Result<(), serde_json::Error> {
    let items = serde_json::from_slice::<Vec<Unique>>(body)?;
    if items.iter().any(|item| !item.is_object) {
        return Err(serde_json::Error::custom("the list must hold JSON objects"));
    }
    if items.iter().any(|item| item.has_list) && lists == ListRule::Refused {
        return Err(serde_json::Error::custom("no key of this call takes a list"));
    }
    Ok(())
}

/// The body with each number such as `142.0` written as `142`; `None` if there is no such number.
pub(super) fn with_whole_numbers(body: &[u8]) -> Option<Value> {
    let mut value = serde_json::from_slice(body).ok()?;
    make_whole(&mut value).then_some(value)
}

/// Changes the numbers of a value to integers; returns whether there was one to change.
fn make_whole(value: &mut Value) -> bool {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            let whole = text.strip_suffix(".0").and_then(|text| text.parse::<i64>().ok());
            if let Some(whole) = whole {
                *value = whole.into();
            }
            whole.is_some()
        }
        Value::Array(items) => items.iter_mut().fold(false, |done, it| make_whole(it) | done),
        Value::Object(members) => {
            members.values_mut().fold(false, |done, it| make_whole(it) | done)
        }
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// Any JSON value without repeated keys; only the facts that the check needs are kept.
struct Unique {
    is_object: bool,
    has_list: bool,
}

const PLAIN: Unique = Unique { is_object: false, has_list: false };

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let (mut keys, mut has_list) = (BTreeSet::new(), false);
        while let Some(key) = map.next_key::<String>()? {
            has_list |= map.next_value::<Unique>()?.has_list;
            if let Some(key) = keys.replace(key) {
                return Err(A::Error::custom(format!("the key `{key}` is there twice")));
            }
        }
        Ok(Unique { is_object: true, has_list })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unique, A::Error> {
        while list.next_element::<Unique>()?.is_some() {}
        Ok(Unique { is_object: false, has_list: true })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(PLAIN)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(PLAIN)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(PLAIN)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(PLAIN)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(PLAIN)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(PLAIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(body: &str, part: &str) {
        let problem = check(body.as_bytes(), ListRule::Taken).unwrap_err().to_string();
        assert!(problem.contains(part), "{body}: {problem}");
    }

    #[test]
    fn only_an_object_without_repeated_keys_passes() {
        check(br#"{"a":1,"b":[{"a":null},{"a":1.5}],"c":{"a":"x"}}"#, ListRule::Taken).unwrap();
        for body in ["null", "7", "-1", "1.5", "\"x\"", "[]", "[{}]", "true"] {
            refused(body, "must be a JSON object");
        }
        refused(r#"{"a":1,"a":1}"#, "`a` is there twice");
        refused(r#"{"b":[{"x":{"\u0061":1,"a":2}}]}"#, "`a` is there twice");
        refused("{", "EOF");
        let list = check(br#"{"a":{"b":[]}}"#, ListRule::Refused).unwrap_err().to_string();
        assert!(list.contains("takes a list"), "{list}");
        assert!(check(b"{\"\xff\":1}", ListRule::Taken).is_err());
    }

    #[test]
    fn a_number_with_nothing_behind_its_point_is_whole() {
        let whole = with_whole_numbers(br#"{"a":142.0,"b":[-3.0,1.5],"c":"1.0"}"#).unwrap();
        assert_eq!(whole.to_string(), r#"{"a":142,"b":[-3,1.5],"c":"1.0"}"#);
        assert_eq!(with_whole_numbers(br#"{"a":142,"b":1.5}"#), None);
    }
}
