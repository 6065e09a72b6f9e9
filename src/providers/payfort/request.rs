//! Parsing of requests: the JSON body, and the meaning of `GENERATE_REPORT`.

use std::ops::Range;

use axum::http::header;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::columns::{self, Column};
use super::error::PayFortError;
use super::filters::Filter;
use super::schema::Command;
use super::validate;
use crate::wire::call::Call;
use crate::wire::json::Writer;
use crate::wire::raw_json::{self, Json, JsonObject};

/// The format of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Json,
    Xml,
}

impl Format {
    /// The requested format; JSON if the value is absent or invalid. Errors need a format too, so this
    /// cannot fail.
    pub(super) fn of(request: &JsonObject<'_>) -> Self {
        match request.text("response_format") {
            Some("XML") => Self::Xml,
            _ => Self::Json,
        }
    }
}

/// The rows and columns of a requested report.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// Range of `transaction_date` in Unix seconds, half-open; in the request both ends are inclusive.
    pub(super) span: Range<i64>,
    /// The UTC offset of `from_date`; dates in the report have it.
    pub(super) offset: Offset,
    /// In the order of the request, without duplicates.
    pub(super) columns: Vec<&'static Column>,
    /// A row must match all of them.
    pub(super) filters: Vec<Filter>,
    /// The format requested by `GENERATE_REPORT`.
    pub(super) format: Format,
}

const JSON: &str = "application/json";

/// Parses the body of a request. A `Content-Type` other than JSON is an error; an absent one is not.
pub(super) fn read(call: &Call) -> Result<JsonObject<'_>, PayFortError> {
    if let Some(kind) = call.headers.get(header::CONTENT_TYPE).filter(|it| *it != JSON) {
        let kind = String::from_utf8_lossy(kind.as_bytes()).to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or("").trim();
        if !(kind.is_empty() || kind.ends_with("/json") || kind.ends_with("+json")) {
            let problem = format!("its Content-Type is `{kind}` and not `{JSON}`");
            return Err(PayFortError::NotJson(problem));
        }
    }
    raw_json::parse(&call.body, raw_json::DEPTH).map_err(PayFortError::NotJson)
}

/// Checks a request independently of the merchant. The result is `None` for a download, because a download
/// contains only the reference of its report.
pub(super) fn check(
    request: &JsonObject<'_>,
    command: Command,
) -> Result<Option<Report>, PayFortError> {
    validate::check(request, command)?;
    let report = match command {
        // A malformed date is a format error, and format errors precede value errors.
        Command::Generate => Some(dates(request)?),
        Command::Download => None,
    };
    validate::check_values(request)?;
    report.map(|(span, offset)| Report::of(request, span, offset)).transpose()
}

/// The range of dates (Unix seconds) and the UTC offset of its start. The end may precede the start; that
/// is checked later.
fn dates(request: &JsonObject<'_>) -> Result<(Range<i64>, Offset), PayFortError> {
    let date = |name: &str| {
        let text = request.text(name).unwrap_or("");
        date_time(text).ok_or_else(|| {
            let problem = format!("`{text}` is no such date");
            PayFortError::format(name, problem)
        })
    };
    let (from, offset) = date("from_date")?;
    let (to, _) = date("to_date")?;
    Ok((from..to + 1, offset))
}

/// Parses `2017-08-03T00:00:01+03:00` or the same with `Z` into Unix seconds and the UTC offset.
fn date_time(text: &str) -> Option<(i64, Offset)> {
    let (local, zone) = text.split_at_checked(19)?;
    let shape = local.bytes().zip(b"dddd-dd-ddTdd:dd:dd").all(|(byte, wanted)| match wanted {
        b'd' => byte.is_ascii_digit(),
        other => byte == *other,
    });
    // Leap seconds are refused; jiff would read `:60` as `:59`.
    if !shape || local.ends_with(":60") {
        return None;
    }
    let local: DateTime = local.parse().ok()?;
    let offset = offset(zone)?;
    Some((offset.to_timestamp(local).ok()?.as_second(), offset))
}

fn offset(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse::<i32>().ok() } else { None }
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    if hours > 18 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

impl Report {
    fn of(
        request: &JsonObject<'_>,
        span: Range<i64>,
        offset: Offset,
    ) -> Result<Self, PayFortError> {
        let Some(Json::List(names)) = request.get("columns") else {
            return Err(PayFortError::format("columns", "it is not a list"));
        };
        let mut chosen: Vec<&'static Column> = Vec::with_capacity(names.len());
        for name in names.iter().filter_map(Json::as_text) {
            let column = columns::find(name)
                .ok_or_else(|| PayFortError::value("columns", columns::unknown(name)))?;
            if !chosen.iter().any(|other| std::ptr::eq(*other, column)) {
                chosen.push(column);
            }
        }
        let filters = match request.get("filters") {
            Some(Json::List(filters)) => Filter::parse_all(filters)?,
            _ => Vec::new(),
        };
        Ok(Self { span, offset, columns: chosen, filters, format: Format::of(request) })
    }

    /// The text that a report job stores for a valid request: JSON for [`Report::recall`].
    pub(super) fn note(&self, request: &JsonObject<'_>) -> Box<str> {
        let mut json = Writer::with_capacity(512);
        json.open(b'{');
        for name in ["from_date", "to_date", "response_format"] {
            if let Some(text) = request.text(name) {
                json.text_member(name, text);
            }
        }
        json.key("columns");
        json.open(b'[');
        for column in &self.columns {
            json.plain(|bytes| bytes.extend_from_slice(column.name.as_bytes()));
        }
        json.close(b']');
        if let Some(Json::List(filters)) = request.get("filters") {
            json.key("filters");
            json.open(b'[');
            filters.iter().for_each(|filter| note_filter(&mut json, filter));
            json.close(b']');
        }
        json.close(b'}');
        String::from_utf8(json.into_bytes()).unwrap_or_default().into()
    }

    /// Reads the text of [`Report::note`].
    pub(super) fn recall(note: &str) -> Result<Self, PayFortError> {
        let request =
            raw_json::parse(note.as_bytes(), raw_json::DEPTH).map_err(PayFortError::NotJson)?;
        let (span, offset) = dates(&request)?;
        Self::of(&request, span, offset)
    }
}

fn note_filter(json: &mut Writer, filter: &Json<'_>) {
    let Json::Object(filter) = filter else { return };
    json.open(b'{');
    for name in ["key", "value"] {
        json.text_member(name, filter.text(name).unwrap_or(""));
    }
    json.close(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(date_time(text).map(|it| it.0), expected, "{text}");
    }

    #[test]
    fn dates_have_seconds_and_an_offset() {
        // date -u -d 2017-08-03T00:00:01+03:00 +%s
        check("2017-08-03T00:00:01+03:00", Some(1_501_707_601));
        check("2017-08-02T21:00:01Z", Some(1_501_707_601));
        check("2017-08-02T15:30:01-05:30", Some(1_501_707_601));
        for wrong in [
            "",
            "2017-08-03",
            "2017-08-03T00:00:01",
            "2017-08-03T00:00:01z",
            "2017-08-03t00:00:01Z",
            "2017-08-03 00:00:01Z",
            "2017-08-03T00:00:01+0300",
            "2017-08-03T00:00:01+3:00",
            "2017-08-03T00:00:01+19:00",
            "2017-08-03T00:00:01+03:60",
            "2017-08-03T24:00:00Z",
            "2017-08-03T00:00:60Z",
            "2017-02-29T00:00:00Z",
            "2017-08-03T00:00:01+03:00Z",
            "2017-08-03T00:00:0é+03:00",
        ] {
            check(wrong, None);
        }
    }
}
