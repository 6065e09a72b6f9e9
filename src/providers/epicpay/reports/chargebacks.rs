//! chargebacks: every stage of every case, by the day on which it was reported.

use axum::response::Response;

use super::super::cells::{Account, epic_id, mid};
use super::super::columns::{CurrencyCode, Table, amount, currency, date, id, plain, text, whole};
use super::super::response::{Context, Tell, answer_with};
use super::activity;
use crate::sandbox::facts::Kind;
use crate::sandbox::generate::calendar::{self, DAY, Day};
use crate::sandbox::ledger::dispute::{self, CASE_DAYS, Cycle, Reason, Stage};
use crate::sandbox::ledger::{Axis, RowId, Transaction};
use crate::sandbox::money::{Currency, Money};

pub(super) struct Row {
    case: i64,
    reason: Option<Reason>,
    stage: Stage,
    amount: Money,
    /// The capture or the payment that is charged back.
    sale: Money,
    sale_settled_on: Option<Day>,
    authorization: Money,
    authorized_on: Day,
    account: Account,
    mid: i64,
    epic_id: i64,
    currency_letters: bool,
}

pub(super) const TABLE: Table<Row> = &[&[
    text("reason_code", |it| it.reason.map_or("", |reason| reason.code)),
    date("deposited_date", |it| it.sale_settled_on),
    text("cycle", |it| match it.stage.cycle {
        Cycle::First => "FIRST_CHARGEBACK",
        Cycle::PreArbitration => "PRE_ARBITRATION",
        Cycle::Reversal => "CHARGEBACK_REVERSAL",
    }),
    text("activity", |_| "Assign To Merchant"),
    date("activity_date", |it| Some(calendar::day_of(it.stage.at))),
    currency("transaction_currency", |it| it.code(it.sale)),
    amount("transaction_amount", |it| it.sale),
    date("trxn_utc_date", |it| Some(it.authorized_on)),
    currency("authorization_currency", |it| it.code(it.authorization)),
    amount("authorization_amount", |it| it.authorization),
    date("authorization_date", |it| Some(it.authorized_on)),
    amount("chargeback_amount", |it| it.amount),
    text("reason_text", |it| it.reason.map_or("", |reason| reason.text)),
    plain("account_suffix", |it, out| it.account.push_suffix(out)),
    plain("bin", |it, out| it.account.push_bin(out)),
    id("mid", |it| Some(it.mid)),
    id("epic_id", |it| Some(it.epic_id)),
    date("date_reply_by", |it| it.stage.reply_by.map(calendar::day_of)),
    whole("chargeback_type", |it| match it.stage.cycle {
        Cycle::First => 1,
        Cycle::PreArbitration => 2,
        Cycle::Reversal => 3,
    }),
    id("case_id", |it| Some(it.case)),
    date("date_reported", |it| Some(calendar::day_of(it.stage.at))),
    currency("chargeback_currency", |it| it.code(it.amount)),
    plain("card_number", |it, out| it.account.push_masked(out)),
]];

pub(super) fn answer(context: Context) -> Response {
    let span = context.request.span();
    let cases = context.view.rows(Axis::Created, span.start - CASE_DAYS * DAY..span.end);
    let is_of_case = |kind| matches!(kind, Kind::Chargeback | Kind::ChargebackReversal);
    let cases = cases.filter(|row| is_of_case(row.kind) && !row.test);
    let mut entries: Vec<_> = cases
        .flat_map(|row| dispute::stages(&row).map(move |stage| (row.id(), stage)))
        .filter(|(_, stage)| span.contains(&stage.at))
        .map(|entry| (calendar::day_of(entry.1.at), entry))
        .collect();
    entries.sort_by_key(|(day, (id, stage))| (*day, *id, stage.at));
    answer_with(context, entries, TABLE, Row::new)
}

impl Row {
    fn new<'a>(
        context: &'a Context,
        (id, stage): (RowId, Stage),
        tell: Tell<'_, 'a>,
    ) -> Option<Self> {
        let row = context.row(id)?;
        tell(row);
        let root = row.root();
        let sale = activity::sale(&row);
        let case = if row.kind == Kind::Chargeback { row } else { row.parent().unwrap_or(row) };
        let money = |row: &Transaction<'_>| Money { minor: row.amount, currency: row.currency };
        Some(Self {
            case: case.number(),
            reason: dispute::reason_of(&case),
            stage,
            amount: money(&row),
            sale: money(&sale),
            sale_settled_on: sale.settled_at().map(calendar::day_of),
            authorization: money(&root),
            authorized_on: calendar::day_of(root.created_at),
            account: Account::of(&row),
            mid: mid(&context.view),
            epic_id: epic_id(&context.view),
            currency_letters: context.currency_letters,
        })
    }

    /// EpicPay: the sample has the number 1 for US dollars, the table announces letters. The numbers of
    /// other currencies are our choice: their position in our list, from 1.
    fn code(&self, money: Money) -> CurrencyCode {
        let code = money.currency.code();
        if self.currency_letters {
            return CurrencyCode::Letters(code);
        }
        let index = Currency::codes().position(|it| it == code).unwrap_or(0);
        CurrencyCode::Number(i64::try_from(index).unwrap_or(0) + 1)
    }
}
