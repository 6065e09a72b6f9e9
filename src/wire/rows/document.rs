//! A document cut at its rows, and put together again in the same spelling.

use std::borrow::Cow;
use std::ops::Range;

use super::{Layout, csv, json, xml};

/// A named value of a row; the value is written as in the document (a JSON text with its quotes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// The name, without quotes.
    pub name: Cow<'a, str>,
    /// The value as it is written.
    pub value: Cow<'a, str>,
}

/// How a row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A JSON object.
    Object,
    /// A JSON array; the names are elsewhere in the document.
    List,
    /// An XML element with an element for each value.
    Element,
    /// A line of comma-separated values; the names are the first line.
    Line,
}

/// A document with rows.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    text: &'a str,
    pub(super) form: Form,
    /// Everything between the brackets around the rows.
    list: Range<usize>,
    rows: Vec<Range<usize>>,
    /// The list of names, brackets included, or the line of names.
    names: Option<Range<usize>>,
    /// The digits of the numbers of rows.
    counts: Vec<Range<usize>>,
}

impl<'a> Document<'a> {
    /// The document, if one of the layouts fits.
    #[must_use]
    pub fn of(text: &'a str, layouts: &[Layout]) -> Option<Self> {
        layouts.iter().find_map(|layout| match *layout {
            Layout::Json { rows, counts, names } => Self::of_json(text, (rows, counts, names)),
            Layout::Xml { list, row, counts } => Self::of_xml(text, (list, row, counts)),
            Layout::Csv => Self::of_csv(text),
        })
    }

    fn of_json(
        text: &'a str,
        (rows, counts, names): (&str, &[&str], Option<&str>),
    ) -> Option<Self> {
        let list = json::find(text, rows)?;
        let rows = json::items(text, list.start)?;
        let form = if names.is_some() { Form::List } else { Form::Object };
        let opening = if names.is_some() { "[" } else { "{" };
        if !rows.iter().all(|row| text.get(row.clone()).is_some_and(|it| it.starts_with(opening))) {
            return None;
        }
        let names = match names {
            Some(path) => Some(json::find(text, path)?),
            None => None,
        };
        let counts = counts.iter().filter_map(|path| json::find(text, path));
        let counts = counts.map(|count| digits(text, count)).collect();
        Some(Self { text, form, list: list.start + 1..list.end - 1, rows, names, counts })
    }

    fn of_xml(text: &'a str, (list, row, counts): (&str, &str, &[&str])) -> Option<Self> {
        let list = xml::content(text, list)?;
        let rows = xml::elements(text, list.clone(), row);
        let counts = counts.iter().filter_map(|name| xml::content(text, name)).collect();
        Some(Self { text, form: Form::Element, list, rows, names: None, counts })
    }

    fn of_csv(text: &'a str) -> Option<Self> {
        let mut lines = csv::lines(text);
        if lines.is_empty() {
            return None;
        }
        let names = lines.remove(0);
        let list = names.end..text.len();
        let names = Some(names);
        Some(Self { text, form: Form::Line, list, rows: lines, names, counts: Vec::new() })
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The end of each row, in bytes from the beginning of the text.
    #[must_use]
    pub fn ends(&self) -> Vec<usize> {
        self.rows.iter().map(|row| row.end).collect()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn get(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// The names of the columns, if they are in one place.
    pub(super) fn names(&self) -> Option<Vec<Cow<'a, str>>> {
        let names = self.names.as_ref()?;
        Some(match self.form {
            Form::Line => csv::cells(self.get(names)).into_iter().map(csv::plain).collect(),
            Form::Object | Form::List | Form::Element => json::items(self.text, names.start)?
                .iter()
                .map(|name| Cow::Borrowed(self.get(name).trim_matches('"')))
                .collect(),
        })
    }

    /// The values of a row in their order; empty behind the last row.
    #[must_use]
    pub fn cells(&self, row: usize) -> Vec<Cell<'a>> {
        let Some(range) = self.rows.get(row) else { return Vec::new() };
        let cell = |name: Cow<'a, str>, value: &'a str| Cell { name, value: Cow::Borrowed(value) };
        let named = |values: Vec<&'a str>| {
            let names = self.names().unwrap_or_default();
            let names = names.into_iter().chain(std::iter::repeat(Cow::Borrowed("")));
            names.zip(values).map(|(name, value)| cell(name, value)).collect()
        };
        match self.form {
            Form::Object => json::members(self.text, range.start)
                .unwrap_or_default()
                .iter()
                .map(|(name, value)| {
                    cell(Cow::Borrowed(self.get(name).trim_matches('"')), self.get(value))
                })
                .collect(),
            Form::List => {
                let items = json::items(self.text, range.start).unwrap_or_default();
                named(items.iter().map(|item| self.get(item)).collect())
            }
            Form::Element => xml::children(self.text, range.clone())
                .into_iter()
                .map(|(name, value)| cell(Cow::Borrowed(name), self.get(&value)))
                .collect(),
            Form::Line => named(csv::cells(self.get(range))),
        }
    }

    /// The document put together again from its cells. It is the same text, unless the document mixes
    /// spellings.
    #[must_use]
    pub fn respelled(&self) -> String {
        let order: Vec<usize> = (0..self.len()).collect();
        self.encoded(&order, |_, cells| cells, |names| names, 0)
    }

    /// The document with the rows `order` (by position; a row can be there twice or not at all), each of
    /// them after `change`, with the names after `change_names`, and with the numbers of rows that are
    /// `counted` more than they were.
    pub(super) fn encoded(
        &self,
        order: &[usize],
        mut change: impl FnMut(usize, Vec<Cell<'a>>) -> Vec<Cell<'a>>,
        change_names: impl FnOnce(Vec<Cell<'a>>) -> Vec<Cell<'a>>,
        counted: i64,
    ) -> String {
        let glue = self.glue();
        let mut list = String::with_capacity(self.list.len());
        for (position, row) in order.iter().enumerate() {
            let Some(range) = self.rows.get(*row) else { continue };
            if position > 0 {
                list.push_str(glue);
                // The last line of a text may have no line end, and need not be the last one any more.
                if self.form == Form::Line && !list.ends_with('\n') {
                    list.push_str(if self.text.contains("\r\n") { "\r\n" } else { "\n" });
                }
            }
            let cells = change(*row, self.cells(*row));
            self.push(&mut list, self.get(range), &cells);
        }
        let mut edits = vec![(self.list.clone(), list)];
        if let (Some(range), Some(names)) = (&self.names, self.names()) {
            let cell = |name: Cow<'a, str>| Cell { value: self.written_name(&name), name };
            let names = change_names(names.into_iter().map(cell).collect());
            let mut text = String::new();
            self.push(&mut text, self.get(range), &names);
            edits.push((range.clone(), text));
        }
        for range in &self.counts {
            let count = self.get(range).parse::<i64>().unwrap_or(0);
            edits.push((range.clone(), count.saturating_add(counted).max(0).to_string()));
        }
        spliced(self.text, edits)
    }

    /// A name as the list of names writes it.
    fn written_name(&self, name: &str) -> Cow<'a, str> {
        Cow::Owned(match self.form {
            Form::Line => csv::quoted(name),
            Form::Object | Form::List | Form::Element => format!("\"{name}\""),
        })
    }

    /// What separates two rows.
    fn glue(&self) -> &'a str {
        match self.form {
            Form::Element | Form::Line => "",
            Form::Object | Form::List => match self.rows.as_slice() {
                [first, second, ..] => self.get(&(first.end..second.start)),
                [only] => self.spelling(self.get(only)).separator,
                [] => ",",
            },
        }
    }

    /// Appends a row with these cells, spelled as the row `model`.
    fn push(&self, to: &mut String, model: &'a str, cells: &[Cell<'_>]) {
        let spelling = self.spelling(model);
        to.push_str(spelling.opening);
        // Readers pass over an empty line: a row whose only value was taken away has its quotes.
        let is_empty = cells.len() < 2 && cells.iter().all(|it| it.value.is_empty());
        if self.form == Form::Line && is_empty && model != spelling.closing {
            to.push_str("\"\"");
        }
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                to.push_str(spelling.separator);
            }
            match self.form {
                Form::Object => {
                    to.push('"');
                    to.push_str(&cell.name);
                    to.push('"');
                    to.push_str(spelling.colon);
                    to.push_str(&cell.value);
                }
                Form::Element => {
                    for part in ["<", &*cell.name, ">", &*cell.value, "</", &*cell.name, ">"] {
                        to.push_str(part);
                    }
                }
                Form::List | Form::Line => to.push_str(&cell.value),
            }
        }
        to.push_str(spelling.closing);
    }

    /// The white space and punctuation of a row.
    fn spelling(&self, row: &'a str) -> Spelling<'a> {
        let part = |range: Range<usize>| row.get(range).unwrap_or_default();
        let around = |first: usize, last: usize| (part(0..first), part(last..row.len()));
        let plain = Spelling { opening: "", colon: ":", separator: ",", closing: "" };
        match self.form {
            Form::Object => match json::members(row, 0).unwrap_or_default().as_slice() {
                members @ ([first, .., last] | [first @ last]) => {
                    let (opening, closing) = around(first.0.start, last.1.end);
                    let separator = members.get(1).map_or(",", |it| part(first.1.end..it.0.start));
                    Spelling {
                        opening,
                        colon: part(first.0.end..first.1.start),
                        separator,
                        closing,
                    }
                }
                [] => Spelling { opening: "{", closing: "}", ..plain },
            },
            Form::List => match json::items(row, 0).unwrap_or_default().as_slice() {
                items @ ([first, .., last] | [first @ last]) => {
                    let (opening, closing) = around(first.start, last.end);
                    let separator = items.get(1).map_or(", ", |it| part(first.end..it.start));
                    Spelling { opening, separator, closing, ..plain }
                }
                [] => Spelling { opening: "[", closing: "]", ..plain },
            },
            Form::Element => {
                let opening = row.find('>').map_or(0, |end| end + 1);
                let closing = row.rfind("</").unwrap_or(row.len());
                Spelling {
                    opening: part(0..opening),
                    separator: "",
                    closing: part(closing..row.len()),
                    ..plain
                }
            }
            Form::Line => Spelling { closing: csv::line_end(row), ..plain },
        }
    }
}

/// The punctuation of a row.
#[derive(Clone, Copy, Debug)]
struct Spelling<'a> {
    opening: &'a str,
    colon: &'a str,
    separator: &'a str,
    closing: &'a str,
}

/// The digits of a number that may stand in quotes.
fn digits(text: &str, range: Range<usize>) -> Range<usize> {
    match text.get(range.clone()).is_some_and(|it| it.starts_with('"')) {
        true => range.start + 1..range.end - 1,
        false => range,
    }
}

/// The text with each of the ranges replaced; they do not overlap.
fn spliced(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|edit| edit.0.start);
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        result.push_str(text.get(at..range.start).unwrap_or_default());
        result.push_str(&new);
        at = range.end;
    }
    result.push_str(text.get(at..).unwrap_or_default());
    result
}
