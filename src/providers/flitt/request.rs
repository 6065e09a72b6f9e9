//! What arrives at the report endpoint: JSON whatever the content type says, numbers as numbers or as
//! text, unknown keys ignored.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::error::ReportError;

/// The members of a JSON object, not read any further.
pub(super) type Members<'a> = BTreeMap<String, &'a RawValue>;

/// A request as it arrived, apart from merchant and report not judged yet.
#[derive(Debug)]
pub(super) struct Request<'a> {
    members: Members<'a>,
}

/// A filter as it arrived. Several values are those of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawFilter {
    pub(super) field: String,
    pub(super) operand: String,
    pub(super) value: Vec<String>,
}

/// Which rows of the selection are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Rows on a page, at least 1.
    pub(super) on_page: i64,
    /// From 1.
    pub(super) page: i64,
}

impl<'a> Request<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, ReportError> {
        let body = std::str::from_utf8(body)
            .map_err(|_| ReportError::NotJson("it is not UTF-8".to_owned()))?;
        // The documents show requests in an array of one.
        let whole = match body.trim_start().starts_with('[') {
            true => match parse::<Vec<&RawValue>>(body)?.as_slice() {
                [only] => only.get(),
                _ => return Err(ReportError::NotJson("it is not one object".to_owned())),
            },
            false => body,
        };
        Ok(Self { members: parse(whole)? })
    }

    /// A member that may be a number or text, as text; empty when it is absent or something else.
    pub(super) fn text_of(&self, name: &str) -> String {
        self.members.get(name).and_then(|raw| scalar(raw)).unwrap_or_default().trim().to_owned()
    }

    pub(super) fn window(&self) -> Result<Window, ReportError> {
        Ok(Window { on_page: self.number("on_page", 10)?, page: self.number("page", 1)? })
    }

    /// A whole number of at least 1; `default` where it is absent or less.
    fn number(&self, name: &'static str, default: i64) -> Result<i64, ReportError> {
        let Some(raw) = self.members.get(name) else { return Ok(default) };
        if raw.get() == "null" || raw.get() == "\"\"" {
            return Ok(default);
        }
        let number = scalar(raw).and_then(|text| text.trim().parse::<i64>().ok());
        let number = number.ok_or(ReportError::NotInteger(name))?;
        Ok(if number < 1 { default } else { number })
    }

    /// The filters; none where the member is absent.
    pub(super) fn filters(&self) -> Result<Vec<RawFilter>, ReportError> {
        let raw = self.members.get("filters").map_or("null", |raw| raw.get());
        if raw == "null" {
            return Ok(Vec::new());
        }
        let all: Vec<&RawValue> =
            serde_json::from_str(raw).map_err(|_| ReportError::FiltersNotArray)?;
        (1..).zip(all).map(|(number, raw)| filter(number, raw)).collect()
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, ReportError> {
    serde_json::from_str(text).map_err(|err| ReportError::NotJson(err.to_string()))
}

fn filter(number: usize, raw: &RawValue) -> Result<RawFilter, ReportError> {
    let members: Members<'_> =
        serde_json::from_str(raw.get()).map_err(|_| ReportError::FilterNotObject(number))?;
    let word = |member: &'static str| {
        let text = members.get(member).and_then(|raw| scalar(raw));
        text.filter(|text| !text.is_empty()).ok_or(ReportError::FilterLacks { number, member })
    };
    let (field, operand) = (word("s")?, word("m")?);
    let value = match members.get("v") {
        Some(raw) => values(raw).ok_or(ReportError::FilterValue { number })?,
        // These look at no value, so there need not be one.
        None if matches!(operand.as_str(), "isnull" | "notnull" | "empty" | "istrue") => Vec::new(),
        None => return Err(ReportError::FilterLacks { number, member: "v" }),
    };
    Ok(RawFilter { field, operand, value })
}

/// One value, or those of an array; no value for `null`.
fn values(raw: &RawValue) -> Option<Vec<String>> {
    if raw.get() == "null" {
        return Some(Vec::new());
    }
    if raw.get().starts_with('[') {
        let all: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
        return all.into_iter().map(scalar).collect();
    }
    scalar(raw).map(|text| vec![text])
}

/// Text, or a number or a truth value as it is written; `None` for anything else.
pub(super) fn scalar(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    match text.bytes().next()? {
        b'"' => serde_json::from_str(text).ok(),
        b'-' | b'0'..=b'9' | b't' | b'f' => Some(text.to_owned()),
        _ => None,
    }
}
