//! The rows of an answer: where they are, and answers with other rows in the provider's own spelling.
//!
//! A [`Document`] is text cut at its rows. [`alter`] carries out what a fault rule asks for and puts the text
//! together again; whatever it does not alter stays as it was, byte by byte.

mod csv;
mod document;
mod drift;
mod json;
mod order;
mod xml;

use std::borrow::Cow;

pub use self::document::{Cell, Document};
pub use self::order::RowOrder;
use crate::sandbox::faults::RowFault;

/// A form of an answer with rows. A path is member names and positions, joined by dots; it is empty for the
/// whole document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A JSON document.
    Json {
        /// The path of the list of rows.
        rows: &'static str,
        /// The paths of the numbers of rows.
        counts: &'static [&'static str],
        /// The path of the list of column names, where a row is a list of values.
        names: Option<&'static str>,
    },
    /// An XML document.
    Xml {
        /// The element around the rows.
        list: &'static str,
        /// The element of one row.
        row: &'static str,
        /// The elements with numbers of rows.
        counts: &'static [&'static str],
    },
    /// Comma-separated values below a line of column names.
    Csv,
}

/// The names and contents of the elements directly inside of the outermost element of an XML text.
#[must_use]
pub fn elements_of(text: &str) -> Vec<(&str, &str)> {
    let children = xml::children(text, 0..text.len()).into_iter();
    children.filter_map(|(name, range)| Some((name, text.get(range)?))).collect()
}

/// The members of the JSON object at a path of a document, in their order, with their values as they are written.
/// A member of an object inside has the names of both: `credit_card.last_4`.
#[must_use]
pub fn members_of<'a>(text: &'a str, path: &str) -> Vec<(String, &'a str)> {
    let mut found = Vec::new();
    if let Some(start) = json::find(text, path).map(|it| it.start) {
        push_members(text, ("", start), &mut found);
    }
    found
}

fn push_members<'a>(
    text: &'a str,
    (prefix, start): (&str, usize),
    found: &mut Vec<(String, &'a str)>,
) {
    for (name, value) in json::members(text, start).unwrap_or_default() {
        let name = text.get(name).unwrap_or_default().trim_matches('"');
        let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        let written = text.get(value.clone()).unwrap_or_default();
        let known = found.len();
        push_members(text, (&name, value.start), found);
        if found.len() == known {
            found.push((name, written));
        }
    }
}

/// A value of comma-separated text without its quotes.
#[must_use]
pub fn unquoted(cell: &str) -> Cow<'_, str> {
    csv::plain(cell)
}

/// An answer with other rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Altered {
    /// The new text.
    pub text: String,
    /// Which rows it has.
    pub order: RowOrder,
    /// What was altered, as a sentence for the journal.
    pub how: String,
}

/// The answer with the rows at these positions twice, and honest counts; `None` if it has no rows.
#[must_use]
pub fn repeat(text: &str, layouts: &[Layout], chosen: &[usize]) -> Option<(String, RowOrder)> {
    let document = Document::of(text, layouts)?;
    let order = RowOrder::repeating(document.len(), chosen);
    let counted = order.difference();
    let text = document.encoded(order.positions(), |_, cells| cells, |names| names, counted);
    Some((text, order))
}

/// Alters the rows of an answer. `seed` is the key of what is drawn.
///
/// # Errors
///
/// Why nothing can be altered, as a sentence for the journal.
pub fn alter(
    text: &str,
    layouts: &[Layout],
    fault: &RowFault,
    seed: u64,
) -> Result<Altered, String> {
    let nothing = |why: &str| Err(format!("nothing was altered: {why}"));
    let Some(document) = Document::of(text, layouts) else {
        return nothing("the answer has no rows");
    };
    let rows = document.len();
    if let RowFault::Drift(drift) = fault {
        let (text, how) = drift::drifted(&document, drift, seed)?;
        return Ok(Altered { text, order: RowOrder::unchanged(rows), how });
    }
    let order = RowOrder::of(rows, fault, seed);
    if !order.is_changed() {
        return nothing(&format!("the answer has {rows} rows, and that many are left"));
    }
    let counted = match fault {
        RowFault::Short { is_honest: false, .. } => 0,
        _ => order.difference(),
    };
    let text = document.encoded(order.positions(), |_, cells| cells, |names| names, counted);
    let how = order.how(fault);
    Ok(Altered { text, order, how })
}
