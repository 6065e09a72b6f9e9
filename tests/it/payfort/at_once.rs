//! Requests that arrive at once, and rows that are added in between, do not get at a report.

use std::sync::Arc;

use jiff::SignedDuration;
use sandtill::sandbox::state::jobs::{Job, Timeline};
use serde_json::json;

use super::{HOME, pass};
use crate::support::{NOON, Server, scenario};

fn with_settings(settings: &str) -> sandtill::sandbox::scenario::Scenario {
    let text = include_str!("../../../scenarios/default.toml");
    scenario(&format!(
        "{text}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n[settings.payfort]\n{settings}\n"
    ))
}

/// Adds finished reports, so that a request that reads all of them takes some time.
fn fill(server: &Server, count: usize) {
    let space = server.space();
    let merchant = space.world().scenario.merchant("payfort").unwrap().id;
    let zero = SignedDuration::ZERO;
    let timeline = Timeline { queued: zero, running: zero, available_for: None, fails: false };
    let filled = space.change(|draft| {
        for number in 0..count {
            let reference = format!("ready-{number}").into();
            let job = Job::new("payfort", merchant, "", (draft.now, timeline));
            let requested = draft.state().reports.create(Job { reference, ..job })?;
            draft.push(requested);
        }
        Ok::<_, Arc<Job>>(())
    });
    filled.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_queue_takes_no_more_than_the_setting_says_however_many_come_at_once() {
    let settings = "queue_limit = 3\nreport_ready = \"1m\"";
    let server = Arc::new(Server::with(with_settings(settings)).await);
    fill(&server, 10_000);
    for round in 0..10 {
        let asking: Vec<_> = (0..32)
            .map(|number| {
                let server = Arc::clone(&server);
                tokio::spawn(async move {
                    let request = HOME.generate(&format!("at-once-{round}-{number}"));
                    HOME.ask(&server, &request).await.json()["response_code"].clone()
                })
            })
            .collect();
        let mut codes = Vec::new();
        for task in asking {
            codes.push(task.await.unwrap());
        }
        let taken = codes.iter().filter(|code| **code == "56000").count();
        let full = codes.iter().filter(|code| **code == "57129").count();
        assert_eq!((taken, full), (3, 29), "round {round}: {codes:?}");
        pass(&server, 60);
    }
}

#[tokio::test]
async fn a_report_that_was_ready_before_a_row_is_added_does_not_show_it() {
    let server = Server::start().await;
    for reference in ["read", "unread"] {
        HOME.ask(&server, &HOME.generate(reference)).await;
    }
    pass(&server, 2);
    let before = HOME.ask(&server, &HOME.download("read")).await;
    let count = |body: &[u8]| {
        let report: serde_json::Value = serde_json::from_slice(body).unwrap();
        report[1].as_array().unwrap().len()
    };
    let row = json!({"merchant": "payfort", "amount": 77_700, "at": "2026-03-10T10:00:00Z"});
    let row = server.did("POST", "/transactions", &row.to_string()).await;
    server.did("POST", &format!("/transactions/{}/refund", row["id"]), "").await;
    for reference in ["read", "unread"] {
        let after = HOME.ask(&server, &HOME.download(reference)).await;
        assert!(after.body == before.body, "{reference}");
    }
    HOME.ask(&server, &HOME.generate("later")).await;
    pass(&server, 2);
    let later = HOME.ask(&server, &HOME.download("later")).await;
    assert!(count(&later.body) > count(&before.body));
}
