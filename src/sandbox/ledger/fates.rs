//! What becomes of a deposit on its way to the bank: it fails, comes back, or is late. The money of one that did
//! not stay at the bank is a line of the next deposit.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::View;
use super::corrections::next_settlement;
use super::numbering::day_of_deposit;
use super::settlement::{Deposit, Key, deposit, deposit_of, morning};
use super::transaction::Transaction;
use crate::sandbox::generate::calendar::{self, Day};

/// What happened to a deposit.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FateKind {
    /// The transfer to the bank failed.
    Failed,
    /// The bank sent the money back.
    Returned,
    /// The bank books it later.
    Delayed,
}

/// Something that happened to a deposit by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepositFate {
    /// What happened.
    pub what: FateKind,
    /// When, Unix seconds.
    pub at: i64,
    /// Seconds by which the bank books it later; 0 if it is not about that.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delay: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(seconds: &i64) -> bool {
    *seconds == 0
}

/// That the money of a deposit did not stay at the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whether the transfer failed or came back.
    pub what: FateKind,
    /// When, Unix seconds.
    pub at: i64,
}

/// The line of a deposit for an earlier one that failed.
pub(super) struct ReturnLine {
    /// The deposit that it is a line of.
    pub(super) key: Key,
    /// The number of the earlier deposit.
    pub(super) deposit: i64,
    /// Minor units.
    pub(super) amount: i64,
}

/// The failure among what has happened to a deposit by the instant of the view.
fn failure_of(view: &View, number: i64) -> Option<Failure> {
    let fates = view.overlay.fates_at(number, view.version).filter(|fate| fate.at <= view.now);
    let mut failed = fates.filter(|fate| fate.what != FateKind::Delayed);
    failed.next().map(|fate| Failure { what: fate.what, at: fate.at })
}

/// A deposit with what has happened to it by the instant of the view.
pub(super) fn decided(view: &View, mut deposit: Deposit) -> Deposit {
    if !view.overlay.has_fates() {
        return deposit;
    }
    let number = deposit.number;
    let fates = view.overlay.fates_at(number, view.version).filter(|fate| fate.at <= view.now);
    let delay = fates.fold(0_i64, |sum, fate| sum.saturating_add(fate.delay));
    let summary = deposit.summary_mut();
    summary.effective_at = summary.effective_at.saturating_add(delay);
    summary.failure = failure_of(view, number);
    deposit
}

/// The day of the earliest deposit to which something has happened by hand.
#[must_use]
pub fn first_day(view: &View) -> Option<Day> {
    view.overlay.fated().filter_map(day_of_deposit).min()
}

/// The day whose deposit contains the money of a deposit of `day` that failed at an instant (Unix seconds).
pub(super) fn comes_back_on(day: Day, failed_at: i64) -> Day {
    calendar::day_of(next_settlement(failed_at.max(morning(day))))
}

/// The lines of the deposits of `days` for earlier deposits that failed.
pub(super) fn return_lines(view: &View, days: &Range<Day>) -> Vec<ReturnLine> {
    let mut lines = Vec::new();
    for number in view.overlay.fated() {
        let Some((day, failure)) = day_of_deposit(number).zip(failure_of(view, number)) else {
            continue;
        };
        let back = comes_back_on(day, failure.at);
        if !days.contains(&back) || morning(back) > view.now {
            continue;
        }
        // The money does not depend on where the window begins.
        let whole = View { first: view.first.min(day), ..view.clone() };
        let Some(failed) = deposit(&whole, number) else { continue };
        let key = (back, failed.class, failed.currency);
        lines.push(ReturnLine { key, deposit: number, amount: failed.amount });
    }
    lines
}

/// Whether the deposit that contains a row failed or came back by the instant of the view.
#[must_use]
pub fn has_failed(row: &Transaction<'_>) -> bool {
    let view = row.view();
    view.overlay.has_fates()
        && deposit_of(row).is_some_and(|number| failure_of(view, number).is_some())
}
