//! Every form of the pages does what the admin API does, and says what is wrong with what was typed.

use std::sync::Arc;

use jiff::SignedDuration;
use sandtill::sandbox::state::jobs::{Job, Timeline};
use serde_json::Value;

use super::{api, done, get, post, refused};
use crate::receiver::{Receiver, status};
use crate::support::{NOON, Server};

async fn json(server: &Server, path: &str) -> Value {
    api(server, "GET", path, "").await.json()
}

#[tokio::test]
async fn the_clock_freezes_jumps_and_advances() {
    let server = Server::start().await;
    done(&server, "clock", &[("do", "mode"), ("mode", "running")]).await;
    assert_eq!(json(&server, "clock").await["mode"], "running");
    done(&server, "clock", &[("do", "mode"), ("mode", "frozen")]).await;
    done(&server, "clock", &[("do", "jump"), ("now", "2026-03-14 12:00")]).await;
    assert_eq!(json(&server, "clock").await["now"], NOON);
    let to = done(&server, "clock", &[("do", "advance"), ("by", "36h")]).await;
    assert_eq!(json(&server, "clock").await["now"], "2026-03-16T00:00:00Z");
    assert!(to.starts_with("/_admin/ui/clock?since="), "{to}");
    done(&server, "clock", &[("do", "advance"), ("to", "2026-03-16T01:00:00Z")]).await;
    done(&server, "clock", &[("do", "midnight"), ("zone", "Asia/Dubai")]).await;
    // Dubai is four hours ahead of UTC all year.
    assert_eq!(json(&server, "clock").await["now"], "2026-03-16T20:00:00Z");
    for (fields, says) in [
        ([("do", "advance"), ("by", "soon")], "length of time"),
        ([("do", "jump"), ("now", "noon")], "instant"),
        ([("do", "midnight"), ("zone", "Moon/Sea")], "time zone"),
        ([("do", "explode"), ("by", "1h")], "do=explode"),
    ] {
        let answer = post(&server, "clock", &fields).await;
        assert_eq!(answer.status, 400, "{fields:?}");
        assert!(answer.text().contains(says), "{fields:?}: {}", answer.text());
    }
    assert_eq!(json(&server, "clock").await["now"], "2026-03-16T20:00:00Z");
}

#[tokio::test]
async fn payments_are_added_in_decimals_and_have_a_life() {
    let server = Server::start().await;
    let add = |amount: &'static str, currency: &'static str, status: &'static str| {
        [
            ("do", "add"),
            ("merchant", "everywhere"),
            ("amount", amount),
            ("currency", currency),
            ("status", status),
            ("method", ""),
            ("at", ""),
        ]
    };
    let to = done(&server, "ledger", &add("12.34", "usd", "captured")).await;
    let id = to.strip_prefix("/_admin/ui/ledger/").unwrap().to_owned();
    let path = format!("transactions/{id}");
    assert_eq!(json(&server, &path).await["amount"], 1234);
    let page = format!("ledger/{id}");
    done(&server, &page, &[("do", "refund"), ("amount", "0.34")]).await;
    assert_eq!(json(&server, &path).await["refunded"], 34);
    done(&server, &page, &[("do", "settle")]).await;
    assert_eq!(json(&server, &path).await["settled_at"], NOON);
    let answer = post(&server, &page, &[("do", "refund"), ("amount", "99")]).await;
    assert!((400..500).contains(&answer.status), "{}", answer.text());
    done(&server, &page, &[("do", "chargeback")]).await;

    let to = done(&server, "ledger", &add("5", "USD", "authorized")).await;
    let page = to.strip_prefix("/_admin/ui/").unwrap();
    assert!(get(&server, page).await.contains("Authorization"));
    done(&server, page, &[("do", "capture"), ("amount", "")]).await;
    let to = done(&server, "ledger", &add("5", "USD", "authorized")).await;
    done(&server, to.strip_prefix("/_admin/ui/").unwrap(), &[("do", "void")]).await;

    for (amount, currency) in [("1.234", "USD"), ("ten", "USD"), ("", "USD"), ("1", "XXX")] {
        let answer = post(&server, "ledger", &add(amount, currency, "captured")).await;
        assert_eq!(answer.status, 400, "{amount} {currency}");
    }
}

#[tokio::test]
async fn faults_are_added_by_form_by_json_and_in_sets_and_taken_off() {
    let server = Server::start().await;
    let fields = [
        ("do", "add"),
        ("provider", "begateway"),
        ("operation", "count"),
        ("kind", "status"),
        ("value", "503"),
        ("times", "1"),
        ("every", ""),
        ("probability", ""),
    ];
    done(&server, "faults", &fields).await;
    let rule = json(&server, "faults").await["faults"][0].clone();
    assert_eq!((&rule["provider"], &rule["times"]), (&"begateway".into(), &1.into()));
    assert_eq!(rule["fault"], serde_json::json!({"kind": "status", "status": 503}));
    let answer = server.send("POST", "/api/reports/count", &[], "{}").await;
    assert_eq!(answer.status, 503);
    let text = get(&server, "faults").await;
    assert!(text.contains("status 503") && text.contains(">over<"), "{text}");

    done(&server, "faults", &[("do", "json"), ("json", r#"{"fault":{"kind":"reset"}}"#)]).await;
    done(&server, "faults", &[("do", "set"), ("id", "bad-monday")]).await;
    assert_eq!(json(&server, "faults").await["faults"].as_array().unwrap().len(), 5);
    let id = rule["id"].as_str().unwrap();
    done(&server, "faults", &[("do", "remove"), ("id", id)]).await;
    assert_eq!(json(&server, "faults").await["faults"].as_array().unwrap().len(), 4);
    done(&server, "faults", &[("do", "clear")]).await;
    assert_eq!(json(&server, "faults").await["faults"].as_array().unwrap().len(), 0);
    for fields in [
        [("do", "add"), ("kind", "explode")],
        [("do", "json"), ("json", "{")],
        [("do", "set"), ("id", "nothing")],
        [("do", "remove"), ("id", "f99")],
    ] {
        let answer = post(&server, "faults", &fields).await;
        assert!((400..500).contains(&answer.status), "{fields:?}: {}", answer.text());
    }
}

#[tokio::test]
async fn every_ready_set_is_taken_by_the_api() {
    let server = Server::start().await;
    let text = get(&server, "faults").await;
    let sets: Vec<&str> =
        text.split("id=\"set-").skip(1).map(|it| it.split('"').next().unwrap()).collect();
    assert!(sets.len() >= 3, "{sets:?}");
    for set in sets {
        done(&server, "faults", &[("do", "set"), ("id", set)]).await;
    }
}

#[tokio::test]
async fn spaces_are_made_dropped_saved_and_reset() {
    let server = Server::start().await;
    done(&server, "spaces", &[("do", "make"), ("name", "t1"), ("scenario", "empty")]).await;
    let spaces = json(&server, "spaces").await;
    let made = spaces["spaces"].as_array().unwrap().iter().find(|it| it["name"] == "t1").unwrap();
    assert_eq!(made["scenario"], "empty");
    assert!(get(&server, "spaces").await.contains("href=\"/@t1/_admin/ui/\""));
    let answer = post(&server, "spaces", &[("do", "make"), ("name", "t1")]).await;
    assert_eq!(answer.status, 409);
    let answer = post(&server, "spaces", &[("do", "make"), ("name", "a b")]).await;
    assert_eq!(answer.status, 400);
    done(&server, "spaces", &[("do", "drop"), ("id", "t1")]).await;
    assert!(!get(&server, "spaces").await.contains("href=\"/@t1/_admin/ui/\""));

    let snapshot = api(&server, "GET", "snapshot", "").await.text();
    done(&server, "clock", &[("do", "advance"), ("by", "1h")]).await;
    done(&server, "spaces", &[("do", "restore"), ("snapshot", &snapshot)]).await;
    assert_eq!(json(&server, "clock").await["now"], NOON);
    done(&server, "faults", &[("do", "set"), ("id", "slow-bank")]).await;
    done(&server, "spaces", &[("do", "reset")]).await;
    assert_eq!(json(&server, "faults").await["faults"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_space_is_forked_as_it_is_and_as_it_was() {
    let server = Server::start().await;
    done(&server, "clock", &[("do", "advance"), ("by", "1h")]).await;
    done(&server, "spaces", &[("do", "fork"), ("copy", "now"), ("behind", "")]).await;
    done(&server, "spaces", &[("do", "fork"), ("copy", "then"), ("behind", "1")]).await;
    for (name, now) in [("now", "2026-03-14T13:00:00Z"), ("then", NOON)] {
        let clock = server.send("GET", &format!("/@{name}/_admin/clock"), &[], "").await.json();
        assert_eq!(clock["now"], now, "{name}");
    }
    let behind = [("do", "fork"), ("copy", "late"), ("behind", "99")];
    assert_eq!(post(&server, "spaces", &behind).await.status, 409);
}

#[tokio::test]
async fn a_scenario_is_chosen_edited_and_checked() {
    let server = Server::start().await;
    done(&server, "scenario", &[("do", "builtin"), ("name", "empty")]).await;
    assert_eq!(json(&server, "health").await["scenario"], "empty");
    done(&server, "scenario", &[("do", "back")]).await;
    assert_eq!(json(&server, "health").await["scenario"], "default");
    let toml = "seed = 7\n[[merchant]]\nname = \"shop\"\n";
    done(&server, "scenario", &[("do", "write"), ("text", toml)]).await;
    assert_eq!(json(&server, "health").await["seed"], 7);
    let edited = r#"{"seed": 8, "merchant": [{"name": "shop"}]}"#;
    done(&server, "scenario", &[("do", "write"), ("text", edited)]).await;
    assert_eq!(json(&server, "health").await["seed"], 8);
    let wrong = "sed = 7\n";
    let answer = post(&server, "scenario", &[("do", "write"), ("text", wrong)]).await;
    let text = answer.text();
    assert_eq!(answer.status, 400, "{text}");
    // What was typed stays in the field, and the refusal names the nearest key.
    assert!(text.contains("sed = 7") && text.contains("`seed`"), "{text}");
    assert_eq!(json(&server, "health").await["seed"], 8);
}

#[tokio::test]
async fn reports_are_forced_and_callbacks_sent_again_and_answered() {
    let receiver = Receiver::new(|_, _| Box::pin(async { status(500) })).await;
    let server = Server::start().await;
    let body = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"{}/ipn"}}"#,
        receiver.url
    );
    let bearer = ("authorization", "Bearer STAGE_sandtill");
    let kind = ("content-type", "application/json");
    let answer = server.send("POST", "/v2/report/create", &[bearer, kind], body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = get(&server, "clock").await;
    assert!(text.contains("To the next thing due"), "{text}");
    done(&server, "clock", &[("do", "advance"), ("by", "10s")]).await;
    let text = get(&server, "callbacks").await;
    assert!(text.contains("Callback 1") && text.contains(">500<"), "{text}");
    done(&server, "callbacks", &[("do", "redeliver"), ("id", "1")]).await;
    let callback = json(&server, "callbacks/1").await;
    assert_eq!(callback["attempts"].as_array().unwrap().len(), 2);
    let early = post(&server, "callbacks", &[("do", "answer"), ("id", "1"), ("status", "200")]);
    assert_eq!(early.await.status, 409, "its next attempt is not due yet");
    done(&server, "clock", &[("do", "jump"), ("now", "2026-03-14 20:00")]).await;
    assert!(get(&server, "callbacks").await.contains("Answer by hand"));
    done(&server, "callbacks", &[("do", "answer"), ("id", "1"), ("status", "200")]).await;
    assert_eq!(json(&server, "callbacks/1").await["state"], "delivered");
    let answer =
        post(&server, "callbacks", &[("do", "answer"), ("id", "1"), ("status", "x")]).await;
    assert_eq!(answer.status, 400);

    let url = json(&server, "reports/1").await["url"].as_str().unwrap().to_owned();
    let text = get(&server, "reports").await;
    assert!(text.contains(&format!("href=\"{url}\"")), "{text}");
    let file = server.send("GET", url.strip_prefix(&server.url).unwrap(), &[], "").await;
    assert_eq!(
        (file.status, file.header("content-type")),
        (200, "text/csv; charset=utf-8"),
        "{url}"
    );
    let to = done(&server, "reports", &[("do", "force"), ("id", "1"), ("phase", "failed")]).await;
    assert_eq!(to, "/_admin/ui/reports#report-1");
    assert_eq!(json(&server, "reports/1").await["phase"], "failed");
    assert!(get(&server, "reports").await.contains("Report 1"));
    let answer =
        post(&server, "reports", &[("do", "force"), ("id", "9"), ("phase", "failed")]).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn the_command_that_downloads_a_report_works() {
    let server = Server::start().await;
    let request = r#"{"from_date":"2026-03-10T00:00:00+00:00","to_date":"2026-03-11T00:00:00+00:00","columns":["fort_id"]}"#;
    let timeline = Timeline {
        queued: SignedDuration::ZERO,
        running: SignedDuration::from_secs(2),
        available_for: None,
        fails: false,
    };
    let requested = server.space().change(|draft| {
        let merchant = draft.world().scenario.merchant("payfort").unwrap().id;
        let job = Job::new("payfort", merchant, request, (draft.now, timeline));
        let requested = draft.state().reports.create(Job { reference: "r-1".into(), ..job })?;
        draft.push(requested);
        Ok::<_, Arc<Job>>(())
    });
    requested.unwrap();
    assert_eq!(json(&server, "reports/1").await["curl"], Value::Null);
    done(&server, "clock", &[("do", "advance"), ("by", "5s")]).await;
    assert!(get(&server, "reports").await.contains("Download it with curl"));
    let command = json(&server, "reports/1").await["curl"].as_str().unwrap().to_owned();
    let (line, body) = command.split_once(" -d '").unwrap();
    let path = line.split(&server.url).nth(1).unwrap().split(' ').next().unwrap();
    let kind = [("content-type", "application/json")];
    let body = body.trim_end_matches('\'').to_owned();
    let answer = server.send("POST", path, &kind, body).await;
    assert!(answer.json()[0]["data_count"].as_u64().unwrap() > 0, "{}", answer.text());
}

#[tokio::test]
async fn a_deposit_on_its_way_is_late_or_fails() {
    let server = Server::start().await;
    let ways = "deposits?merchant=everywhere&status=on_the_way";
    let found = json(&server, ways).await;
    let on_the_way = found["deposits"].as_array().unwrap();
    let ids: Vec<String> = on_the_way.iter().map(|it| it["id"].to_string()).collect();
    assert!(ids.len() >= 2, "{found}");
    let act = async |does: &str, id: &str| {
        let fields = [("do", does), ("merchant", "everywhere"), ("deposit", id)];
        let leads_to = done(&server, "settlement", &fields).await;
        assert_eq!(leads_to, "/_admin/ui/settlement?merchant=everywhere");
        get(&server, "settlement?merchant=everywhere").await
    };
    let before = on_the_way[0]["effective_at"].as_str().unwrap().to_owned();
    let text = act("delay", &ids[0]).await;
    assert!(text.contains(&format!("transfer-{}", ids[0])), "{text}");
    let late = json(&server, ways).await;
    let late =
        late["deposits"].as_array().unwrap().iter().find(|it| it["id"] == on_the_way[0]["id"]);
    let after = late.unwrap()["effective_at"].as_str().unwrap();
    let instant = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(instant(after) - instant(&before), 2 * 86_400);
    let text = act("fail", &ids[1]).await;
    let row = text.split(&format!("transfer-{}", ids[1])).nth(1).unwrap();
    assert!(row.split("</tr>").next().unwrap().contains("failed"), "{text}");
    let again = [("do", "fail"), ("merchant", "everywhere"), ("deposit", ids[1].as_str())];
    assert_eq!(post(&server, "settlement", &again).await.status, 409);
    let unknown = [("do", "burn"), ("deposit", ids[1].as_str())];
    assert_eq!(post(&server, "settlement", &unknown).await.status, 400);
}

#[tokio::test]
async fn the_journal_is_cleared() {
    let server = Server::start().await;
    refused(&server).await;
    done(&server, "journal", &[("do", "clear")]).await;
    assert_eq!(server.space().journal.entries().len(), 0);
    let text = super::page(&server, "GET", "/_admin/ui/journal/1", &[], String::new()).await;
    assert_eq!(text.status, 404);
    assert!(text.text().contains("entry 1 was cleared"));
}
