//! Filters: a key that is a column and values one of which it must equal.

use super::body::Json;
use super::columns::{self, Column, Values};
use super::error::PayFortError;
use super::row_context::RowContext;

/// A column and the values that were given for it. Several values of one key are alternatives;
/// several keys have all to hold.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) column: &'static Column,
    pub(super) values: Vec<String>,
}

impl Filter {
    pub(super) fn parse_all(filters: &[Json<'_>]) -> Result<Vec<Self>, PayFortError> {
        let mut all: Vec<Self> = Vec::new();
        for filter in filters {
            let Json::Object(filter) = filter else { continue };
            let (Some(key), Some(value)) = (filter.text("key"), filter.text("value")) else {
                continue;
            };
            let column = columns::find(key)
                .ok_or_else(|| PayFortError::value("filters.key", columns::unknown(key)))?;
            if let Some(values) = column.values.list()
                && !values.iter().any(|it| it.eq_ignore_ascii_case(value))
            {
                let problem = format!("`{value}` is none of {}", values.join(", "));
                return Err(PayFortError::value(&format!("filters.{key}"), problem));
            }
            match all.iter_mut().find(|other| other.column.name == column.name) {
                Some(other) => other.values.push(value.to_owned()),
                None => all.push(Self { column, values: vec![value.to_owned()] }),
            }
        }
        Ok(all)
    }

    /// Whether a row has one of the values; `cell` is room to write in.
    pub(super) fn admits(&self, context: &RowContext<'_>, cell: &mut String) -> bool {
        cell.clear();
        self.column.push(context, cell);
        match self.column.values {
            Values::Any => self.values.contains(cell),
            // Lists of values are compared as people write them, whatever the case.
            Values::OneOf(_) | Values::Statuses => {
                self.values.iter().any(|value| value.eq_ignore_ascii_case(cell))
            }
        }
    }
}
