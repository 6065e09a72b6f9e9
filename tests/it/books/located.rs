//! Checks that the id of every row leads back to the row, at every provider, for any seed and volume.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use sandtill::providers;
use sandtill::sandbox::actions::Action;
use sandtill::sandbox::ledger::{RowId, View};
use sandtill::sandbox::space::Space;
use sandtill::sandbox::truth::RowMapper;

use super::cases_of;
use crate::support::{act, scenario};

/// A space with a merchant whose generated rows lie among added ones, some of them captured.
fn space(seed: u64, volume: u32, days: u8, added: &[i64]) -> Arc<Space> {
    let mut text = format!(
        r#"
seed = {seed}
days = {days}
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[[merchant]]
name = "first"
[[merchant]]
name = "shop"
[merchant.trade]
volume = {volume}
currencies = {{ USD = 80, KWD = 20 }}
bank = 250
alternative = 150
authorized_first = 250
refunded = 250
charged_back = 150
rejected = 250
subscriptions = 30
"#
    );
    let now: jiff::Timestamp = "2026-03-14T12:00:00Z".parse().unwrap();
    for before in added {
        let at = now - jiff::SignedDuration::from_secs(*before);
        text.push_str(&format!(
            "[[transaction]]\nmerchant = \"shop\"\namount = 900\ncurrency = \"USD\"\n\
             kind = \"authorization\"\nstatus = \"authorized\"\nat = \"{at}\"\n"
        ));
    }
    let space = Space::alone(scenario(&text));
    let own = view(&space);
    let numbers: Vec<i64> = own.overlay().rows().map(|(id, _)| own.number_of(id)).take(5).collect();
    for number in numbers {
        act(&space, number, Action::Capture(Some(300))).unwrap();
    }
    space
}

fn view(space: &Arc<Space>) -> View {
    let id = space.world().scenario.merchant("shop").unwrap().id;
    space.moment().view(id).unwrap()
}

fn mappers(space: &Arc<Space>) -> impl Iterator<Item = RowMapper> {
    let (view, seed) = (view(space), space.world().scenario.seed);
    providers::ALL
        .iter()
        .map(move |it| RowMapper::new(it.row_mapping.unwrap(), it.slug, seed, view.clone()))
}

/// Every id leads to the rows that have it, and to no other.
fn check(space: &Arc<Space>) {
    for mapper in mappers(space) {
        let mut rows: BTreeMap<(&str, String), Vec<RowId>> = BTreeMap::new();
        for row in mapper.view.all() {
            let Some(reported) = mapper.map(&row) else { continue };
            assert!((mapper.row_mapping.is_id)(&reported.id), "{}", reported.id);
            rows.entry((reported.report, reported.id)).or_default().push(row.id());
        }
        assert!(!rows.is_empty());
        for ((report, id), rows) in rows {
            let located = mapper.locate(report, &id);
            let shown = located.iter().filter(|row| mapper.map(row).is_some());
            assert_eq!(
                shown.map(sandtill::sandbox::ledger::Transaction::id).collect::<Vec<_>>(),
                rows,
                "{report} {id}"
            );
        }
    }
}

proptest! {
    #![proptest_config(cases_of(24))]

    #[test]
    fn every_id_leads_back_to_its_rows(
        seed in any::<u32>(), volume in 0..40_u32, added in prop::collection::vec(0..400_000_i64, 0..40),
    ) {
        check(&space(u64::from(seed), volume, 6, &added));
    }

    #[test]
    fn a_number_that_no_row_has_leads_nowhere(seed in any::<u32>(), number in any::<i64>()) {
        let space = space(u64::from(seed), 20, 6, &[5, 5, 100]);
        for mapper in mappers(&space) {
            for id in [format!("{number}"), format!("C{number}"), format!("{:018}", number.unsigned_abs())] {
                for row in mapper.locate("", &id) {
                    let reported = mapper.map(&row).map(|it| it.id);
                    prop_assert!(reported.is_none() || reported == Some(id.clone()), "{id} leads to {reported:?}");
                }
            }
        }
    }
}

/// Two hundred thousand rows a day: more than the five digits of a `fort_id`, and numbers of added rows
/// above 2^50.
#[test]
fn the_ids_of_a_large_merchant_lead_back_too() {
    let space = space(7, 200_000, 1, &[1, 2, 2, 40_000, 86_000]);
    let own = view(&space);
    assert_eq!(own.slots(), 1_000_000);
    assert!(own.all().next_back().unwrap().id().number() > 100_000);
    for mapper in mappers(&space) {
        let rows = mapper.view.all().enumerate();
        for (_, row) in rows.filter(|(at, row)| at % 97 == 0 || row.id().sub() != 0) {
            let Some(reported) = mapper.map(&row) else { continue };
            let located = mapper.locate(reported.report, &reported.id);
            assert!(
                located.iter().any(|it| it.id() == row.id()),
                "{} {}",
                reported.report,
                reported.id
            );
        }
    }
}
