//! Parsing of report requests. The content type is ignored, numbers may be JSON numbers or text, and
//! unknown keys are ignored.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::error::ReportError;

/// The members of a JSON object; their values are not parsed yet.
pub(super) type Members<'a> = BTreeMap<String, &'a RawValue>;

/// A request for a report. Its members are parsed and checked when they are read.
#[derive(Debug)]
pub(super) struct Request<'a> {
    members: Members<'a>,
}

/// A filter as the client sent it, before it is checked. An array gives several values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawFilter {
    pub(super) field: String,
    pub(super) operand: String,
    pub(super) value: Vec<String>,
}

/// The requested page of the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Rows on a page, at least 1.
    pub(super) on_page: i64,
    /// Number of the page, from 1.
    pub(super) page: i64,
}

impl<'a> Request<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, ReportError> {
        let body = std::str::from_utf8(body)
            .map_err(|_| ReportError::NotJson("it is not UTF-8".to_owned()))?;
        // The vendor's examples show requests as an array with one object.
        let whole = match body.trim_start().starts_with('[') {
            true => match parse::<Vec<&RawValue>>(body)?.as_slice() {
                [only] => only.get(),
                _ => return Err(ReportError::NotJson("it is not one object".to_owned())),
            },
            false => body,
        };
        Ok(Self { members: parse(whole)? })
    }

    /// The text of a member that may be a number or text; empty if it is absent or of another type.
    pub(super) fn text_of(&self, name: &str) -> String {
        self.members.get(name).and_then(|raw| scalar(raw)).unwrap_or_default().trim().to_owned()
    }

    pub(super) fn window(&self) -> Result<Window, ReportError> {
        Ok(Window { on_page: self.number("on_page", 10)?, page: self.number("page", 1)? })
    }

    /// An integer of at least 1; `default` if the member is absent or less than 1.
    fn number(&self, name: &'static str, default: i64) -> Result<i64, ReportError> {
        let Some(raw) = self.members.get(name) else { return Ok(default) };
        if raw.get() == "null" || raw.get() == "\"\"" {
            return Ok(default);
        }
        let number = scalar(raw).and_then(|text| text.trim().parse::<i64>().ok());
        let number =
            number.ok_or_else(|| ReportError::NotInteger { name, value: raw.get().to_owned() })?;
        Ok(if number < 1 { default } else { number })
    }

    /// The filters; empty if the member is absent.
    pub(super) fn filters(&self) -> Result<Vec<RawFilter>, ReportError> {
        let raw = self.members.get("filters").map_or("null", |raw| raw.get());
        if raw == "null" {
            return Ok(Vec::new());
        }
        let all: Vec<&RawValue> = serde_json::from_str(raw)
            .map_err(|_| ReportError::FiltersNotArray { value: raw.to_owned() })?;
        (1..).zip(all).map(|(number, raw)| filter(number, raw)).collect()
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, ReportError> {
    serde_json::from_str(text).map_err(|err| ReportError::NotJson(err.to_string()))
}

fn filter(number: usize, raw: &RawValue) -> Result<RawFilter, ReportError> {
    let members: Members<'_> = serde_json::from_str(raw.get())
        .map_err(|_| ReportError::FilterNotObject { number, value: raw.get().to_owned() })?;
    let lacks = |member| ReportError::FilterLacks { number, member, filter: raw.get().to_owned() };
    let word = |member: &'static str| {
        let text = members.get(member).and_then(|raw| scalar(raw));
        text.filter(|text| !text.is_empty()).ok_or_else(|| lacks(member))
    };
    let (field, operand) = (word("s")?, word("m")?);
    let value = match members.get("v") {
        Some(raw) => values(raw)
            .ok_or_else(|| ReportError::FilterValue { number, value: raw.get().to_owned() })?,
        // These operands ignore the value, so it may be absent.
        None if matches!(operand.as_str(), "isnull" | "notnull" | "empty" | "istrue") => Vec::new(),
        None => return Err(lacks("v")),
    };
    Ok(RawFilter { field, operand, value })
}

/// One value, or the values of an array; empty for `null`; `None` if a value is an object or an array.
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

/// The text of a string, or a number or a boolean as written; `None` for other types.
pub(super) fn scalar(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    match text.bytes().next()? {
        b'"' => serde_json::from_str(text).ok(),
        b'-' | b'0'..=b'9' | b't' | b'f' => Some(text.to_owned()),
        _ => None,
    }
}
