//! Chooses the id of an added row: between the generated rows around it, so that ids ascend with time in
//! whatever order rows are added, as long as there are ids between them.

use std::ops::Range;

use super::generated_ledger::GeneratedLedger;
use super::overlay::Overlay;
use super::row_id::RowId;
use crate::sandbox::generate::calendar::{DAY, Day, day_of, start_of};

/// Ids between two numbers; the numbers that providers print have three digits for them.
const SUBS: u64 = 999;

/// The free ids between two generated rows of a day, or after its last one.
#[derive(Clone, Debug)]
pub(super) struct IdRange {
    day: Day,
    /// The number of the generated row before the range; 0 before the first row of the day.
    number: u32,
    /// The number of ids in the range.
    size: u64,
    /// The number of ids from the start of the range to the end of the day.
    rest: u64,
    /// The offset that corresponds to the instant, counted in ids from the start of the range.
    wanted: u64,
    at: i64,
}

impl IdRange {
    /// The range around an instant (Unix seconds). Days before `first` have no generated rows that are
    /// visible.
    pub(super) fn at(generated: &GeneratedLedger, first: Day, at: i64) -> Self {
        let day = day_of(at);
        let day_rows = if day < first { None } else { generated.day(day) };
        let number = day_rows.map_or(0, |day_rows| day_rows.first_at(at + 1));
        let second =
            |row: Option<u32>| Some(start_of(day) + i64::from(day_rows?.row(row?)?.second));
        let from = second(number.checked_sub(1)).unwrap_or(start_of(day));
        // After the last row of a day, all numbers that the day has not used are free.
        let behind = u32::try_from(generated.slots()).unwrap_or(u32::MAX).saturating_sub(number);
        let (to, numbers) = match second(Some(number)) {
            Some(next) => (next, 1),
            None => (start_of(day) + DAY, behind.max(1)),
        };
        let (size, rest) = (u64::from(numbers) * SUBS, u64::from(behind.max(1)) * SUBS);
        // Later instants have later ids, as precisely as the number of ids allows.
        let part = |seconds: i64| u64::try_from(seconds.max(0)).unwrap_or(0);
        let wanted = part(at - from).saturating_mul(size) / part(to - from).max(1);
        Self { day, number, size, rest: rest.max(size), wanted: wanted.min(size - 1), at }
    }

    fn id(&self, index: u64) -> RowId {
        let number = u32::try_from(index / SUBS).unwrap_or(u32::MAX);
        let sub = u16::try_from(index % SUBS + 1).unwrap_or(u16::MAX);
        RowId::new(self.day, self.number.saturating_add(number), sub)
    }

    fn offset(&self, id: RowId) -> u64 {
        let number = u64::from(id.number().saturating_sub(self.number));
        number * SUBS + u64::from(id.sub().saturating_sub(1))
    }

    /// The id of the next row that is added at the instant: after the rows of that instant and before the
    /// rows of later ones. If no such id is free, any free id of the range, and if the range is full, the
    /// next ones above it, between the generated rows that follow: such a row has a higher id than rows
    /// that are created after it. `None` if the rest of the day is full.
    pub(super) fn free(&self, overlay: &Overlay) -> Option<RowId> {
        let above = overlay.newest().filter(|id| {
            *id >= self.id(self.size)
                && *id < self.id(self.rest)
                && overlay.row(*id).is_some_and(|row| row.created_at == self.at)
        });
        match above {
            // The range was full for the row before this one.
            Some(newest) => self.free_above(self.offset(newest) + 1, overlay),
            None => self.free_within(overlay).or_else(|| self.free_above(self.size, overlay)),
        }
    }

    /// A free id of the rest of the day that follows used ones, or the first one. Used ids mostly lie side
    /// by side, thousands of them, so that steps of doubled length find their end.
    fn free_above(&self, from: u64, overlay: &Overlay) -> Option<RowId> {
        let is_free = |offset: u64| overlay.is_free(self.id(offset));
        let steps = std::iter::successors(Some(1_u64), |step| step.checked_mul(2));
        let offsets = std::iter::once(from).chain(steps.map(|step| from.saturating_add(step)));
        let mut used = from;
        for offset in offsets.take_while(|offset| *offset < self.rest) {
            if is_free(offset) {
                let mut free = offset;
                while free - used > 1 {
                    let middle = used + (free - used) / 2;
                    if is_free(middle) { free = middle } else { used = middle }
                }
                return Some(self.id(free));
            }
            used = offset;
        }
        (from..self.rest).find(|offset| is_free(*offset)).map(|offset| self.id(offset))
    }

    fn free_within(&self, overlay: &Overlay) -> Option<RowId> {
        let is_later = |id: &RowId| overlay.row(*id).is_some_and(|it| it.created_at > self.at);
        let ids = |offsets: Range<u64>| overlay.ids_at(self.ids(&offsets), u64::MAX);
        // Many rows of one instant have consecutive ids, and the last of them is cached.
        let newest = overlay.newest().filter(|id| {
            *id >= self.id(self.wanted)
                && *id < self.id(self.size)
                && overlay.row(*id).is_some_and(|row| row.created_at == self.at)
        });
        let from = newest.map_or(self.wanted, |id| self.offset(id));
        let mut above = ids(from..self.size).find(is_later).map_or(self.size, |id| self.offset(id));
        let mut below = 0;
        for id in ids(0..above).rev() {
            if !is_later(&id) {
                below = self.offset(id) + 1;
                break;
            }
            above = self.offset(id);
        }
        let is_free = |index: &u64| overlay.is_free(self.id(*index));
        if below < above {
            let wanted = self.wanted.clamp(below, above - 1);
            let mut near = (wanted..above).chain((below..wanted).rev());
            if let Some(index) = near.find(is_free) {
                return Some(self.id(index));
            }
        }
        let index = (above..self.size).find(is_free).or_else(|| (0..above).rev().find(is_free))?;
        Some(self.id(index))
    }

    fn ids(&self, offsets: &Range<u64>) -> Range<RowId> {
        self.id(offsets.start)..self.id(offsets.end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::overlay::tests::row;
    use super::*;
    use crate::sandbox::merchant::Trade;

    fn range(at: i64) -> IdRange {
        IdRange::at(&GeneratedLedger::new(1, "m", Trade { volume: 0, ..Trade::default() }), 0, at)
    }

    #[test]
    fn places_of_a_gap_are_ids_and_back() {
        let range = range(start_of(5000) + 40_000);
        assert_eq!(range.size, 1000 * SUBS);
        for index in [0, 1, SUBS - 1, SUBS, 5 * SUBS + 7, range.size - 1] {
            assert_eq!(range.offset(range.id(index)), index);
            assert!(range.id(index) < range.id(index + 1));
        }
    }

    #[test]
    fn later_seconds_have_later_ids_with_room_between() {
        let offsets: Vec<u64> = (0..86_400).map(|at| range(start_of(5000) + at).wanted).collect();
        assert!(offsets.windows(2).all(|pair| pair[1] - pair[0] >= 11));
        assert_eq!(range(start_of(5000)).number, 0);
    }

    /// Adds so many rows at the instant of a range; their offsets in it.
    fn fill(range: &IdRange, overlay: &mut Overlay, count: usize) -> Vec<u64> {
        let mut offsets = Vec::new();
        for _ in 0..count {
            let id = range.free(overlay).unwrap();
            overlay.insert(id, row(range.at));
            offsets.push(range.offset(id));
        }
        offsets
    }

    #[test]
    fn a_gap_is_filled_without_a_hole_and_what_follows_it_too() {
        let trade = Trade { volume: 400, ..Trade::default() };
        let ledger = GeneratedLedger::new(1, "m", trade);
        let noon = start_of(5000) + DAY / 2;
        let range = IdRange::at(&ledger, 0, noon);
        assert_eq!(range.size, SUBS, "noon is between two generated rows");
        let mut overlay = Overlay::default();
        let mut offsets = fill(&range, &mut overlay, 1499);
        offsets.sort_unstable();
        assert_eq!(offsets, (0..1499).collect::<Vec<_>>());
        // A row of another instant in between: the next one of noon still follows those of noon.
        fill(&IdRange::at(&ledger, 0, noon + DAY / 4), &mut overlay, 1);
        assert_eq!(fill(&range, &mut overlay, 3), [1499, 1500, 1501]);
        assert_eq!(
            offsets.len() + 4,
            overlay.ids_at(range.ids(&(0..range.rest)), u64::MAX).count()
        );
    }

    #[test]
    fn rows_that_come_in_any_order_have_ids_in_the_order_of_their_instants() {
        let trade = Trade { volume: 400, ..Trade::default() };
        let ledger = GeneratedLedger::new(1, "m", trade);
        let mut overlay = Overlay::default();
        // Every second of ten minutes, scrambled: 7 has no factor in common with 600.
        for step in 0..600 {
            let at = start_of(5000) + DAY / 2 + step * 7 % 600;
            fill(&IdRange::at(&ledger, 0, at), &mut overlay, 1);
        }
        let (low, high) = (RowId::new(5000, 0, 0), RowId::new(5001, 0, 0));
        let ids = overlay.ids_at(low..high, u64::MAX);
        let instants: Vec<i64> = ids.map(|id| overlay.row(id).unwrap().created_at).collect();
        assert_eq!(instants.len(), 600);
        assert!(instants.is_sorted(), "{instants:?}");
    }
}
