//! Withdrawals: the payouts of the ledger as transfers from an account to a bank.

use super::auth::{self, Account, User};
use super::error::WePayError;
use super::ids::{self, IdOf};
use super::request::{Sort, WithdrawalFind};
use crate::sandbox::generate::calendar::{Day, day_of};
use crate::sandbox::ledger::View;
use crate::sandbox::ledger::payout::{self, Payout};
use crate::sandbox::merchant::MerchantId;
use crate::sandbox::space::Moment;

/// Number of days whose withdrawals are computed at a time while a list is read.
const STRIDE: Day = 64;

/// A withdrawal at the instant of its view.
#[derive(Clone, Debug)]
pub(super) struct Withdrawal {
    pub(super) id: i64,
    pub(super) payout: Payout,
    pub(super) view: View,
}

impl Withdrawal {
    pub(super) fn of(moment: &Moment, view: &View, payout: Payout) -> Self {
        let number = u64::try_from(payout.number).unwrap_or(0);
        let id = ids::of_number(moment.scenario(), IdOf::Withdrawal, number);
        Self { id, payout, view: view.clone() }
    }

    /// When the bank received it, Unix seconds; `None` before that, and if it failed or came back.
    pub(super) fn captured_at(&self) -> Option<i64> {
        let is_kept = self.payout.failure.is_none();
        Some(self.payout.effective_at).filter(|at| is_kept && *at <= self.view.now)
    }

    /// When it was created or last changed.
    pub(super) fn changed_at(&self) -> i64 {
        let failed_at = self.payout.failure.map(|failure| failure.at);
        failed_at.or_else(|| self.captured_at()).unwrap_or(self.payout.initiated_at)
    }

    /// The vendor's word for its state.
    pub(super) fn state(&self) -> &'static str {
        match (self.payout.failure, self.captured_at()) {
            (Some(_), _) => "failed",
            (None, Some(_)) => "captured",
            (None, None) => "started",
        }
    }
}

/// The number of the payout with this withdrawal id, and its merchant.
fn payout_number(moment: &Moment, id: i64) -> Option<(i64, MerchantId)> {
    let number = ids::number_of(moment.scenario(), IdOf::Withdrawal, id)?;
    let number = i64::try_from(number).ok()?;
    Some((number, MerchantId(u8::try_from(number % 100).ok()?)))
}

/// The withdrawal with this id as a view of its merchant shows it.
pub(super) fn in_view(moment: &Moment, view: &View, id: i64) -> Option<Withdrawal> {
    let (number, merchant) = payout_number(moment, id)?;
    if view.merchant.id != merchant {
        return None;
    }
    view.merchant.credential("wepay")?;
    let payout = payout::payout(view, number)?;
    Some(Withdrawal::of(moment, view, payout))
}

/// The withdrawal with this id, without a check of its owner.
fn any(moment: &Moment, id: i64) -> Option<Withdrawal> {
    let (_, merchant) = payout_number(moment, id)?;
    // Only reports lag; accounts and withdrawals do not.
    in_view(moment, &moment.view(merchant)?.truth(), id)
}

/// The user's withdrawal with this id.
pub(super) fn find(moment: &Moment, user: &User, id: i64) -> Result<Withdrawal, WePayError> {
    let found = any(moment, id).ok_or(WePayError::NoWithdrawal(id))?;
    account(moment, user, &found).map(|_| found).ok_or(WePayError::ForeignWithdrawal(id))
}

/// The user's account that a withdrawal is from.
pub(super) fn account(moment: &Moment, user: &User, of: &Withdrawal) -> Option<Account> {
    let mut accounts = auth::accounts(moment, user.id).into_iter();
    accounts.find(|account| account.merchant == of.view.merchant.id)
}

/// The withdrawals of an account that a request selects. They are computed a few days at a time, so the newest do
/// not need all others.
pub(super) fn list(moment: &Moment, view: &View, request: &WithdrawalFind) -> Vec<Withdrawal> {
    let (first, behind) = (view.first, day_of(view.now) + 1);
    let mut skip = request.start;
    let mut list = Vec::new();
    let mut done = 0;
    while done < behind.saturating_sub(first) && list.len() < request.limit {
        let (from, to) = match request.sort {
            Sort::Rising => (first + done, (first + done + STRIDE).min(behind)),
            Sort::Falling => (behind.saturating_sub(done + STRIDE).max(first), behind - done),
        };
        done += STRIDE;
        let mut some = payout::payouts(view, from..to);
        if request.sort == Sort::Falling {
            some.reverse();
        }
        for payout in some {
            let withdrawal = Withdrawal::of(moment, view, payout);
            let wanted = request.state.as_ref().is_none_or(|state| state == withdrawal.state());
            if wanted && skip > 0 {
                skip -= 1;
            } else if wanted && list.len() < request.limit {
                list.push(withdrawal);
            }
        }
    }
    list
}
