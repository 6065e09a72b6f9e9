//! Snapshots: what they hold, and what is refused so that the world is as before.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::payfort::EVERYWHERE;
use crate::support::{NOON, Server};

const WEPAY: [(&str, &str); 2] =
    [("Authorization", "Bearer STAGE_everywhere"), ("Content-Type", "application/json")];

/// A world with something of every sort that a snapshot has to hold.
async fn live() -> Server {
    let server = Server::start().await;
    let add = r#"{"merchant":"everywhere","amount":5000,"customer":{"first_name":"Zoë"}}"#;
    let id = server.did("POST", "/transactions", add).await["id"].clone();
    server.did("POST", &format!("/transactions/{id}/settle"), "").await;
    let sandbox = server.space();
    let changed = sandbox.change(|draft| {
        let (now, life) = (draft.now, jiff::SignedDuration::from_hours(1));
        let (_, issued) = draft.state().tokens.issue("h", 32, now, life);
        draft.push(issued);
        let window = jiff::SignedDuration::from_secs(9);
        let admitted = draft.state().throttle.admit("wepay 2000", now, 3, window);
        draft.push(admitted.unwrap());
        Ok::<_, ()>(())
    });
    changed.unwrap();
    EVERYWHERE.ask(&server, &EVERYWHERE.generate("r-1")).await;
    let rule = r#"{"provider":"wepay","every":2,"fault":{"kind":"duplicate"}}"#;
    server.did("POST", "/faults", rule).await;
    let create = r#"{"type":"merchant_transactions","resource":{"object_type":"account","object_id":216083313},"callback_uri":"http://receiver.invalid/ipn"}"#;
    server.send("POST", "/v2/report/create", &WEPAY, create).await;
    server.did("POST", "/clock/advance", r#"{"by":"1h"}"#).await;
    server.did("POST", "/callbacks/1/answer", r#"{"status":500}"#).await;
    EVERYWHERE.ask(&server, &EVERYWHERE.download("r-1")).await;
    // Behind the download, so that the report goes on showing what was there before.
    server.did("POST", &format!("/transactions/{id}/refund"), r#"{"amount":7}"#).await;
    server
}

async fn snapshot(server: &Server) -> String {
    server.admin("GET", "/snapshot", "").await.text()
}

#[tokio::test]
async fn a_snapshot_holds_what_callbacks_reports_and_limits_go_on_with() {
    let server = live().await;
    let text = snapshot(&server).await;
    let state = &serde_json::from_str::<Value>(&text).unwrap()["state"]["space"];
    let callback = &state["outbox"]["callbacks"][0];
    assert_eq!(callback["message"]["url"], "http://receiver.invalid/ipn");
    assert_eq!(callback["attempts"][0]["reply"]["status"]["Ok"], 500);
    assert_eq!(callback["next"], "2026-03-14T12:15:03Z");
    assert_eq!(state["throttle"], json!({"wepay 2000": [NOON]}));
    assert_eq!(state["reports"]["jobs"][0]["frozen_version"], 2);

    let other = Server::frozen("empty", "2026-01-01T00:00:00Z").await;
    other.did("PUT", "/snapshot", &text).await;
    assert_eq!(snapshot(&other).await, text);
    // A report that was fetched shows the same rows, without the refund that came later.
    let download = EVERYWHERE.download("r-1");
    let again = [EVERYWHERE.ask(&server, &download).await, EVERYWHERE.ask(&other, &download).await];
    assert_eq!(again[0].text(), again[1].text());
    let shows_refund = |rows: &[Value]| rows.iter().any(|row| row["amount"] == "7");
    assert!(!shows_refund(again[1].json()[1].as_array().unwrap()));
    assert!(shows_refund(&EVERYWHERE.rows(&other, &EVERYWHERE.generate("r-2")).await));
    // The receiver that pulls finds what it would have found.
    for server in [&server, &other] {
        let due = server.did("GET", "/callbacks?state=due", "").await;
        assert_eq!(due["callbacks"][0]["attempts"][0]["due"], "2026-03-14T12:00:03Z");
        let done = server.did("POST", "/callbacks/1/answer", r#"{"status":200}"#).await;
        assert_eq!(done["state"], "delivered");
    }
}

#[tokio::test]
async fn a_running_world_lets_its_callbacks_leave_once_it_is_restored() {
    use crate::receiver::Receiver;
    let server = Server::start().await;
    let receiver = Receiver::answering(&[200]).await;
    let create = format!(
        r#"{{"type":"merchant_transactions","resource":{{"object_type":"account","object_id":216083313}},"callback_uri":"{}"}}"#,
        receiver.url
    );
    server.send("POST", "/v2/report/create", &WEPAY, create).await;
    server.did("PUT", "/clock", r#"{"now":"2026-03-14T12:30:00Z"}"#).await;
    server.did("PUT", "/clock", r#"{"mode":"frozen"}"#).await;
    let text = snapshot(&server).await;
    drop(server);
    assert!(receiver.received_all().is_empty());
    let other = Server::frozen("empty", NOON).await;
    other.send("PUT", "/@new/_admin/snapshot", &[], text).await;
    other.send("PUT", "/@new/_admin/clock", &[], r#"{"mode":"running"}"#).await;
    receiver.answered(1).await;
    assert!(receiver.received_all()[0].body.starts_with("report_id="));
}

/// The snapshot with another state and the checksum that goes with it.
pub(super) fn forged(text: &str, edit: impl Fn(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap();
    edit(&mut document["state"]);
    let checksum = hex::encode(Sha256::digest(document["state"].to_string()));
    document["checksum"] = json!(checksum);
    document.to_string()
}

pub(super) type Edit = fn(&mut Value);

/// What was added for the merchant `everywhere`.
pub(super) fn added(state: &mut Value) -> &mut Value {
    state["space"]["additions"].as_array_mut().unwrap().last_mut().unwrap()
}

/// Inconsistent states, and the error message for each.
const WORLDS: &[(Edit, &str)] = &[
    (|it| it["extra"] = json!(1), "unknown key `extra`"),
    (
        |it| drop(it["space"].as_object_mut().unwrap().shift_remove("tokens")),
        "missing field `tokens`",
    ),
    (|it| it["now"] = json!("1999-01-01T00:00:00Z"), "clocks show 2010-01-01"),
    (
        |it| it["space"]["window_end_at_creation"] = json!("9000-01-01T00:00:00Z"),
        "clocks show 2010-01-01",
    ),
    (|it| it["space"]["window_end_at_creation"] = json!("yesterday"), "is not a snapshot's"),
    (|it| it["space"]["origin_space"] = json!("../x"), "`../x` is not the name of a space"),
    (|it| it["next_entry"] = json!(u64::MAX), "the most is"),
    (|it| it["next_entry"] = json!(1e30), "expected a whole number"),
    (|it| it["space"]["tokens"]["count"] = json!(u64::MAX), "the most is"),
    (|it| it["space"]["tokens"]["key"] = json!("x"), "is no key of 16 hexadecimal digits"),
    (|it| it["space"]["tokens"]["tokens"] = json!(7), "is not a snapshot's"),
    (|it| it["space"]["throttle"] = json!({"x": ["soon"]}), "is not a snapshot's"),
    (|it| it["scenario"]["seed"] = json!("x"), "wanted is a whole number"),
    (|it| it["scenario"] = json!([]), "wanted is an object"),
    (|it| it["space"]["faults"]["count"] = json!(0), "numbers rise from 1 to the count of 0"),
    (
        |it| it["space"]["faults"]["rules"][0]["applied"] = json!(99),
        "struck more often than it was asked",
    ),
    (
        |it| it["space"]["faults"]["rules"][0]["rule"]["fault"]["kind"] = json!("dely"),
        "did you mean `delay`?",
    ),
    (
        |it| it["space"]["faults"]["rules"][0]["rule"]["provider"] = json!("wepya"),
        "did you mean `wepay`?",
    ),
    (
        |it| it["space"]["faults"]["rules"][0]["rule"]["provider"] = json!("flitt"),
        "flitt sends none",
    ),
];

const ROWS: &[(Edit, &str)] = &[
    (|it| it["space"]["additions"] = json!([]), "merchants"),
    (|it| added(it)["newest"] = json!([1, 1, 1]), "newest"),
    (|it| added(it)["rows"][0]["since"] = json!(5), "stands behind a later one"),
    (|it| added(it)["patches"][0]["since"] = json!(9), "patched twice at once"),
    (|it| added(it)["version"] = json!(u64::MAX), "the most is"),
    (|it| added(it)["rows"][0]["amount"] = json!(-1), "has an amount of -1"),
    (|it| added(it)["rows"][0]["amount"] = json!(i64::MAX), "has an amount of 9223372036854775807"),
    (|it| added(it)["rows"][0]["fee"] = json!(i64::MIN), "has a fee of -9223372036854775808"),
    (|it| added(it)["rows"][0]["created_at"] = json!(0), "created at 0, on another day"),
    (|it| added(it)["rows"][0]["settled_at"] = json!(i64::MAX - 1), "is no Unix time"),
    (|it| added(it)["rows"][0]["kind"] = json!("paymnt"), "did you mean `payment`?"),
    (|it| added(it)["rows"][0]["kind"] = json!("refund"), "is a refund of nothing"),
    (
        |it| added(it)["rows"][0]["method"] = json!("cash"),
        "unknown value `cash`; did you mean `card`?",
    ),
    (|it| added(it)["rows"][0]["currency"] = json!("ZZZ"), "unknown currency `ZZZ`"),
    (|it| added(it)["rows"][0]["card"] = json!([1_000_000, 1, 1, 2030]), "more than six and four"),
    (
        |it| added(it)["rows"][0]["wire"] = json!({"wepay": "{"}),
        "words for wepay that are not JSON",
    ),
    (|it| added(it)["rows"][0]["id"][2] = json!(0), "stands behind a later one"),
    (|it| added(it)["rows"][0]["id"][1] = json!(4_000_000_000_u32), "no row can have the id"),
    (
        |it| added(it)["rows"][1]["root"] = json!([1, 1_000_000, 0]),
        "is no payment that could have rows",
    ),
    (|it| added(it)["rows"][1]["root"][2] = json!(999), "is no payment that could have rows"),
    (|it| added(it)["rows"][1]["of"] = json!(null), "is a refund of nothing"),
    (|it| added(it)["patches"][0]["id"][2] = json!(999), "there is no row"),
    (|it| added(it)["patches"][0]["cut_at"] = json!(i64::MIN), "is no Unix time"),
    (
        |it| added(it)["patches"] = json!([added(it)["patches"][0], added(it)["patches"][0]]),
        "twice",
    ),
];

const REPORTS: &[(Edit, &str)] = &[
    (
        |it| it["space"]["reports"]["jobs"][0]["provider"] = json!("payfrt"),
        "did you mean `payfort`?",
    ),
    (|it| it["space"]["reports"]["jobs"][0]["merchant"] = json!(77), "merchant"),
    (|it| it["space"]["reports"]["jobs"][0]["id"] = json!(0), "report 0 comes behind 0"),
    (
        |it| it["space"]["reports"]["jobs"][1]["id"] = json!(u64::MAX),
        "rise from 1 to the count of 2",
    ),
    (
        |it| it["space"]["reports"]["jobs"][0]["forced_phase"] = json!(["faild", NOON]),
        "did you mean `failed`?",
    ),
    (
        |it| it["space"]["reports"]["jobs"][0]["frozen_version"] = json!(9),
        "shows rows that are still to come",
    ),
    (
        |it| it["space"]["reports"]["jobs"][0]["timeline"]["queued"] = json!("soon"),
        "is not a snapshot's",
    ),
    (
        |it| {
            it["space"]["reports"]["jobs"][1] = it["space"]["reports"]["jobs"][0].clone();
            it["space"]["reports"]["jobs"][1]["id"] = json!(2);
        },
        "two reports have the reference `r-1`",
    ),
];

const CALLBACKS: &[(Edit, &str)] = &[
    (|it| it["space"]["outbox"]["count"] = json!(0), "ids rise from 1 to the count of 0"),
    (|it| it["space"]["outbox"]["sequences"] = json!(u64::MAX), "the most is"),
    (
        |it| it["space"]["outbox"]["callbacks"][0]["message"]["provider"] = json!("flitt"),
        "`flitt` sends no callbacks",
    ),
    (|it| it["space"]["outbox"]["callbacks"][0]["next"] = json!(null), "ended or a next attempt"),
    (
        |it| it["space"]["outbox"]["callbacks"][0]["ending"] = json!("failed"),
        "ended or a next attempt",
    ),
    (
        |it| it["space"]["outbox"]["callbacks"][0]["ending"] = json!("gone"),
        "unknown value `gone`; known are delivered",
    ),
    (|it| it["space"]["outbox"]["callbacks"][0]["message"]["body"] = json!("%"), "not Base64"),
    (
        |it| it["space"]["outbox"]["callbacks"][0]["message"]["url"] = json!("x".repeat(65_537)),
        "longer body or address",
    ),
    (|it| it["space"]["outbox"]["callbacks"][0]["failures"] = json!(70_000), "tried more often"),
    (|it| it["space"]["outbox"]["callbacks"][0]["sequence"] = json!(99), "never given"),
    (|it| it["space"]["outbox"]["callbacks"][0]["copy_of"] = json!(1), "a copy of one"),
    (
        |it| it["space"]["outbox"]["callbacks"][0]["attempts"][0]["reply"]["status"] = json!(null),
        "expected",
    ),
    (
        |it| it["space"]["outbox"]["callbacks"][0]["attempts"][0]["how"] = json!("luck"),
        "unknown value `luck`; known are scheduled",
    ),
];

#[tokio::test]
async fn a_state_that_cannot_be_is_refused_and_the_world_is_as_before() {
    let server = live().await;
    let text = snapshot(&server).await;
    let edits = [WORLDS, ROWS, REPORTS, CALLBACKS].concat();
    for (edit, expected_detail) in edits {
        let detail = server.refuses(400, "PUT", "/snapshot", &forged(&text, edit)).await;
        assert!(detail.contains(expected_detail), "{expected_detail}: {detail}");
        assert_eq!(snapshot(&server).await, text, "{expected_detail}");
    }
    server.did("PUT", "/snapshot", &forged(&text, |_| {})).await;
    assert_eq!(snapshot(&server).await, text);
}

#[tokio::test]
async fn a_snapshot_that_was_changed_is_refused_and_the_world_is_as_before() {
    let server = live().await;
    let before = snapshot(&server).await;
    server.did("POST", "/transactions", r#"{"merchant":"wepay","amount":1}"#).await;
    let now = snapshot(&server).await;
    // One byte changed, and one missing, at places all over the document.
    for position in (0..before.len()).step_by(before.len() / 97) {
        let mut bytes = before.clone().into_bytes();
        bytes[position] = if bytes[position] == b'7' { b'8' } else { b'7' };
        let answer = server.send("PUT", "/_admin/snapshot", &[], bytes).await;
        assert!(answer.status == 400 || answer.status == 409, "{position}: {}", answer.text());
        let cut = before.as_bytes()[..position].to_vec();
        let answer = server.send("PUT", "/_admin/snapshot", &[], cut).await;
        assert_eq!(answer.status, 400, "{position}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let deep = format!("{{\"state\":{}", "[".repeat(100_000));
    for (body, expected_detail) in [
        ("", "it has no `sandtill_snapshot`; send what GET /_admin/snapshot gave, whole"),
        ("{}", "it has no `sandtill_snapshot`"),
        ("[]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ("\u{0}\u{1}", "the body is not JSON"),
        (deep.as_str(), "recursion limit"),
        (r#"{"sandtill_snapshot":1e999}"#, "number out of range"),
        (r#"{"sandtill_snapshot":3}"#, "it has no `checksum`"),
        (r#"{"sandtill_snapshot":3,"checksum":"x"}"#, "it has no `state`"),
        (r#"{"sandtill_snapshot":3,"checksm":"x"}"#, "did you mean `checksum`?"),
        (r#"{"sandtill_snapshot":3,"checksum":[],"state":{}}"#, "the checksum does not fit"),
    ] {
        let detail = server.refuses(400, "PUT", "/snapshot", body).await;
        assert!(detail.contains(expected_detail), "{expected_detail}: {detail}");
    }
    for other in ["1", "4", "\"3\"", "null", "3.0"] {
        let body = before.replacen(
            "\"sandtill_snapshot\":3",
            &format!("\"sandtill_snapshot\":{other},\"new\":1"),
            1,
        );
        let detail = server.refuses(409, "PUT", "/snapshot", &body).await;
        assert_eq!(
            detail,
            format!("the snapshot is of version {other}, this server restores versions 2 and 3")
        );
    }
    assert_eq!(snapshot(&server).await, now);
    server.did("PUT", "/snapshot", &before).await;
    assert_eq!(snapshot(&server).await, before);
}

/// The numbers that JavaScript would not give back as it got them.
fn unsafe_numbers(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members.values().flat_map(unsafe_numbers).collect(),
        Value::Array(items) => items.iter().flat_map(unsafe_numbers).collect(),
        Value::Number(number) => {
            let text = number.to_string();
            let digits = text.trim_start_matches('-');
            let is_safe = !text.ends_with(".0") && digits.len() < "9007199254740991".len();
            if is_safe { Vec::new() } else { vec![text] }
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn other_tools_may_read_and_write_a_snapshot() {
    let server = live().await;
    let rule = r#"{"probability":1,"fault":{"kind":"delay","median_ms":1,"sigma":2}}"#;
    server.did("POST", "/faults", rule).await;
    let add = r#"{"merchant":"wepay","amount":1,"status":"pending"}"#;
    server.did("POST", "/transactions", add).await;
    let text = snapshot(&server).await;
    assert_eq!(unsafe_numbers(&serde_json::from_str(&text).unwrap()), [] as [String; 0]);
    // With other white space, and with whole numbers spelled as others do.
    let value: Value = serde_json::from_str(&text).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let other = pretty.replace("\"probability\": 1,", "\"probability\": 1.0,");
    assert_ne!(other, pretty);
    for written in [pretty, other] {
        server.did("PUT", "/snapshot", &written).await;
        assert_eq!(snapshot(&server).await, text);
    }
}

#[tokio::test]
async fn what_a_scenario_pins_and_what_it_breaks_is_in_its_snapshot() {
    for name in ["docs-samples", "settlement", "outage", "unicode"] {
        let server = Server::frozen(name, NOON).await;
        let text = snapshot(&server).await;
        let other = Server::frozen("empty", NOON).await;
        other.did("PUT", "/snapshot", &text).await;
        assert_eq!(snapshot(&other).await, text, "{name}");
        for path in ["/scenario", "/credentials", "/faults", "/transactions?limit=1000"] {
            let path = format!("/_admin{path}");
            let (left, right) =
                (server.send("GET", &path, &[], "").await, other.send("GET", &path, &[], "").await);
            assert_eq!(left.text(), right.text(), "{name} {path}");
        }
    }
}

/// What a server of version 0.1 gave, and how it answered then; the wallet payment has got its device card
/// since.
#[tokio::test]
async fn a_snapshot_of_version_2_goes_on_where_it_was_taken() {
    let server = Server::frozen("empty", NOON).await;
    server.did("PUT", "/snapshot", include_str!("version2/snapshot.json")).await;
    let download = EVERYWHERE.ask(&server, &EVERYWHERE.download("r-1")).await;
    assert_eq!(
        hex::encode(Sha256::digest(&download.body)),
        "1e3bad4d158848e52fe86deee22b1e4fbc9e9e75e23a83e467290c8e55080b96",
    );
    for (path, before) in [
        ("/callbacks", include_str!("version2/callbacks.json")),
        ("/transactions?merchant=everywhere&limit=10", include_str!("version2/transactions.json")),
    ] {
        let before: Value = serde_json::from_str(before).unwrap();
        assert_eq!(server.did("GET", path, "").await, before, "{path}");
    }
    let tampered =
        include_str!("version2/snapshot.json").replacen("\"amount\":5000", "\"amount\":6000", 1);
    let detail = server.refuses(400, "PUT", "/snapshot", &tampered).await;
    assert!(detail.contains("the checksum does not fit"), "{detail}");
}
