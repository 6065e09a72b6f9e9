//! Which rows an altered answer has, by their positions in the answer that it was made from.

use crate::sandbox::faults::{Place, RowFault};
use crate::sandbox::generate::stream::Draw;

/// The rows of an altered answer. Positions are counted from 0 in the answer before the alteration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowOrder {
    rows: usize,
    positions: Vec<usize>,
}

impl RowOrder {
    /// All of so many rows in their order.
    #[must_use]
    pub fn unchanged(rows: usize) -> Self {
        Self { rows, positions: (0..rows).collect() }
    }

    /// All of so many rows, those at the chosen positions twice.
    #[must_use]
    pub(super) fn repeating(rows: usize, chosen: &[usize]) -> Self {
        let times = |row: usize| 1 + usize::from(chosen.contains(&row));
        let positions = (0..rows).flat_map(|row| std::iter::repeat_n(row, times(row))).collect();
        Self { rows, positions }
    }

    /// The rows that a fault leaves of so many.
    pub(super) fn of(rows: usize, fault: &RowFault, seed: u64) -> Self {
        let mut order = Self::unchanged(rows);
        let positions = &mut order.positions;
        match fault {
            RowFault::Short { kept, .. } => positions.truncate(kept.of(rows)),
            RowFault::Repeat(count, Place::Edge) => {
                positions.extend(chosen(rows, *count, Place::Edge, seed));
            }
            RowFault::Repeat(count, place) => {
                let chosen = chosen(rows, *count, *place, seed);
                *positions = (0..rows)
                    .flat_map(|row| {
                        std::iter::repeat_n(row, 1 + usize::from(chosen.contains(&row)))
                    })
                    .collect();
            }
            RowFault::Skip(count, place) => {
                let chosen = chosen(rows, *count, *place, seed);
                positions.retain(|row| !chosen.contains(row));
            }
            RowFault::Shuffle => shuffle(positions, seed),
            RowFault::Drift(_) => {}
        }
        order
    }

    /// The positions of the rows that the altered answer has, in its order.
    #[must_use]
    pub fn positions(&self) -> &[usize] {
        &self.positions
    }

    /// The positions of the rows that are left out.
    #[must_use]
    pub fn dropped(&self) -> Vec<usize> {
        let times = self.times();
        (0..self.rows).filter(|row| times.get(*row) == Some(&0)).collect()
    }

    /// The positions of the rows that are there more than once.
    #[must_use]
    pub fn repeated(&self) -> Vec<usize> {
        let times = self.times();
        (0..self.rows).filter(|row| times.get(*row).is_some_and(|it| *it > 1)).collect()
    }

    /// How often each row is there.
    fn times(&self) -> Vec<usize> {
        let mut times = vec![0; self.rows];
        for row in &self.positions {
            if let Some(times) = times.get_mut(*row) {
                *times += 1;
            }
        }
        times
    }

    pub(super) fn is_changed(&self) -> bool {
        !self.positions.iter().copied().eq(0..self.rows)
    }

    /// How many rows more there are; negative for fewer.
    pub(super) fn difference(&self) -> i64 {
        let signed = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        signed(self.positions.len()) - signed(self.rows)
    }

    /// What was altered, as a sentence; rows are counted from 1.
    pub(super) fn how(&self, fault: &RowFault) -> String {
        let all = self.rows;
        match fault {
            RowFault::Short { .. } => {
                format!("the first {} of {all} rows are there", self.positions.len())
            }
            RowFault::Repeat(..) => format!("{} of {all} twice", listed(&self.repeated())),
            RowFault::Skip(..) => format!("{} of {all} left out", listed(&self.dropped())),
            RowFault::Shuffle => format!("{all} rows in another order"),
            RowFault::Drift(_) => format!("{all} rows with another schema"),
        }
    }
}

/// The positions of the rows that are chosen, in rising order.
fn chosen(rows: usize, count: u64, place: Place, seed: u64) -> Vec<usize> {
    let count = usize::try_from(count).unwrap_or(usize::MAX).min(rows);
    match place {
        Place::Edge => (rows - count..rows).collect(),
        Place::Anywhere => {
            let mut all: Vec<usize> = (0..rows).collect();
            mixed(&mut all, seed);
            all.truncate(count);
            all.sort_unstable();
            all
        }
    }
}

/// Puts the positions into a drawn order.
fn mixed(positions: &mut [usize], seed: u64) {
    let mut draw = Draw::new(seed, 1);
    for last in (1..positions.len()).rev() {
        let bound = u32::try_from(last + 1).unwrap_or(u32::MAX);
        let other = usize::try_from(draw.below(bound)).unwrap_or(0);
        positions.swap(last, other);
    }
}

/// Puts the positions into another order than theirs, if there is one.
fn shuffle(positions: &mut [usize], seed: u64) {
    mixed(positions, seed);
    if positions.len() > 1 && positions.is_sorted() {
        positions.swap(0, 1);
    }
}

/// How many positions [`listed`] names.
const MAX_LISTED: usize = 20;

/// Positions as words, counted from 1.
fn listed(positions: &[usize]) -> String {
    let named: Vec<String> =
        positions.iter().take(MAX_LISTED).map(|row| (row + 1).to_string()).collect();
    let more = positions.len().saturating_sub(MAX_LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let noun = if positions.len() == 1 { "row" } else { "rows" };
    format!("{noun} {}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::faults::Kept;

    #[test]
    fn every_fault_leaves_the_rows_that_its_words_say() {
        let order = |fault| RowOrder::of(10, &fault, 5);
        let short = order(RowFault::Short { kept: Kept::Rows(3), is_honest: false });
        assert_eq!((short.positions(), short.dropped()), ([0, 1, 2].as_slice(), (3..10).collect()));
        let short = order(RowFault::Short { kept: Kept::Share(250_000), is_honest: false });
        assert_eq!(short.positions(), [0, 1]);
        let all = order(RowFault::Short { kept: Kept::Rows(99), is_honest: false });
        assert!(!all.is_changed());
        assert_eq!(order(RowFault::Skip(2, Place::Edge)).dropped(), [8, 9]);
        let repeated = order(RowFault::Repeat(1, Place::Edge));
        assert_eq!((repeated.positions()[10], repeated.repeated()), (9, vec![9]));
        let skipped = order(RowFault::Skip(4, Place::Anywhere));
        assert_eq!((skipped.positions().len(), skipped.difference()), (6, -4));
        let repeated = order(RowFault::Repeat(3, Place::Anywhere));
        assert_eq!((repeated.repeated().len(), repeated.difference()), (3, 3));
        let mut shuffled = order(RowFault::Shuffle);
        assert!(shuffled.is_changed() && shuffled.dropped().is_empty());
        shuffled.positions.sort_unstable();
        assert_eq!(shuffled, RowOrder::unchanged(10));
        assert!(RowOrder::of(2, &RowFault::Shuffle, 5).is_changed());
        assert!(!RowOrder::of(1, &RowFault::Shuffle, 5).is_changed());
    }
}
