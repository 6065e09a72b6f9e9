//! The columns of both CSV files. They are our choice, because the vendor published neither a header line nor a
//! sample.

use super::ids::RowKeys;
use super::withdrawal::Withdrawal;
use crate::sandbox::facts::Kind;
use crate::sandbox::journal::PlacedRows;
use crate::sandbox::ledger::person::Person;
use crate::sandbox::ledger::settlement::{DepositLine, LineKind};
use crate::sandbox::ledger::{OrderRef, Transaction};
use crate::sandbox::money::{Currency, Money};
use crate::wire::text::{push_decimal, push_number, quote_field};
use crate::wire::time::{push_date_time, utc};

/// Initial capacity of the buffer for a piece of a file, bytes.
const ROOM: usize = 128 * 1024;

/// A column: its name in the header line, and the function that writes its value for a line.
#[derive(Debug)]
pub(super) struct Column {
    name: &'static str,
    cell: fn(&RowContext<'_>, &mut Vec<u8>),
    /// Whether its values can need quotes. Numbers, instants and words of ours never do.
    is_text: bool,
}

const fn column(name: &'static str, cell: fn(&RowContext<'_>, &mut Vec<u8>)) -> Column {
    Column { name, cell, is_text: false }
}

/// A column whose values a scenario or a client can choose.
const fn text_column(name: &'static str, cell: fn(&RowContext<'_>, &mut Vec<u8>)) -> Column {
    Column { is_text: true, ..column(name, cell) }
}

const WITHDRAWAL_ID: Column =
    column("withdrawal_id", |it, field| push_id(field, Some(("W", it.withdrawal_id))));
const TRANSACTION_ID: Column =
    column("transaction_id", |it, field| push_id(field, it.transaction_id));
const TRANSACTION_TYPE: Column =
    column("transaction_type", |it, field| field.extend_from_slice(it.kind.as_bytes()));
/// `2026-03-14 15:09:26`, UTC.
const CREATE_TIME: Column =
    column("create_time", |it, field| push_date_time(field, utc(it.created_at), b' ', ""));
const PAYMENT_ID: Column = column("payment_id", |it, field| {
    push_id(field, it.payment.as_ref().map(|payment| ("C", payment.id)));
});
const CHECKOUT_ID: Column = column("checkout_id", |it, field| {
    push_id(field, it.payment.as_ref().map(|payment| ("C", payment.checkout_id)));
});
const REFERENCE_ID: Column = text_column("reference_id", |it, field| {
    if let Some(payment) = &it.payment {
        push_order(field, payment.root.order());
    }
});
const ACCOUNT_ID: Column = column("account_id", |it, field| push_number(field, it.account_id));
const CURRENCY: Column =
    column("currency", |it, field| field.extend_from_slice(it.currency.code().as_bytes()));
const GROSS: Column = column("gross", |it, field| it.push_amount(field, it.gross));
const APP_FEE: Column = column("app_fee", |it, field| it.push_amount(field, 0));
const PROCESSING_FEE: Column = column("processing_fee", |it, field| it.push_amount(field, -it.fee));
const NET: Column = column("net", |it, field| it.push_amount(field, it.gross - it.fee));
/// A published client reads this name and takes the value for the total of the withdrawal.
const NET_SETTLED: Column = column("net_settled", |it, field| it.push_amount(field, it.withdrawn));
const PAYER_NAME: Column = text_column("payer_name", |it, field| {
    if let Some(payment) = &it.payment {
        field.extend_from_slice(payment.person.first.as_bytes());
        field.push(b' ');
        field.extend_from_slice(payment.person.last.as_bytes());
    }
});
const PAYER_EMAIL: Column = text_column("payer_email", |it, field| {
    if let Some(payment) = &it.payment {
        match payment.person.given_email() {
            Some(email) => field.extend_from_slice(email.as_bytes()),
            None => payment.person.drawn_email(|part| field.extend_from_slice(part)),
        }
    }
});
const SHORT_DESCRIPTION: Column =
    text_column("short_description", |it, field| field.extend_from_slice(it.short.as_bytes()));
const LONG_DESCRIPTION: Column = text_column("long_description", |it, field| {
    let Some(payment) = &it.payment else {
        return field.extend_from_slice(it.long.as_bytes());
    };
    field.extend_from_slice(verb(payment.row.kind).as_bytes());
    field.push(b' ');
    field.extend_from_slice(it.short.as_bytes());
    field.extend_from_slice(b", order ");
    push_order(field, payment.root.order());
});
const STATE: Column = column("state", |it, field| {
    let word = it.payment.as_ref().map_or(it.state, |payment| state(&payment.row, &payment.root));
    field.extend_from_slice(word.as_bytes());
});

/// Columns of a `merchant_transactions` file, in order.
pub(super) static TRANSACTIONS: [Column; 17] = [
    TRANSACTION_ID,
    TRANSACTION_TYPE,
    CREATE_TIME,
    PAYMENT_ID,
    CHECKOUT_ID,
    REFERENCE_ID,
    ACCOUNT_ID,
    CURRENCY,
    GROSS,
    APP_FEE,
    PROCESSING_FEE,
    NET,
    PAYER_NAME,
    PAYER_EMAIL,
    SHORT_DESCRIPTION,
    LONG_DESCRIPTION,
    STATE,
];

/// Columns of a reconciliation file, in order.
pub(super) static RECONCILIATION: [Column; 17] = [
    WITHDRAWAL_ID,
    TRANSACTION_ID,
    TRANSACTION_TYPE,
    CREATE_TIME,
    PAYMENT_ID,
    CHECKOUT_ID,
    REFERENCE_ID,
    CURRENCY,
    GROSS,
    APP_FEE,
    PROCESSING_FEE,
    NET,
    PAYER_NAME,
    PAYER_EMAIL,
    SHORT_DESCRIPTION,
    LONG_DESCRIPTION,
    NET_SETTLED,
];

/// The values of one line, computed once for all columns.
struct RowContext<'a> {
    account_id: i64,
    /// 0 in a `merchant_transactions` file, which has no such column.
    withdrawal_id: i64,
    /// Minor units: the amount of the withdrawal. 0 in a `merchant_transactions` file.
    withdrawn: i64,
    /// Prefix and number.
    transaction_id: Option<(&'static str, i64)>,
    kind: &'static str,
    /// Unix seconds.
    created_at: i64,
    currency: Currency,
    /// Minor units, with a sign.
    gross: i64,
    /// Minor units.
    fee: i64,
    /// The payment of the line; `None` for withdrawals, reserves and monthly fees.
    payment: Option<Payment<'a>>,
    short: &'a str,
    /// The long description of a line without a payment.
    long: &'static str,
    /// The state of a line without a payment.
    state: &'static str,
}

/// A row of the ledger with its original transaction.
struct Payment<'a> {
    row: Transaction<'a>,
    root: Transaction<'a>,
    id: i64,
    checkout_id: i64,
    person: Person<'a>,
}

impl<'a> RowContext<'a> {
    fn of(file: &File, row: &Transaction<'a>, gross: i64, fee: i64) -> Self {
        // The search for the original transaction of a follow-up is slow, so its result is kept.
        let root = row.root();
        let keys = &file.keys;
        let (checkout_id, id) = (keys.checkout(&root), keys.payment(&root));
        let kind = match row.kind {
            Kind::Refund => "refund",
            Kind::Chargeback | Kind::Reject => "chargeback",
            Kind::ChargebackReversal => "chargeback_reversal",
            Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Notice => {
                "payment"
            }
        };
        Self {
            account_id: file.account_id,
            withdrawal_id: 0,
            withdrawn: 0,
            transaction_id: Some(keys.transaction(row, &root)),
            kind,
            created_at: row.created_at,
            currency: row.currency,
            gross,
            fee,
            short: row.description(),
            long: "",
            state: "",
            payment: Some(Payment { row: *row, root, id, checkout_id, person: row.person() }),
        }
    }

    fn push_amount(&self, field: &mut Vec<u8>, minor: i64) {
        push_decimal(field, Money { minor, currency: self.currency }.decimal());
    }
}

/// A file, or a part of one, while it is written.
pub(super) struct File {
    bytes: Vec<u8>,
    columns: &'static [Column],
    account_id: i64,
    keys: RowKeys,
    /// The rows of the ledger, each with the position of its end in the bytes.
    placed: PlacedRows,
}

impl File {
    /// An empty part of a file of this account.
    pub(super) fn new(account_id: i64, columns: &'static [Column], keys: RowKeys) -> Self {
        let bytes = Vec::with_capacity(ROOM);
        Self { bytes, columns, account_id, keys, placed: PlacedRows::default() }
    }

    /// The bytes written so far, and the position at which each row of the ledger ends.
    pub(super) fn into_parts(self) -> (Vec<u8>, PlacedRows) {
        (self.bytes, self.placed)
    }

    /// Writes the header line.
    pub(super) fn head(&mut self) {
        self.record(|column, field| field.extend_from_slice(column.name.as_bytes()));
    }

    fn push(&mut self, line: &RowContext<'_>) {
        self.record(|column, field| (column.cell)(line, field));
        let row = line.payment.as_ref().map(|payment| payment.row);
        self.placed.push_all(row, self.bytes.len());
    }

    /// Writes a line.
    fn record(&mut self, cell: impl Fn(&Column, &mut Vec<u8>)) {
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                self.bytes.push(b',');
            }
            let begin = self.bytes.len();
            cell(column, &mut self.bytes);
            if column.is_text {
                quote_field(&mut self.bytes, begin);
            }
        }
        self.bytes.push(b'\n');
    }

    /// Writes a line of a `merchant_transactions` file.
    pub(super) fn row(&mut self, row: &Transaction<'_>) {
        self.push(&RowContext::of(self, row, row.gross(), row.fee));
    }

    /// Writes the line of a withdrawal, whose amounts are negative.
    pub(super) fn withdrawal(&mut self, withdrawal: &Withdrawal) {
        let payout = &withdrawal.payout;
        self.push(&RowContext {
            account_id: self.account_id,
            withdrawal_id: withdrawal.id,
            withdrawn: withdrawal.payout.amount,
            transaction_id: Some(("W", withdrawal.id)),
            kind: "withdrawal",
            created_at: payout.initiated_at,
            currency: payout.currency,
            gross: -payout.amount,
            fee: 0,
            payment: None,
            short: "Withdrawal",
            long: "Withdrawal to bank account",
            state: withdrawal.state(),
        });
    }

    /// Writes a line of a reconciliation file.
    pub(super) fn line(&mut self, withdrawal: &Withdrawal, line: &DepositLine<'_>) {
        let currency = withdrawal.payout.currency;
        if let Some(row) = &line.row {
            let context = RowContext::of(self, row, line.amount, line.fee);
            return self.push(&RowContext {
                withdrawal_id: withdrawal.id,
                withdrawn: withdrawal.payout.amount,
                currency,
                ..context
            });
        }
        let (kind, text) = match line.kind {
            // Not a line of its own: the lines of transactions contain the fees.
            LineKind::Fee => return,
            LineKind::Reserve => ("reserve", "Held in reserve"),
            LineKind::ReserveRelease => ("reserve_release", "Released from reserve"),
            LineKind::MonthEndFee => ("monthly_fee", "Monthly fee"),
            // Adjustments and corrections have no row in the ledger; the others have.
            LineKind::Adjustment
            | LineKind::Correction
            | LineKind::ReturnedDeposit
            | LineKind::Sale
            | LineKind::Refund
            | LineKind::Chargeback
            | LineKind::ChargebackReversal
            | LineKind::Reject => ("adjustment", "Adjustment"),
        };
        let is_fee = line.kind == LineKind::MonthEndFee;
        let (gross, fee) = if is_fee { (0, -line.amount) } else { (line.amount, 0) };
        self.push(&RowContext {
            account_id: self.account_id,
            withdrawal_id: withdrawal.id,
            withdrawn: withdrawal.payout.amount,
            transaction_id: None,
            kind,
            created_at: withdrawal.payout.initiated_at,
            currency,
            gross,
            fee,
            payment: None,
            short: text,
            long: text,
            state: "",
        });
    }
}

fn push_id(field: &mut Vec<u8>, id: Option<(&str, i64)>) {
    if let Some((prefix, number)) = id {
        field.extend_from_slice(prefix.as_bytes());
        push_number(field, number);
    }
}

fn push_order(field: &mut Vec<u8>, order: OrderRef<'_>) {
    match order {
        OrderRef::Given(text) => field.extend_from_slice(text.as_bytes()),
        OrderRef::Drawn(number) => {
            field.extend_from_slice(b"ORD-");
            push_number(field, number);
        }
    }
}

fn verb(kind: Kind) -> &'static str {
    match kind {
        Kind::Refund => "Refund of",
        Kind::Chargeback => "Chargeback of",
        Kind::ChargebackReversal => "Chargeback reversal of",
        Kind::Reject => "Returned bank debit of",
        Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Notice => {
            "Payment for"
        }
    }
}

/// The value of `state` for a row of a payment.
pub(super) fn state(row: &Transaction<'_>, root: &Transaction<'_>) -> &'static str {
    let settled = || if row.settled_at().is_some() { "released" } else { "captured" };
    if !matches!(row.kind, Kind::Payment | Kind::Capture) {
        return settled();
    }
    let (mut forced_back, mut refunded) = (0, 0);
    root.for_each_child(|child| match child.kind {
        Kind::Chargeback | Kind::Reject if child.is_done() => forced_back += child.amount,
        Kind::ChargebackReversal => forced_back -= child.amount,
        Kind::Refund => refunded += child.amount,
        _ => {}
    });
    if forced_back > 0 {
        "charged back"
    } else if refunded >= row.amount {
        "refunded"
    } else {
        settled()
    }
}
