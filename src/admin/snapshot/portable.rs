//! Numbers that come through other tools unharmed: JavaScript and `jq` know 53 bits, and no `1.0`.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::Value;

/// All 64 bits of a key, as hexadecimal text.
pub(super) mod key {
    use super::{Deserialize, Deserializer, Error, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(in crate::admin::snapshot) fn serialize<S: Serializer>(
        key: &u64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{key:016x}"))
    }

    pub(in crate::admin::snapshot) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = |_| D::Error::custom(format!("`{text}` is no key of 16 hexadecimal digits"));
        u64::from_str_radix(&text, 16).map_err(wrong)
    }
}

/// Spells whole numbers as such, so that a checksum does not depend on who wrote them.
pub(super) fn whole(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(whole),
        Value::Array(items) => items.iter_mut().for_each(whole),
        Value::Number(number) => {
            let text = number.to_string();
            if let Some(Ok(whole)) = text.strip_suffix(".0").map(str::parse::<i64>) {
                *value = Value::from(whole);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
