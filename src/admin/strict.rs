//! JSON bodies read strictly: one object, and no key twice in any object.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// What is wrong with a body before anybody looks at its keys: not an object, or a key twice.
pub(super) fn check(body: &[u8]) -> Result<(), serde_json::Error> {
    let found = serde_json::from_slice::<Unique>(body)?;
    if found.is_object {
        return Ok(());
    }
    Err(serde_json::Error::custom("the body must be a JSON object"))
}

/// Any JSON without repeated keys; what it says is forgotten.
struct Unique {
    is_object: bool,
}

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
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<Unique>()?;
            if let Some(key) = seen.replace(key) {
                return Err(A::Error::custom(format!("the key `{key}` is there twice")));
            }
        }
        Ok(Unique { is_object: true })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Unique, A::Error> {
        while list.next_element::<Unique>()?.is_some() {}
        Ok(Unique { is_object: false })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique { is_object: false })
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique { is_object: false })
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique { is_object: false })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique { is_object: false })
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique { is_object: false })
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique { is_object: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(body: &str, part: &str) {
        let problem = check(body.as_bytes()).unwrap_err().to_string();
        assert!(problem.contains(part), "{body}: {problem}");
    }

    #[test]
    fn only_an_object_without_repeated_keys_passes() {
        check(br#"{"a":1,"b":[{"a":null},{"a":1.5}],"c":{"a":"x"}}"#).unwrap();
        for body in ["null", "7", "-1", "1.5", "\"x\"", "[]", "[{}]", "true"] {
            refused(body, "must be a JSON object");
        }
        refused(r#"{"a":1,"a":1}"#, "`a` is there twice");
        refused(r#"{"b":[{"x":{"\u0061":1,"a":2}}]}"#, "`a` is there twice");
        refused("{", "EOF");
        assert!(check(b"{\"\xff\":1}").is_err());
    }
}
