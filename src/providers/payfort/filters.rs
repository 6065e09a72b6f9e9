//! The filters of a report: the cell of a column must equal one of the given values.

use super::columns::{self, Column, Values};
use super::error::PayFortError;
use super::row_context::RowContext;
use crate::wire::raw_json::Json;

/// A column and the values that are given for it. A row matches if its cell equals one of the values;
/// filters on different columns must all match.
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

    /// Whether a row matches. `cell` is a buffer, passed in to avoid an allocation per row.
    pub(super) fn admits(&self, context: &RowContext<'_>, cell: &mut String) -> bool {
        cell.clear();
        self.column.push(context, cell);
        match self.column.values {
            Values::Any => self.values.contains(cell),
            // Clients write the values of enumerations in different case, so case is ignored.
            Values::OneOf(_) | Values::Statuses => {
                self.values.iter().any(|value| value.eq_ignore_ascii_case(cell))
            }
        }
    }
}
