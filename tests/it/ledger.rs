//! What must hold of any ledger, whatever the seed, the trade, the window and the clock.

use std::sync::Arc;

use proptest::prelude::*;
use sandtill::sandbox::actions::Action;
use sandtill::sandbox::facts::{Kind, Status};
use sandtill::sandbox::ledger::{Axis, Transaction, View};
use sandtill::sandbox::merchant::MerchantId;
use sandtill::sandbox::scenario::TransactionFile;
use sandtill::sandbox::space::Space;

use crate::support::scenario;

/// A world with one busy merchant: every kind of thing happens to it.
fn world(seed: u64, days: u32, now: &str) -> Arc<Space> {
    let text = format!(
        r#"
        seed = {seed}
        days = {days}
        [clock]
        mode = "frozen"
        now = "{now}"
        [[merchant]]
        name = "busy"
        [merchant.trade]
        volume = 40
        currencies = {{ USD = 60, JPY = 20, KWD = 20 }}
        bank = 200
        alternative = 100
        authorized_first = 300
        refunded = 300
        charged_back = 100
        rejected = 200
        corrected = 50
        "#
    );
    Space::alone(scenario(&text))
}

/// A world with the same merchant and nothing that happens by itself.
fn empty() -> Arc<Space> {
    let text = r#"
        days = 10
        [clock]
        mode = "frozen"
        now = "2026-03-14T12:00:00Z"
        [[merchant]]
        name = "busy"
        [merchant.trade]
        volume = 0
        "#;
    Space::alone(scenario(text))
}

#[test]
fn a_day_without_rows_has_room_for_many_at_one_instant() {
    let world = empty();
    let noon = "2026-03-10T12:00:00Z".parse::<jiff::Timestamp>().unwrap();
    for _ in 0..5000 {
        add(&world, noon);
    }
    add(&world, noon - jiff::SignedDuration::from_secs(1));
    let view = view(&world);
    let ids: Vec<_> = view.all().map(|row| (row.created_at, row.id())).collect();
    assert_eq!(ids.len(), 5001);
    assert!(ids.is_sorted());
}

fn view(world: &Arc<Space>) -> View {
    world.moment().view(MerchantId(0)).unwrap()
}

/// Everything about a row that does not depend on the clock.
fn lasting(row: &Transaction<'_>) -> String {
    format!(
        "{:?} {:?} {} {} {} {} {:?} {} {:?}",
        row.id(),
        row.kind,
        row.created_at,
        row.amount,
        row.currency,
        row.fee,
        row.method,
        row.person().email(),
        row.card(),
    )
}

/// Adds a card payment created at an instant.
fn add(world: &Arc<Space>, at: jiff::Timestamp) {
    let merchant = view(world).merchant.clone();
    let file = serde_json::json!({"merchant": "busy", "amount": 777, "at": at.to_string()});
    let file: TransactionFile = serde_json::from_value(file).unwrap();
    let added = file.to_row(&merchant, world.moment().now).unwrap();
    crate::support::add(world, merchant.id, added);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_come_in_order_from_both_ends_and_by_id(seed: u64, hour in 0..2000_i64) {
        let world = world(seed, 40, "2026-03-14T12:00:00Z");
        let now = world.moment().now - jiff::SignedDuration::from_hours(hour);
        crate::support::jump(&world, now);
        let view = view(&world);
        let forwards: Vec<_> = view.all().map(|row| row.id()).collect();
        let mut backwards: Vec<_> = view.all().rev().map(|row| row.id()).collect();
        backwards.reverse();
        prop_assert_eq!(&forwards, &backwards);
        prop_assert!(forwards.is_sorted_by(|left, right| left < right));
        let mut last = i64::MIN;
        for row in view.all() {
            prop_assert!(row.created_at >= last && row.created_at <= now.as_second());
            last = row.created_at;
            prop_assert_eq!(view.find(row.number()).map(|it| it.id()), Some(row.id()));
        }
        // From both ends at once every row comes once.
        let mut rows = view.all();
        let mut counted = 0;
        while rows.next().is_some() {
            counted += 1;
            counted += usize::from(rows.next_back().is_some());
        }
        prop_assert_eq!(counted, forwards.len());
    }

    #[test]
    fn a_span_on_an_axis_holds_what_a_look_at_every_row_finds(
        seed: u64, from in 0..40_i64, length in 1..200_i64, added: bool,
    ) {
        let world = world(seed, 40, "2026-03-14T12:00:00Z");
        if added {
            // Between, before and behind generated rows, and one of them settled by hand.
            for hour in [0, 7, 500, 501, 719] {
                add(&world, world.moment().now - jiff::SignedDuration::from_hours(hour));
            }
            let view = view(&world);
            let open = view.all().rev().find(|row| row.is_done() && row.fee > 0).unwrap();
            crate::support::act(&world, open.number(), Action::Settle).unwrap();
        }
        let view = view(&world);
        let start = world.moment().now.as_second() - from * 86_400 + length * 7;
        let span = start..start + length * 3600;
        for axis in [Axis::Created, Axis::Paid, Axis::Settled] {
            let expected: Vec<_> = view
                .all()
                .filter(|row| {
                    let at = match axis {
                        Axis::Created => Some(row.created_at),
                        Axis::Paid => row.paid_at(),
                        Axis::Settled => row.settled_at(),
                    };
                    at.is_some_and(|at| span.contains(&at))
                })
                .map(|row| row.id())
                .collect();
            let rows = || view.rows(axis, span.clone());
            prop_assert_eq!(&rows().map(|row| row.id()).collect::<Vec<_>>(), &expected);
            let mut backwards: Vec<_> = rows().rev().map(|row| row.id()).collect();
            backwards.reverse();
            prop_assert_eq!(&backwards, &expected);
            // In one go, which walks another way.
            let (mut up, mut down) = (Vec::new(), Vec::new());
            rows().for_each(|row| up.push(row.id()));
            rows().rev().for_each(|row| down.push(row.id()));
            down.reverse();
            prop_assert_eq!((&up, &down), (&expected, &expected));
            if let Some(middle) = expected.get(expected.len() / 2) {
                let (low, high) = (rows().before(*middle).count(), rows().after(*middle).count());
                prop_assert_eq!((low, high), (expected.len() / 2, expected.len().div_ceil(2) - 1));
            }
        }
    }

    #[test]
    fn ids_rise_with_time_in_whatever_order_rows_are_added(
        seed: u64, busy: bool, seconds in prop::collection::vec(0..86_400_i64, 1..60),
    ) {
        let start = "2026-03-10T00:00:00Z".parse::<jiff::Timestamp>().unwrap();
        let world = if busy { world(seed, 10, "2026-03-14T12:00:00Z") } else { empty() };
        let before = view(&world).all().count();
        // Some minutes apart, so that there is room between them on a busy day, too.
        for second in &seconds {
            let second = second / 600 * 600 + if busy { 0 } else { second % 3 };
            let at = start + jiff::SignedDuration::from_secs(second);
            add(&world, at);
            add(&world, at);
        }
        let view = view(&world);
        let rows: Vec<_> = view.all().map(|row| (row.created_at, row.id())).collect();
        prop_assert_eq!(rows.len(), before + 2 * seconds.len());
        let is_sorted = rows.is_sorted();
        prop_assert!(is_sorted, "{:?}", rows);
    }

    #[test]
    fn a_day_does_not_depend_on_the_window_or_on_what_was_asked_before(seed: u64, day in 0..25_i64) {
        let short = world(seed, 30, "2026-03-14T12:00:00Z");
        let long = world(seed, 90, "2026-04-01T12:00:00Z");
        let start = "2026-02-17T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
        let span = start + day * 86_400..start + (day + 1) * 86_400;
        let (short, long) = (view(&short), view(&long));
        let of = |view: &View| -> Vec<String> {
            view.rows(Axis::Created, span.clone()).map(|row| lasting(&row)).collect()
        };
        prop_assert_eq!(of(&short), of(&long));
    }

    #[test]
    fn children_name_visible_payments_and_never_exceed_them(seed: u64, hour in 0..900_i64) {
        let world = world(seed, 40, "2026-03-14T12:00:00Z");
        crate::support::jump(&world, world.moment().now - jiff::SignedDuration::from_hours(hour));
        let view = view(&world);
        let mut kinds = std::collections::BTreeSet::new();
        for row in view.all() {
            kinds.insert(row.kind);
            if !row.kind.is_original() {
                let root = row.root();
                prop_assert!(view.get(root.id()).is_some() && root.kind.is_original());
                prop_assert!(root.created_at <= row.created_at);
                prop_assert!(root.children().iter().any(|child| child.id() == row.id()));
                prop_assert_eq!(root.currency, row.currency);
                prop_assert_eq!(root.card(), row.card());
                let parent = row.parent().unwrap();
                prop_assert!(view.get(parent.id()).is_some());
                let of_capture = row.kind == Kind::Refund && root.kind == Kind::Authorization;
                prop_assert_eq!(parent.kind == Kind::Capture, of_capture || (row.kind == Kind::Chargeback && root.kind == Kind::Authorization));
                continue;
            }
            let gone: i64 = row.children().iter().filter(|it| it.kind.sign() < 0).map(|it| it.amount).sum();
            prop_assert!(gone <= row.captured(), "{row:?}");
            prop_assert!(row.captured() <= row.amount);
            prop_assert!(row.children().is_empty() || row.status() == Status::Captured || row.status() == Status::Voided);
            prop_assert!(row.fee <= row.amount);
        }
        prop_assert!(hour > 400 || kinds.len() == 8, "{kinds:?}");
    }

    #[test]
    fn what_is_settled_was_paid_on_a_business_day_before(seed: u64) {
        let world = world(seed, 40, "2026-03-14T12:00:00Z");
        let view = view(&world);
        let all: Vec<_> = view.all().filter(|row| row.settled_at().is_some()).collect();
        prop_assert!(!all.is_empty());
        for row in &all {
            let at = row.settled_at().unwrap();
            prop_assert!(row.paid_at().unwrap() < at);
            let weekday = jiff::Timestamp::from_second(at).unwrap().to_zoned(jiff::tz::TimeZone::UTC).weekday();
            prop_assert!(weekday.to_monday_zero_offset() < 5);
        }
        // The axis finds what looking at every row finds.
        let from = "2026-02-20T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
        let span = from..from + 5 * 86_400;
        let expected: Vec<_> = all.iter().filter(|row| span.contains(&row.settled_at().unwrap())).map(Transaction::id).collect();
        let found: Vec<_> = view.rows(Axis::Settled, span.clone()).map(|row| row.id()).collect();
        prop_assert_eq!(found, expected);
        let expected: Vec<_> = view.all().filter(|row| row.paid_at().is_some_and(|at| span.contains(&at))).map(|row| row.id()).collect();
        let found: Vec<_> = view.rows(Axis::Paid, span).map(|row| row.id()).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn trade_looks_like_trade() {
    let world = world(7, 90, "2026-03-14T12:00:00Z");
    let view = view(&world);
    let rows: Vec<_> = view.all().filter(|row| row.kind.is_original()).collect();
    let share = |count: usize| count * 1000 / rows.len();
    let of = |status: Status| share(rows.iter().filter(|row| row.status() == status).count());
    assert!((50..100).contains(&of(Status::Declined)), "{}", of(Status::Declined));
    assert!((20..70).contains(&(of(Status::Incomplete) + of(Status::Expired))));
    let hours = |range: std::ops::Range<i64>| {
        rows.iter().filter(|row| range.contains(&(row.created_at / 3600 % 24))).count()
    };
    assert!(hours(17..20) > 5 * hours(2..5), "{} {}", hours(17..20), hours(2..5));
    assert!((3200..4200).contains(&rows.len()), "{}", rows.len());
}

#[test]
fn silence_about_trade_means_none_and_an_empty_table_the_everyday_one() {
    let rows = |trade: &str| {
        let scenario = scenario(&format!(
            r#"
days = 5
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[[merchant]]
name = "shop"
{trade}
[[transaction]]
merchant = "shop"
amount = 100
[[transaction]]
merchant = "shop"
amount = 200
[[transaction]]
merchant = "shop"
amount = 300
"#
        ));
        let id = scenario.merchant("shop").unwrap().id;
        Space::alone(scenario).moment().view(id).unwrap().all().count()
    };
    assert_eq!(rows(""), 3);
    // About a hundred payments a day on five and a half days, and what is still open from before.
    assert!(rows("[merchant.trade]") > 400);
    // One key is enough for the rest to be the everyday one.
    assert!(rows("[merchant.trade]\nbank = 100") > 400);
}
