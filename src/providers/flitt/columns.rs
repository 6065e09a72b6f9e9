//! Columns of reports. Filters and answers both read a cell through its column, so the two cannot
//! differ.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::value;
use crate::sandbox::ledger::Transaction;
use crate::sandbox::money::Decimal;
use crate::wire::json::Escapes;
use crate::wire::line::Line;
use crate::wire::table::Cell;
use crate::wire::time::{civil, date_time};

/// The type of a column. It determines the operands of its filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `integer`: a JSON number.
    Integer,
    /// `decimal`: a JSON string with a decimal point.
    Decimal,
    /// `string`: free text or a word of a list.
    Text,
    /// `datetime`: a JSON string without a time zone.
    Time,
}

impl Kind {
    /// The name of the type in the vendor's list of operands.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Integer => "int",
            Self::Decimal => "float",
            Self::Text => "text",
            Self::Time => "date",
        }
    }
}

/// How a filter on a column limits the rows of the ledger that have to be scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IndexHint {
    /// No limit.
    Anywhere,
    /// The column is the row's number as a payment.
    PaymentId,
    /// The column is the row's number as a transaction.
    TransactionId,
    /// The column is the merchant's order number.
    Order,
    /// The column is the creation time of the row.
    Created,
    /// The column is the time at which the row received its outcome.
    Finished,
    /// The column is the settlement time of the row or of its capture.
    Settled,
}

type Read = for<'a> fn(&Transaction<'a>) -> Cell<'a>;

/// A column of a report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// The name on the wire.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) index_hint: IndexHint,
    /// Whether the column exists only with the quirk `flitt.wide-745`.
    pub(super) wide: bool,
    cell: Read,
}

impl Column {
    const fn new(name: &'static str, kind: Kind, index: IndexHint, cell: Read) -> Self {
        Self { name, kind, index_hint: index, wide: false, cell }
    }

    pub(super) const fn integer(name: &'static str, cell: Read) -> Self {
        Self::new(name, Kind::Integer, IndexHint::Anywhere, cell)
    }

    pub(super) const fn id(name: &'static str, index: IndexHint, cell: Read) -> Self {
        Self::new(name, Kind::Integer, index, cell)
    }

    pub(super) const fn decimal(name: &'static str, cell: Read) -> Self {
        Self::new(name, Kind::Decimal, IndexHint::Anywhere, cell)
    }

    pub(super) const fn text(name: &'static str, cell: Read) -> Self {
        Self::new(name, Kind::Text, IndexHint::Anywhere, cell)
    }

    pub(super) const fn order(name: &'static str, cell: Read) -> Self {
        Self::new(name, Kind::Text, IndexHint::Order, cell)
    }

    pub(super) const fn time(name: &'static str, index: IndexHint, cell: Read) -> Self {
        Self::new(name, Kind::Time, index, cell)
    }

    /// Marks the column as one of the quirk `flitt.wide-745`.
    pub(super) const fn wide(self) -> Self {
        Self { wide: true, ..self }
    }

    /// The cell of a row, before formatting.
    pub(super) fn read<'a>(&self, line: &RowContext<'a>) -> Cell<'a> {
        match line.pinned.as_ref().and_then(|pinned| pinned.get(self.name)) {
            Some(value) => self.pinned(value, line.zone),
            None => (self.cell)(&line.row),
        }
    }

    /// A cell that the scenario pins. A value that does not fit the type of the column is shown unchanged,
    /// and no filter matches it.
    fn pinned<'a>(&self, value: &Value, zone: &TimeZone) -> Cell<'a> {
        let text = match value {
            Value::Null => return Cell::Null,
            Value::String(text) => text.clone(),
            Value::Number(number) if self.kind == Kind::Integer => match number.as_i64() {
                Some(number) => return Cell::Integer(number),
                None => number.to_string(),
            },
            other => other.to_string(),
        };
        let typed = match self.kind {
            Kind::Time => value::parse_second(&text, zone).map(Cell::Time),
            Kind::Decimal => decimal_of(&text).map(Cell::Decimal),
            Kind::Integer | Kind::Text => None,
        };
        typed.unwrap_or(Cell::Text(Cow::Owned(text)))
    }
}

/// Parses decimal text; the number of digits after the point is kept.
fn decimal_of(text: &str) -> Option<Decimal> {
    let exponent = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let digits = text.replace('.', "");
    Some(Decimal { minor: digits.parse().ok()?, exponent: u8::try_from(exponent).ok()? })
}

/// A row of the ledger with the data that its cells need.
#[derive(Debug)]
pub(super) struct RowContext<'a> {
    row: Transaction<'a>,
    pinned: Option<Map<String, Value>>,
    zone: &'a TimeZone,
}

impl<'a> RowContext<'a> {
    pub(super) fn new(row: Transaction<'a>, zone: &'a TimeZone) -> Self {
        let pinned = row.pinned(super::SLUG).and_then(|json| serde_json::from_str(json).ok());
        Self { row, pinned, zone }
    }

    /// Appends a cell as JSON.
    pub(super) fn push(&self, body: &mut Line, cell: &Cell<'_>) {
        match cell {
            Cell::Null => body.piece(b"null"),
            Cell::Integer(number) => body.number(*number),
            Cell::Text(text) => body.string(text),
            other => {
                body.piece(b"\"");
                self.push_plain(body, other);
                body.piece(b"\"");
            }
        }
    }

    /// Appends a cell whose text needs no escapes, except an e-mail address that was given.
    fn push_plain(&self, body: &mut Line, cell: &Cell<'_>) {
        match cell {
            Cell::Decimal(decimal) => body.decimal(*decimal),
            Cell::Digits { before, number, width } => {
                body.text(before);
                body.digits(*number, *width);
            }
            Cell::MaskedCard { bin, last4 } => {
                body.padded::<6>(u64::from(*bin));
                body.piece(b"******");
                body.padded::<4>(u64::from(*last4));
            }
            Cell::Email(email) => {
                let person = email.person();
                match person.given_email() {
                    Some(email) => body.unquoted(email),
                    None => person.drawn_email(|part| body.bytes(part)),
                }
            }
            Cell::Time(second) => body.piece(&date_time(civil(*second, self.zone), b' ')),
            Cell::Null | Cell::Integer(_) | Cell::Text(_) => {}
        }
    }
}

/// The text of a cell that is composed when it is written; `None` for other cells.
pub(super) fn composed(cell: &Cell<'_>) -> Option<String> {
    Some(match cell {
        Cell::Email(email) => email.whole(),
        Cell::Digits { before, number, width } => format!("{before}{number:0width$}"),
        Cell::MaskedCard { bin, last4 } => format!("{bin:06}******{last4:04}"),
        Cell::Null | Cell::Integer(_) | Cell::Decimal(_) | Cell::Text(_) | Cell::Time(_) => {
            return None;
        }
    })
}

/// JSON escapes of answers. Flitt's backend is written in Python, whose JSON writer escapes all non-ASCII
/// characters.
pub(super) const ESCAPES: Escapes = Escapes { slashes: false, non_ascii: true };
