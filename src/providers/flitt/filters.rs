//! Filters: parsing of operands and values, and the test of cells.

use std::cmp::Ordering;
use std::ops::Range;

use jiff::tz::TimeZone;

use super::columns::{Column, Kind, composed};
use super::error::ReportError;
use super::quirks::Quirks;
use super::reports::Report;
use super::request::RawFilter;
use super::value::{Exact, When, parse_integer};
use crate::wire::table::Cell;
use crate::wire::wall_clock::WallSpan;

/// A filter on a column.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) column: &'static Column,
    pub(super) test: Test,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.column.name == other.column.name && self.test == other.test
    }
}

/// The meaning of operand and value. An empty cell satisfies `Missing` and `Empty` only, as in SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// The cell is null.
    Missing,
    /// The cell is null or an empty text.
    Empty,
    /// The cell is not null.
    Present,
    /// Equal to one of these integers, which are sorted in ascending order.
    Integers(Vec<i64>),
    /// An integer not equal to this one.
    NotInteger(i64),
    /// An integer that compares to this one with this ordering.
    Integer(Ordering, i64),
    /// A decimal that compares to this one with this ordering.
    Decimal(Ordering, Exact),
    /// A decimal not equal to this one.
    NotDecimal(Exact),
    /// Equal to one of these texts, which are sorted in ascending order.
    Texts(Vec<String>),
    /// A text not equal to this one.
    NotText(String),
    /// A text that contains this part.
    Contains(Part),
    /// A text that does not contain this part.
    Lacks(Part),
    /// A text that begins with this one.
    Starts(String),
    /// An instant in this range.
    Within(WallSpan),
    /// An instant outside of this range (Unix seconds).
    Outside(Range<i64>),
}

/// A search text, preprocessed once because it is searched in every row.
#[derive(Clone, Debug)]
pub(super) struct Part(memchr::memmem::Finder<'static>);

impl Part {
    fn of(text: &str) -> Self {
        Self(memchr::memmem::Finder::new(text).into_owned())
    }

    fn is_in(&self, text: &str) -> bool {
        self.0.find(text.as_bytes()).is_some()
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.0.needle() == other.0.needle()
    }
}

impl Eq for Part {}

/// Every operand with the types of column that accept it, from the vendor's list.
pub(super) const OPERANDS: &[(&str, &[Kind])] = &[
    ("=", &[Kind::Decimal, Kind::Integer, Kind::Text]),
    ("eq", &[Kind::Decimal, Kind::Integer, Kind::Text]),
    ("!=", &[Kind::Decimal, Kind::Integer, Kind::Text]),
    (">", &[Kind::Decimal, Kind::Integer]),
    ("<", &[Kind::Decimal, Kind::Integer]),
    ("any", &[Kind::Integer, Kind::Text]),
    ("isnull", &[Kind::Decimal, Kind::Integer, Kind::Time]),
    ("notnull", &[Kind::Decimal, Kind::Integer, Kind::Time, Kind::Text]),
    ("empty", &[Kind::Text]),
    ("like", &[Kind::Text]),
    ("!like", &[Kind::Text]),
    ("start", &[Kind::Text]),
    ("from", &[Kind::Time]),
    ("to", &[Kind::Time]),
    ("dateis", &[Kind::Time]),
    ("notdate", &[Kind::Time]),
    // The vendor lists it under a type of its own that no documented column has; its values are dates.
    ("daterange", &[Kind::Time]),
    // Operands of the types `bool` and `array`; no documented report has such a column.
    ("istrue", &[]),
    ("in_array", &[]),
];

/// The time zone and the current time for date values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar<'a> {
    pub(super) zone: &'a TimeZone,
    /// Unix seconds.
    pub(super) now: i64,
}

/// Parses the filters of a report request.
pub(super) fn parse(
    report: &'static Report,
    raw: &[RawFilter],
    calendar: Calendar<'_>,
    quirks: Quirks,
) -> Result<Vec<Filter>, ReportError> {
    let mut filters = Vec::with_capacity(raw.len());
    let mut mandatory = false;
    for raw in raw {
        match parse_one(report, raw, calendar, quirks) {
            Ok(filter) => {
                mandatory |= report.mandatory.contains(&filter.column.name);
                filters.push(filter);
            }
            Err(err) if quirks.lenient_filters && err.is_about_words() => {}
            Err(err) => return Err(err),
        }
    }
    if mandatory || quirks.lenient_filters {
        Ok(filters)
    } else {
        Err(ReportError::MandatoryMissing(report.mandatory))
    }
}

fn parse_one(
    report: &'static Report,
    raw: &RawFilter,
    calendar: Calendar<'_>,
    quirks: Quirks,
) -> Result<Filter, ReportError> {
    let field = raw.field.as_str();
    if let Some(column) = report.column(field, quirks) {
        let test = Test::parse(column, raw, calendar)?;
        return Ok(Filter { column, test });
    }
    // As in `order_timestart_from`: the suffix is the bound, and the operand is ignored.
    for (suffix, operand) in [("_from", "from"), ("_to", "to")] {
        let column = field.strip_suffix(suffix).and_then(|name| report.column(name, quirks));
        if let Some(column) = column.filter(|column| column.kind == Kind::Time) {
            let raw = RawFilter { operand: operand.to_owned(), ..raw.clone() };
            return Ok(Filter { column, test: Test::parse(column, &raw, calendar)? });
        }
    }
    Err(ReportError::FieldUnknown { field: raw.field.clone(), report: report.id })
}

impl Test {
    fn parse(
        column: &Column,
        raw: &RawFilter,
        calendar: Calendar<'_>,
    ) -> Result<Self, ReportError> {
        let operand = raw.operand.as_str();
        let Some((_, kinds)) = OPERANDS.iter().find(|(known, _)| *known == operand) else {
            return Err(ReportError::OperandUnknown(raw.operand.clone()));
        };
        if !kinds.contains(&column.kind) {
            let (field, operand) = (column.name, raw.operand.clone());
            return Err(ReportError::OperandRefused { field, operand, kind: column.kind });
        }
        let test = match (operand, column.kind) {
            ("isnull", _) => Some(Self::Missing),
            ("notnull", _) => Some(Self::Present),
            ("empty", _) => Some(Self::Empty),
            (_, Kind::Integer) => Self::of_integer(operand, &raw.value),
            (_, Kind::Decimal) => Self::of_decimal(operand, &raw.value),
            (_, Kind::Text) => Self::of_text(operand, &raw.value),
            (_, Kind::Time) => Self::of_time(operand, &raw.value, calendar),
        };
        test.ok_or_else(|| ReportError::ValueInvalid {
            field: column.name,
            operand: raw.operand.clone(),
            value: raw.value.join(","),
            kind: column.kind,
        })
    }

    fn of_integer(operand: &str, value: &[String]) -> Option<Self> {
        if matches!(operand, "=" | "eq" | "any") {
            // The vendor's example for `any` uses `=` with a list.
            let mut numbers: Vec<i64> = list(value).map(parse_integer).collect::<Option<_>>()?;
            numbers.sort_unstable();
            return (!numbers.is_empty()).then_some(Self::Integers(numbers));
        }
        let number = parse_integer(one(value)?)?;
        match operand {
            "!=" => Some(Self::NotInteger(number)),
            ">" => Some(Self::Integer(Ordering::Greater, number)),
            "<" => Some(Self::Integer(Ordering::Less, number)),
            _ => None,
        }
    }

    fn of_decimal(operand: &str, value: &[String]) -> Option<Self> {
        let number = Exact::parse(one(value)?)?;
        match operand {
            "=" | "eq" => Some(Self::Decimal(Ordering::Equal, number)),
            "!=" => Some(Self::NotDecimal(number)),
            ">" => Some(Self::Decimal(Ordering::Greater, number)),
            "<" => Some(Self::Decimal(Ordering::Less, number)),
            _ => None,
        }
    }

    fn of_text(operand: &str, value: &[String]) -> Option<Self> {
        if operand == "any" {
            let mut texts: Vec<String> = list(value).map(str::to_owned).collect();
            texts.sort_unstable();
            return Some(Self::Texts(texts));
        }
        let text = one(value)?.to_owned();
        match operand {
            "=" | "eq" => Some(Self::Texts(vec![text])),
            "!=" => Some(Self::NotText(text)),
            "like" => Some(Self::Contains(Part::of(&text))),
            "!like" => Some(Self::Lacks(Part::of(&text))),
            "start" => Some(Self::Starts(text)),
            _ => None,
        }
    }

    fn of_time(operand: &str, value: &[String], calendar: Calendar<'_>) -> Option<Self> {
        let parse = |text: &str| When::parse(text, calendar.zone, calendar.now);
        if operand == "daterange" {
            let mut ends = list(value);
            let (from, to) = (parse(ends.next()?)?, parse(ends.next()?)?);
            let span = || When::span(Some(from), Some(to));
            return ends.next().is_none().then(span).map(Self::Within);
        }
        let when = parse(one(value)?)?;
        match operand {
            "from" => Some(Self::Within(When::span(Some(when), None))),
            "to" => Some(Self::Within(When::span(None, Some(when)))),
            "dateis" => when.day(calendar.zone).map(|day| Self::Within(day.into())),
            "notdate" => when.day(calendar.zone).map(Self::Outside),
            _ => None,
        }
    }

    /// Whether a cell satisfies the test.
    pub(super) fn accepts(&self, cell: &Cell<'_>) -> bool {
        match (self, cell) {
            // If an address contains the part, it is mostly at the end, and the end is available without
            // generating the rest of the address.
            (Self::Contains(part), Cell::Email(email)) if part.is_in(email.end()) => true,
            (Self::Lacks(part), Cell::Email(email)) if part.is_in(email.end()) => false,
            (_, Cell::Email(_) | Cell::Digits { .. } | Cell::MaskedCard { .. }) => {
                self.accepts(&Cell::Text(composed(cell).unwrap_or_default().into()))
            }
            (Self::Missing | Self::Empty, Cell::Null) => true,
            (_, Cell::Null) => false,
            (Self::Present, _) => true,
            (Self::Integers(numbers), Cell::Integer(number)) => {
                numbers.binary_search(number).is_ok()
            }
            (Self::NotInteger(other), Cell::Integer(number)) => number != other,
            (Self::Integer(side, other), Cell::Integer(number)) => number.cmp(other) == *side,
            (Self::Decimal(side, other), Cell::Decimal(it)) => Exact::from(*it).cmp(other) == *side,
            (Self::NotDecimal(other), Cell::Decimal(it)) => Exact::from(*it) != *other,
            (Self::Empty, Cell::Text(text)) => text.is_empty(),
            (Self::Texts(texts), Cell::Text(text)) => {
                texts.binary_search_by(|it| it.as_str().cmp(text)).is_ok()
            }
            (Self::NotText(other), Cell::Text(text)) => text != other,
            (Self::Contains(part), Cell::Text(text)) => part.is_in(text),
            (Self::Lacks(part), Cell::Text(text)) => !part.is_in(text),
            (Self::Starts(part), Cell::Text(text)) => text.starts_with(part.as_str()),
            (Self::Within(span), Cell::Time(at)) => span.contains(*at),
            (Self::Outside(span), Cell::Time(at)) => !span.contains(at),
            // A cell of another type; only cells that a scenario pins can have one.
            _ => false,
        }
    }
}

/// The value, if there is exactly one.
fn one(value: &[String]) -> Option<&str> {
    match value {
        [value] => Some(value),
        _ => None,
    }
}

/// The values of a list: an array, or text separated by commas.
fn list(value: &[String]) -> impl Iterator<Item = &str> {
    value.iter().flat_map(|text| text.split(',')).map(str::trim)
}
