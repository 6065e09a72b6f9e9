//! Serialization of values in snapshots and events, so that other tools read them without loss: numbers in
//! JavaScript and `jq` have only 53 bits.

/// A 64-bit key as 16 hexadecimal digits.
pub(in crate::sandbox) mod key {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(in crate::sandbox) fn serialize<S: Serializer>(
        key: &u64,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{key:016x}"))
    }

    pub(in crate::sandbox) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = |_| D::Error::custom(format!("`{text}` is no key of 16 hexadecimal digits"));
        u64::from_str_radix(&text, 16).map_err(wrong)
    }
}

/// An instant (Unix seconds); `null` if it never comes.
pub(in crate::sandbox) mod never {
    use jiff::Timestamp;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::sandbox::facts::NEVER;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(in crate::sandbox) fn serialize<S: Serializer>(at: &i64, to: S) -> Result<S::Ok, S::Error> {
        (*at != NEVER).then_some(*at).serialize(to)
    }

    pub(in crate::sandbox) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<i64, D::Error> {
        let Some(at) = Option::<i64>::deserialize(from)? else { return Ok(NEVER) };
        let is_good = Timestamp::from_second(at).is_ok();
        is_good.then_some(at).ok_or_else(|| D::Error::custom(format!("{at} is no Unix time")))
    }
}

/// A duration in microseconds.
pub(in crate::sandbox) mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::sandbox) fn serialize<S: Serializer>(
        length: &Duration,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(length.as_micros()).unwrap_or(u64::MAX))
    }

    pub(in crate::sandbox) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_micros)
    }
}

/// Bytes as Base64.
pub(in crate::sandbox) mod base64 {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::sandbox) fn serialize<S: Serializer>(
        bytes: &[u8],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(in crate::sandbox) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        let problem = |err| D::Error::custom(format!("a body is not Base64: {err}"));
        STANDARD.decode(text).map_err(problem)
    }
}

/// A persistent map as the list of its values; each value contains its own key.
pub(in crate::sandbox) mod values {
    use std::sync::Arc;

    use imbl::OrdMap;
    use serde::{Serialize, Serializer};

    pub(in crate::sandbox) fn serialize<S: Serializer, V: Serialize>(
        map: &OrdMap<u64, Arc<V>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map.values().map(|value| &**value))
    }
}
