//! Reporting lag as a scenario file and the admin API write it, and its conversion to rules.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::error::{ScenarioError, Source, explain, suggestion};
use super::schema::{Instant, Length};
use super::vocabulary::{Vocabulary, duration};
use crate::sandbox::clock::{EARLIEST, LATEST};
use crate::sandbox::facts::NEVER;
use crate::sandbox::generate::calendar;
use crate::sandbox::ledger::{Daily, Reporting, VisibleAt};

/// The longest lag and the longest jitter in seconds: 3660 days, as the longest window.
const MAX_LENGTH: i64 = 3660 * 86_400;

/// The maximum number of missing days.
const MAX_MISSING: usize = 366;

/// How far the reports of a provider are behind the ledger; absent keys mean no lag.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReportingFile {
    /// Everything is reported as it was this long ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Length>")]
    pub lag: Option<String>,
    /// Each row appears later by a length of its own, at most this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Length>")]
    pub jitter: Option<String>,
    /// New rows appear once a day at this wall time: `06:00 Europe/London`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^([01][0-9]|2[0-3]):[0-5][0-9] UTC$"))]
    pub daily: Option<String>,
    /// The days of creation (UTC) whose rows are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_MISSING), inner(regex(pattern = "^20[1-9][0-9]-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$")))]
    pub missing: Option<Vec<String>>,
    /// The instant from which on the missing days are reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub until: Option<Timestamp>,
}

/// Why a reporting lag is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct ReportingError {
    /// The name of the field.
    pub field: &'static str,
    /// What is wrong and what is allowed, as the end of a sentence.
    pub problem: String,
}

fn error(field: &'static str, problem: String) -> ReportingError {
    ReportingError { field, problem }
}

impl ReportingFile {
    /// The rules of this file.
    ///
    /// # Errors
    ///
    /// The field that is wrong, and what is allowed.
    pub fn to_rules(&self) -> Result<Reporting, ReportingError> {
        let mut missing = Vec::new();
        let days = self.missing.as_deref().unwrap_or_default();
        if days.len() > MAX_MISSING {
            let problem = format!("has {} days; the most is {MAX_MISSING}", days.len());
            return Err(error("missing", problem));
        }
        for text in days {
            let date = text.parse::<Date>().ok().filter(|date| date.to_string() == *text);
            let date = date.filter(|date| (2010..2100).contains(&date.year()));
            missing.push(calendar::day_of_date(date.ok_or_else(|| {
                let wanted = "it must be a day such as `2026-03-14`, of the years 2010 to 2099";
                error("missing", format!("has `{text}`; {wanted}"))
            })?));
        }
        missing.sort_unstable();
        missing.dedup();
        if self.until.is_some() && missing.is_empty() {
            let problem = "says when the `missing` days are there again, and none is missing";
            return Err(error("until", problem.to_owned()));
        }
        if let Some(until) = self.until.filter(|until| !(EARLIEST..=LATEST).contains(until)) {
            return Err(error("until", format!("is {until}; it must be {EARLIEST} to {LATEST}")));
        }
        Ok(Reporting {
            lag: length("lag", self.lag.as_deref())?,
            jitter: length("jitter", self.jitter.as_deref())?,
            daily: self.daily.as_deref().map(daily).transpose()?,
            missing,
            until: self.until.map_or(NEVER, Timestamp::as_second),
        })
    }
}

/// Seconds of a length of time; 0 if there is none.
fn length(field: &'static str, text: Option<&str>) -> Result<i64, ReportingError> {
    let Some(text) = text else { return Ok(0) };
    let seconds = duration(text).filter(|length| !length.is_negative()).ok_or_else(|| {
        let wanted = "it must be a length of time such as `2h`, `90m` or `3d`";
        error(field, format!("is `{text}`; {wanted}"))
    })?;
    // Rows have whole seconds.
    let seconds = seconds.as_secs();
    if seconds > MAX_LENGTH {
        return Err(error(field, format!("is `{text}`; the most is 3660d")));
    }
    Ok(seconds)
}

/// Reads `06:00 Europe/London`.
fn daily(text: &str) -> Result<Daily, ReportingError> {
    let wanted = "it must be a wall time and a zone such as `06:00 Europe/London`";
    let (time, zone) = text.split_once(' ').unwrap_or((text, ""));
    let time = Some(time).filter(|time| time.len() == 5).and_then(|time| time.parse::<Time>().ok());
    let Some(time) = time.filter(|_| !zone.is_empty()) else {
        return Err(error("daily", format!("is `{text}`; {wanted}")));
    };
    let zone = TimeZone::get(zone).map_err(|_| {
        let known = jiff::tz::db().available().map(|it| it.as_str().to_owned());
        let known: Vec<String> = known.collect();
        let near = suggestion(zone, known.iter().map(String::as_str));
        error("daily", format!("is `{text}`; there is no zone `{zone}`{near}"))
    })?;
    Ok(Daily { time, zone })
}

/// The table `[reporting.PROVIDER]` of each provider, as the file has it.
pub(super) type Tables = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<toml::Value>>>;

/// Reads and checks the tables of a scenario file.
pub(super) fn read(
    source: &Source<'_>,
    vocabulary: &Vocabulary,
    tables: &Tables,
) -> Result<BTreeMap<&'static str, ReportingFile>, ScenarioError> {
    let mut files = BTreeMap::new();
    for (slug, table) in tables {
        let dialect = vocabulary.known(source, slug)?;
        let mut whole = toml::Table::new();
        for (key, value) in table {
            let one = toml::Table::from_iter([(key.as_ref().clone(), value.as_ref().clone())]);
            let read = toml::Value::Table(one).try_into::<ReportingFile>();
            read.map_err(|err| {
                let near = explain(err.message());
                let problem = if near.starts_with("unknown") {
                    near
                } else {
                    format!("`{}`: {near}", key.as_ref())
                };
                source.at(key.span().start, problem)
            })?;
            whole.insert(key.as_ref().clone(), value.as_ref().clone());
        }
        let file: ReportingFile = toml::Value::Table(whole)
            .try_into()
            .map_err(|err: toml::de::Error| source.at(slug.span().start, explain(err.message())))?;
        file.to_rules().map_err(|err| {
            let key = table.iter().find(|(key, _)| key.as_ref() == err.field);
            source.at(key.map_or(slug.span().start, |it| it.1.span().start), err.to_string())
        })?;
        files.insert(dialect.slug, file);
    }
    Ok(files)
}

/// The earliest instant at which reports show a transaction.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(untagged, expecting = "expected an instant, or an object of instants by provider")]
pub enum VisibleAtFile {
    /// At every provider.
    Everywhere(#[schemars(with = "Instant")] Timestamp),
    /// By slug of the provider; `null` means nothing.
    At(#[schemars(with = "BTreeMap<String, Option<Instant>>")] BTreeMap<String, Option<Timestamp>>),
}

impl VisibleAtFile {
    /// The instants with the slugs of their providers; no slug for all providers.
    pub fn instants(&self) -> impl Iterator<Item = (Option<&str>, Timestamp)> {
        let (one, each) = match self {
            Self::Everywhere(at) => (Some((None, *at)), None),
            Self::At(each) => (None, Some(each)),
        };
        let each =
            each.into_iter().flatten().filter_map(|(slug, at)| Some((Some(&**slug), (*at)?)));
        one.into_iter().chain(each)
    }

    pub(super) fn to_seconds(&self) -> VisibleAt {
        match self {
            Self::Everywhere(at) => VisibleAt::Everywhere(at.as_second()),
            Self::At(each) => {
                let known = each.iter().filter_map(|(slug, at)| Some((slug.clone(), (*at)?)));
                VisibleAt::At(known.map(|(slug, at)| (slug, at.as_second())).collect())
            }
        }
    }
}
