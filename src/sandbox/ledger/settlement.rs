//! Deposits, computed from the rows of the ledger, so that the bank deposits reconcile with the rows.
//!
//! A **deposit** is the money of the rows that are settled on one day (UTC), separately for cards and bank
//! debits and for each currency. Besides its rows it has lines of its own: fees, the reserve that is held
//! back, the reserve that is released, the month-end fee. Its amount is the sum of its lines and can be
//! negative. A deposit exists as soon as a row is settled on its day: generated rows are settled at 08:00,
//! rows settled by an action at their own instant, so only the deposit of today can still grow. There are
//! no deposits before the first day of the window.

use std::collections::BTreeMap;
use std::ops::{Deref, Range};

use super::amendment::Values;
use super::corrections::{self, CorrectionLine};
use super::deposit_summary::Summary;
use super::fates;
pub use super::line_kind::LineKind;
use super::month_end::{adjusted_on, opening_day, trades};
use super::numbering::{day_of_deposit, deposit_number};
use super::row_id::RowId;
use super::rows::Axis;
use super::transaction::Transaction;
use super::view::{SETTLEMENT_HOUR, View};
use crate::sandbox::facts::Method;
use crate::sandbox::generate::calendar::{self, DAY, Day};
use crate::sandbox::generate::stream::Draw;
use crate::sandbox::money::{Currency, share};

/// Days for which a reserve is held; it is released on the first business day after them.
pub const RESERVE_DAYS: Day = 30;
/// The longest time in days until the release: a reserve that falls due on a weekend waits for Monday.
const RELEASE_LAG: Day = RESERVE_DAYS + 2;

/// Purposes of the random draws for deposits.
mod purpose {
    pub(super) const SECONDARY: u64 = 36;
}

/// The payment methods whose rows are deposited together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Cards and alternative methods.
    Card,
    /// Debits from bank accounts (ACH).
    Bank,
}

impl Class {
    /// The class of a row.
    #[must_use]
    pub fn of(method: Method) -> Self {
        match method {
            Method::Bank => Self::Bank,
            Method::Card | Method::Alternative => Self::Card,
        }
    }
}

/// One line of a deposit.
#[derive(Clone, Copy, Debug)]
pub struct DepositLine<'a> {
    /// The kind of the line.
    pub kind: LineKind,
    /// The row of the line; `None` for lines that belong to the deposit itself.
    pub row: Option<Transaction<'a>>,
    /// Minor units with the sign of their effect on the deposit; the fee of a row is not subtracted.
    pub amount: i64,
    /// The fee of the row in minor units. The [`LineKind::Fee`] line holds the sum of these fees, so a
    /// report that shows `amount - fee` for each row has to omit that line.
    pub fee: i64,
    /// The id of the row that a [`LineKind::Correction`] is about.
    pub corrects: Option<RowId>,
    /// The number of the deposit that a [`LineKind::ReturnedDeposit`] is about.
    pub returns: Option<i64>,
}

/// A transfer between the provider and the merchant's bank account on one day: what it adds up to, with the rows
/// and lines that it consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    summary: Summary,
    rows: Vec<RowId>,
    own: Vec<OwnLine>,
}

impl Deref for Deposit {
    type Target = Summary;

    fn deref(&self) -> &Summary {
        &self.summary
    }
}

/// A line that belongs to the deposit itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OwnLine {
    kind: LineKind,
    amount: i64,
    corrects: Option<RowId>,
    returns: Option<i64>,
}

impl Deposit {
    /// The number of lines: rows and lines of its own.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() + self.own.len()
    }

    /// The number of lines without those for earlier deposits.
    pub(super) fn own_len(&self) -> usize {
        self.rows.len() + self.own.iter().filter(|line| line.returns.is_none()).count()
    }

    /// Whether it has no lines; a deposit without lines is never created.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sum of its lines without the money of earlier deposits, in minor units.
    #[must_use]
    pub fn own_amount(&self) -> i64 {
        let returned = self.own.iter().filter(|line| line.returns.is_some());
        returned.fold(self.summary.amount, |sum, line| sum.saturating_sub(line.amount))
    }

    /// Adds the money of an earlier deposit that failed.
    fn returned(&mut self, number: i64, amount: i64) {
        let kind = LineKind::ReturnedDeposit;
        self.line(OwnLine { kind, amount, corrects: None, returns: Some(number) });
    }

    fn own(&mut self, kind: LineKind, amount: i64) {
        self.line(OwnLine { kind, amount, corrects: None, returns: None });
    }

    fn line(&mut self, line: OwnLine) {
        if line.amount != 0 {
            self.summary.add(line.kind, line.amount);
            self.own.push(line);
        }
    }

    /// What it adds up to.
    pub(super) fn into_summary(self) -> Summary {
        self.summary
    }

    /// The same, to be changed by what happens to it on its way to the bank.
    pub(super) fn summary_mut(&mut self) -> &mut Summary {
        &mut self.summary
    }
}

pub(super) type Key = (Day, Class, Currency);

/// The deposits of `days` that exist at the instant of the view, by day and class. It reads the rows of
/// these days and the rows whose reserves are released on them, once.
#[must_use]
pub fn deposits(view: &View, days: Range<Day>) -> Vec<Deposit> {
    // A row that a report does not show yet was paid out all the same.
    let view = &*view.with_hidden();
    let days = days.start.max(view.first)..days.end.min(calendar::day_of(view.now) + 1);
    if days.is_empty() {
        return Vec::new();
    }
    let day = days.start;
    // A complete deposit is cached: nothing can be added to it, and it does not depend on where the window
    // begins.
    let is_complete = view.overlay.is_generated(day) && morning(day) <= view.now;
    if days.end == day + 1 && is_complete {
        let is_whole = || !view.is_cancelled();
        return view.generated.deposits.of(day, || made(view, days), is_whole).to_vec();
    }
    made(view, days)
}

/// Computes the deposits of `days` without the cache.
pub(super) fn made(view: &View, days: Range<Day>) -> Vec<Deposit> {
    let held_from = if view.merchant.trade.reserve_rate == 0 { 0 } else { RELEASE_LAG };
    let (mut sheets, held) = fold(view, days.start.saturating_sub(held_from)..days.end, days.start);
    for (key, amount) in held {
        let day = released_on(key.0);
        if days.contains(&day) && released_at(key.0) <= view.now {
            sheet(&mut sheets, view, (day, key.1, key.2)).own(LineKind::ReserveRelease, amount);
        }
    }
    let (all_days, fee) = (days.clone(), i64::from(view.merchant.trade.month_end_fee));
    if fee != 0 && trades(view) {
        let currency = view.merchant.trade.currencies.first().map_or(Currency::USD, |it| it.0);
        for day in days.filter(|day| morning(*day) <= view.now) {
            let key = (day, Class::Card, currency);
            if day == opening_day(day) {
                sheet(&mut sheets, view, key).own(LineKind::MonthEndFee, -fee);
            }
            if adjusted_on(view, day) == Some(day) {
                sheet(&mut sheets, view, key).own(LineKind::Adjustment, fee);
            }
        }
    }
    add_corrections(view, &all_days, &mut sheets);
    for line in fates::return_lines(view, &all_days) {
        sheet(&mut sheets, view, line.key).returned(line.deposit, line.amount);
    }
    let deposits = sheets.into_values().filter(|deposit| !deposit.is_empty());
    deposits.map(|deposit| fates::decided(view, deposit)).collect()
}

/// Adds the lines for amendments that were made after the money of their rows was paid out. They do not
/// depend on where the window begins.
fn add_corrections(view: &View, days: &Range<Day>, sheets: &mut BTreeMap<Key, Deposit>) {
    let span = calendar::start_of(days.start)..calendar::start_of(days.end);
    for line in corrections::lines(view, &span) {
        if days.contains(&line.key.0) && morning(line.key.0) <= view.now {
            let CorrectionLine { key, row, amount, .. } = line;
            let (kind, corrects) = (LineKind::Correction, Some(row));
            let line = OwnLine { kind, amount, corrects, returns: None };
            sheet(sheets, view, key).line(line);
        }
    }
}

/// The deposit with this number; `None` if it does not exist at the instant of the view.
#[must_use]
pub fn deposit(view: &View, number: i64) -> Option<Deposit> {
    let day = day_of_deposit(number)?;
    deposits(view, day..day.checked_add(1)?).into_iter().find(|it| it.number == number)
}

/// The number of the deposit, past or future, that contains a row; `None` if the row moves no money.
#[must_use]
pub fn deposit_of(row: &Transaction<'_>) -> Option<i64> {
    let at = row.settles_at().filter(|_| !row.test)?;
    Some(deposit_number(row.view(), (calendar::day_of(at), Class::of(row.method), row.currency)))
}

/// The lines of a deposit: its rows in ascending id order, then its own lines.
pub fn lines<'v>(
    view: &'v View,
    deposit: &Deposit,
) -> impl DoubleEndedIterator<Item = DepositLine<'v>> {
    let rows = deposit.rows.iter().filter_map(|id| {
        // A deposit can be older than the window, and its rows are then not carried over.
        let row = view.fetch(*id).filter(|row| view.shows(row))?;
        let kind = LineKind::of(row.kind)?;
        let Values { amount, fee } = row.paid_out();
        let amount = row.kind.sign() * amount;
        Some(DepositLine { kind, row: Some(row), amount, fee, corrects: None, returns: None })
    });
    let own = deposit.own.iter();
    rows.chain(own.map(|line| DepositLine {
        kind: line.kind,
        row: None,
        amount: line.amount,
        fee: 0,
        corrects: line.corrects,
        returns: line.returns,
    }))
}

/// The number of lines of a deposit that a view shows: all, unless reports hide some of its rows.
#[must_use]
pub fn line_count(view: &View, deposit: &Deposit) -> usize {
    match view.visibility {
        Some(_) => lines(view, deposit).count(),
        None => deposit.len(),
    }
}

/// Minor units of a currency that are held in reserve at the instant of the view.
#[must_use]
pub fn reserve_held(view: &View, currency: Currency) -> i64 {
    if view.merchant.trade.reserve_rate == 0 {
        return 0;
    }
    let view = &*view.with_hidden();
    let today = calendar::day_of(view.now);
    let (_, held) = fold(view, today.saturating_sub(RELEASE_LAG)..today + 1, today + 1);
    let due = held.into_iter().filter(|(key, _)| key.2 == currency);
    due.filter(|(key, _)| released_at(key.0) > view.now).map(|(_, amount)| amount).sum()
}

/// The deposits from day `from` on with their rows, fees and reserves, and the reserves that were held back
/// on all of `days`.
fn fold(view: &View, days: Range<Day>, from: Day) -> (BTreeMap<Key, Deposit>, Vec<(Key, i64)>) {
    let rate = i64::from(view.merchant.trade.reserve_rate);
    let mut sheets: BTreeMap<Key, Deposit> = BTreeMap::new();
    // Reserves of days before the window count too, and so do the rows that are carried over into it.
    let earlier;
    let reaching = if days.start < view.first {
        let lag = Day::try_from(view.settlement_lag() / DAY).unwrap_or(0) + 1;
        earlier = View { first: days.start.saturating_sub(lag), ..view.clone() };
        &earlier
    } else {
        view
    };
    let span = calendar::start_of(days.start)..calendar::start_of(days.end);
    reaching.rows(Axis::Settled, span).for_each(|row| {
        let Some(at) = row.settled_at().filter(|_| !row.test) else { return };
        let Some(kind) = LineKind::of(row.kind) else { return };
        let day = calendar::day_of(at);
        let deposit = sheet(&mut sheets, view, (day, Class::of(row.method), row.currency));
        let Values { amount, fee } = row.paid_out();
        let Deposit { summary, rows, .. } = deposit;
        if kind == LineKind::Sale {
            summary.sales = summary.sales.saturating_add(amount);
        }
        if day >= from {
            summary.add(kind, row.kind.sign() * amount);
            summary.fees = summary.fees.saturating_add(fee);
            summary.initiated_at = summary.initiated_at.min(at);
            rows.push(row.id());
        }
    });
    let mut held = Vec::new();
    for (key, deposit) in &mut sheets {
        let reserve = share(deposit.sales, rate, 10_000);
        if key.0 >= from {
            deposit.own(LineKind::Fee, -deposit.fees);
            deposit.own(LineKind::Reserve, -reserve);
        }
        if reserve != 0 {
            held.push((*key, reserve));
        }
    }
    sheets.retain(|key, _| key.0 >= from);
    (sheets, held)
}

fn sheet<'a>(sheets: &'a mut BTreeMap<Key, Deposit>, view: &View, key: Key) -> &'a mut Deposit {
    sheets.entry(key).or_insert_with(|| Deposit {
        summary: Summary {
            number: deposit_number(view, key),
            day: key.0,
            class: key.1,
            currency: key.2,
            initiated_at: morning(key.0),
            effective_at: morning(effective_on(key.0)),
            failure: None,
            amount: 0,
            sales: 0,
            fees: 0,
            lines: BTreeMap::new(),
        },
        rows: Vec::new(),
        own: Vec::new(),
    })
}

pub(super) fn morning(day: Day) -> i64 {
    calendar::start_of(day) + SETTLEMENT_HOUR
}

/// The day on which the bank books the money that is settled on a day: the next business day.
pub(super) fn effective_on(settled: Day) -> Day {
    calendar::business_days_after(settled, 1)
}

fn released_on(held: Day) -> Day {
    calendar::business_days_after(held + RESERVE_DAYS, 0)
}

fn released_at(held: Day) -> i64 {
    morning(released_on(held))
}

/// Minor units that were collected beside a sale for a third party: a convenience fee. It is never part of
/// a deposit and never refunded. Added rows have none.
#[must_use]
pub fn secondary(row: &Transaction<'_>) -> i64 {
    secondary_of(row, row.amount)
}

/// The same when the amount of the row was this one, in minor units: a deposit that was paid keeps its values when
/// a row of it is amended.
#[must_use]
pub fn secondary_of(row: &Transaction<'_>, amount: i64) -> i64 {
    if row.kind.sign() <= 0 || row.id().sub() != 0 {
        return 0;
    }
    if let Some(payment) = super::subscription::payment_of(row) {
        return payment.secondary;
    }
    let mut draw = Draw::new(row.key(), purpose::SECONDARY);
    let parts = if draw.below(12) == 0 { 1 + i64::from(draw.below(3)) } else { 0 };
    share(amount, parts, 100)
}
