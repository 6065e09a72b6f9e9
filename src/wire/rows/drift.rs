//! Rows whose schema has changed: fields that come, go, move, or are spelled otherwise.

use std::borrow::Cow;

use super::csv;
use super::document::{Cell, Document, Form};
use crate::sandbox::faults::{Change, Drift};
use crate::sandbox::generate::stream::Draw;

/// The name of an added field, if the rule gives none.
const NEW_FIELD: &str = "new_field";

/// The word that nobody knows, if the rule gives none.
const NEW_WORD: &str = "under_review";

/// Longest text that counts as a number, in characters; longer ones are ids, which a number would not hold.
const MAX_DIGITS: usize = 15;

/// The document with another schema, and what was changed, as a sentence for the journal.
///
/// # Errors
///
/// Why nothing can be changed.
pub(super) fn drifted(
    document: &Document<'_>,
    drift: &Drift,
    seed: u64,
) -> Result<(String, String), String> {
    let mut draw = Draw::new(seed, 2);
    let plan = Plan::of(document, drift, &mut draw)?;
    let order: Vec<usize> = (0..document.len()).collect();
    let text = document.encoded(
        &order,
        |row, cells| plan.changed(cells, row),
        |names| plan.changed_names(names),
        0,
    );
    Ok((text, plan.how()))
}

/// A change that is decided for a whole document.
struct Plan<'a> {
    change: Change,
    form: Form,
    /// The field that is changed; the name of the new field for `Add`.
    field: String,
    /// The new name, word or value, plain.
    to: &'a str,
    /// `NewWord`: the row with the new word. `TextNumbers`: 1 if the JSON has numbers, else 0.
    row: usize,
}

impl<'a> Plan<'a> {
    fn of(document: &Document<'_>, drift: &'a Drift, draw: &mut Draw) -> Result<Self, String> {
        let plain = |field: String, to: &'a str, row: usize| Self {
            change: drift.change,
            form: document.form,
            field,
            to,
            row,
        };
        let (given, to) = (drift.field.clone(), drift.to.as_deref());
        let names = names_of(document);
        check(document, drift, &names)?;
        let row = usize::try_from(draw.below(u32::try_from(document.len()).unwrap_or(u32::MAX)));
        let row = row.unwrap_or(0);
        let drawn = |draw: &mut Draw| {
            let at = draw.below(u32::try_from(names.len()).unwrap_or(u32::MAX));
            names.get(usize::try_from(at).unwrap_or(0)).cloned().unwrap_or_default()
        };
        Ok(match drift.change {
            Change::Add => {
                plain(given.unwrap_or_else(|| NEW_FIELD.to_owned()), to.unwrap_or("new"), 0)
            }
            Change::Remove | Change::Rename => {
                let field = given.unwrap_or_else(|| drawn(draw));
                plain(field, to.unwrap_or(""), 0)
            }
            Change::Null => {
                let cells = document.cells(0);
                let full =
                    cells.iter().filter(|it| !is_null(&it.value)).map(|it| it.name.to_string());
                let full: Vec<String> = full.collect();
                let at = draw.below(u32::try_from(full.len()).unwrap_or(u32::MAX));
                let field = full.get(usize::try_from(at).unwrap_or(0)).cloned();
                plain(given.or(field).unwrap_or_default(), "", 0)
            }
            Change::NewWord => {
                let field = given.or_else(|| word_field(&document.cells(row)));
                let field = field.ok_or("nothing was altered: no row has a word")?;
                plain(field, to.unwrap_or(NEW_WORD), row)
            }
            Change::TextNumbers => {
                let has = |row| document.cells(row).iter().any(|it| is_json_number(&it.value));
                let numbers = usize::from((0..document.len()).any(has));
                plain(given.unwrap_or_default(), "", numbers)
            }
            Change::Reorder => plain(String::new(), "", 0),
        })
    }

    /// A plain text as the document writes values.
    fn written(&self, text: &str) -> String {
        match self.form {
            Form::Object | Form::List => {
                serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned())
            }
            Form::Element => quick_xml::escape::partial_escape(text).into_owned(),
            Form::Line => csv::quoted(text),
        }
    }

    /// The new name of a renamed field.
    fn new_name(&self) -> String {
        if self.to.is_empty() { format!("{}_v2", self.field) } else { self.to.to_owned() }
    }

    /// Where a new field comes: in the middle where positions count, else behind the others.
    fn position(&self, fields: usize) -> usize {
        match self.form {
            Form::List | Form::Line => fields / 2,
            Form::Object | Form::Element => fields,
        }
    }

    fn changed<'c>(&self, mut cells: Vec<Cell<'c>>, row: usize) -> Vec<Cell<'c>> {
        let is_it = |cell: &Cell<'_>| cell.name == self.field;
        match self.change {
            Change::Add => {
                let cell =
                    Cell { name: self.field.clone().into(), value: self.written(self.to).into() };
                cells.insert(self.position(cells.len()), cell);
            }
            Change::Remove => cells.retain(|cell| !is_it(cell)),
            Change::Rename => {
                let renamed = cells.iter_mut().filter(|cell| is_it(cell));
                renamed.for_each(|cell| cell.name = self.new_name().into());
            }
            Change::Null => {
                let null = match self.form {
                    Form::Object | Form::List => "null",
                    Form::Element | Form::Line => "",
                };
                cells
                    .iter_mut()
                    .filter(|cell| is_it(cell))
                    .for_each(|cell| cell.value = null.into());
            }
            Change::NewWord if row == self.row => {
                let word = self.written(self.to);
                let worded = cells.iter_mut().filter(|cell| is_it(cell));
                worded.for_each(|cell| cell.value = word.clone().into());
            }
            Change::NewWord => {}
            Change::TextNumbers => {
                let all = self.field.is_empty();
                for cell in cells.iter_mut().filter(|cell| all || is_it(cell)) {
                    if let Some(value) = self.respelled(&cell.value) {
                        cell.value = value.into();
                    }
                }
            }
            Change::Reorder => cells.reverse(),
        }
        cells
    }

    /// The list of names; the value of a cell is the name as it is written.
    fn changed_names<'c>(&self, mut names: Vec<Cell<'c>>) -> Vec<Cell<'c>> {
        let is_it = |cell: &Cell<'_>| cell.name == self.field;
        match self.change {
            Change::Add => {
                let value = self.written(&self.field).into();
                let name = Cell { name: self.field.clone().into(), value };
                names.insert(self.position(names.len()), name);
            }
            Change::Remove => names.retain(|cell| !is_it(cell)),
            Change::Rename => {
                let value = self.written(&self.new_name());
                let renamed = names.iter_mut().filter(|cell| is_it(cell));
                renamed.for_each(|cell| cell.value = value.clone().into());
            }
            Change::Reorder => names.reverse(),
            Change::Null | Change::NewWord | Change::TextNumbers => {}
        }
        names
    }

    /// A number in the other spelling; `None` for what is no number.
    fn respelled(&self, value: &str) -> Option<String> {
        match self.form {
            Form::Object | Form::List if is_json_number(value) => Some(format!("\"{value}\"")),
            Form::Object | Form::List => {
                // Without numbers in the document, texts become numbers; a named field always.
                let text = value.strip_prefix('"')?.strip_suffix('"')?;
                let may = self.row == 0 || !self.field.is_empty();
                (may && is_decimal(text)).then(|| text.to_owned())
            }
            Form::Element | Form::Line if is_decimal(value) => {
                let comma = value.replace('.', ",");
                Some(if comma == value { format!("{value}.0") } else { self.written(&comma) })
            }
            Form::Element | Form::Line => None,
        }
    }

    fn how(&self) -> String {
        let Self { field, to, .. } = self;
        match self.change {
            Change::Add => format!("every row has a field `{field}` more"),
            Change::Remove => format!("no row has its field `{field}`"),
            Change::Rename => format!("the field `{field}` is called `{}`", self.new_name()),
            Change::Null => format!("the field `{field}` has no value"),
            Change::NewWord => format!("the field `{field}` of row {} is `{to}`", self.row + 1),
            Change::TextNumbers if field.is_empty() => "numbers are spelled otherwise".to_owned(),
            Change::TextNumbers => format!("the field `{field}` is spelled otherwise"),
            Change::Reorder => "the fields are in reverse order".to_owned(),
        }
    }
}

/// The names of the columns, or of the fields of the first row.
fn names_of(document: &Document<'_>) -> Vec<String> {
    match document.names() {
        Some(names) => names.into_iter().map(Cow::into_owned).collect(),
        None => document.cells(0).into_iter().map(|it| it.name.into_owned()).collect(),
    }
}

/// Checks that there is something to change.
fn check(document: &Document<'_>, drift: &Drift, names: &[String]) -> Result<(), String> {
    let has_header = matches!(document.form, Form::List | Form::Line);
    if document.is_empty() && !has_header {
        return Err("nothing was altered: the answer has no rows".to_owned());
    }
    let known = |name: &String| {
        let in_row = |row| document.cells(row).iter().any(|cell| cell.name == *name);
        names.contains(name) || (0..document.len()).any(in_row)
    };
    match &drift.field {
        Some(name) if drift.change != Change::Add && !known(name) => {
            Err(format!("nothing was altered: no row has a field `{name}`"))
        }
        _ => Ok(()),
    }
}

/// The field of a row that most likely has one word of a few: a status, a state or a type.
fn word_field(cells: &[Cell<'_>]) -> Option<String> {
    let word = |cell: &&Cell<'_>| {
        let value = cell.value.trim_matches('"');
        let is_list = value.starts_with(['{', '[']);
        !value.is_empty()
            && !is_list
            && !is_null(value)
            && value.bytes().all(|it| !it.is_ascii_digit())
    };
    let mut parts = ["status", "state", "type", "operation", ""].into_iter();
    parts.find_map(|part| {
        cells.iter().filter(word).find(|it| it.name.contains(part)).map(|it| it.name.to_string())
    })
}

fn is_null(value: &str) -> bool {
    matches!(value, "null" | "" | "\"\"")
}

fn is_json_number(value: &str) -> bool {
    value.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

/// Whether a text is a decimal number as JSON writes it, and short enough to be held exactly.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    text.len() <= MAX_DIGITS && all(whole) && all(part) && (whole == "0" || !whole.starts_with('0'))
}
