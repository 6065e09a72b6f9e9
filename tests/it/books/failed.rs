//! Checks that money of deposits that fail, come back or are late is paid out once, with amendments among it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use sandtill::sandbox::actions::{self, ActionError, DepositAction};
use sandtill::sandbox::generate::calendar;
use sandtill::sandbox::ledger::{View, payout, settlement};
use sandtill::sandbox::money::Currency;
use sandtill::sandbox::scenario::{BUILT_IN, Overrides, Scenario};
use sandtill::sandbox::space::Space;

use super::{NEW_YEAR, cases_of, days_of, merchant};
use crate::support::jump;

/// The default scenario with a seed at a moment, where this share of payments is amended.
fn space(seed: u64, (now, amended): (i64, u32)) -> Arc<Space> {
    let now = jiff::Timestamp::from_second(now).unwrap();
    let default = BUILT_IN.iter().find(|it| it.name == "default").unwrap().text;
    let trade = format!("[merchant.trade]\namended = {amended}\n");
    let default = default.replace("[merchant.trade]\n", &trade);
    let text = format!("{default}\n[clock]\nmode = \"frozen\"\nnow = \"{now}\"\n");
    let overrides = Overrides { seed: Some(seed), ..Overrides::default() };
    let vocabulary = sandtill::providers::vocabulary();
    Space::alone(Scenario::parse("books", &text, &vocabulary, &overrides).unwrap())
}

fn view(space: &Arc<Space>, merchant: &str) -> View {
    let id = space.world().scenario.merchant(merchant).unwrap().id;
    space.moment().view(id).unwrap()
}

/// Something that happens to one of the newest deposits, so many hours later.
type Step = (usize, DepositAction, i64);

fn step() -> impl Strategy<Value = Step> {
    let action = prop_oneof![
        2 => Just(DepositAction::Fail),
        1 => Just(DepositAction::Return),
        1 => (1..100_i64).prop_map(|hours| DepositAction::Delay(SignedDuration::from_hours(hours))),
    ];
    (0..5_usize, action, 0..60_i64)
}

/// Does it, and returns how often it was possible.
fn perform(space: &Arc<Space>, merchant: &str, steps: &[Step]) -> usize {
    let mut done = 0;
    for (pick, action, hours) in steps {
        jump(space, space.moment().now + SignedDuration::from_hours(*hours));
        let view = view(space, merchant);
        let deposits = settlement::deposits(&view, days_of(&view));
        let Some(deposit) = deposits.iter().rev().nth(*pick) else { continue };
        let befallen =
            space.change(|draft| actions::change_deposit(draft, deposit.number, *action));
        match befallen {
            Ok(_) => done += 1,
            Err(ActionError::Impossible(_)) => {}
            Err(err) => panic!("{err}"),
        }
    }
    done
}

/// By currency: what deposits paid out, with what failed and is still to come; and what payouts did, with what
/// stays.
fn paid_out(view: &View) -> BTreeMap<Currency, (i64, i64)> {
    let days = days_of(view);
    let mut sums: BTreeMap<Currency, (i64, i64)> = BTreeMap::new();
    let deposits = settlement::deposits(view, days.clone());
    let mut returned: Vec<i64> = Vec::new();
    for deposit in &deposits {
        let lines: Vec<_> = settlement::lines(view, deposit).collect();
        assert_eq!(lines.iter().map(|line| line.amount).sum::<i64>(), deposit.amount);
        returned.extend(lines.iter().filter_map(|line| line.returns));
    }
    for deposit in &deposits {
        // The money of one that failed counts until a later one has it.
        if deposit.failure.is_none() || !returned.contains(&deposit.number) {
            sums.entry(deposit.currency).or_default().0 += deposit.amount;
        }
    }
    let mut once = returned.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), returned.len(), "no deposit comes back twice");
    for payout in payout::payouts(view, days) {
        assert_eq!(payout.lines(view).map(|line| line.amount).sum::<i64>(), payout.amount);
        if payout.failure.is_none() {
            sums.entry(payout.currency).or_default().1 += payout.amount;
        }
    }
    for (currency, balance) in payout::balances(view) {
        sums.entry(currency).or_default().1 += balance;
    }
    sums
}

proptest! {
    #![proptest_config(cases_of(12))]

    #[test]
    fn whatever_becomes_of_deposits_their_money_is_paid_out_once(
        seed in any::<u64>(), merchant in merchant(),
        now in NEW_YEAR..NEW_YEAR + 300 * 86_400, amended in 0..300_u32,
        steps in prop::collection::vec(step(), 1..12),
    ) {
        let world = (now, amended);
        let [space, plain] = [world, world].map(|world| space(seed, world));
        let done = perform(&space, merchant, &steps);
        prop_assert!(done > 0 || steps.len() < 6);
        for hours in [0, 30, 24 * 12] {
            let then = space.moment().now + SignedDuration::from_hours(hours);
            jump(&space, then);
            jump(&plain, then);
            let [view, plain] = [&space, &plain].map(|space| view(space, merchant));
            prop_assert_eq!(calendar::day_of(view.now), calendar::day_of(plain.now));
            prop_assert_eq!(paid_out(&view), paid_out(&plain), "{} hours later", hours);
        }
    }
}
