//! Collects the generated rows of one day: its original transactions, and what happens on it to earlier ones.

#![expect(
    clippy::cast_possible_truncation,
    reason = "packing: a day has fewer rows than 32 bits count"
)]

use super::day_rows::{DayRows, FollowUp, FutureEvent, Stored, pack};
use crate::sandbox::facts::{Decline, Kind, Outcome};
use crate::sandbox::generate::calendar::{DAY, Day, start_of};
use crate::sandbox::generate::original::Original;
use crate::sandbox::generate::schedule::Scheduled;
use crate::sandbox::merchant::Trade;

/// Collects the rows of one day.
#[derive(Debug, Default)]
pub(super) struct Builder {
    originals: Vec<(Stored, Option<Scheduled>)>,
    lookalikes: Vec<u32>,
}

impl Builder {
    /// Adds the next original transaction of the day, and whether it has follow-ups.
    pub(super) fn original(&mut self, original: &Original, has_follow_ups: bool) {
        let row = Stored {
            kind: original.kind,
            method: original.method,
            outcome: original.outcome,
            decline: original.decline,
            currency: original.currency,
            test: original.test,
            corrected: original.corrected,
            has_follow_ups,
            second: original.second,
            amount: original.amount,
            fee: original.fee,
            finish: original.finish,
            settle: original.settle,
        };
        if original.lookalike {
            self.lookalikes.push(self.originals.len() as u32);
        }
        self.originals.push((row, original.scheduled));
    }

    /// Merges the original transactions with the follow-ups of earlier ones into the rows of the day.
    pub(super) fn finish(
        self,
        (day, key): (Day, u64),
        trade: &Trade,
        mut future_events: Vec<(Day, FutureEvent)>,
    ) -> DayRows {
        let start = start_of(day);
        future_events
            .sort_unstable_by_key(|(day, future)| (future.event.at, *day, future.event.original));
        let mut day_rows = DayRows { day, key, finished: start + DAY, ..DayRows::default() };
        let total = self.originals.len() + future_events.len();
        let mut rows: Vec<Stored> = Vec::with_capacity(total);
        let mut follow_ups = Vec::with_capacity(future_events.len());
        let mut scheduled = Vec::new();
        let mut future_events = future_events.into_iter().peekable();
        for (number, (row, source)) in (0_u32..).zip(self.originals) {
            while let Some((from, future)) =
                future_events.next_if(|(_, future)| future.event.at - start < i64::from(row.second))
            {
                follow_ups.push(follow_up(rows.len() as u32, from, &future));
                rows.push(stored(trade, day, &future));
            }
            if let Some(source) = source {
                scheduled.push((number, source));
            }
            rows.push(row);
        }
        for (from, future) in future_events {
            follow_ups.push(follow_up(rows.len() as u32, from, &future));
            rows.push(stored(trade, day, &future));
        }
        day_rows.follow_ups = follow_ups.into();
        day_rows.scheduled = scheduled.into();
        day_rows.lookalikes = self.lookalikes.into();
        day_rows.rows = rows.iter().map(pack).collect();
        for row in rows {
            if row.finish != u32::MAX {
                let finished = start + i64::from(row.second) + i64::from(row.finish);
                day_rows.finished = day_rows.finished.max(finished);
            }
            if row.settle != u16::MAX {
                let settled = day + Day::from(row.settle);
                let (low, high) = day_rows.settled.unwrap_or((settled, settled));
                day_rows.settled = Some((low.min(settled), high.max(settled)));
            }
        }
        day_rows
    }
}

fn follow_up(row: u32, day: Day, future: &FutureEvent) -> FollowUp {
    FollowUp {
        row,
        day,
        original: future.event.original,
        of: future.event.of,
        reason: future.event.reason,
        key: future.key,
    }
}

fn stored(trade: &Trade, day: Day, future: &FutureEvent) -> Stored {
    let event = &future.event;
    let settle = match event.kind {
        Kind::Capture => crate::sandbox::generate::original::settle(trade, day, day),
        Kind::Refund | Kind::Chargeback | Kind::Reject => {
            crate::sandbox::generate::original::settle_back(day)
        }
        Kind::Payment
        | Kind::Authorization
        | Kind::Void
        | Kind::Notice
        | Kind::ChargebackReversal => u16::MAX,
    };
    Stored {
        kind: event.kind,
        method: future.method,
        outcome: Outcome::Approved,
        decline: Decline::DoNotHonor,
        currency: future.currency,
        test: false,
        corrected: false,
        has_follow_ups: false,
        second: u32::try_from(event.at - start_of(day)).unwrap_or(0),
        amount: event.amount,
        fee: event.fee,
        finish: 0,
        settle,
    }
}
