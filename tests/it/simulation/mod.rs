//! Weeks of a whole team in one program: clients, testers, receivers, restarts, against books kept by hand.
//!
//! `cargo test --test it simulation` runs a few seeds. `SANDTILL_TEST_SEEDS=1000` runs that many,
//! `SANDTILL_TEST_SEED=42` this one, `SANDTILL_TEST_DAYS=30` so many days of each.

mod books;
mod clients;
mod deed;
mod hands;
mod model;
mod post;
mod run;
mod shrink;
mod team;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::civil::{Date, date};
use sandtill::sandbox::scenario::Scenario;
use tokio::runtime::Builder;

use self::deed::{Step, TEAMS, program};
use self::run::{Failure, Outcome, run};
use self::shrink::shrunk;
use crate::support::scenario;

/// A Monday morning.
const START: &str = "2026-03-09T09:00:00Z";

/// Days of the window before it.
const DAYS_BEFORE: i64 = 6;

/// Seeds and simulated days of an ordinary test run.
const SEEDS: u64 = 2;
const DAYS: usize = 3;

fn first_day() -> Date {
    date(2026, 3, 9).saturating_sub(jiff::Span::new().days(DAYS_BEFORE))
}

/// The default space, and another one.
fn team_names() -> [&'static str; TEAMS] {
    ["", "b"]
}

/// Two merchants with credentials at all five providers: one without trade, one with much of everything.
fn the_scenario(seed: u64) -> Scenario {
    let default = include_str!("../../../scenarios/default.toml");
    let (_, everywhere) = default.split_once("name = \"everywhere\"").unwrap();
    let (everywhere, _) = everywhere.split_once("[merchant.trade]").unwrap();
    // The credentials of the five home merchants, each once.
    let home = ["payfort", "flitt", "begateway", "epicpay", "wepay"].map(|slug| {
        let (_, rest) = default.split_once(&format!("[[merchant.credentials.{slug}]]")).unwrap();
        let (keys, _) = rest.split_once("\n\n").unwrap();
        format!("[[merchant.credentials.{slug}]]{keys}\n")
    });
    let home = home.concat();
    let seed = seed >> 1;
    scenario(&format!(
        r#"
seed = {seed}
days = {DAYS_BEFORE}
[clock]
mode = "frozen"
now = "{START}"
[settings.begateway]
page_size = 5
[settings.wepay]
latency_transactions = "0s"
latency_reconciliation = "0s"
[[merchant]]
name = "everywhere"{everywhere}
[merchant.trade]
volume = 0
subscriptions = 0
fee_rate = 250
fee_fixed = 25
chargeback_fee = {chargeback_fee}
[[merchant]]
name = "payfort"
{home}
[merchant.trade]
volume = 5
names = "unicode"
currencies = {{ USD = 80, EUR = 10, KWD = 10 }}
bank = 250
alternative = 150
authorized_first = 250
refunded = 250
charged_back = 150
rejected = 250
test = 50
subscriptions = 300
month_end_fee = 1995
"#,
        chargeback_fee = model::CHARGEBACK_FEE,
    ))
}

fn number(name: &str) -> Option<u64> {
    std::env::var_os(name)?.to_str()?.parse().ok()
}

/// Runs steps on one thread, or on three while others keep the machine busy.
fn once(seed: u64, steps: &[Step], is_busy: bool) -> Result<Outcome, Failure> {
    if !is_busy {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(run(seed, steps));
    }
    let runtime = Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let spins = Arc::clone(&is_over);
    let noise = runtime.spawn(async move {
        while !spins.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
    });
    let outcome = runtime.block_on(run(seed, steps));
    is_over.store(true, Ordering::Relaxed);
    runtime.block_on(noise).unwrap();
    outcome
}

/// Tells what was found, shrunk, and how to see it again.
fn report(seed: u64, days: usize, steps: Vec<Step>, failure: &Failure) -> String {
    let count = steps.len();
    let until = steps.iter().position(|it| it.number == failure.step).map_or(count, |at| at + 1);
    let few = shrunk(steps[..until].to_vec(), |some| once(seed, some, false).is_err());
    let last = once(seed, &few, false).err().unwrap_or_else(|| failure.clone());
    let list: Vec<String> =
        few.iter().map(|it| format!("  {} team {}: {:?}", it.number, it.team, it.deed)).collect();
    format!(
        "seed {seed} fails at step {} of {count}: {}\n\
         repeat it: SANDTILL_TEST_SEED={seed} SANDTILL_TEST_DAYS={days} cargo test --test it \
         simulation\n{} steps are left, which fail with: {}\n{}",
        failure.step,
        failure.reason,
        few.len(),
        last.reason,
        list.join("\n"),
    )
}

/// A line of a transcript as two runs have to have it. Callbacks of one instant are sent together, and the history
/// has them in the order in which their receiver answered: of a look at it, events count and not their order, and
/// where the oldest have made room, not those of the first instant that is left.
fn settled(line: &str) -> Vec<&str> {
    let look = line.strip_prefix("GET /_admin/history");
    let parts = look.and_then(|look| look.split_once("[{\"id\":")?.1.rsplit_once("}],"));
    let Some((events, _)) = parts else { return vec![line] };
    let number = |it: char| it.is_ascii_digit();
    let is_whole = events.starts_with("1,");
    let mut events: Vec<&str> =
        events.split("},{\"id\":").map(|event| event.trim_start_matches(number)).collect();
    let instant = |event: &str| event.get(..28).unwrap_or("").to_owned();
    let oldest = events.first().map(|event| instant(event));
    events.retain(|event| is_whole || Some(instant(event)) != oldest);
    events.sort_unstable();
    events
}

/// Two texts around the first character in which they differ.
fn parted(left: &str, right: &str) -> String {
    let same = left.chars().zip(right.chars()).take_while(|(left, right)| left == right).count();
    let around =
        |text: &str| text.chars().skip(same.saturating_sub(300)).take(500).collect::<String>();
    format!("\n{}\nand\n{}", around(left), around(right))
}

#[test]
fn weeks_of_a_whole_team_leave_the_books_as_they_were_kept_by_hand() {
    let days = number("SANDTILL_TEST_DAYS").and_then(|it| usize::try_from(it).ok()).unwrap_or(DAYS);
    let seeds = match number("SANDTILL_TEST_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SANDTILL_TEST_SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        let steps = program(seed, days);
        let first = once(seed, &steps, false);
        let first = first.unwrap_or_else(|it| panic!("{}", report(seed, days, steps.clone(), &it)));
        let again =
            once(seed, &steps, true).unwrap_or_else(|it| panic!("busy, seed {seed}: {it:?}"));
        assert!(first.requests > steps.len(), "{}", first.requests);
        for (left, right) in first.transcripts.iter().zip(&again.transcripts) {
            let difference =
                left.iter().zip(right).position(|(left, right)| settled(left) != settled(right));
            if let Some(at) = difference {
                panic!("seed {seed}, request {at}: {}", parted(&left[at], &right[at]));
            }
            assert_eq!(left.len(), right.len(), "seed {seed}: one of the runs has ended early");
        }
    }
}
