//! The request: the report type in the path, two dates in the body.

use std::ops::Range;

use axum::http::{Method, StatusCode};
use jiff::civil::Date;
use serde_json::Value;

use super::error::{Code, EpicPayError};
use super::report_type::Report;
use crate::sandbox::generate::calendar::{self, DAY, Day};
use crate::wire::call::Call;

/// A valid request for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) report: Report,
    /// As sent; the answer returns it unmodified.
    pub(super) start_date: String,
    /// As sent; the answer returns it unmodified.
    pub(super) end_date: String,
    /// The days from the first date to the second, both included.
    pub(super) days: Range<Day>,
}

/// The endpoint that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    Report(Report),
    /// `GetReport` with an unknown report type.
    UnknownReport(&'a str),
    Nowhere,
}

impl<'a> Target<'a> {
    /// Accepts `GetReport` in any case and doubled or trailing slashes, the report type in lower case
    /// only.
    pub(super) fn of(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix("/reporting/v1")?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let mut segments = rest.split('/').filter(|segment| !segment.is_empty());
        let method = segments.next().unwrap_or("");
        let name = segments.next().unwrap_or("");
        if !method.eq_ignore_ascii_case("GetReport") || segments.next().is_some() {
            return Some(Self::Nowhere);
        }
        Some(Report::parse(name).map_or(Self::UnknownReport(name), Self::Report))
    }
}

impl Request {
    /// Checks in the order of the codes, E02 to E04. The caller checks E01 first.
    pub(super) fn parse(call: &Call) -> Result<Self, EpicPayError> {
        let path = call.uri.path();
        let request = |reason: String| EpicPayError::new(Code::Request, reason);
        let report = match Target::of(path) {
            Some(Target::Report(report)) => report,
            Some(Target::UnknownReport(name)) => {
                let known = Report::ALL.map(Report::name).join(", ");
                return Err(request(format!(
                    "there is no report `{}`; there are {known}",
                    cut(name)
                )));
            }
            Some(Target::Nowhere) | None => {
                let reason = format!("`{path}` is not `/reporting/v1/GetReport/TYPE`");
                return Err(request(reason).with_status(StatusCode::NOT_FOUND));
            }
        };
        if call.method != Method::POST {
            return Err(request(format!("the method is {} and not POST", call.method)));
        }
        check_content_type(call)?;
        Self::parse_body(report, &call.body).map_err(|reason| EpicPayError::new(Code::Data, reason))
    }

    fn parse_body(report: Report, body: &[u8]) -> Result<Self, String> {
        if body.trim_ascii().is_empty() {
            return Err("the body is empty; it must be JSON with start_date and end_date".into());
        }
        let value: Value =
            serde_json::from_slice(body).map_err(|err| format!("the body is not JSON: {err}"))?;
        let Value::Object(members) = &value else {
            return Err(format!(
                "the body is {}; it must be an object with start_date and end_date",
                kind(&value)
            ));
        };
        let (start_date, start) = date(members, "start_date")?;
        let (end_date, end) = date(members, "end_date")?;
        if start > end {
            return Err(format!("start_date {start_date} is after end_date {end_date}"));
        }
        Ok(Self { report, start_date, end_date, days: days(start, end) })
    }

    /// The days as Unix seconds.
    pub(super) fn span(&self) -> Range<i64> {
        let start = calendar::start_of(self.days.start);
        start..start + i64::from(self.days.end - self.days.start) * DAY
    }
}

fn check_content_type(call: &Call) -> Result<(), EpicPayError> {
    let refuse = |reason: String| Err(EpicPayError::new(Code::Header, reason));
    let Some(content_type) = call.header("content-type") else {
        return refuse("there is no Content-Type header; it must be application/json".into());
    };
    let essence = content_type.split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return refuse(format!("the Content-Type is `{content_type}` and not application/json"));
    }
    Ok(())
}

fn date(members: &serde_json::Map<String, Value>, name: &str) -> Result<(String, Date), String> {
    let text = match members.get(name) {
        None => return Err(format!("{name} is missing; a date as YYYY-MM-DD is wanted")),
        Some(Value::String(text)) => text,
        Some(other) => {
            return Err(format!(
                "{name} is `{}`, {}; a string with a date as YYYY-MM-DD is wanted",
                cut(&other.to_string()),
                kind(other)
            ));
        }
    };
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let date = text.parse::<Date>().ok().filter(|date| shaped && date.year() > 0);
    match date {
        Some(date) => Ok((text.clone(), date)),
        None => Err(format!("{name} is `{}` and not a real date as YYYY-MM-DD", cut(text))),
    }
}

/// The type of a JSON value, for the journal.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The first 40 characters of a text of any length.
fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The days of the calendar between two dates, both included.
fn days(start: Date, end: Date) -> Range<Day> {
    if end < calendar::date_of(0) {
        return 0..0;
    }
    calendar::day_of_date(start)..calendar::day_of_date(end).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<Target<'_>>) {
        assert_eq!(Target::of(path), expected, "{path}");
    }

    #[test]
    fn paths_are_tolerant_of_case_and_slashes_and_reports_are_not() {
        let batches = Some(Target::Report(Report::Batches));
        check("/reporting/v1/GetReport/batches", batches);
        check("/reporting/v1/getreport/batches", batches);
        check("/reporting/v1//GetReport/batches/", batches);
        check("/reporting/v1/GetReport/Batches", Some(Target::UnknownReport("Batches")));
        check("/reporting/v1/GetReport/balance", Some(Target::UnknownReport("balance")));
        check("/reporting/v1/GetReport", Some(Target::UnknownReport("")));
        check("/reporting/v1/GetReport/batches/1", Some(Target::Nowhere));
        check("/reporting/v1", Some(Target::Nowhere));
        check("/reporting/v1/other", Some(Target::Nowhere));
        check("/reporting/v12", None);
        check("/api/reports", None);
    }

    #[track_caller]
    fn refused(body: &[u8], part: &str) {
        let reason = Request::parse_body(Report::Batches, body).unwrap_err();
        assert!(reason.contains(part), "{reason}");
    }

    #[test]
    fn bodies_are_read_strictly() {
        refused(b"", "empty");
        refused(b" \r\n", "empty");
        refused(b"\xff\xfe", "not JSON");
        refused(b"{", "not JSON");
        refused("[".repeat(100_000).as_bytes(), "not JSON");
        refused(b"[]", "an object with start_date");
        refused(b"{}", "start_date is missing");
        refused(br#"{"start_date":"2017-01-01"}"#, "end_date is missing");
        refused(br#"{"start_date":20170101,"end_date":"2017-01-01"}"#, ", a number; a string");
        for bad in ["2017-02-30", "2017-2-3", "2017-01-01T00:00:00Z", "0000-01-01", "99999-01-01"] {
            let body = format!(r#"{{"start_date":"{bad}","end_date":"2017-01-01"}}"#);
            refused(body.as_bytes(), "not a real date");
        }
        refused(br#"{"start_date":"2017-01-02","end_date":"2017-01-01"}"#, "is after");
    }

    #[test]
    fn both_days_are_included_and_dates_beyond_the_calendar_are_harmless() {
        let read = |start: &str, end: &str| {
            let body = format!(r#"{{"start_date":"{start}","end_date":"{end}"}}"#);
            Request::parse_body(Report::Batches, body.as_bytes()).unwrap().days
        };
        assert_eq!(read("2010-01-01", "2010-01-02"), 0..2);
        assert_eq!(read("0001-01-01", "2009-12-31"), 0..0);
        assert_eq!(read("0001-01-01", "9999-12-31").start, 0);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig {
            cases: 200, failure_persistence: None, ..Default::default()
        })]

        #[test]
        fn dates_are_taken_exactly_when_a_calendar_has_them(text in "[0-9]{3,5}-[0-9]{1,2}-[0-9]{1,2}") {
            let body = format!(r#"{{"start_date":"{text}","end_date":"9999-12-31"}}"#);
            let taken = Request::parse_body(Report::Batches, body.as_bytes()).is_ok();
            let parts: Vec<u32> = text.split('-').map(|part| part.parse().unwrap()).collect();
            let (year, month, day) = (parts[0], parts[1], parts[2]);
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let most = match month {
                2 if leap => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                1..=12 => 31,
                _ => 0,
            };
            let real = text.len() == 10 && text.find('-') == Some(4) && text.rfind('-') == Some(7);
            proptest::prop_assert_eq!(taken, real && year > 0 && (1..=most).contains(&day));
        }

        #[test]
        fn no_body_is_too_strange(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
            proptest::prop_assert!(Request::parse_body(Report::Batches, &body).is_err());
        }
    }
}
