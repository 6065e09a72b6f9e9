//! A report is a table: one line of code per column. Rows, their OpenAPI schema and the names in pinned
//! rows are all made from that line.

use serde_json::{Map, Value, json};

use super::quirks::Quirks;
use crate::providers::operation::{closed, flag, integer, list, number, text as string};
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::money::{Decimal, Money};
use crate::wire::line::Line;
use crate::wire::time::{date as date_digits, utc};

/// The columns of a report in wire order, in groups that several reports can share.
pub(super) type Table<R> = &'static [&'static [Column<R>]];

/// A column of a report whose cells are read from a row `R`.
pub(super) struct Column<R> {
    name: &'static str,
    /// The name with the quirk `epicpay.account-no`, where it differs.
    observed_name: Option<&'static str>,
    cell: Cell<R>,
}

/// The kind of a column, with the function that reads its value from a row.
enum Cell<R> {
    /// A string.
    Text(fn(&R) -> &str),
    /// A string without characters that JSON escapes; the function appends it.
    Plain(fn(&R, &mut Line)),
    /// A whole number as a string, empty for `None`.
    Id(fn(&R) -> Option<i64>),
    /// `2026-03-14`, empty for `None`.
    Date(fn(&R) -> Option<Day>),
    /// A number of major units.
    Amount(fn(&R) -> Money),
    Integer(fn(&R) -> i64),
    Flag(fn(&R) -> bool),
    Currency(fn(&R) -> CurrencyCode),
    Rows(Nested<R>),
}

/// A list of rows with columns of their own.
struct Nested<R> {
    write: fn(&R, Quirks, &mut Line),
    schema: fn() -> Value,
}

/// A currency; the setting `chargeback_currency` selects the form.
#[derive(Clone, Copy, Debug)]
pub(super) enum CurrencyCode {
    Number(i64),
    /// ISO 4217.
    Letters(&'static str),
}

const fn column<R>(name: &'static str, cell: Cell<R>) -> Column<R> {
    Column { name, observed_name: None, cell }
}

pub(super) const fn text<R>(name: &'static str, cell: fn(&R) -> &str) -> Column<R> {
    column(name, Cell::Text(cell))
}

pub(super) const fn plain<R>(name: &'static str, cell: fn(&R, &mut Line)) -> Column<R> {
    column(name, Cell::Plain(cell))
}

pub(super) const fn id<R>(name: &'static str, cell: fn(&R) -> Option<i64>) -> Column<R> {
    column(name, Cell::Id(cell))
}

pub(super) const fn date<R>(name: &'static str, cell: fn(&R) -> Option<Day>) -> Column<R> {
    column(name, Cell::Date(cell))
}

pub(super) const fn amount<R>(name: &'static str, cell: fn(&R) -> Money) -> Column<R> {
    column(name, Cell::Amount(cell))
}

pub(super) const fn whole<R>(name: &'static str, cell: fn(&R) -> i64) -> Column<R> {
    column(name, Cell::Integer(cell))
}

pub(super) const fn yes_no<R>(name: &'static str, cell: fn(&R) -> bool) -> Column<R> {
    column(name, Cell::Flag(cell))
}

pub(super) const fn currency<R>(name: &'static str, cell: fn(&R) -> CurrencyCode) -> Column<R> {
    column(name, Cell::Currency(cell))
}

pub(super) const fn rows<R>(
    name: &'static str,
    schema: fn() -> Value,
    write: fn(&R, Quirks, &mut Line),
) -> Column<R> {
    column(name, Cell::Rows(Nested { write, schema }))
}

impl<R> Column<R> {
    /// The same column with another name under the quirk `epicpay.account-no`.
    pub(super) const fn observed_as(mut self, name: &'static str) -> Self {
        self.observed_name = Some(name);
        self
    }

    fn name(&self, quirks: Quirks) -> &'static str {
        self.observed_name.filter(|_| quirks.account_no).unwrap_or(self.name)
    }

    fn write(&self, row: &R, quirks: Quirks, line: &mut Line) {
        line.piece(b"\"");
        line.text(self.name(quirks));
        line.piece(b"\":");
        match &self.cell {
            Cell::Text(read) => line.string(read(row)),
            Cell::Plain(push) => quoted(line, |line| push(row, line)),
            Cell::Id(read) => quoted(line, |line| {
                if let Some(id) = read(row) {
                    line.number(id);
                }
            }),
            Cell::Date(read) => quoted(line, |line| {
                if let Some(day) = read(row) {
                    line.piece(&date_digits(utc(calendar::start_of(day))));
                }
            }),
            Cell::Amount(read) => {
                let Money { minor, currency } = read(row);
                line.decimal(Decimal { minor, exponent: currency.exponent() }.reduced());
            }
            Cell::Integer(read) => line.number(read(row)),
            Cell::Flag(read) => line.text(if read(row) { "true" } else { "false" }),
            Cell::Currency(read) => match read(row) {
                CurrencyCode::Number(number) => line.number(number),
                CurrencyCode::Letters(code) => line.string(code),
            },
            Cell::Rows(nested) => {
                line.piece(b"[");
                (nested.write)(row, quirks, line);
                line.piece(b"]");
            }
        }
    }

    fn schema(&self) -> Value {
        match &self.cell {
            Cell::Text(_) | Cell::Plain(_) | Cell::Id(_) | Cell::Date(_) => string(),
            Cell::Amount(_) => number(),
            Cell::Integer(_) => integer(),
            Cell::Flag(_) => flag(),
            Cell::Currency(_) => json!({"type": ["integer", "string"]}),
            Cell::Rows(nested) => list(&(nested.schema)()),
        }
    }
}

/// Writes quotes around what `write` appends, which must not need escapes.
fn quoted(line: &mut Line, write: impl FnOnce(&mut Line)) {
    line.piece(b"\"");
    write(line);
    line.piece(b"\"");
}

/// Writes a row as a JSON object.
pub(super) fn write<R>(table: Table<R>, row: &R, quirks: Quirks, line: &mut Line) {
    line.piece(b"{");
    for (index, column) in table.iter().copied().flatten().enumerate() {
        if index > 0 {
            line.piece(b",");
        }
        column.write(row, quirks, line);
    }
    line.piece(b"}");
}

/// The JSON schema of a row. A column with two names has exactly one of them; of such columns a table
/// has one at most.
pub(super) fn schema<R>(table: Table<R>) -> Value {
    let (mut required, mut either, mut properties) = (Vec::new(), Vec::new(), Map::new());
    for group in table {
        let (two_names, one_name): (Vec<_>, Vec<_>) =
            group.iter().partition(|column| column.observed_name.is_some());
        for column in one_name {
            required.push(column.name);
            properties.insert(column.name.to_owned(), column.schema());
        }
        for column in two_names {
            for name in std::iter::once(column.name).chain(column.observed_name) {
                either.push(json!({"required": [name]}));
                properties.insert(name.to_owned(), column.schema());
            }
        }
    }
    let schema = json!({"type": "object", "required": required, "properties": properties});
    let mut schema = closed(schema);
    if let Some(members) = schema.as_object_mut().filter(|_| !either.is_empty()) {
        members.insert("oneOf".to_owned(), Value::Array(either));
    }
    schema
}

/// Compact JSON of a pinned row, which a scenario writes with the documented names, with the names that
/// the quirks select.
pub(super) fn with_names<R>(table: Table<R>, quirks: Quirks, json: String) -> String {
    let renamed = table.iter().copied().flatten().filter(|it| it.name(quirks) != it.name);
    renamed.fold(json, |json, column| {
        json.replace(&format!("\"{}\":", column.name), &format!("\"{}\":", column.name(quirks)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table<()> =
        &[&[text("account_number", |(): &()| "").observed_as("account_no"), text("memo", |()| "")]];

    #[test]
    fn a_quirk_renames_members_and_no_values() {
        let json = r#"{"account_number":"account_number","c\" ":"\\"}"#;
        let renamed = r#"{"account_no":"account_number","c\" ":"\\"}"#;
        let on = Quirks { account_no: true, ..Quirks::default() };
        assert_eq!(with_names(TABLE, Quirks::default(), json.to_owned()), json);
        assert_eq!(with_names(TABLE, on, json.to_owned()), renamed);
    }
}
