//! Checks that amounts agree for any seed, merchant, span and moment.
//!
//! This file checks the aggregates of the ledger; the submodules check the reports of the five
//! providers.

mod amended;
mod amended_wires;
mod cards;
mod failed;
mod generated;
mod imports;
mod located;
mod model;
mod moves;
mod operations;
mod summaries;
mod ties;
mod windows;
mod wires;
mod world;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use sandtill::sandbox::generate::calendar::{self, Day};
use sandtill::sandbox::ledger::View;
use sandtill::sandbox::ledger::batch;
use sandtill::sandbox::ledger::settlement::{self, LineKind};
use sandtill::sandbox::money::Currency;
use sandtill::sandbox::scenario::{BUILT_IN, Overrides, Scenario};
use sandtill::sandbox::space::Space;

use crate::support::Server;

/// Checks that the reports of all five providers agree about a merchant whose window begins on `first`; without
/// its deposits when rows were amended after they were paid out.
pub(crate) async fn all_ties_out(
    server: &Server,
    merchant: &str,
    (first, is_amended): (jiff::civil::Date, bool),
) {
    let reports = wires::fetch_reports(server, merchant, first).await;
    if is_amended { ties::rows_tie_out(&reports) } else { ties::tie_out(&reports) }
}

/// The default scenario with a seed at a moment, and one of its merchants.
fn view(seed: u64, merchant: &str, now: i64) -> View {
    let now = jiff::Timestamp::from_second(now).unwrap();
    let default = BUILT_IN.iter().find(|it| it.name == "default").unwrap().text;
    let text = format!("{default}\n[clock]\nmode = \"frozen\"\nnow = \"{now}\"\n");
    let overrides = Overrides { seed: Some(seed), ..Overrides::default() };
    let vocabulary = sandtill::providers::vocabulary();
    let scenario = Scenario::parse("books", &text, &vocabulary, &overrides).unwrap();
    let id = scenario.merchant(merchant).unwrap().id;
    Space::alone(scenario).moment().view(id).unwrap()
}

/// 2026-01-01T00:00:00Z.
const NEW_YEAR: i64 = 1_767_225_600;

fn merchant() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("epicpay"), Just("everywhere"), Just("wepay"), Just("begateway")]
}

fn days_of(view: &View) -> std::ops::Range<Day> {
    view.first..calendar::day_of(view.now) + 1
}

/// Runs a property test with the same cases in each run.
fn always<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value)) {
    let checked = |value| {
        test(value);
        Ok(())
    };
    TestRunner::new(cases_of(cases)).run(strategy, checked).unwrap_or_else(|err| panic!("{err}"));
}

/// A runner with a number of cases that are the same in each run.
pub(crate) fn cases_of(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        max_shrink_iters: 400,
        ..ProptestConfig::default()
    }
}

/// Amounts of one currency: income and earlier reserve; where they are now; the fees of the
/// deposits and of the settled rows; the costs of the account.
pub(crate) fn balance(view: &View, currency: Currency) -> (i64, i64, i64, i64, i64) {
    let start = calendar::start_of(view.first);
    // All rows settled in the window or later, regardless of the day of payment.
    let open = view
        .all()
        .filter(|row| row.currency == currency && !row.test)
        .filter(|row| row.settles_at().is_some_and(|at| at >= start));
    let (mut money_in, mut under_way, mut settled_fees) = (0, 0, 0);
    for row in open {
        money_in += row.gross();
        match row.settled_at() {
            Some(_) => settled_fees += row.fee,
            None => under_way += row.gross(),
        }
    }
    let (mut deposited, mut fees, mut account) = (0, 0, 0);
    let deposits = settlement::deposits(view, days_of(view));
    for deposit in deposits.iter().filter(|it| it.currency == currency) {
        deposited += deposit.amount;
        for line in settlement::lines(view, deposit) {
            match line.kind {
                LineKind::Fee => fees -= line.amount,
                LineKind::MonthEndFee | LineKind::Adjustment => account -= line.amount,
                _ => {}
            }
        }
    }
    let opening = settlement::reserve_held(&view.at(start - 1), currency);
    let reserve = settlement::reserve_held(view, currency);
    let elsewhere = deposited + under_way + fees + account + reserve;
    (opening + money_in, elsewhere, fees, settled_fees, account)
}

proptest! {
    #![proptest_config(cases_of(6))]

    #[test]
    fn a_deposit_is_the_sum_of_its_lines(
        seed in any::<u64>(), merchant in merchant(), now in NEW_YEAR..NEW_YEAR + 365 * 86_400,
    ) {
        let view = view(seed, merchant, now);
        let deposits = settlement::deposits(&view, days_of(&view));
        prop_assert!(deposits.len() > 40);
        prop_assert!(deposits.is_sorted_by(|a, b| a.number < b.number));
        for deposit in &deposits {
            let lines: Vec<_> = settlement::lines(&view, deposit).collect();
            prop_assert_eq!(lines.len(), deposit.len());
            prop_assert_eq!(lines.iter().map(|line| line.amount).sum::<i64>(), deposit.amount);
            let fees: i64 = lines.iter().map(|line| line.fee).sum();
            let fee_line = lines.iter().filter(|line| line.kind == LineKind::Fee).map(|it| it.amount);
            prop_assert_eq!(fee_line.sum::<i64>(), -fees);
            for row in lines.iter().filter_map(|line| line.row) {
                prop_assert_eq!(settlement::deposit_of(&row), Some(deposit.number));
            }
            let found = settlement::deposit(&view, deposit.number);
            prop_assert_eq!(found.as_ref(), Some(deposit));
        }
    }

    #[test]
    fn money_in_is_deposited_or_under_way_or_fees_or_reserve(
        seed in any::<u64>(), merchant in merchant(), now in NEW_YEAR..NEW_YEAR + 365 * 86_400,
    ) {
        let view = view(seed, merchant, now);
        for code in ["USD", "EUR", "JPY"] {
            let currency = Currency::parse(code).unwrap();
            let (money_in, elsewhere, fees, settled_fees, account) = balance(&view, currency);
            prop_assert_eq!(fees, settled_fees);
            if merchant == "epicpay" && code == "USD" {
                prop_assert!((1995..=4 * 1995).contains(&account), "{account}");
            } else {
                prop_assert_eq!(account, 0);
            }
            prop_assert_eq!(money_in, elsewhere);
        }
    }

    #[test]
    fn a_span_of_deposits_is_the_union_of_its_days(
        seed in any::<u64>(), merchant in merchant(), now in NEW_YEAR..NEW_YEAR + 365 * 86_400, from in 0..40_u32,
    ) {
        let view = view(seed, merchant, now);
        let days = view.first + from..view.first + from + 31;
        let single: Vec<_> = days.clone().flat_map(|day| settlement::deposits(&view, day..day + 1)).collect();
        prop_assert_eq!(settlement::deposits(&view, days.clone()), single);
        let single: Vec<_> = days.clone().flat_map(|day| batch::batches(&view, day..day + 1)).collect();
        prop_assert_eq!(batch::batches(&view, days), single);
    }

    #[test]
    fn everything_that_happens_to_a_payment_shows_its_card(
        seed in any::<u64>(), merchant in merchant(), day in -40..60_i64,
    ) {
        // Around the turn of the year, when payments of the previous year are refunded.
        let view = view(seed, merchant, NEW_YEAR + day * 86_400);
        let mut wallets = std::collections::BTreeMap::new();
        for row in view.all() {
            prop_assert_eq!(row.card(), row.root().card());
            prop_assert_eq!(row.bank_account(), row.root().bank_account());
            if let Some(it) = row.scheduled() {
                let first = *wallets.entry((it.day, it.number)).or_insert(row.card());
                prop_assert_eq!(first, row.card());
            }
        }
        prop_assert_eq!(wallets.is_empty(), view.merchant.trade.subscriptions == 0);
    }
}
