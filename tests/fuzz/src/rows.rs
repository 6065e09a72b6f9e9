//! Faults of rows on any text: what was well formed stays so, and has as many rows as is said.

use sandtill::providers;
use sandtill::sandbox::faults::{Change, Drift, Kept, Place, RowFault};
use sandtill::wire::rows::{self, Document, Layout};
use serde::de::IgnoredAny;

/// The forms of the answers of all operations in which this text has rows.
fn fitting(text: &str) -> Vec<&'static [Layout]> {
    let operations = providers::ALL.iter().flat_map(|provider| provider.operations);
    let mut all: Vec<_> = operations.filter_map(|it| it.listing).map(|it| it.layouts).collect();
    all.dedup();
    all.into_iter().filter(|layouts| Document::of(text, layouts).is_some()).collect()
}

/// The fault that three bytes describe.
fn fault([kind, number, more]: [u8; 3]) -> RowFault {
    let position = if more % 2 == 0 { Place::Anywhere } else { Place::Edge };
    let number = u64::from(number % 32);
    let name = |bit: u8| (more & bit == 0).then(|| "amount".to_owned());
    let drift = |change| RowFault::Drift(Drift { change, field: name(1), to: name(2) });
    match kind % 12 {
        0 => RowFault::Short { kept: Kept::Rows(number), is_honest: more % 2 == 0 },
        1 => RowFault::Short { kept: Kept::Share(u32::from(more) * 4_000), is_honest: true },
        2 => RowFault::Repeat(number, position),
        3 => RowFault::Skip(number, position),
        4 => RowFault::Shuffle,
        5 => drift(Change::Add),
        6 => drift(Change::Remove),
        7 => drift(Change::Rename),
        8 => drift(Change::Null),
        9 => drift(Change::TextNumbers),
        10 => drift(Change::Reorder),
        _ => drift(Change::NewWord),
    }
}

/// A form in which a text is well formed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Json,
    Xml,
    Csv,
}

fn is_well_formed(text: &str, form: Form) -> bool {
    match form {
        Form::Json => serde_json::from_str::<IgnoredAny>(text).is_ok(),
        Form::Xml => roxmltree::Document::parse(text).is_ok(),
        Form::Csv => {
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            // An empty line is a row with one empty cell, which readers pass over.
            let has_empty_line = text.lines().any(str::is_empty);
            !has_empty_line
                && has_strict_quotes(text)
                && reader.records().all(|record| record.is_ok())
        }
    }
}

/// Whether every value with a quote begins and ends with one, and has only doubled ones between them
/// (RFC 4180, section 2, points 5 to 7). Readers take more; our providers write no more.
fn has_strict_quotes(text: &str) -> bool {
    let mut rest = text;
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut inside = quoted;
            loop {
                let Some((_, after)) = inside.split_once('"') else { return false };
                match after.strip_prefix('"') {
                    Some(doubled) => inside = doubled,
                    None => break rest = after,
                }
            }
        } else {
            rest = &rest[rest.find(['"', ',', '\r', '\n']).unwrap_or(rest.len())..];
        }
        rest = match rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix([',', '\n'])) {
            Some(next) => next,
            None => return rest.is_empty(),
        };
    }
}

fn form(layout: &Layout) -> Form {
    match layout {
        Layout::Json { .. } => Form::Json,
        Layout::Xml { .. } => Form::Xml,
        Layout::Csv => Form::Csv,
    }
}

/// Five bytes choose fault, form and seed; the rest is the answer.
pub(crate) fn run(data: &[u8]) {
    let Some(([kind, number, more, layout, seed], text)) = data.split_first_chunk::<5>() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let fitting = fitting(text);
    let Some(chosen) = usize::from(*layout).checked_rem(fitting.len()) else { return };
    let layouts = fitting[chosen];
    let Some(document) = Document::of(text, layouts) else { return };
    let whole: Vec<Form> =
        layouts.iter().map(form).filter(|form| is_well_formed(text, *form)).collect();
    let check = |altered: &str, rows: usize| {
        if whole.is_empty() {
            return;
        }
        let stays = whole.iter().any(|form| is_well_formed(altered, *form));
        assert!(stays, "{whole:?} no more: {altered}");
        let found = Document::of(altered, layouts).map(|it| it.len());
        assert!(found == Some(rows) || rows == 0, "{found:?} rows, said are {rows}: {altered}");
    };
    let before = document.len();
    let fault = fault([*kind, *number, *more]);
    if let Ok(altered) = rows::alter(text, layouts, &fault, u64::from(*seed)) {
        let order = &altered.order;
        let after = before + order.repeated().len() - order.dropped().len();
        assert_eq!(order.positions().len(), after, "{fault:?}: {order:?}");
        check(&altered.text, order.positions().len());
    }
    let chosen = [usize::from(*number) % 8, usize::from(*more) % 8];
    let chosen: Vec<usize> = chosen.into_iter().filter(|at| *at < before).collect();
    if let Some((repeated, order)) = rows::repeat(text, layouts, &chosen) {
        check(&repeated, order.positions().len());
    }
}
