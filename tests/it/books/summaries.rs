//! Checks that what deposits add up to is what their lines add up to, also when it was kept from an earlier
//! question at another instant.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sandtill::sandbox::ledger::View;
use sandtill::sandbox::ledger::deposit_summary::{Summary, summaries};
use sandtill::sandbox::ledger::settlement;

use super::{NEW_YEAR, cases_of, days_of, merchant, view};

/// What the lines of the deposits add up to, read from their rows.
fn added_up(view: &View) -> Vec<Summary> {
    let deposits = settlement::deposits(view, days_of(view));
    let of = |deposit: &settlement::Deposit| {
        let mut lines: BTreeMap<_, (u64, i64)> = BTreeMap::new();
        for line in settlement::lines(view, deposit) {
            let (count, sum) = lines.entry(line.kind).or_default();
            *count += 1;
            *sum += line.amount;
        }
        let amount = lines.values().map(|line| line.1).sum();
        Summary { lines, amount, ..Summary::clone(deposit) }
    };
    deposits.iter().map(of).collect()
}

proptest! {
    #![proptest_config(cases_of(6))]

    #[test]
    fn a_deposit_adds_up_to_its_lines_whenever_it_was_read(
        seed in any::<u64>(), merchant in merchant(), now in NEW_YEAR..NEW_YEAR + 365 * 86_400,
        from in 0..40_u32, later in 0..20 * 86_400_i64,
    ) {
        let early = view(seed, merchant, now);
        // These days are kept from now on, but for the last ones, whose deposits are to come.
        let some = summaries(&early, early.first + from..early.first + from + 60);
        prop_assert!(!some.is_empty());
        let mut shorter = early.clone();
        shorter.first += 3;
        for view in [early.at(now + later), shorter, early] {
            let read = summaries(&view, days_of(&view));
            prop_assert_eq!(&read, &added_up(&view));
            prop_assert_eq!(&summaries(&view, days_of(&view)), &read);
        }
    }
}
