//! deposits and deposits-detail: transfers to the merchant's bank account, and the lines of each.

use axum::response::Response;

use super::super::cells::{AGENT_ID, AGENT_NAME, Account, epic_id, own_account};
use super::super::columns::{self, Column, Table, amount, date, id, plain, rows, text, whole};
use super::super::report_type::Report;
use super::super::response::{Context, answer_with};
use super::activity::{self, ClientIds};
use super::batches::payment_type;
use crate::sandbox::generate::calendar::{self, Day};
use crate::sandbox::ledger::settlement::{self, Deposit, DepositLine, LineKind};
use crate::sandbox::ledger::{Transaction, View, batch, dispute};
use crate::sandbox::money::Money;
use crate::wire::line;

pub(super) struct Row {
    /// The lines of the deposit are read from it.
    view: View,
    deposit: Deposit,
    account: String,
}

const COLUMNS: &[Column<Row>] = &[
    date("reported_date", |it| Some(it.deposit.day)),
    // The bank never books a deposit that failed.
    date("effective_date", |it| {
        let is_kept = it.deposit.failure.is_none();
        is_kept.then(|| calendar::day_of(it.deposit.effective_at))
    }),
    id("epic_id", |it| Some(epic_id(&it.view))),
    text("merchant_name", |it| &it.view.merchant.display_name),
    text("payment_type", |it| payment_type(it.deposit.class)),
    text("account_number", |it: &Row| &it.account).observed_as("account_no"),
    amount("amount", |it| money(&it.deposit, it.deposit.amount)),
    text("agent_id", |_| AGENT_ID),
    text("agent_name", |_| AGENT_NAME),
    id("unique_id", |it| Some(it.deposit.number)),
];

const DETAIL: &[Column<Row>] = &[
    whole("detail_count", |it| {
        i64::try_from(settlement::line_count(&it.view, &it.deposit)).unwrap_or(i64::MAX)
    }),
    rows(
        "detail_data",
        || columns::schema(LINES),
        |it, quirks, out: &mut line::Line| {
            for (index, line) in settlement::lines(&it.view, &it.deposit).enumerate() {
                if index > 0 {
                    out.piece(b",");
                }
                columns::write(LINES, &Line::new(&it.view, &it.deposit, &line), quirks, out);
            }
        },
    ),
];

pub(super) const TABLE: Table<Row> = &[COLUMNS];
pub(super) const TABLE_WITH_DETAIL: Table<Row> = &[COLUMNS, DETAIL];

/// A line of a deposit.
struct Line {
    trxn_type: &'static str,
    reported_on: Option<Day>,
    amount: Money,
    /// Minor units.
    secondary: i64,
    account: Account,
    accountholder: String,
    created_on: Day,
    client_ids: ClientIds,
    /// The number of the transaction that the line refers to.
    reference: Option<i64>,
    memo: Memo,
}

enum Memo {
    Batch(i64),
    Text(&'static str),
    /// The number of an earlier deposit that failed.
    Returned(i64),
}

const LINES: Table<Line> = &[&[
    text("trxn_type", |it| it.trxn_type),
    date("reported_date", |it| it.reported_on),
    amount("amount", |it| it.amount),
    amount("secondary_amount", |it| Money { minor: it.secondary, ..it.amount }),
    plain("account_no", |it, out| it.account.push_masked(out)),
    text("accountholder", |it| &it.accountholder),
    date("transaction_date", |it| Some(it.created_on)),
    plain("client_trxn_id", |it, out| it.client_ids.push_transaction(out)),
    text("client_order_id", |it| &it.client_ids.order),
    text("client_customer_id", |it| &it.client_ids.customer),
    plain("reference_id", |it, out| {
        if let Some(number) = it.reference {
            out.piece(b"trxn_");
            out.number(number);
        }
    }),
    plain("memo", |it, out| match it.memo {
        Memo::Batch(number) => {
            out.piece(b"bat_");
            out.number(number);
        }
        Memo::Returned(number) => {
            out.piece(b"Returned deposit ");
            out.number(number);
        }
        Memo::Text(text) => out.text(text),
    }),
]];

pub(super) fn answer(context: Context, table: Table<Row>) -> Response {
    let deposits = settlement::deposits(&context.view, context.days());
    let entries = deposits.into_iter().map(|deposit| (deposit.day, deposit)).collect();
    answer_with(context, entries, table, |context, deposit, tell| {
        if context.request.report == Report::DepositsDetail {
            let lines = settlement::lines(&context.view, &deposit);
            lines.filter_map(|line| line.row).for_each(tell);
        }
        let view = context.view.clone();
        Some(Row { account: own_account(&view), view, deposit })
    })
}

fn money(deposit: &Deposit, minor: i64) -> Money {
    Money { minor, currency: deposit.currency }
}

impl Line {
    fn new(view: &View, deposit: &Deposit, line: &DepositLine<'_>) -> Self {
        match &line.row {
            Some(row) => Self::of_transaction(deposit, line, row),
            None => Self::of_deposit(view, deposit, line),
        }
    }

    fn of_transaction(deposit: &Deposit, line: &DepositLine<'_>, row: &Transaction<'_>) -> Self {
        let is_sale = matches!(line.kind, LineKind::Sale);
        let referenced = if is_sale { row.number() } else { activity::sale(row).number() };
        let memo = match batch::batch_of(row) {
            Some(batch) => Memo::Batch(batch),
            None => Memo::Text(dispute::reason_of(row).map_or("", |reason| reason.text)),
        };
        Self {
            trxn_type: trxn_type(line),
            reported_on: row.paid_at().map(calendar::day_of),
            amount: money(deposit, line.amount),
            secondary: settlement::secondary_of(row, line.amount),
            account: Account::of(row),
            accountholder: row.root().person().name(),
            created_on: row.day(),
            client_ids: ClientIds::of(row),
            reference: Some(referenced),
            memo,
        }
    }

    /// A line that belongs to no transaction.
    fn of_deposit(view: &View, deposit: &Deposit, line: &DepositLine<'_>) -> Self {
        Self {
            trxn_type: trxn_type(line),
            reported_on: Some(deposit.day),
            amount: money(deposit, line.amount),
            secondary: 0,
            account: Account::default(),
            accountholder: String::new(),
            created_on: deposit.day,
            client_ids: ClientIds::default(),
            // The row can be older than the window.
            reference: line.corrects.map(|id| view.number_of(id)),
            memo: line.returns.map_or(Memo::Text(own_memo(line.kind)), Memo::Returned),
        }
    }
}

/// The text of a line that belongs to the deposit itself.
fn own_memo(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Fee => "Processing fees",
        LineKind::Reserve => "Transfer to reserve account",
        LineKind::ReserveRelease => "Release from reserve account",
        LineKind::MonthEndFee => "Month end fee",
        LineKind::Adjustment => "Month end fee returned",
        LineKind::Correction => "Correction of an amended transaction",
        LineKind::Sale
        | LineKind::Refund
        | LineKind::Chargeback
        | LineKind::ChargebackReversal
        | LineKind::ReturnedDeposit
        | LineKind::Reject => "",
    }
}

/// `trxn_type` of a line: sales as in the vendor's sample, the others as in its third appendix.
fn trxn_type(line: &DepositLine<'_>) -> &'static str {
    match (line.kind, &line.row) {
        (LineKind::Sale, Some(row)) => activity::sale_type(row),
        (LineKind::Sale, None) => "SALE",
        (LineKind::Refund, _) => "Credits",
        (LineKind::Chargeback, _) => "Chargeback",
        (LineKind::Reject, row) => row.as_ref().map_or("Reject-CUS", activity::reject_type),
        (LineKind::Fee, _) => "Discount",
        (LineKind::Reserve | LineKind::ReserveRelease, _) => "Reserve",
        (LineKind::MonthEndFee, _) => "MEF",
        (
            LineKind::ChargebackReversal
            | LineKind::Adjustment
            | LineKind::Correction
            | LineKind::ReturnedDeposit,
            _,
        ) => "Adjustment",
    }
}
