//! The events of a space, folded, give its state again: bit by bit, whatever was done.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use sandtill::providers;
use sandtill::sandbox::Options;
use sandtill::sandbox::log::Log;
use sandtill::sandbox::log::memory::MemoryLog;
use sandtill::sandbox::spaces::Spaces;
use sandtill::sandbox::state::event::Record;
use sandtill::sandbox::world::{FoldError, World as Folded};

use super::operations::{Operation, operation};
use super::world::World;
use super::{receiver, throttled, uris};
use crate::epicpay;
use crate::receiver::Receiver;
use crate::support::Server;

/// Worlds, and what is done to each of them: ten thousand deeds in all.
const WORLDS: usize = 40;
const STEPS: usize = 250;

/// Something done to a space, also to all of it.
#[derive(Clone, Debug)]
enum Step {
    Operation(Operation),
    /// A report of EpicPay.
    Deposits,
    Clear,
    Run,
    Freeze,
    Reset,
    /// What was there some steps ago comes back.
    Restore,
    /// What was there so many events ago comes back, as far as there are so many.
    Rewind(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        60 => operation().prop_map(Step::Operation),
        3 => Just(Step::Deposits),
        1 => Just(Step::Clear),
        1 => Just(Step::Run),
        2 => Just(Step::Freeze),
        1 => Just(Step::Reset),
        1 => Just(Step::Restore),
        1 => (0..400_u64).prop_map(Step::Rewind),
    ]
}

/// Does a step; `kept` is a snapshot of some steps ago.
async fn perform(world: &mut World<'_>, step: &Step, kept: &mut Option<String>) {
    match step {
        Step::Operation(operation) => drop(world.perform(operation).await),
        Step::Deposits => {
            epicpay::ask(world.server, epicpay::EVERYWHERE, "deposits", "2026-03-01", "2026-03-14")
                .await;
        }
        Step::Clear => drop(world.admin("DELETE", "/faults", "").await),
        Step::Run => drop(world.admin("PUT", "/clock", r#"{"mode":"running"}"#).await),
        Step::Freeze => drop(world.admin("PUT", "/clock", r#"{"mode":"frozen"}"#).await),
        Step::Reset => drop(world.admin("POST", "/reset", "").await),
        Step::Rewind(back) => {
            let last = world.server.space().world().state.revision;
            let to = last.saturating_sub(*back).max(1);
            let body = format!(r#"{{"to":{to}}}"#);
            let (status, text) = world.admin("POST", "/history/rewind", &body).await;
            assert_eq!(status, 200, "{text}");
        }
        Step::Restore => {
            if let Some(snapshot) = kept.take() {
                let (status, text) = world.admin("PUT", "/snapshot", &snapshot).await;
                assert_eq!(status, 200, "{text}");
            }
        }
    }
}

/// Does all of it, and compares the state with the folded events; the kinds of events there were.
async fn folded(steps: &[Step], receiver: &Receiver) -> BTreeSet<String> {
    let log = Arc::new(MemoryLog::default());
    let server =
        Server::resumed(throttled(), Options::default(), Arc::clone(&log) as Arc<dyn Log>).await;
    let uris = uris(receiver);
    let mut world = World { server: &server, prefix: "", token: String::new(), uris };
    let (mut kept, mut kinds) = (None, BTreeSet::new());
    for (number, step) in steps.iter().enumerate() {
        perform(&mut world, step, &mut kept).await;
        if number % 20 == 19 {
            let (_, text) = world.admin("GET", "/snapshot", "").await;
            kept = Some(text.trim_start().to_owned());
        }
    }
    let space = server.space();
    // The clock stands, and what was due has left: nothing happens while the two are compared.
    world.admin("PUT", "/clock", r#"{"mode":"frozen"}"#).await;
    world.admin("POST", "/clock/advance", r#"{"by":"0s"}"#).await;
    let (history, now) = (space.history(0, usize::MAX), space.world());
    assert_eq!(history.dropped, 0);
    let records = || history.records.iter().map(|record| &**record);
    let again = Folded::fold(space.name(), records()).unwrap();
    assert_eq!(again.state, now.state);
    assert!(Arc::ptr_eq(&again.scenario, &now.scenario));
    assert_eq!(again.state.revision, history.records.last().unwrap().id);
    read_again(&server, &log).await;
    for record in records() {
        let event = serde_json::to_value(&record.event).unwrap();
        kinds.insert(event["kind"].as_str().unwrap().to_owned());
    }
    // A log with a hole is no log.
    let middle = history.records.len() / 2;
    let hole = records().enumerate().filter(|(position, _)| *position != middle).map(|it| it.1);
    let wanted = u64::try_from(middle).unwrap() + 1;
    let refused = Folded::fold(space.name(), hole).unwrap_err();
    assert_eq!(refused, FoldError::Hole { wanted, found: wanted + 1 });
    let late = records().filter(|record| !record.event.replaces()).take(1);
    assert_eq!(Folded::fold("", late).unwrap_err(), FoldError::NoBeginning);
    kinds
}

/// Reads the log as the next process does, and compares what comes out with what the server has.
async fn read_again(server: &Server, log: &Arc<MemoryLog>) {
    let space = server.space();
    space.durable().await;
    let (log, scenario) = (Arc::clone(log) as Arc<dyn Log>, Arc::new(throttled()));
    let spaces = Spaces::open(scenario, Options::default(), log, providers::vocabulary()).unwrap();
    let again = spaces.default_space();
    assert_eq!(again.world().state, space.world().state);
    assert_eq!(
        again.world().scenario.document().unwrap(),
        space.world().scenario.document().unwrap()
    );
    let (left, right) = (again.history(0, usize::MAX), space.history(0, usize::MAX));
    assert_eq!(left.records.len(), right.records.len());
    for (left, right) in left.records.iter().zip(&right.records) {
        let event = |record: &Record| serde_json::to_value(&record.event).unwrap();
        assert_eq!((left.id, left.at, left.real_at), (right.id, right.at, right.real_at));
        assert_eq!(event(left), event(right));
    }
}

#[tokio::test]
async fn the_events_of_ten_thousand_deeds_give_the_state_again() {
    let receiver = receiver().await;
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let steps = prop::collection::vec(step(), STEPS);
    let mut kinds = BTreeSet::new();
    for _ in 0..WORLDS {
        let steps = steps.new_tree(&mut runner).unwrap().current();
        kinds.extend(folded(&steps, &receiver).await);
    }
    // Chance has brought about everything that can happen.
    let all = [
        "amended",
        "call_admitted",
        "callback_attempted",
        "callback_planned",
        "callback_released",
        "callbacks_cancelled",
        "captured",
        "charged_back",
        "clock_set",
        "deposit_changed",
        "dispute_ended",
        "fault_added",
        "fault_removed",
        "faults_cleared",
        "faults_matched",
        "refunded",
        "rejected",
        "report_fate_set",
        "report_forced",
        "report_frozen",
        "report_requested",
        "reporting_set",
        "rewound",
        "scenario_loaded",
        "settled",
        "snapshot_restored",
        "token_issued",
        "transaction_added",
        "voided",
    ];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), all);
}
