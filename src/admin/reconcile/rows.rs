//! Reads the rows of an import from CSV or JSON. What cannot be read is refused with line and column.

use std::collections::BTreeSet;

use csv::{ReaderBuilder, StringRecord};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::sandbox::money::Currency;
use crate::sandbox::scenario::suggestion;
use crate::sandbox::truth::{ImportedRow, Written};

/// The names of the columns that are read.
const NAMES: [&str; 8] =
    ["report", "id", "amount", "amount_minor", "currency", "fee", "fee_minor", "status"];

/// Where an import cannot be read, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    /// 1 for the first line.
    pub(super) line: u64,
    /// The name of the column; empty if it is about the whole line.
    pub(super) column: String,
    /// What is wrong and what is wanted.
    pub(super) problem: String,
}

impl Wrong {
    pub(super) fn at(line: u64, column: &str, problem: impl Into<String>) -> Self {
        Self { line, column: column.to_owned(), problem: problem.into() }
    }
}

/// Takes a row, and says which column of it is wrong.
pub(super) trait Take: FnMut(&ImportedRow) -> Result<(), (&'static str, String)> {}

impl<T: FnMut(&ImportedRow) -> Result<(), (&'static str, String)>> Take for T {}

/// Whether an import is CSV: it begins neither with a brace nor with a bracket.
pub(super) fn is_csv(body: &[u8]) -> bool {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body).trim_ascii_start();
    !matches!(body.first(), Some(b'{' | b'['))
}

const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Reads CSV with a header and gives each row to `take`. Returns what was found that is unusual.
pub(super) fn csv(body: &[u8], mut take: impl Take) -> Result<Vec<String>, Wrong> {
    let mut notes = Vec::new();
    let text = match body.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => {
            notes.push("the file begins with a byte order mark".to_owned());
            text
        }
        None => body,
    };
    let text = std::str::from_utf8(text).map_err(|err| {
        let before = text.get(..err.valid_up_to()).unwrap_or_default();
        Wrong::at(line_of(before), "", "this is not UTF-8; save the file as UTF-8")
    })?;
    let header = text.lines().next().unwrap_or("");
    if text.starts_with(&format!("{header}\r\n")) {
        notes.push("lines end with CR LF".to_owned());
    }
    let delimiter = match header {
        header if header.contains(',') => b',',
        header if header.contains(';') => {
            notes.push("cells are separated by semicolons".to_owned());
            b';'
        }
        header if header.contains('\t') => {
            notes.push("cells are separated by tabs".to_owned());
            b'\t'
        }
        _ => b',',
    };
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|err| Wrong::at(1, "", err.to_string()))?.clone();
    let columns = columns(&header, &mut notes)?;
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line();
        let more = reader.read_record(&mut record);
        if !more.map_err(|err| Wrong::at(line, "", err.to_string()))? {
            return Ok(notes);
        }
        let line = record.position().map_or(line, csv::Position::line);
        if record.len() != header.len() {
            let (cells, wanted) = (record.len(), header.len());
            let problem = format!(
                "there are {cells} cells, and the header has {wanted}; a decimal comma or a separator inside \
                 a cell needs quotes"
            );
            return Err(Wrong::at(line, "", problem));
        }
        let mut cells = Cells::default();
        for (cell, name) in record.iter().zip(&columns) {
            if let Some(slot) = cells.slot(name).filter(|_| !cell.is_empty()) {
                *slot = Some(cell.trim().to_owned());
            }
        }
        let row = cells.read().map_err(|(column, problem)| Wrong::at(line, column, problem))?;
        take(&row)
            .map_err(|(column, problem)| Wrong::at(line, written(&columns, column), problem))?;
    }
}

/// The name of the column in which a value was written: `amount` can be `amount_minor`.
fn written<'a>(columns: &'a [String], field: &'a str) -> &'a str {
    let minor = format!("{field}_minor");
    columns.iter().find(|name| **name == minor).map_or(field, String::as_str)
}

/// The names of the columns, or what is wrong with them.
fn columns(header: &StringRecord, notes: &mut Vec<String>) -> Result<Vec<String>, Wrong> {
    let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    let mut seen = BTreeSet::new();
    for name in names.iter().filter(|name| NAMES.contains(&name.as_str())) {
        if !seen.insert(name.as_str()) {
            return Err(Wrong::at(1, name, format!("there are two columns `{name}`")));
        }
    }
    let missing = |wanted: &str| {
        let near = suggestion(wanted, names.iter().map(String::as_str));
        let there = names.join("`, `");
        let problem = format!("there is no column `{wanted}`{near}; the header has `{there}`");
        Wrong::at(1, wanted, problem)
    };
    if !seen.contains("id") {
        return Err(missing("id"));
    }
    both(seen.contains("amount"), seen.contains("amount_minor"), "amount")
        .map_err(|problem| Wrong::at(1, "amount", problem))?;
    both(seen.contains("fee"), seen.contains("fee_minor"), "fee")
        .map_err(|problem| Wrong::at(1, "fee", problem))?;
    if !seen.contains("amount") && !seen.contains("amount_minor") {
        return Err(missing("amount"));
    }
    let ignored: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| !NAMES.contains(name)).collect();
    if !ignored.is_empty() {
        notes.push(format!("not compared: `{}`", ignored.join("`, `")));
    }
    Ok(names)
}

fn both(has: bool, has_minor: bool, name: &str) -> Result<(), String> {
    if has && has_minor {
        return Err(format!(
            "`{name}` is in the provider's spelling and `{name}_minor` in minor units; give one of them"
        ));
    }
    Ok(())
}

/// The cells of a row as text; `None` for an empty one.
#[derive(Debug, Default)]
struct Cells {
    report: Option<String>,
    id: Option<String>,
    amount: Option<String>,
    amount_minor: Option<String>,
    currency: Option<String>,
    fee: Option<String>,
    fee_minor: Option<String>,
    status: Option<String>,
}

impl Cells {
    fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "report" => &mut self.report,
            "id" => &mut self.id,
            "amount" => &mut self.amount,
            "amount_minor" => &mut self.amount_minor,
            "currency" => &mut self.currency,
            "fee" => &mut self.fee,
            "fee_minor" => &mut self.fee_minor,
            "status" => &mut self.status,
            _ => return None,
        })
    }

    fn read(self) -> Result<ImportedRow, (&'static str, String)> {
        let id = self.id.filter(|id| !id.is_empty());
        let id = id.ok_or(("id", "it is empty; every row needs the provider's id".to_owned()))?;
        both(self.amount.is_some(), self.amount_minor.is_some(), "amount")
            .map_err(|problem| ("amount", problem))?;
        both(self.fee.is_some(), self.fee_minor.is_some(), "fee")
            .map_err(|problem| ("fee", problem))?;
        let currency = self.currency.map(|code| {
            Currency::parse(&code).ok_or_else(|| {
                let near = suggestion(&code, Currency::codes());
                ("currency", format!("there is no currency `{code}`{near}"))
            })
        });
        let written = |major: Option<String>, minor: Option<String>| {
            let is_minor = minor.is_some();
            major.or(minor).map(|text| Written { text, is_minor })
        };
        Ok(ImportedRow {
            report: self.report.unwrap_or_default(),
            id,
            amount: written(self.amount, self.amount_minor),
            fee: written(self.fee, self.fee_minor),
            currency: currency.transpose()?,
            status: self.status,
        })
    }
}

/// A list of rows in a JSON document, unread, so that the place of each value is known.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Listed<'a>(#[serde(borrow)] Vec<&'a RawValue>);

/// A body whose rows are a member.
#[derive(Debug, Deserialize)]
struct WithRows<'a> {
    #[serde(borrow)]
    rows: &'a RawValue,
}

/// Reads a JSON list of objects, or the list `rows` of an object, and gives each row to `take`. Returns what
/// was found that is unusual.
pub(super) fn json(body: &[u8], mut take: impl Take) -> Result<Vec<String>, Wrong> {
    let unreadable = |err: serde_json::Error| {
        Wrong::at(u64::try_from(err.line()).unwrap_or(1), "", err.to_string())
    };
    let list: &RawValue = match body.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice(body).map_err(unreadable)?,
        _ => serde_json::from_slice::<WithRows<'_>>(body).map_err(unreadable)?.rows,
    };
    let start = list.get().as_ptr().addr().saturating_sub(body.as_ptr().addr());
    let first = line_of(body.get(..start).unwrap_or_default());
    let Listed(rows) = serde_json::from_str(list.get())
        .map_err(|err| Wrong::at(first, "rows", format!("a list of rows is wanted: {err}")))?;
    let mut ignored = BTreeSet::new();
    let (mut line, mut read) = (first, 0);
    for row in rows {
        // Lines are counted from row to row, because values are slices of the list.
        let start = offset(list.get(), row.get());
        line += breaks(list.get().get(read..start).unwrap_or_default());
        read = start;
        let members =
            serde_json::from_str::<std::collections::BTreeMap<String, &RawValue>>(row.get())
                .map_err(|err| Wrong::at(line, "", format!("a row must be an object: {err}")))?;
        let mut cells = Cells::default();
        for (name, value) in &members {
            let place =
                line + breaks(row.get().get(..offset(row.get(), value.get())).unwrap_or(""));
            let text = text(value).map_err(|problem| Wrong::at(place, name, problem))?;
            match cells.slot(name) {
                Some(slot) => *slot = text.filter(|text| !text.is_empty()),
                None if ignored.len() < NAMES.len() * 4 => {
                    ignored.insert(name.clone());
                }
                None => {}
            }
        }
        let place = |(column, problem): (&'static str, String)| {
            let value = members.get(column).or_else(|| members.get(&format!("{column}_minor")));
            let within = value.map_or(0, |value| offset(row.get(), value.get()));
            Wrong::at(line + breaks(row.get().get(..within).unwrap_or("")), column, problem)
        };
        let row = cells.read().map_err(place)?;
        take(&row).map_err(place)?;
    }
    let ignored: Vec<String> = ignored.into_iter().collect();
    let note = format!("not compared: `{}`", ignored.join("`, `"));
    Ok(if ignored.is_empty() { Vec::new() } else { vec![note] })
}

/// A value as text: a string without its quotes, a number as it is written.
fn text(value: &RawValue) -> Result<Option<String>, String> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).map(Some).map_err(|err| err.to_string()),
        Some(b'n') => Ok(None),
        Some(b'-' | b'0'..=b'9') => Ok(Some(json.to_owned())),
        _ => Err(format!("`{json}` is neither text nor a number")),
    }
}

/// Where a piece of a text begins in it.
fn offset(whole: &str, piece: &str) -> usize {
    piece.as_ptr().addr().saturating_sub(whole.as_ptr().addr()).min(whole.len())
}

fn breaks(text: &str) -> u64 {
    u64::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(0)
}

fn line_of(before: &[u8]) -> u64 {
    u64::try_from(memchr::memchr_iter(b'\n', before).count()).unwrap_or(0) + 1
}
