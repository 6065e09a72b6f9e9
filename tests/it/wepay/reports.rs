//! Reports from create to deletion, by the clock; and what the vendor's page shows.

use jiff::{SignedDuration, Timestamp};

use super::{JSON, TOKEN, call, create, look, path};
use crate::support::{NOON, Server, scenario};

const HELD: &str = "http://receiver.invalid/ipn?of=me&n=1";

fn go(server: &Server, seconds: i64) {
    let space = server.space();
    crate::support::jump(&space, space.moment().now + SignedDuration::from_secs(seconds));
}

#[tokio::test]
async fn the_samples_of_the_page_are_answered_with_its_sample() {
    let server = Server::frozen("docs-samples", "2025-02-01T00:00:00Z").await;
    let expected = concat!(
        r#"{"report_id":228925493,"user_id":242359999,"resource":{"object_id":216083312,"object_type":"account"},"#,
        r#""type":"merchant_transactions","advanced_options":{"start_time":1455201963,"end_time":1457707563},"#,
        r#""state":"processing","request_time":1453839020,"expires_time":null,"callback_uri":null,"report_uri":null}"#
    );
    let sample = r#"{
    "type": "merchant_transactions",
    "resource": {
        "object_type": "account",
        "object_id": 216083312
    },
    "advanced_options": {
        "start_time": 1455201963,
        "end_time": 1457707563
    },
    "callback_uri": "https://example.com/report/ipn"
}"#;
    assert_eq!(call(&server, "report/create", sample).await.text(), expected);
    assert_eq!(call(&server, "report", r#"{"report_id": 228925493}"#).await.text(), expected);
    // Another question gets another answer.
    let other = call(&server, "report/create", &sample.replace("1457707563", "1457707564")).await;
    assert_ne!(other.json()["report_id"], 228_925_493);
    assert_eq!(call(&server, "report", r#"{"report_id": 12345}"#).await.status, 400);
}

#[tokio::test]
async fn a_report_ripens_and_is_deleted_by_the_clock() {
    let server = Server::start().await;
    let report = create(&server, HELD, "").await;
    let id = report["report_id"].as_i64().unwrap();
    assert!((100_000_000..2_000_000_000).contains(&id), "{id}");
    let shown = |state: &str, expires: &str, uri: &str| {
        // 2026-02-12T00:00:00Z and 2026-03-12T23:59:59Z: thirty days and 48 hours ago, rounded.
        format!(
            r#"{{"report_id":{id},"user_id":242359999,"resource":{{"object_id":216083312,"object_type":"account"}},"type":"merchant_transactions","advanced_options":{{"start_time":1770854400,"end_time":1773359999,"disable_email":true}},"state":"{state}","request_time":1773489600,"expires_time":{expires},"callback_uri":"http:\/\/receiver.invalid\/ipn?of=me&n=1","report_uri":{uri}}}"#
        )
    };
    let body = format!(r#"{{"report_id":"{id}"}}"#);
    let report_response = async || call(&server, "report", &body).await.text();
    assert_eq!(report_response().await, shown("new", "null", "null"));
    go(&server, 1);
    assert_eq!(report_response().await, shown("processing", "null", "null"));
    go(&server, 2);
    let complete = look(&server, &report).await;
    let uri = complete["report_uri"].as_str().unwrap();
    assert!(uri.starts_with(&format!("{}/api/report/{id}/", server.url)) && uri.len() <= 255);
    assert_eq!(uri.rsplit('/').next().unwrap().len(), 32);
    let escaped = format!("\"{}\"", uri.replace('/', "\\/"));
    // Four days after 2026-03-14T12:00:03Z.
    assert_eq!(report_response().await, shown("complete", "1773835203", &escaped));
    let file = path(&server, &complete["report_uri"]);
    let csv = server.send("GET", file, &[], "").await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(
        csv.header("content-disposition"),
        format!("attachment; filename=\"merchant_transactions_{id}.csv\"")
    );
    assert_eq!(server.send("HEAD", file, &[], "").await.status, 200);
    assert_eq!(server.send("POST", file, &[], "").await.status, 405);
    go(&server, 4 * 86_400 - 1);
    assert_eq!(server.send("GET", file, &[], "").await.body, csv.body);
    go(&server, 1);
    assert_eq!(report_response().await, shown("deleted", "1773835203", "null"));
    assert_eq!(server.send("GET", file, &[], "").await.status, 404);
    assert_eq!(server.last_entry().note.reason.as_deref(), Some("the report is deleted"));
}

#[tokio::test]
async fn a_file_is_only_for_who_knows_its_address() {
    let server = Server::start().await;
    let report = create(&server, HELD, "").await;
    let other = create(&server, HELD, "").await;
    go(&server, 3);
    let complete = look(&server, &report).await;
    let file = path(&server, &complete["report_uri"]).to_owned();
    let secret = file.rsplit('/').next().unwrap();
    for path in [
        file.replace(secret, ""),
        file.replace(secret, &"0".repeat(32)),
        format!("/api/report/{}/{secret}", other["report_id"]),
        format!("{file}/x"),
        "/api/report/".to_owned(),
        "/api/report/x/y".to_owned(),
        "/api/report/7/y".to_owned(),
        "/api/report/9223372036854775808/y".to_owned(),
    ] {
        let answer = server.send("GET", &path, &[], "").await;
        assert_eq!((answer.status, answer.text().as_str()), (404, "Not Found\n"), "{path}");
        assert!(server.last_entry().note.reason.is_some(), "{path}");
    }
    // In another space the same report has another address.
    let headers = [TOKEN, JSON];
    let body = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083312}},"callback_uri":"{HELD}"}}"#
    );
    let made = server.send("POST", "/@elsewhere/v2/report/create", &headers, body).await.json();
    assert_eq!(made["report_id"], report["report_id"]);
    let space = server.spaces.space("elsewhere").unwrap().0;
    crate::support::jump(&space, NOON.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(3));
    let body = format!(r#"{{"report_id":{}}}"#, made["report_id"]);
    let report_response = server.send("POST", "/@elsewhere/v2/report", &headers, body).await.json();
    let there = path(&server, &report_response["report_uri"]);
    assert!(there.starts_with("/@elsewhere/api/report/"), "{there}");
    assert!(!there.ends_with(secret));
    assert_eq!(server.send("GET", there, &[], "").await.status, 200);
}

#[tokio::test]
async fn young_data_fails_later_and_the_end_counts_before_it_is_rounded() {
    // Eight in the morning: the default end, rounded, is only 32 hours ago.
    for (now, options, state) in [
        ("2026-03-14T00:00:00Z", "", "complete"),
        ("2026-03-14T08:00:00Z", "", "complete"),
        // 36 hours before: 2026-03-12T20:00:00Z.
        ("2026-03-14T08:00:00Z", r#","advanced_options":{"end_time":1773345600}"#, "complete"),
        ("2026-03-14T08:00:00Z", r#","advanced_options":{"end_time":"1773345601"}"#, "failed"),
        ("2026-03-14T08:00:00Z", r#","advanced_options":{"end_time":1900000000}"#, "failed"),
    ] {
        let server = Server::frozen("default", now).await;
        let report = create(&server, HELD, options).await;
        assert_eq!(report["state"], "new");
        go(&server, 3);
        let report_response = look(&server, &report).await;
        assert_eq!(report_response["state"], state, "{now} {options}");
        assert_eq!(report_response["expires_time"].is_null(), state == "failed");
        go(&server, 10 * 86_400);
        let later = if state == "failed" { "failed" } else { "deleted" };
        assert_eq!(look(&server, &report).await["state"], later);
    }
}

#[tokio::test]
async fn a_withdrawal_that_is_too_young_fails() {
    // Withdrawals leave at 08:00 and are captured at 08:00 of the next business day.
    for (now, state) in [("2026-03-12T13:59:00Z", "failed"), ("2026-03-12T14:00:00Z", "complete")] {
        let server = Server::frozen("default", now).await;
        let newest =
            call(&server, "withdrawal/find", r#"{"account_id":216083312,"limit":1}"#).await;
        let newest = &newest.json()[0];
        assert_eq!(newest["state"], "started");
        let body = format!(
            r#"{{"type":"reconciliation","resource":{{"object_type":"withdrawal","object_id":{}}},"callback_uri":"{HELD}"}}"#,
            newest["withdrawal_id"]
        );
        let report = call(&server, "report/create", &body).await.json();
        go(&server, 3);
        assert_eq!(look(&server, &report).await["state"], state, "{now}");
    }
}

#[tokio::test]
async fn times_are_rounded_unless_the_quirk_says_otherwise() {
    let options = r#","advanced_options":{"start_time":1455201963,"end_time":1457707563}"#;
    for (quirk, start, end) in [
        ("", 1_455_148_800, 1_457_740_799),
        ("wepay.unrounded-times", 1_455_201_963, 1_457_707_563),
    ] {
        let quirks =
            if quirk.is_empty() { String::new() } else { format!("quirks = [\"{quirk}\"]\n") };
        let text = format!("{quirks}{}", include_str!("../../../scenarios/default.toml"));
        let server = Server::with(scenario(&text)).await;
        let report = create(&server, HELD, options).await;
        assert_eq!(report["advanced_options"]["start_time"], start);
        assert_eq!(report["advanced_options"]["end_time"], end);
    }
}

#[tokio::test]
async fn settings_time_reports_as_the_vendor_does() {
    let text = format!(
        "{}\n[settings.wepay]\nreport_queued = \"1m\"\nreport_running = \"6m\"\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n",
        include_str!("../../../scenarios/default.toml")
    );
    let server = Server::with(scenario(&text)).await;
    let report = create(&server, HELD, "").await;
    for (seconds, state) in [(59, "new"), (1, "processing"), (359, "processing"), (1, "complete")] {
        go(&server, seconds);
        assert_eq!(look(&server, &report).await["state"], state);
    }
}

#[tokio::test]
async fn links_are_made_from_the_host_of_the_request() {
    let server = Server::start().await;
    let report = create(&server, HELD, "").await;
    go(&server, 3);
    let body = format!(r#"{{"report_id":{}}}"#, report["report_id"]);
    let headers = [TOKEN, JSON, ("Host", "sandtill.test:81")];
    let report_response = server.send("POST", "/v2/report", &headers, body).await.json();
    let uri = report_response["report_uri"].as_str().unwrap();
    assert!(uri.starts_with("http://sandtill.test:81/api/report/"), "{uri}");
}
