//! The kinds of faults with the parameters that each of them takes, as files and the admin API write them.

use std::borrow::Cow;
use std::time::Duration;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::suggestion;
use super::vocabulary::duration;
use crate::sandbox::clock::MAX_WAIT_MS;
use crate::sandbox::faults::{Delay, Fault};

/// What goes wrong: the kind of fault, and the parameters of that kind.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FaultKindFile {
    /// `delay`, `error`, `status`, `throttle`, `empty`, `reset`, `truncate`, `drip`, `broken_json`,
    /// `expired_token`, `duplicate`, `late`, `reorder`, `drop`.
    pub kind: String,
    /// `delay`: how long the answer is delayed; `drip`: how long the body takes in all. Milliseconds of real
    /// time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// `delay`: the least delay, in milliseconds of real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_ms: Option<u64>,
    /// `delay`: the greatest delay, in milliseconds of real time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<u64>,
    /// `delay`, log-normal: the median in milliseconds of real time; half of the delays are shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_ms: Option<u64>,
    /// `delay`, log-normal: standard deviation of the logarithm of the delay, 0 to 3; 0.5 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sigma: Option<f64>,
    /// `error`: the provider's own error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// `status`: the HTTP status, 200 to 599.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `truncate`: number of body bytes that are sent; half of the body if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// `late`: by how much the callback is later, in sandbox time; `10m` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// All kinds of faults with the parameters that they take.
const KINDS: [(&str, &[&str]); 14] = [
    ("delay", &["ms", "min_ms", "max_ms", "median_ms", "sigma"]),
    ("error", &["error"]),
    ("status", &["status"]),
    ("throttle", &[]),
    ("empty", &[]),
    ("reset", &[]),
    ("truncate", &["after"]),
    ("drip", &["ms"]),
    ("broken_json", &[]),
    ("expired_token", &[]),
    ("duplicate", &[]),
    ("late", &["by"]),
    ("reorder", &[]),
    ("drop", &[]),
];

/// The JSON schema of a parameter of a kind, and whether the kind requires it.
fn detail(kind: &str, name: &str) -> (Value, bool) {
    let whole = |most: u64| json!({"type": ["integer", "null"], "minimum": 0, "maximum": most});
    match (kind, name) {
        ("error", _) => (json!({"type": "string"}), true),
        ("status", _) => (json!({"type": "integer", "minimum": 200, "maximum": 599}), true),
        ("drip", _) => (json!({"type": "integer", "minimum": 0, "maximum": MAX_WAIT_MS}), true),
        (_, "sigma") => (json!({"type": ["number", "null"], "minimum": 0, "maximum": 3}), false),
        (_, "by") => (json!({"type": ["string", "null"], "pattern": super::schema::LENGTH}), false),
        (_, "after") => (whole(u64::MAX), false),
        _ => (whole(MAX_WAIT_MS), false),
    }
}

/// A `oneOf` with one closed object for each kind. Relations between the numbers of a delay (`min_ms` not
/// above `max_ms`) are not part of the schema.
impl JsonSchema for FaultKindFile {
    fn schema_name() -> Cow<'static, str> {
        "FaultKind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let kinds = KINDS.iter().map(|(kind, takes)| {
            let mut properties = Map::from_iter([("kind".to_owned(), json!({"const": kind}))]);
            let mut required = vec!["kind"];
            for name in *takes {
                let (schema, is_needed) = detail(kind, name);
                properties.insert((*name).to_owned(), schema);
                required.extend(is_needed.then_some(*name));
            }
            // A delay can be given in three ways, and one of them has to be present; other kinds have only
            // `kind`.
            let ways: &[&str] =
                if *kind == "delay" { &["ms", "min_ms", "median_ms"] } else { &["kind"] };
            let ways: Vec<Value> = ways.iter().map(|name| json!({"required": [name]})).collect();
            json!({
                "type": "object", "required": required, "properties": properties,
                "additionalProperties": false, "anyOf": ways,
            })
        });
        json_schema!({"oneOf": kinds.collect::<Vec<_>>()})
    }
}

impl FaultKindFile {
    /// The meaning of the kind and its parameters.
    pub(super) fn to_fault(&self) -> Result<Fault, String> {
        let Some((kind, takes)) = KINDS.iter().find(|(kind, _)| *kind == self.kind) else {
            let near = suggestion(&self.kind, KINDS.iter().map(|it| it.0));
            return Err(format!("unknown kind of fault `{}`{near}", self.kind));
        };
        if let Some(extra) = self.given().find(|name| !takes.contains(name)) {
            let takes = if takes.is_empty() { "nothing".to_owned() } else { takes.join(", ") };
            return Err(format!("`{kind}` does not take `{extra}`; it takes {takes}"));
        }
        let missing = |name: &str| format!("`{kind}` needs `{name}`");
        Ok(match *kind {
            "delay" => Fault::Delay(self.delay()?),
            "error" => Fault::Error(self.error.clone().ok_or_else(|| missing("error"))?),
            "status" => {
                let status = self.status.ok_or_else(|| missing("status"))?;
                if !(200..600).contains(&status) {
                    return Err(format!("`status` is {status}; it must be 200 to 599"));
                }
                Fault::Status(status)
            }
            "throttle" => Fault::Throttle,
            "empty" => Fault::Empty,
            "reset" => Fault::Reset,
            "truncate" => Fault::Truncate(self.after),
            "drip" => Fault::Drip(millis("ms", self.ms.ok_or_else(|| missing("ms"))?)?),
            "broken_json" => Fault::BrokenJson,
            "expired_token" => Fault::ExpiredToken,
            "duplicate" => Fault::Duplicate,
            "late" => Fault::Late(self.lateness()?),
            "reorder" => Fault::Reorder,
            "drop" => Fault::Drop,
            other => return Err(format!("`{other}` has no meaning yet")),
        })
    }

    /// The names of the parameters that are present.
    fn given(&self) -> impl Iterator<Item = &'static str> {
        [
            ("ms", self.ms.is_some()),
            ("min_ms", self.min_ms.is_some()),
            ("max_ms", self.max_ms.is_some()),
            ("median_ms", self.median_ms.is_some()),
            ("sigma", self.sigma.is_some()),
            ("error", self.error.is_some()),
            ("status", self.status.is_some()),
            ("after", self.after.is_some()),
            ("by", self.by.is_some()),
        ]
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(name, _)| name)
    }

    fn delay(&self) -> Result<Delay, String> {
        let choices = "say `ms`, or `min_ms` and `max_ms`, or `median_ms` and `sigma`";
        let delay = match (self.ms, self.min_ms, self.max_ms, self.median_ms) {
            (Some(ms), None, None, None) => Delay::Fixed(ms),
            (None, Some(least), Some(most), None) if least <= most => Delay::Uniform(least, most),
            (None, None, None, Some(median)) => {
                let sigma = self.sigma.unwrap_or(0.5);
                let sigma = fraction(sigma, 3, 3000)
                    .ok_or_else(|| format!("`sigma` is {sigma}; it must be 0 to 3"))?;
                Delay::LogNormal { median, sigma }
            }
            _ => return Err(choices.to_owned()),
        };
        if self.sigma.is_some() && self.median_ms.is_none() {
            return Err(choices.to_owned());
        }
        let longest = [self.ms, self.max_ms, self.median_ms].into_iter().flatten().max();
        millis("ms", longest.unwrap_or(0))?;
        Ok(delay)
    }

    fn lateness(&self) -> Result<SignedDuration, String> {
        let by = self.by.as_deref().unwrap_or("10m");
        duration(by)
            .filter(|length| !length.is_negative())
            .ok_or_else(|| format!("`by` is `{by}`; it must be a length of time such as `10m`"))
    }
}

fn millis(name: &str, ms: u64) -> Result<Duration, String> {
    if ms > MAX_WAIT_MS {
        return Err(format!("`{name}` is {ms}; the most is {MAX_WAIT_MS} milliseconds"));
    }
    Ok(Duration::from_millis(ms))
}

/// A decimal number in units of its last decimal place, for `digits` places (0.25 with 6 digits is 250,000).
/// It works on the text of the number, because arithmetic with floats would round. `None` above `most`.
pub(super) fn fraction(number: f64, digits: usize, most: u32) -> Option<u32> {
    let text = number.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest: String = rest.chars().chain(std::iter::repeat('0')).take(digits).collect();
    format!("{whole}{rest}").parse().ok().filter(|value| *value <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::facts::Named;

    #[test]
    fn every_kind_means_what_its_word_says() {
        for (kind, takes) in KINDS {
            let takes = |name: &str| takes.contains(&name);
            let file = FaultKindFile {
                kind: kind.to_owned(),
                ms: takes("ms").then_some(5),
                error: takes("error").then(|| "E01".to_owned()),
                status: takes("status").then_some(503),
                ..FaultKindFile::default()
            };
            let fault = file.to_fault().unwrap_or_else(|problem| panic!("{kind}: {problem}"));
            assert_eq!(fault.name(), kind);
        }
    }

    #[test]
    fn decimals_are_read_without_arithmetic() {
        assert_eq!(fraction(0.25, 6, 1_000_000), Some(250_000));
        assert_eq!(fraction(1.0, 6, 1_000_000), Some(1_000_000));
        assert_eq!(fraction(0.000_000_1, 6, 1_000_000), Some(0));
        assert_eq!(fraction(1.000_001, 6, 1_000_000), None);
        assert_eq!(fraction(-0.5, 6, 1_000_000), None);
        assert_eq!(fraction(f64::NAN, 6, 1_000_000), None);
        assert_eq!(fraction(f64::INFINITY, 6, 1_000_000), None);
    }
}
