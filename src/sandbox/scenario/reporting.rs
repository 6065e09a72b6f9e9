//! Reporting lag as a scenario file and the admin API write it, and its conversion to rules.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::Path;
use super::error::suggestion;
use super::mistakes::Mistakes;
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

impl ReportingFile {
    /// Everything that is wrong with it.
    fn mistakes(&self) -> Vec<ReportingError> {
        let Self { lag, jitter, daily, missing, until } = self.clone();
        let parts = [
            Self { lag, ..Self::default() },
            Self { jitter, ..Self::default() },
            Self { daily, ..Self::default() },
            Self { missing, until, ..Self::default() },
        ];
        parts.iter().filter_map(|part| part.to_rules().err()).collect()
    }
}

/// Checks the tables `[reporting.PROVIDER]` of a scenario file.
pub(super) fn read(
    mistakes: &mut Mistakes<'_, '_>,
    vocabulary: &Vocabulary,
    tables: &BTreeMap<String, ReportingFile>,
) -> BTreeMap<&'static str, ReportingFile> {
    let mut files = BTreeMap::new();
    for (slug, file) in tables {
        let path = Path::of("reporting").key(slug);
        let dialect = match vocabulary.provider(slug) {
            Ok(dialect) => dialect,
            Err(problem) => {
                mistakes.unknown_key(&path, problem);
                continue;
            }
        };
        let wrong = file.mistakes();
        if wrong.is_empty() {
            files.insert(dialect.slug, file.clone());
        }
        for err in wrong {
            mistakes.add(&path.key(err.field), err.problem);
        }
    }
    files
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
