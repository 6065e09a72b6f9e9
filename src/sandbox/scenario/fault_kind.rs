//! The kinds of faults with the parameters that each of them takes, as files and the admin API write them.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use strum::VariantNames;

use super::error::suggestion;
use super::fault_schema::{KINDS, MAX_COPIES, MAX_INSERTED, MAX_NAME, MAX_TEXT};
use super::vocabulary::duration;
use crate::sandbox::clock::MAX_WAIT_MS;
use crate::sandbox::facts::Named;
use crate::sandbox::faults::{
    Change, Delay, Drift, Fault, Kept, Place, RetryAfter, RowFault, Work,
};

/// What goes wrong: the kind of fault, and the parameters of that kind.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FaultKindFile {
    /// The kind, one of [`KINDS`].
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
    /// `late`: by how much the callback is later, in sandbox time; `10m` if absent. `early`: by how much it is
    /// earlier; at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// `status`: headers of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// `status`: the body of the answer; the words of the status if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// `status`: the media type of the body; `text/plain` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `error`, `status`, `gateway`: `done` if the provider does what the request asks for all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<String>,
    /// `throttle`: `date` for a date instead of seconds, or a number of seconds, whatever is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfterFile>,
    /// `gateway`: what answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// `short`: rows that are kept. `repeat_rows`, `skip_rows`, `insert_between`: how many rows; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// `short`: the share of the rows that is kept, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// `short`: `honest` if the numbers of rows in the answer are those of the rows that are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<String>,
    /// `repeat_rows`, `skip_rows`: `edge` for the last rows of the answer, `anywhere` (the default) for drawn ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `drift`: how the schema changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// `drift`: the field that changes; a drawn one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `drift`: the new name (`rename`), word (`new_word`) or value (`add`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// `duplicate`: how often the callback arrives in all; 2 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// How the header `Retry-After` is written, in a file.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum RetryAfterFile {
    /// So many seconds.
    Seconds(u64),
    /// `date`.
    Word(String),
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
            "error" => {
                Fault::Error(self.error.clone().ok_or_else(|| missing("error"))?, self.work()?)
            }
            "status" => Fault::Status(Box::new(self.status_answer()?)),
            "throttle" => Fault::Throttle(self.retry_after()?),
            "gateway" => {
                let page = self.page.as_deref().ok_or_else(|| missing("page"))?;
                Fault::Gateway(word("page", page)?, self.work()?)
            }
            "gzip" => Fault::Gzip,
            "empty" => Fault::Empty,
            "reset" => Fault::Reset,
            "truncate" => Fault::Truncate(self.after),
            "drip" => Fault::Drip(millis("ms", self.ms.ok_or_else(|| missing("ms"))?)?),
            "broken_json" => Fault::BrokenJson,
            "expired_token" => Fault::ExpiredToken,
            "short" => Fault::Short(self.short()?),
            "repeat_rows" => Fault::RepeatRows(RowFault::Repeat(self.rows()?, self.place()?)),
            "skip_rows" => Fault::SkipRows(RowFault::Skip(self.rows()?, self.place()?)),
            "shuffle_rows" => Fault::ShuffleRows(RowFault::Shuffle),
            "insert_between" => Fault::InsertBetween(self.rows()?),
            "drift" => Fault::Drift(self.drift()?),
            "duplicate" => Fault::Duplicate(self.copies()?),
            "late" => Fault::Late(self.length("10m")?),
            "reorder" => Fault::Reorder,
            "drop" => Fault::Drop,
            "early" => Fault::Early(self.by.as_deref().map(|by| self.length(by)).transpose()?),
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
            ("headers", self.headers.is_some()),
            ("body", self.body.is_some()),
            ("content_type", self.content_type.is_some()),
            ("work", self.work.is_some()),
            ("retry_after", self.retry_after.is_some()),
            ("page", self.page.is_some()),
            ("rows", self.rows.is_some()),
            ("share", self.share.is_some()),
            ("counts", self.counts.is_some()),
            ("at", self.at.is_some()),
            ("change", self.change.is_some()),
            ("name", self.name.is_some()),
            ("to", self.to.is_some()),
            ("count", self.count.is_some()),
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

    /// The length of time `by`, or `default`.
    fn length(&self, default: &str) -> Result<SignedDuration, String> {
        let by = self.by.as_deref().unwrap_or(default);
        duration(by)
            .filter(|length| !length.is_negative())
            .ok_or_else(|| format!("`by` is `{by}`; it must be a length of time such as `10m`"))
    }

    pub(super) fn work(&self) -> Result<Work, String> {
        self.work.as_deref().map_or(Ok(Work::default()), |it| word("work", it))
    }

    fn retry_after(&self) -> Result<RetryAfter, String> {
        let is_date = match &self.retry_after {
            None => false,
            Some(RetryAfterFile::Seconds(seconds)) => {
                let (is_date, seconds) = (false, Some(*seconds));
                let most = u64::from(u32::MAX);
                return match seconds.is_some_and(|it| it > most) {
                    true => Err(format!("`retry_after` is more than {most} seconds")),
                    false => Ok(RetryAfter { is_date, seconds }),
                };
            }
            Some(RetryAfterFile::Word(date)) if date == "date" => true,
            Some(RetryAfterFile::Word(other)) => {
                return Err(format!(
                    "`retry_after` is `{other}`; it is \"date\" or a number of seconds"
                ));
            }
        };
        Ok(RetryAfter { is_date, seconds: None })
    }

    fn rows(&self) -> Result<u64, String> {
        let rows = self.rows.unwrap_or(1);
        match (1..=MAX_INSERTED).contains(&rows) {
            true => Ok(rows),
            false => Err(format!("`rows` is {rows}; it must be 1 to {MAX_INSERTED}")),
        }
    }

    fn copies(&self) -> Result<u64, String> {
        let count = self.count.unwrap_or(2);
        match (2..=MAX_COPIES).contains(&count) {
            true => Ok(count),
            false => Err(format!(
                "`count` is {count}; it is how often the callback arrives in all, 2 to {MAX_COPIES}"
            )),
        }
    }

    fn place(&self) -> Result<Place, String> {
        self.at.as_deref().map_or(Ok(Place::default()), |it| word("at", it))
    }

    fn short(&self) -> Result<RowFault, String> {
        let kept = match (self.rows, self.share) {
            (Some(rows), None) => Kept::Rows(rows),
            (None, Some(share)) => Kept::Share(
                fraction(share, 6, 1_000_000)
                    .ok_or_else(|| format!("`share` is {share}; it must be 0 to 1"))?,
            ),
            (None, None) => Kept::Share(500_000),
            (Some(_), Some(_)) => return Err("say `rows` or `share`, not both".to_owned()),
        };
        let is_honest = match self.counts.as_deref() {
            None | Some("full") => false,
            Some("honest") => true,
            Some(other) => {
                return Err(format!("`counts` is `{other}`; it is \"honest\" or \"full\""));
            }
        };
        Ok(RowFault::Short { kept, is_honest })
    }

    fn drift(&self) -> Result<RowFault, String> {
        let change = self.change.as_deref().ok_or_else(|| {
            format!("`drift` needs `change`; known are {}", Change::VARIANTS.join(", "))
        })?;
        let change: Change = word("change", change)?;
        let takes_name = !matches!(change, Change::Reorder);
        let takes_to = matches!(change, Change::Add | Change::Rename | Change::NewWord);
        if self.name.is_some() && !takes_name || self.to.is_some() && !takes_to {
            let extra = if takes_name { "to" } else { "name" };
            return Err(format!("the change `{}` does not take `{extra}`", change.name()));
        }
        let names = self.name.iter().chain(self.to.iter().filter(|_| change == Change::Rename));
        if let Some(name) = names.into_iter().find(|name| !is_name(name)) {
            return Err(format!(
                "`{name}` is no name of a field: a letter or `_`, then letters, digits, `_`, `.` and `-`, \
                 {MAX_NAME} characters at most"
            ));
        }
        if self.to.as_ref().is_some_and(|it| it.chars().count() > MAX_TEXT) {
            return Err(format!("`to` has more than {MAX_TEXT} characters"));
        }
        let (field, to) = (self.name.clone(), self.to.clone());
        Ok(RowFault::Drift(Drift { change, field, to }))
    }
}

/// Whether a text can be the name of a field in JSON, XML and CSV alike.
fn is_name(name: &str) -> bool {
    let rest = |it: u8| it.is_ascii_alphanumeric() || b"_.-".contains(&it);
    name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(rest)
}

/// The variant that a word names.
fn word<T: FromStr + VariantNames>(field: &str, word: &str) -> Result<T, String> {
    word.parse().map_err(|_| {
        let near = suggestion(word, T::VARIANTS.iter().copied());
        format!("`{field}` is `{word}`{near}")
    })
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

    #[test]
    fn every_kind_means_what_its_word_says() {
        for (kind, takes) in KINDS {
            let takes = |name: &str| takes.contains(&name);
            let file = FaultKindFile {
                kind: kind.to_owned(),
                ms: takes("ms").then_some(5),
                error: takes("error").then(|| "E01".to_owned()),
                status: takes("status").then_some(503),
                page: takes("page").then(|| "nginx-502".to_owned()),
                change: takes("change").then(|| "add".to_owned()),
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
