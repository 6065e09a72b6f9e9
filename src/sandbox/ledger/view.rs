//! The rows of one merchant at one instant: lookup by id and by number, iteration, and follow-ups.

use std::ops::Range;
use std::sync::Arc;

use super::MerchantLedger;
use super::amendment::Values;
use super::day_rows::{DayRows, FollowUp, FutureEvent, Stored};
use super::generated_ledger::{GeneratedLedger, generated};
use super::overlay::{AddedRow, Overlay, Patch, PinnedRow};
use super::reporting::Visibility;
use super::row_id::RowId;
use super::rows::{Axis, Rows};
use super::transaction::{Origin, Transaction};
use crate::sandbox::facts::NEVER;
use crate::sandbox::generate::calendar::{self, DAY, Day};
use crate::sandbox::generate::schedule::Scheduled;
use crate::sandbox::long_work::Cancel;
use crate::sandbox::merchant::Merchant;
use crate::sandbox::money::Currency;

/// The rows of a merchant at an instant. A view is immutable and cheap to clone.
#[derive(Clone, Debug)]
pub struct View {
    /// The merchant whose rows the view shows.
    pub merchant: Arc<Merchant>,
    pub(super) generated: Arc<GeneratedLedger>,
    pub(super) overlay: Overlay,
    /// The version of the overlay that is shown; rows and patches of later versions are hidden.
    pub(super) version: u64,
    /// The first day of the window. Generated rows of earlier days are visible only if they are carried
    /// over.
    pub first: Day,
    /// The instant of the view, in Unix seconds.
    pub now: i64,
    /// If set, the view is that of a provider's reports and hides rows that they do not show yet.
    pub(super) visibility: Option<Visibility>,
    /// Ends the walks through rows once nobody waits for them.
    pub(super) cancel: Cancel,
}

impl View {
    /// Creates the view of the generated and the added rows of a merchant at `now` (Unix seconds).
    #[must_use]
    pub fn new(ledger: &MerchantLedger, overlay: Overlay, first: Day, now: i64) -> Self {
        Self {
            merchant: Arc::clone(&ledger.merchant),
            generated: Arc::clone(&ledger.generated),
            overlay,
            version: u64::MAX,
            first,
            now,
            visibility: None,
            cancel: Cancel::default(),
        }
    }

    /// The same rows at another instant (Unix seconds).
    #[must_use]
    pub fn at(&self, now: i64) -> Self {
        Self { now, ..self.clone() }
    }

    /// The same view without the rows and patches of versions above `version`.
    #[must_use]
    pub fn up_to(self, version: u64) -> Self {
        Self { version, ..self }
    }

    /// The same view, whose walks through rows end at the next day once `cancel` says so. Whatever was read
    /// from a cancelled view is incomplete and must not be cached.
    #[must_use]
    pub fn cancelled_by(self, cancel: Cancel) -> Self {
        Self { cancel, ..self }
    }

    /// Whether nobody waits for the rows any more.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Whether both views show the same rows at the same instant.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.generated, &other.generated)
            && self.overlay.is_same(&other.overlay)
            && (self.version, self.first, self.now) == (other.version, other.first, other.now)
            && self.visibility == other.visibility
    }

    /// The rows and patches that the space added for this merchant.
    #[must_use]
    pub fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// The rows whose instant on `axis` lies in `span` (Unix seconds), in ascending id order. The iterator
    /// also runs backwards.
    #[must_use]
    pub fn rows(&self, axis: Axis, span: Range<i64>) -> Rows<'_> {
        Rows::new(self, axis, span)
    }

    /// All visible rows, in ascending id order.
    #[must_use]
    pub fn all(&self) -> Rows<'_> {
        self.rows(Axis::Created, i64::MIN..i64::MAX)
    }

    /// The row with this id; `None` if it does not exist or is not visible.
    #[must_use]
    pub fn get(&self, id: RowId) -> Option<Transaction<'_>> {
        let is_early = id.sub() == 0 && id.day() < self.first;
        if is_early && self.carried_over().binary_search(&id).is_err() {
            return None;
        }
        self.fetch(id).filter(|row| self.shows(row))
    }

    /// The visible row with this number, as providers print it (see [`Self::number_of`]).
    #[must_use]
    pub fn find(&self, number: i64) -> Option<Transaction<'_>> {
        let id = self.id_at_most(number)?;
        (self.number_of(id) == number).then(|| self.get(id))?
    }

    /// The row with this id, whether it is visible or not.
    pub(super) fn fetch(&self, id: RowId) -> Option<Transaction<'_>> {
        if let Some(added) = self.added(id) {
            return Some(self.of_added(id, added));
        }
        // The rows of a future day are not generated before the clock reaches that day.
        if id.sub() != 0 || id.day() > calendar::day_of(self.now) {
            return None;
        }
        let day_rows = self.generated.day(id.day())?;
        let row = id.number().checked_sub(1)?;
        let before = day_rows.follow_ups_before(row);
        let follow_up = day_rows.follow_ups.get(before).filter(|follow_up| follow_up.row == row);
        self.of_index(day_rows, row, follow_up, before)
    }

    /// The generated row with this index in its day: a follow-up, or otherwise the original transaction
    /// whose number is the index minus the number of follow-ups before it.
    pub(super) fn of_index(
        &self,
        day_rows: &DayRows,
        row: u32,
        follow_up: Option<&FollowUp>,
        before: usize,
    ) -> Option<Transaction<'_>> {
        let (id, stored) = (generated(day_rows.day, row), day_rows.row(row)?);
        Some(match follow_up {
            Some(follow_up) => self.transaction_of(id, &stored, follow_up),
            None => {
                let original = row.saturating_sub(u32::try_from(before).unwrap_or(0));
                let key = self.generated.key_of_original(day_rows, original);
                let has_follow_ups = stored.has_follow_ups;
                let origin = Origin::Original { number: original, has_follow_ups };
                self.amended(Transaction { key, ..self.base(id, &stored, origin) })
            }
        })
    }

    pub(super) fn added(&self, id: RowId) -> Option<&AddedRow> {
        if id.sub() == 0 { None } else { self.overlay.row_at(id, self.version) }
    }

    pub(super) fn patch(&self, id: RowId) -> Option<Patch> {
        self.overlay.patch_at(id, self.version)
    }

    /// The ids of the added rows within a range, in ascending order.
    pub(super) fn added_ids(&self, ids: Range<RowId>) -> impl DoubleEndedIterator<Item = RowId> {
        self.overlay.ids_at(ids, self.version)
    }

    /// The ids of all rows that do not follow the generator's rules about the instants of payment and
    /// settlement: added rows, and generated rows that were settled by an action.
    pub fn exceptions(&self) -> impl Iterator<Item = RowId> {
        let all = RowId::MIN..RowId::MAX;
        self.added_ids(all.clone()).chain(self.overlay.resettled(all))
    }

    fn base<'a>(&'a self, id: RowId, stored: &Stored, origin: Origin<'a>) -> Transaction<'a> {
        let start = calendar::start_of(id.day());
        let created_at = start + i64::from(stored.second);
        let finished = match stored.finish {
            u32::MAX => NEVER,
            seconds => created_at + i64::from(seconds),
        };
        // Generated rows are settled at 08:00 UTC.
        let mut settled = match stored.settle {
            u16::MAX => NEVER,
            days => start + i64::from(days) * DAY + SETTLEMENT_HOUR,
        };
        if let Some(at) = self.patch(id).and_then(|patch| patch.settled_at) {
            settled = at;
        }
        let currencies = &self.merchant.trade.currencies;
        Transaction {
            view: self,
            origin,
            id,
            kind: stored.kind,
            method: stored.method,
            outcome: stored.outcome,
            decline: stored.decline,
            created_at,
            finished,
            settled,
            amount: stored.amount,
            currency: currencies
                .get(usize::from(stored.currency))
                .map_or(Currency::USD, |choice| choice.0),
            fee: stored.fee,
            test: stored.test,
            corrected: stored.corrected,
            first: Values { amount: stored.amount, fee: stored.fee },
            reason: 0,
            key: 0,
        }
    }

    fn transaction_of(&self, id: RowId, stored: &Stored, follow_up: &FollowUp) -> Transaction<'_> {
        let origin =
            Origin::FollowUp { day: follow_up.day, original: follow_up.original, of: follow_up.of };
        self.amended(Transaction {
            reason: follow_up.reason,
            key: follow_up.key,
            ..self.base(id, stored, origin)
        })
    }

    fn of_added<'a>(&'a self, id: RowId, added: &'a AddedRow) -> Transaction<'a> {
        let patch = self.patch(id);
        self.amended(Transaction {
            view: self,
            origin: Origin::Added(added),
            id,
            kind: added.kind,
            method: added.method,
            outcome: added.outcome,
            decline: added.decline,
            created_at: added.created_at,
            finished: added.finished_at,
            settled: patch.and_then(|patch| patch.settled_at).unwrap_or(added.settled_at),
            amount: added.amount,
            currency: added.currency,
            fee: added.fee,
            test: added.test,
            corrected: added.corrected_at.is_some(),
            first: Values { amount: added.amount, fee: added.fee },
            reason: added.reason,
            key: added.key,
        })
    }

    /// Whether a row is visible at the instant of the view: it was created, and no action removed it from
    /// the lifecycle.
    pub(super) fn shows(&self, row: &Transaction<'_>) -> bool {
        row.created_at <= self.now
            && self.visibility.as_ref().is_none_or(|visibility| visibility.shows(row))
            && !self.is_cut_off(row)
    }

    fn is_cut_off(&self, row: &Transaction<'_>) -> bool {
        let Origin::FollowUp { day, original, .. } = row.origin else { return false };
        if !self.overlay.has_patches() {
            return false;
        }
        let cut = self.cut_at(self.generated.row_of_original(day, original));
        cut.is_some_and(|cut| row.created_at >= cut)
    }

    /// The instant (Unix seconds) from which on the generated rest of a payment's life does not happen.
    pub(super) fn cut_at(&self, root: RowId) -> Option<i64> {
        self.patch(root).and_then(|patch| patch.cut_at)
    }

    pub(super) fn children<'a>(
        &'a self,
        row: &Transaction<'a>,
        each: &mut impl FnMut(Transaction<'a>),
    ) {
        if !row.kind.is_original() {
            return;
        }
        if let Origin::Original { number: original, has_follow_ups: true } = row.origin {
            self.follow_ups(row.id.day(), original, &mut *each);
        }
        for id in self.overlay.child_ids(row.id) {
            if let Some(child) = self.fetch(*id).filter(|child| self.shows(child)) {
                each(child);
            }
        }
    }

    /// Calls `each` with every follow-up of a generated payment up to the instant of the view, in time
    /// order.
    fn follow_ups<'a>(&'a self, day: Day, original: u32, mut each: impl FnMut(Transaction<'a>)) {
        let future_events = self.generated.future_events(day);
        let from = future_events.partition_point(|future| future.event.original < original);
        let own = future_events.get(from..).unwrap_or_default().iter();
        let by_now = |future: &&FutureEvent| {
            future.event.original == original && future.event.at <= self.now
        };
        for future in own.take_while(by_now) {
            let on = calendar::day_of(future.event.at);
            let child = self.generated.day(on).and_then(|day_rows| {
                let follow_up = day_rows.follow_up_of(&future.event, day)?;
                Some(self.transaction_of(
                    generated(on, follow_up.row),
                    &day_rows.row(follow_up.row)?,
                    follow_up,
                ))
            });
            if let Some(child) = child.filter(|child| self.shows(child)) {
                each(child);
            }
        }
    }

    /// The rows that were still open when the window began: rows of earlier days that are paid, settled or
    /// corrected in the window, or whose refund or dispute falls into it. Without them the reports of the
    /// first days would depend on where the window begins.
    pub(super) fn carried_over(&self) -> &[RowId] {
        self.generated.carried_over(self.first, || {
            let start = calendar::start_of(self.first);
            // All spaces share the result, so neither the clock nor the additions of this space may show.
            let plain = Self { overlay: Overlay::default(), now: start, ..self.clone() };
            move |id, late| {
                let row = plain.fetch(id);
                late || row.and_then(|row| row.last_change()).is_some_and(|at| at >= start)
            }
        })
    }

    /// The longest time, in seconds, between the creation of a row and its settlement.
    pub(super) fn settlement_lag(&self) -> i64 {
        let days = i64::from(self.merchant.trade.settlement_days.max(1));
        // Includes the weekends at both ends and in between.
        (days * 7 / 5 + 6) * DAY
    }

    /// The lowest generated id at or after an instant. A row that is added just before it has a lower id.
    pub(super) fn bound(&self, at: i64) -> RowId {
        let day = calendar::day_of(at);
        if at <= calendar::EPOCH {
            return RowId::MIN;
        }
        if day < self.first {
            return RowId::new(day, 0, 0);
        }
        match self.generated.day(day) {
            Some(day_rows) => generated(day, day_rows.first_at(at)),
            None => RowId::MAX,
        }
    }

    /// Rows of a provider's report that are not transactions, as the scenario pins them.
    pub fn pinned_rows<'a>(
        &'a self,
        provider: &'a str,
        report: &'a str,
    ) -> impl Iterator<Item = &'a PinnedRow> {
        let all = self.overlay.pinned_rows().iter();
        all.filter(move |row| row.provider == provider && row.report == report)
    }

    /// The row of an attempt at a scheduled payment; `None` if the attempt was not made yet.
    #[must_use]
    pub fn scheduled(&self, day: Day, scheduled: Scheduled) -> Option<Transaction<'_>> {
        if day < self.first {
            return None;
        }
        self.get(self.generated.row_of_scheduled(day, scheduled)?)
    }

    /// Whether the scenario pins the exact wire text of any row for this provider.
    #[must_use]
    pub fn has_pinned(&self, provider: &str) -> bool {
        self.overlay.has_pinned(provider)
    }

    /// The key from which all random values of the merchant are derived.
    #[must_use]
    pub fn key(&self) -> u64 {
        self.generated.key()
    }
}

/// Second of the day at which settled money reaches bank accounts: 08:00 UTC.
pub(super) const SETTLEMENT_HOUR: i64 = 8 * 3600;
