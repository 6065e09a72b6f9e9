//! Checks that amended rows tie out: what was paid out stays, and the difference is a line of a later
//! deposit.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sandtill::sandbox::facts::Kind;
use sandtill::sandbox::ledger::settlement::{self, LineKind};
use sandtill::sandbox::ledger::{RowId, View, corrections_due};
use sandtill::sandbox::money::Currency;
use sandtill::sandbox::scenario::{BUILT_IN, Overrides, Scenario};
use sandtill::sandbox::space::Space;

use super::{NEW_YEAR, cases_of, days_of, merchant};

/// The default scenario with a seed at a moment, where this share of payments is amended.
fn view(seed: u64, merchant: &str, (now, amended): (i64, u32)) -> View {
    let now = jiff::Timestamp::from_second(now).unwrap();
    let default = BUILT_IN.iter().find(|it| it.name == "default").unwrap().text;
    let trade = format!("[merchant.trade]\namended = {amended}\n");
    let default = default.replace("[merchant.trade]\n", &trade);
    let text = format!("{default}\n[clock]\nmode = \"frozen\"\nnow = \"{now}\"\n");
    let overrides = Overrides { seed: Some(seed), ..Overrides::default() };
    let vocabulary = sandtill::providers::vocabulary();
    let scenario = Scenario::parse("books", &text, &vocabulary, &overrides).unwrap();
    let id = scenario.merchant(merchant).unwrap().id;
    Space::alone(scenario).moment().view(id).unwrap()
}

/// What the merchant gets for a row as a view tells it.
fn net(view: &View, id: RowId) -> i64 {
    let row = view.get(id).unwrap();
    row.gross() - row.fee
}

/// The differences that amendments made after the payout, by currency: of rows in and before the window,
/// each compared with what a client was told right before its payout.
fn differences(view: &View) -> BTreeMap<RowId, i64> {
    let start = sandtill::sandbox::generate::calendar::start_of(view.first);
    let mut differences = BTreeMap::new();
    for row in view.all().filter(|row| !row.test && row.gross() != 0) {
        // What an earlier deposit corrected is not part of the window.
        let Some(at) = row.settled_at().filter(|at| *at >= start) else { continue };
        let difference = net(view, row.id()) - net(&view.at(at - 1), row.id());
        if difference != 0 {
            differences.insert(row.id(), difference);
        }
    }
    differences
}

proptest! {
    #![proptest_config(cases_of(6))]

    #[test]
    fn what_an_amendment_changes_after_the_payout_is_a_line_of_a_later_deposit(
        seed in any::<u64>(), merchant in merchant(),
        now in NEW_YEAR..NEW_YEAR + 365 * 86_400, amended in 1..=1000_u32,
    ) {
        // Amendments reach back to rows from before the window.
        let mut view = view(seed, merchant, (now, amended));
        view.first -= 40;
        let (mut corrected, mut owed) = (BTreeMap::<RowId, i64>::new(), BTreeMap::<Currency, i64>::new());
        for deposit in settlement::deposits(&view, days_of(&view)) {
            let lines: Vec<_> = settlement::lines(&view, &deposit).collect();
            prop_assert_eq!(lines.len(), deposit.len());
            prop_assert_eq!(lines.iter().map(|line| line.amount).sum::<i64>(), deposit.amount);
            for line in lines {
                // Each line is as a client was told when the money left.
                if let Some(row) = line.row {
                    let shown = view.at(row.settled_at().unwrap() - 1);
                    let shown = shown.get(row.id()).unwrap();
                    prop_assert_eq!((line.amount, line.fee), (shown.gross(), shown.fee));
                }
                let Some(row) = line.corrects else { continue };
                prop_assert_eq!(line.kind, LineKind::Correction);
                *corrected.entry(row).or_default() += line.amount;
            }
        }
        let differences = differences(&view);
        for (id, difference) in &differences {
            let row = view.get(*id).unwrap();
            let paid = corrected.get(id).copied().unwrap_or(0);
            if paid != *difference {
                prop_assert_eq!(paid, 0);
                *owed.entry(row.currency).or_default() += difference;
            }
        }
        for code in ["USD", "EUR", "JPY"] {
            let currency = Currency::parse(code).unwrap();
            let due = corrections_due(&view, currency);
            prop_assert_eq!(due, owed.get(&currency).copied().unwrap_or(0));
        }
        // Lines of rows from before the window are there too; all others have a difference.
        let start = sandtill::sandbox::generate::calendar::start_of(view.first);
        for id in corrected.keys().filter(|id| !differences.contains_key(id)) {
            let known = view.get(*id).and_then(|row| row.settled_at());
            prop_assert!(known.is_none_or(|at| at < start), "{id}");
        }
        prop_assert!(amended < 300 || differences.len() > 50, "{}", differences.len());
    }

    #[test]
    fn an_amended_payment_is_never_less_than_what_was_given_back(
        seed in any::<u64>(), merchant in merchant(), now in NEW_YEAR..NEW_YEAR + 365 * 86_400,
    ) {
        let view = view(seed, merchant, (now, 1000));
        let (mut amounts, mut fees, mut texts) = (0, 0, 0);
        for row in view.all() {
            prop_assert!(row.kind.sign() < 0 || (0..=row.amount).contains(&row.fee));
            if row.kind.is_original() {
                prop_assert!(row.refunded() <= row.captured() || row.captured() == 0);
            }
            let first = view.at(row.created_at);
            let first = first.get(row.id()).unwrap();
            prop_assert!(row.amount == first.amount || row.kind == Kind::Payment);
            amounts += u32::from(row.amount != first.amount);
            fees += u32::from(row.fee != first.fee);
            texts += u32::from(row.description() != first.description());
        }
        prop_assert!(amounts > 100 && fees > 100 && texts > 100, "{amounts} {fees} {texts}");
    }
}
