//! The column of a transaction object: printing and the OpenAPI schema are both made from tables of
//! columns.

use serde_json::{Value as Json, json};

use super::row_context::RowContext;
use super::values;
use crate::providers::operation::{
    closed, flag, integer, number, text, text_or_null, with_optional,
};
use crate::sandbox::facts::Kind;
use crate::wire::line::Line;

/// Appends the value of a row.
pub(super) type Write = fn(&RowContext<'_>, &mut Line);

/// A member of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: Name,
    schema: Schema,
    pub(super) presence: Presence,
    pub(super) value: Value,
}

/// The name of a column on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name {
    Fixed(&'static str),
    /// The type of the transaction, one of [`values::TYPES`].
    TransactionType,
}

/// What the OpenAPI description says of the values of a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Schema {
    /// A string.
    Text,
    /// A string or `null`.
    TextOrNull,
    Integer,
    /// A number; it is printed with a point.
    Number,
    Flag,
    /// Three capital letters (ISO 4217).
    Currency,
    /// A number or a string: vendors' documents show both.
    Id,
    /// An [`Schema::Id`] or `null`.
    IdOrNull,
    /// An object with the columns of its table and no others.
    Closed,
    /// An object with at least the columns of its table.
    Open,
    /// An array.
    List,
    /// Any object: the vendor documents only a sample of it.
    AnyObject,
}

/// Which rows have a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Always,
    /// Rows with a card, also the device card of a wallet or voucher.
    Card,
    /// Rows that were paid through ERIP.
    Erip,
    /// Rows with 3-D Secure.
    ThreeDs,
    /// Captures, voids, refunds and chargebacks.
    FollowUp,
    /// Refunds and chargebacks.
    Returned,
}

/// Where the value of a column comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    /// This JSON, in every row.
    Constant(&'static str),
    /// JSON of the row.
    Json(Write),
    /// A string of the row that needs no escapes; the quotes are the template's.
    Quoted(Write),
    /// A nested object.
    Object(&'static [Column]),
}

/// A column that every row has.
pub(super) const fn column(name: &'static str, schema: Schema, value: Value) -> Column {
    Column { name: Name::Fixed(name), schema, presence: Presence::Always, value }
}

impl Column {
    /// The same column for some rows only.
    pub(super) const fn only(self, presence: Presence) -> Self {
        Self { presence, ..self }
    }

    /// The same column, named after the type of the transaction.
    pub(super) const fn named_by_type(self) -> Self {
        Self { name: Name::TransactionType, ..self }
    }

    fn schema(&self) -> Json {
        let columns = match self.value {
            Value::Object(columns) => columns,
            Value::Constant(_) | Value::Json(_) | Value::Quoted(_) => &[],
        };
        match self.schema {
            Schema::Text => text(),
            Schema::TextOrNull => text_or_null(),
            Schema::Integer => integer(),
            Schema::Number => number(),
            Schema::Flag => flag(),
            Schema::Currency => currency(),
            Schema::Id => json!({"type": ["integer", "string"]}),
            Schema::IdOrNull => json!({"type": ["integer", "string", "null"]}),
            Schema::Closed => closed(object_schema(columns)),
            Schema::Open => object_schema(columns),
            Schema::List => json!({"type": "array"}),
            Schema::AnyObject => json!({"type": "object"}),
        }
    }
}

impl Presence {
    pub(super) fn holds(self, row: &RowContext<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Card => row.card.is_some(),
            Self::Erip => values::is_erip(row.row),
            Self::ThreeDs => row.three_ds.is_some(),
            Self::FollowUp => !row.row.kind.is_original(),
            Self::Returned => {
                matches!(
                    row.row.kind,
                    Kind::Refund | Kind::Chargeback | Kind::ChargebackReversal | Kind::Reject
                )
            }
        }
    }
}

/// A currency code of ISO 4217.
pub(super) fn currency() -> Json {
    json!({"type": "string", "pattern": "^[A-Z]{3}$"})
}

/// The schema of an object with these columns; others are allowed.
pub(super) fn object_schema(columns: &[Column]) -> Json {
    let (mut required, mut optional) = (Vec::new(), Vec::new());
    for column in columns {
        match (column.name, column.presence) {
            (Name::Fixed(name), Presence::Always) => required.push((name, column.schema())),
            (Name::Fixed(name), _) => optional.push((name, column.schema())),
            // A row has one of them.
            (Name::TransactionType, _) => {
                optional.extend(values::TYPES.map(|name| (name, column.schema())));
            }
        }
    }
    with_optional(&required, &optional)
}
