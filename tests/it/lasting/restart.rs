//! A server that is started again goes on where it was.

use std::sync::Arc;

use sandtill::sandbox::Options;
use sandtill::sandbox::clock::Mode;
use sandtill::sandbox::log::memory::MemoryLog;
use sandtill::sandbox::log::{Change, Log, LogError};
use sandtill::sandbox::spaces::Spaces;
use sandtill::sandbox::state::clock::Clock;
use sandtill::sandbox::state::event::Event;
use sandtill::sandbox::state::outbox::Message;
use serde_json::{Value, json};

use super::{admin, space_names};
use crate::receiver::Receiver;
use crate::support::{NOON, Server, frozen, scenario};

/// A log whose writes can be made to fail.
#[derive(Debug, Default)]
pub(super) struct Broken {
    log: MemoryLog,
    is_broken: std::sync::atomic::AtomicBool,
}

impl Log for Broken {
    fn write(&self, changes: &[Change]) -> Result<(), LogError> {
        match self.is_broken.load(std::sync::atomic::Ordering::SeqCst) {
            true => Err(LogError::Unavailable("no space left on the device".to_owned())),
            false => self.log.write(changes),
        }
    }

    fn header(&self) -> Result<Option<String>, LogError> {
        self.log.header()
    }

    fn spaces(&self) -> Result<Vec<String>, LogError> {
        self.log.spaces()
    }

    fn checkpoint(&self, space: &str) -> Result<Option<sandtill::sandbox::log::Line>, LogError> {
        self.log.checkpoint(space)
    }

    fn since(&self, space: &str, id: u64) -> Result<Vec<sandtill::sandbox::log::Line>, LogError> {
        self.log.since(space, id)
    }

    fn entries(&self, space: &str) -> Result<u64, LogError> {
        self.log.entries(space)
    }
}

async fn start(log: &Arc<MemoryLog>, options: Options) -> Server {
    Server::resumed(frozen("default", NOON), options, Arc::clone(log) as Arc<dyn Log>).await
}

const PAYMENT: &str =
    r#"{"merchant":"everywhere","amount":12345,"currency":"USD","status":"captured"}"#;

#[tokio::test]
async fn clock_rows_faults_and_spaces_are_there_after_a_restart() {
    let log = Arc::new(MemoryLog::default());
    let first = start(&log, Options::default()).await;
    let payment: Value = serde_json::from_str(PAYMENT).unwrap();
    let (status, added) = admin(&first, "POST", "/_admin/transactions", payment.clone()).await;
    assert_eq!(status, 201, "{added}");
    let fault =
        json!({"provider": "wepay", "times": 3, "fault": {"kind": "status", "status": 503}});
    assert_eq!(admin(&first, "POST", "/_admin/faults", fault).await.0, 201);
    let user = || first.send("POST", "/v2/user", &[("Authorization", "Bearer STAGE_sandtill")], "");
    assert_eq!(user().await.status, 503);
    admin(&first, "POST", "/_admin/clock/advance", json!({"by": "36h"})).await;
    let other = json!({"name": "other", "scenario": "empty"});
    assert_eq!(admin(&first, "POST", "/_admin/spaces", other).await.0, 201);
    admin(&first, "PUT", "/@other/_admin/clock", json!({"mode": "frozen"})).await;
    assert_eq!(admin(&first, "GET", "/@gone/_admin/clock", Value::Null).await.0, 200);
    assert_eq!(admin(&first, "DELETE", "/_admin/spaces/gone", Value::Null).await.0, 204);

    let paths = [
        "/_admin/clock",
        "/_admin/faults",
        "/_admin/transactions?merchant=everywhere&limit=20",
        "/_admin/history",
        "/@other/_admin/clock",
        "/@other/_admin/scenario",
        "/@other/_admin/history",
    ];
    let mut before = Vec::new();
    for path in paths {
        before.push(admin(&first, "GET", path, Value::Null).await);
    }
    drop(first);
    let second = start(&log, Options::default()).await;
    for (path, before) in paths.iter().zip(before) {
        assert_eq!(admin(&second, "GET", path, Value::Null).await, before, "{path}");
    }
    assert_eq!(space_names(&second).await, ["", "other"]);
    // Numbers go on: neither the id of a payment nor that of an event comes twice.
    let (_, again) = admin(&second, "POST", "/_admin/transactions", payment).await;
    assert_ne!(again["id"], added["id"]);
}

#[tokio::test]
async fn a_running_clock_keeps_its_distance_to_real_time() {
    let log = Arc::new(MemoryLog::default());
    let first = start(&log, Options::default()).await;
    let clock = json!({"mode": "running", "now": "2026-01-31T12:00:00Z"});
    admin(&first, "PUT", "/_admin/clock", clock).await;
    let before = first.space().world().state.clock;
    drop(first);
    let second = start(&log, Options::default()).await;
    assert_eq!(second.space().world().state.clock, before);
}

#[tokio::test]
async fn a_clock_that_was_being_advanced_runs_again() {
    let log = Arc::new(MemoryLog::default());
    let first = start(&log, Options::default()).await;
    first.space().set_clock(Some(Mode::Running), None).unwrap();
    // As the log is when the process ends in the middle of an `advance`, with the clock at a callback.
    first
        .space()
        .change(|draft| {
            let (clock, resumes) = (Clock::Frozen(draft.now), Some(Mode::Running));
            draft.push(Event::ClockSet { clock, resumes });
            Ok::<_, std::convert::Infallible>(())
        })
        .unwrap();
    first.space().durable().await;
    drop(first);
    let second = start(&log, Options::default()).await;
    assert_eq!(second.space().world().state.clock.mode(), Mode::Running);
}

#[tokio::test]
async fn a_callback_that_fell_due_meanwhile_leaves_after_the_start() {
    let receiver = Receiver::answering(&[200]).await;
    let log = Arc::new(MemoryLog::default());
    // Spaces without a server: nobody sends before the process "ends".
    let first = Spaces::open(
        Arc::new(frozen("default", NOON)),
        Options::default(),
        Arc::clone(&log) as Arc<dyn Log>,
        sandtill::providers::vocabulary(),
    )
    .unwrap();
    let space = first.default_space();
    space.set_clock(Some(Mode::Running), None).unwrap();
    let message = Message {
        provider: "wepay".into(),
        merchant: "everywhere".to_owned(),
        job: 1,
        event: "report".to_owned(),
        url: format!("{}/ipn", receiver.url),
        body: b"report_id=1".to_vec(),
    };
    space.change(|draft| draft.plan(message.clone(), draft.now)).unwrap();
    space.durable().await;
    drop((space, first));
    assert_eq!(receiver.received_all().len(), 0);
    let _second = start(&log, Options::default()).await;
    receiver.answered(1).await;
    assert_eq!(receiver.received_all()[0].body, "report_id=1");
}

#[tokio::test]
async fn numbers_of_journal_entries_go_on_and_a_reader_is_told() {
    let log = Arc::new(MemoryLog::default());
    let first = start(&log, Options::default()).await;
    for _ in 0..3 {
        first.send("GET", "/v2/user", &[], "").await;
    }
    let (_, page) = admin(&first, "GET", "/_admin/journal", Value::Null).await;
    let last = page["last"].as_u64().unwrap();
    assert_eq!(last, 3);
    drop(first);
    let second = start(&log, Options::default()).await;
    let path = format!("/_admin/journal?since={last}");
    let (_, page) = admin(&second, "GET", &path, Value::Null).await;
    assert_eq!((&page["entries"], &page["truncated"]), (&json!([]), &json!(true)));
    second.send("GET", "/v2/user", &[], "").await;
    assert!(second.last_entry().id > last);
    let (_, page) = admin(&second, "GET", "/_admin/journal", Value::Null).await;
    assert_eq!(page["truncated"], json!(false), "nothing of this process is missing");
}

#[tokio::test]
async fn a_short_history_is_folded_from_a_checkpoint() {
    let log = Arc::new(MemoryLog::default());
    let options = || Options { history_events: Some(20), ..Options::default() };
    let first = start(&log, options()).await;
    let payment: Value = serde_json::from_str(PAYMENT).unwrap();
    for _ in 0..900 {
        admin(&first, "POST", "/_admin/transactions", payment.clone()).await;
    }
    let state = first.space().world().state.clone();
    first.space().durable().await;
    let (_, history) = admin(&first, "GET", "/_admin/history?limit=1000", Value::Null).await;
    drop(first);
    let covered = log.checkpoint("").unwrap().unwrap().id;
    let left = log.since("", covered).unwrap();
    // Both are there: a checkpoint, and events behind it; and old events are gone.
    assert!(covered > 500 && covered + u64::try_from(left.len()).unwrap() == state.revision);
    let second = start(&log, options()).await;
    assert_eq!(second.space().world().state, state);
    assert_eq!(admin(&second, "GET", "/_admin/history?limit=1000", Value::Null).await.1, history);
}

#[test]
fn a_log_of_another_scenario_or_seed_is_refused() {
    let log = Arc::new(MemoryLog::default());
    let open = |text: &str| {
        let (scenario, log) = (Arc::new(scenario(text)), Arc::clone(&log) as Arc<dyn Log>);
        let vocabulary = sandtill::providers::vocabulary();
        Spaces::open(scenario, Options::default(), log, vocabulary).map(drop)
    };
    let merchant = "[[merchant]]\nname = \"m\"\n";
    assert_eq!(open(&format!("seed = 1\n{merchant}")), Ok(()));
    assert_eq!(open(&format!("seed = 1\n# the same\n{merchant}")), Ok(()));
    let other = open(&format!("seed = 2\n{merchant}")).unwrap_err().to_string();
    assert!(other.contains("seed 1") && other.contains("seed 2"), "{other}");
    let other = open(&format!("seed = 1\ndays = 3\n{merchant}")).unwrap_err().to_string();
    assert!(other.contains("has been changed since"), "{other}");
}

#[tokio::test]
async fn a_log_that_cannot_be_written_makes_the_server_unready_and_nothing_half_done() {
    let log = Arc::new(Broken::default());
    let server =
        Server::resumed(frozen("default", NOON), Options::default(), Arc::clone(&log) as _).await;
    let payment: Value = serde_json::from_str(PAYMENT).unwrap();
    // Everything of the start is written before this is.
    assert_eq!(admin(&server, "POST", "/_admin/transactions", payment.clone()).await.0, 201);
    log.is_broken.store(true, std::sync::atomic::Ordering::SeqCst);
    // The first change meets the failure: it is unknown whether it will last.
    let (status, problem) = admin(&server, "POST", "/_admin/transactions", payment.clone()).await;
    assert_eq!(status, 503);
    assert!(problem["detail"].as_str().unwrap().contains("unknown"), "{problem}");
    let revision = server.space().world().state.revision;
    // From then on nothing is done, and who asks is told so.
    assert_eq!(admin(&server, "GET", "/healthz", Value::Null).await.0, 200);
    let (status, problem) = admin(&server, "GET", "/readyz", Value::Null).await;
    assert_eq!(status, 503);
    assert!(problem["detail"].as_str().unwrap().contains("no space left"), "{problem}");
    let (status, problem) = admin(&server, "POST", "/_admin/transactions", payment.clone()).await;
    assert_eq!(status, 503);
    assert!(problem["detail"].as_str().unwrap().contains("nothing was done"), "{problem}");
    for (path, member) in [
        ("/FortAPI/reportingApi", "\"response_code\":\"57123\""),
        ("/authorizer/token/application/get", "Too many requests"),
        ("/api/reports", "\"errors\""),
        ("/reporting/v1/GetReport/deposits", "E99"),
        ("/v2/user", "error_description"),
    ] {
        let answer = server.send("POST", path, &[], "{}").await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.text().contains(member), "{path}: {}", answer.text());
    }
    assert_eq!(server.space().world().state.revision, revision);
    // It comes back by itself.
    log.is_broken.store(false, std::sync::atomic::Ordering::SeqCst);
    server.space().durable().await;
    assert_eq!(admin(&server, "GET", "/readyz", Value::Null).await.0, 200);
    assert_eq!(admin(&server, "POST", "/_admin/transactions", payment).await.0, 201);
}
