//! What happened to deposits by hand, by deposit.

use std::sync::Arc;

use super::super::fates::DepositFate;
use super::super::numbering::day_of_deposit;
use super::Overlay;
use crate::sandbox::generate::calendar;

/// What happened to a deposit with the versions in which it did, in that order.
pub(super) type FateHistory = Arc<[(u64, DepositFate)]>;

/// The maximum number of deposits of a merchant to which something happened by hand.
pub const MAX_FATED: usize = 100;

/// The maximum number of things that happened to one deposit.
pub const MAX_FATES: usize = 100;

impl Overlay {
    /// Whether anything happened to a deposit.
    #[must_use]
    pub fn has_fates(&self) -> bool {
        !self.fates.is_empty()
    }

    /// The numbers of the deposits to which something happened, in ascending order.
    pub fn fated(&self) -> impl Iterator<Item = i64> {
        self.fates.keys().copied()
    }

    /// What happened to a deposit up to a version.
    pub fn fates_at(&self, deposit: i64, version: u64) -> impl Iterator<Item = &DepositFate> {
        let all = self.fates.get(&deposit).into_iter().flat_map(|history| history.iter());
        all.filter(move |it| it.0 <= version).map(|it| &it.1)
    }

    /// Adds something that happened to a deposit.
    pub fn befall(&mut self, deposit: i64, fate: DepositFate) {
        self.version += 1;
        self.befall_since(deposit, fate, self.version);
    }

    pub(super) fn befall_since(&mut self, deposit: i64, fate: DepositFate, since: u64) {
        // The deposit itself tells it, so none of its day is as it was generated.
        let day = day_of_deposit(deposit).map_or(fate.at, calendar::start_of);
        self.differ_from(day.min(fate.at));
        let history = self.fates.get(&deposit).map_or(&[][..], |history| history);
        let history = [history, &[(since, fate)]].concat();
        self.fates.insert(deposit, history.into());
    }
}
