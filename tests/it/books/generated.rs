//! Checks that the generated transactions of any seed agree between all five providers at any
//! moment.

use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use sandtill::sandbox::scenario::{Scenario, SettingValue};

use super::always;
use super::ties::tie_out;
use super::wires::fetch_reports;
use crate::support::{Server, scenario};

/// A built-in scenario with a short window and a clock frozen at `now`. WePay's files reach up to
/// `now`.
fn world(name: &str, seed: u64, now: Timestamp) -> Scenario {
    let built_in = sandtill::sandbox::scenario::BUILT_IN;
    let text = built_in.iter().find(|it| it.name == name).unwrap().text;
    let text = text.replacen("seed = 42", &format!("seed = {seed}"), 1);
    let text = text
        .replacen("days = 90", "days = 20", 1)
        .replacen("days = 120", "days = 20", 1)
        .replacen("days = 30", "days = 20", 1);
    let clock = format!("[clock]\nmode = \"frozen\"\nnow = \"{now}\"");
    let mut scenario = scenario(&format!("{text}\n{clock}\n"));
    assert_eq!((scenario.seed, scenario.days), (seed, 20));
    for latency in ["wepay.latency_transactions", "wepay.latency_reconciliation"] {
        let none = SettingValue::Duration(SignedDuration::ZERO);
        assert!(scenario.settings.insert(latency.to_owned(), none).is_some());
    }
    scenario
}

async fn ties_out(name: &str, seed: u64, now: Timestamp) {
    let first = now.to_zoned(jiff::tz::TimeZone::UTC).date() - 20.days();
    let server = Server::with(world(name, seed, now)).await;
    tie_out(&fetch_reports(&server, "everywhere", first).await);
    // The same window, seen some weeks later.
    crate::support::jump(&server.space(), now + SignedDuration::from_hours(24 * 25));
    tie_out(&fetch_reports(&server, "everywhere", first).await);
}

#[test]
fn generated_books_of_all_five_tie_out() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // A moment in 2026; every other case is exactly at a settlement or at midnight.
    let second = prop_oneof![2 => 0..86_400_i64, 1 => Just(8 * 3600), 1 => Just(0)];
    let now = (0..365_i64, second).prop_map(|(day, second)| 1_767_225_600 + day * 86_400 + second);
    let name = prop::sample::select(vec!["default", "settlement", "unicode"]);
    always(4, &(name, 0..u64::MAX >> 1, now), |(name, seed, now)| {
        runtime.block_on(ties_out(name, seed, Timestamp::from_second(now).unwrap()));
    });
}
