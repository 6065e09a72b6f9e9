//! The 39 columns of a report, in the order of the vendor's table.

use super::cells;
use super::codes::STATUSES;
use super::row_context::RowContext;
use crate::sandbox::facts::Kind;
use crate::sandbox::ledger::{OrderRef, Transaction};
use crate::wire::text::push_digits;

/// A column: its name on the wire, the values that a filter on it accepts, and the function that reads
/// its cell.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) values: Values,
    cell: fn(&RowContext<'_>, &mut String),
}

/// The values that a filter on a column accepts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Values {
    /// Any text; the comparison is case-sensitive.
    Any,
    /// One of these; the comparison ignores case.
    OneOf(&'static [&'static str]),
    /// One of [`STATUSES`], the two digits of a status.
    Statuses,
}

impl Column {
    /// Appends the cell of a row; appends nothing if the row has no value. A cell that the scenario pins
    /// has precedence.
    pub(super) fn push(&self, context: &RowContext<'_>, text: &mut String) {
        match context.pinned(self.name) {
            Some(serde_json::Value::String(cell)) => text.push_str(cell),
            Some(cell) => text.push_str(&cell.to_string()),
            None => (self.cell)(context, text),
        }
    }
}

impl Values {
    pub(super) fn list(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Any => None,
            Self::OneOf(values) => Some(values),
            Self::Statuses => Some(STATUSES),
        }
    }
}

use Values::{Any, OneOf, Statuses};

const YES_NO: Values = OneOf(&["YES", "NO"]);

const fn column(
    name: &'static str,
    values: Values,
    cell: fn(&RowContext<'_>, &mut String),
) -> Column {
    Column { name, values, cell }
}

/// Every column, in the order of the vendor's table.
pub(super) static ALL: [Column; 39] = [
    column("fort_id", Any, |it, text| cells::push_fort_id(&it.row, text)),
    column("merchant_reference", Any, |it, text| match it.row.order() {
        OrderRef::Given(order) => text.push_str(order),
        OrderRef::Drawn(number) => {
            text.push_str("ORD-");
            push_digits(text, number.unsigned_abs(), 1);
        }
    }),
    column("authorization_code", Any, cells::authorization_code),
    column("customer_name", Any, cells::customer_name),
    column("customer_ip", Any, cells::customer_ip),
    column("geolocation_ip", Any, |it, text| {
        text.push_str(it.original.card().map_or("", |card| card.country));
    }),
    column("customer_email", Any, |it, text| it.person().push_email(text)),
    column("acquirer_name", Any, |_, text| text.push_str(cells::ACQUIRER)),
    column("payment_option", OneOf(cells::PAYMENT_OPTIONS), |it, text| {
        text.push_str(cells::payment_option(&it.original));
    }),
    column("channel", OneOf(cells::CHANNELS), |it, text| {
        text.push_str(cells::channel(&it.original));
    }),
    column("transaction_date", Any, |it, text| it.push_time(it.row.created_at, text)),
    column("card_number", Any, cells::card_number),
    column("expiry_date", Any, cells::expiry_date),
    column("card_holder_name", Any, |it, text| {
        if it.original.card().is_some() {
            cells::customer_name(it, text);
        }
    }),
    column("amount", Any, |it, text| text.push_str(itoa::Buffer::new().format(it.row.amount))),
    column("currency", Any, |it, text| {
        text.push_str(it.row.currency.code());
    }),
    column("card_bin", Any, cells::card_bin),
    column("eci", OneOf(&["ECOMMERCE", "RECURRING", "MOTO"]), |it, text| {
        text.push_str(cells::eci(&it.original));
    }),
    column("operation", OneOf(cells::OPERATIONS), |it, text| {
        text.push_str(cells::operation(it.row.kind));
    }),
    column("token_name", Any, cells::token_name),
    column("3ds_indicator", YES_NO, |it, text| {
        text.push_str(cells::yes_no(it.original.three_ds().is_some()));
    }),
    column("fraud_indicator", YES_NO, |it, text| text.push_str(cells::fraud(&it.row))),
    column("installments_indicator", YES_NO, |it, text| {
        text.push_str(cells::yes_no(cells::has_installments(&it.original)));
    }),
    column("status", Statuses, |it, text| text.push_str(cells::code(&it.row).status)),
    column("response_code", Any, |it, text| {
        let code = cells::code(&it.row);
        text.push_str(code.status);
        text.push_str(code.message);
    }),
    column("response_message", Any, |it, text| text.push_str(cells::code(&it.row).text())),
    column("third_party_message", Any, |it, text| text.push_str(cells::third_party(&it.row).1)),
    column("third_party_code", Any, |it, text| text.push_str(cells::third_party(&it.row).0)),
    column("order_date", Any, |it, text| it.push_time(it.original.created_at, text)),
    column("order_description", Any, |it, text| text.push_str(it.row.description())),
    column("acquirer_mid", Any, cells::acquirer_mid),
    column("acquirer_response_code", Any, |it, text| text.push_str(cells::acquirer(&it.row).0)),
    column("acquirer_response_message", Any, |it, text| text.push_str(cells::acquirer(&it.row).1)),
    column("processor_response_code", Any, |it, text| text.push_str(cells::acquirer(&it.row).2)),
    column("sadad_olp", Any, cells::sadad_olp),
    column("sadad_transaction_id", Any, cells::sadad_transaction_id),
    column("payment_link_id", Any, cells::payment_link_id),
    column("Invoice_id", Any, cells::invoice_id),
    column("digital_wallet", OneOf(cells::WALLETS), |it, text| {
        text.push_str(cells::digital_wallet(&it.original));
    }),
];

/// The column with this name; the comparison is case-sensitive.
pub(super) fn find(name: &str) -> Option<&'static Column> {
    ALL.iter().find(|column| column.name == name)
}

/// The error text for an unknown column name. It suggests the column that differs only in case.
pub(super) fn unknown(name: &str) -> String {
    let near = ALL.iter().find(|column| column.name.eq_ignore_ascii_case(name));
    match near {
        Some(column) => format!("no column is called `{name}`, but one is `{}`", column.name),
        None => format!("no column is called `{name}`"),
    }
}

/// Whether the provider shows a row. Test transactions are not shown, nor are kinds without an operation
/// of the vendor (chargebacks, bank rejects and notices).
pub(super) fn is_shown(row: &Transaction<'_>) -> bool {
    let known = matches!(
        row.kind,
        Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Refund
    );
    known && !row.test
}
