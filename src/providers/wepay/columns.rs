//! The columns of both CSV files. No header line and no sample of either was ever published; they are
//! a choice.

use csv::{Terminator, Writer, WriterBuilder};

use super::ids::RowKeys;
use super::job::Report;
use super::withdrawal::Withdrawal;
use crate::sandbox::facts::Kind;
use crate::sandbox::ledger::settlement::{DepositLine, LineKind};
use crate::sandbox::ledger::{OrderRef, Transaction};
use crate::sandbox::money::{Currency, Money};
use crate::wire::text::{push_decimal, push_number};
use crate::wire::time::{push_date_time, utc};

/// Bytes that a piece of a file has room for at first.
const ROOM: usize = 128 * 1024;

/// Columns of a `merchant_transactions` file.
pub(super) const TRANSACTIONS: [&str; 17] = [
    "transaction_id",
    "transaction_type",
    "create_time",
    "payment_id",
    "checkout_id",
    "reference_id",
    "account_id",
    "currency",
    "gross",
    "app_fee",
    "processing_fee",
    "net",
    "payer_name",
    "payer_email",
    "short_description",
    "long_description",
    "state",
];

/// Columns of a reconciliation file.
pub(super) const RECONCILIATION: [&str; 16] = [
    "withdrawal_id",
    "transaction_id",
    "transaction_type",
    "create_time",
    "payment_id",
    "checkout_id",
    "reference_id",
    "currency",
    "gross",
    "app_fee",
    "processing_fee",
    "net",
    "payer_name",
    "payer_email",
    "short_description",
    "long_description",
];

/// A file, or a piece of one, while it is being written. Writing into memory does not fail, so results
/// of it are not looked at.
pub(super) struct File {
    csv: Writer<Vec<u8>>,
    /// Where the next field is put together.
    field: Vec<u8>,
    email: String,
    /// The id of the account, which stands in every line.
    account: String,
    keys: RowKeys,
}

impl File {
    /// An empty piece of the file of a report.
    pub(super) fn new(report: &Report, keys: RowKeys) -> Self {
        let csv = WriterBuilder::new()
            .terminator(Terminator::Any(b'\n'))
            .from_writer(Vec::with_capacity(ROOM));
        let (field, email) = (Vec::with_capacity(128), String::with_capacity(64));
        Self { csv, field, email, account: report.requested.object_id.to_string(), keys }
    }

    /// What was written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.csv.into_inner().unwrap_or_default()
    }

    /// The line with the names of the columns.
    pub(super) fn head(&mut self, names: &[&str]) {
        let _ = self.csv.write_record(names);
    }

    fn text(&mut self, text: &str) {
        let _ = self.csv.write_field(text);
    }

    fn cell(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.field.clear();
        write(&mut self.field);
        let _ = self.csv.write_field(&self.field);
    }

    fn id(&mut self, prefix: &str, id: i64) {
        self.cell(|field| {
            field.extend_from_slice(prefix.as_bytes());
            push_number(field, id);
        });
    }

    fn account(&mut self) {
        let _ = self.csv.write_field(&self.account);
    }

    /// `2026-03-14 15:09:26`, UTC.
    fn time(&mut self, at: i64) {
        self.cell(|field| push_date_time(field, utc(at), b' ', ""));
    }

    fn amount(&mut self, minor: i64, currency: Currency) {
        self.cell(|field| push_decimal(field, Money { minor, currency }.decimal()));
    }

    fn end(&mut self) {
        let _ = self.csv.write_record(None::<&[u8]>);
    }

    /// From `transaction_id` to `reference_id`, as both files have it, of a row and its payment.
    fn party_columns(&mut self, row: &Transaction<'_>, root: &Transaction<'_>) {
        // Side by side, so that the machine works them out at the same time.
        let (checkout, payment) = (self.keys.checkout(root), self.keys.payment(root));
        let word = match row.kind {
            Kind::Refund => {
                self.id("RF", self.keys.refund(row));
                "refund"
            }
            // A bank debit that came back is forced back like a chargeback, and has no prefix of its
            // own.
            Kind::Chargeback | Kind::Reject => {
                self.id("CBK", self.keys.chargeback(row));
                "chargeback"
            }
            Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Notice => {
                self.id("C", checkout);
                "payment"
            }
        };
        self.text(word);
        self.time(row.created_at);
        self.id("C", payment);
        self.id("C", checkout);
        self.cell(|field| push_order(field, root.order()));
    }

    /// From `gross` to `net`, minor units.
    fn amounts(&mut self, gross: i64, fee: i64, currency: Currency) {
        self.amount(gross, currency);
        self.amount(0, currency);
        self.amount(-fee, currency);
        self.amount(gross - fee, currency);
    }

    /// From `payer_name` to `long_description`, of a row and its payment.
    fn type_columns(&mut self, row: &Transaction<'_>, root: &Transaction<'_>) {
        let person = row.person();
        self.cell(|field| {
            field.extend_from_slice(person.first.as_bytes());
            field.push(b' ');
            field.extend_from_slice(person.last.as_bytes());
        });
        self.email.clear();
        person.push_email(&mut self.email);
        let _ = self.csv.write_field(&self.email);
        let description = row.description();
        self.text(description);
        self.cell(|field| {
            field.extend_from_slice(verb(row.kind).as_bytes());
            field.push(b' ');
            field.extend_from_slice(description.as_bytes());
            field.extend_from_slice(b", order ");
            push_order(field, root.order());
        });
    }

    /// A line of a `merchant_transactions` file.
    pub(super) fn row(&mut self, row: &Transaction<'_>) {
        // Looked up once: for what happened to a payment it has to be searched for.
        let root = row.root();
        self.party_columns(row, &root);
        self.account();
        self.text(row.currency.code());
        self.amounts(row.gross(), row.fee, row.currency);
        self.type_columns(row, &root);
        self.text(state(row, &root));
        self.end();
    }

    /// The line of a withdrawal, which takes away what it pays out.
    pub(super) fn withdrawal(&mut self, withdrawal: &Withdrawal) {
        let deposit = &withdrawal.deposit;
        self.id("W", withdrawal.id);
        self.text("withdrawal");
        self.time(deposit.initiated_at);
        self.nothing(3);
        self.account();
        self.text(deposit.currency.code());
        self.amounts(-deposit.amount, 0, deposit.currency);
        self.nothing(2);
        self.text("Withdrawal");
        self.text("Withdrawal to bank account");
        self.text(withdrawal.state());
        self.end();
    }

    fn nothing(&mut self, fields: usize) {
        (0..fields).for_each(|_| self.text(""));
    }

    /// A line of a reconciliation file.
    pub(super) fn line(&mut self, withdrawal: &Withdrawal, line: &DepositLine<'_>) {
        let currency = withdrawal.deposit.currency;
        if let Some(row) = &line.row {
            let root = row.root();
            self.id("W", withdrawal.id);
            self.party_columns(row, &root);
            self.text(currency.code());
            self.amounts(line.amount, line.fee, currency);
            self.type_columns(row, &root);
            return self.end();
        }
        let (kind, text) = match line.kind {
            // The fees stand beside the rows they are for.
            LineKind::Fee => return,
            LineKind::Reserve => ("reserve", "Held in reserve"),
            LineKind::ReserveRelease => ("reserve_release", "Released from reserve"),
            LineKind::MonthEndFee => ("monthly_fee", "Monthly fee"),
            // Only the first of these comes without a row.
            LineKind::Adjustment
            | LineKind::Sale
            | LineKind::Refund
            | LineKind::Chargeback
            | LineKind::Reject => ("adjustment", "Adjustment"),
        };
        let fee = line.kind == LineKind::MonthEndFee;
        let (gross, taken) = if fee { (0, -line.amount) } else { (line.amount, 0) };
        self.id("W", withdrawal.id);
        self.text("");
        self.text(kind);
        self.time(withdrawal.deposit.initiated_at);
        self.nothing(3);
        self.text(currency.code());
        self.amounts(gross, taken, currency);
        self.nothing(2);
        self.text(text);
        self.text(text);
        self.end();
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
        Kind::Reject => "Returned bank debit of",
        Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Notice => {
            "Payment for"
        }
    }
}

/// The word for where a row of a payment stands.
fn state(row: &Transaction<'_>, root: &Transaction<'_>) -> &'static str {
    let settled = || if row.settled_at().is_some() { "released" } else { "captured" };
    if row.kind.sign() < 0 {
        return settled();
    }
    let (mut forced_back, mut refunded) = (false, 0);
    root.for_each_child(|child| match child.kind {
        Kind::Chargeback | Kind::Reject => forced_back |= child.is_done(),
        Kind::Refund => refunded += child.amount,
        Kind::Payment | Kind::Authorization | Kind::Capture | Kind::Void | Kind::Notice => {}
    });
    if forced_back {
        "charged back"
    } else if refunded >= row.amount {
        "refunded"
    } else {
        settled()
    }
}
