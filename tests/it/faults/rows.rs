//! Faults of rows at every operation that has rows: what arrives, and that nothing else is touched.

use proptest::prelude::*;
use sandtill::providers;
use sandtill::sandbox::faults::{Kept, Place, RowFault};
use sandtill::wire::rows::{Document, alter};
use serde_json::{Value, json};

use super::listing::{Request, Row, Rows, served};
use super::rule;
use crate::payfort::HOME;
use crate::support::{NOON, Server, frozen};

/// What a request gets without and with a fault, and the note of the faulted answer.
pub(super) async fn compared(
    server: &Server,
    request: &Request,
    fault: &Value,
) -> (Rows, Rows, String) {
    let good = request.read(&request.send(server).await.text());
    let carried = |server: &Server| {
        let rows = server.last_entry().rows.as_ref().map(|it| it.carried().count());
        rows.map(|it| usize::try_from(it).unwrap())
    };
    let had_all = carried(server) == Some(good.rows.len());
    let posted = json!({
        "provider": request.provider, "operation": request.operation, "times": 1, "fault": fault,
    });
    let id = rule(server, &posted).await;
    let answer = request.send(server).await;
    assert_eq!(answer.status, 200);
    let entry = server.last_entry();
    assert_eq!(entry.fault.as_deref(), Some(id.as_str()), "{request:?}");
    let note = entry.note.remark.clone().unwrap();
    let shown = server.did("GET", &format!("/journal/{}", entry.id), "").await;
    assert_eq!(shown["note"], note);
    let faulted = request.read(&answer.text());
    if had_all {
        // The journal knows which rows really left.
        assert_eq!(carried(server), Some(faulted.rows.len()), "{request:?}");
    }
    (good, faulted, note)
}

#[tokio::test]
async fn rows_are_short_doubled_left_out_and_shuffled_at_every_operation_that_has_some() {
    let (server, requests) = served("default").await;
    let mut met = std::collections::BTreeSet::new();
    for request in &requests {
        let wire = format!("{} {}", request.provider, request.operation);
        let count = |rows: &Rows, difference: i64| rows.count.map(|it| it + difference);
        let (good, short, _) =
            compared(&server, request, &json!({"kind": "short", "rows": 1})).await;
        let all = i64::try_from(good.rows.len()).unwrap();
        if all < 2 {
            continue;
        }
        met.insert(request.provider);
        assert_eq!((short.rows.as_slice(), short.count), (&good.rows[..1], good.count), "{wire}");
        let honest = json!({"kind": "short", "rows": 1, "counts": "honest"});
        let (good, short, _) = compared(&server, request, &honest).await;
        assert_eq!((short.rows.len(), short.count), (1, count(&good, 1 - all)), "{wire}");

        let edge = json!({"kind": "repeat_rows", "at": "edge"});
        let (good, repeated, note) = compared(&server, request, &edge).await;
        let last = good.rows.last().unwrap();
        assert_eq!(repeated.rows.last(), Some(last), "{wire}");
        assert_eq!(repeated.rows[..good.rows.len()], good.rows, "{wire}");
        assert_eq!(repeated.count, count(&good, 1), "{wire}");
        assert_eq!(note, format!("row {all} of {all} twice"));
        let (good, repeated, _) = compared(&server, request, &json!({"kind": "repeat_rows"})).await;
        let twice =
            (0..good.rows.len()).filter(|at| repeated.rows.get(at + 1) == good.rows.get(*at));
        assert_eq!((twice.count() > 0, repeated.rows.len()), (true, good.rows.len() + 1), "{wire}");

        let edge = json!({"kind": "skip_rows", "at": "edge", "rows": 1});
        let (good, skipped, _) = compared(&server, request, &edge).await;
        assert_eq!(skipped.rows, good.rows[..good.rows.len() - 1], "{wire}");
        assert_eq!(skipped.count, count(&good, -1), "{wire}");
        let (good, skipped, _) = compared(&server, request, &json!({"kind": "skip_rows"})).await;
        let kept = |row: &&Row| skipped.rows.contains(row);
        assert_eq!(good.rows.iter().filter(kept).count() + 1, good.rows.len(), "{wire}");

        let (good, shuffled, _) =
            compared(&server, request, &json!({"kind": "shuffle_rows"})).await;
        assert_ne!(shuffled.rows, good.rows, "{wire}");
        let sorted = |rows: &Rows| {
            let mut rows: Vec<String> = rows.rows.iter().map(|row| format!("{row:?}")).collect();
            rows.sort();
            rows
        };
        assert_eq!((sorted(&shuffled), shuffled.count), (sorted(&good), good.count), "{wire}");
    }
    assert_eq!(met.len(), 5, "{met:?}");
}

#[tokio::test]
async fn the_same_rows_are_met_after_a_reset_and_on_another_server() {
    let transcript = async |server: &Server, request: &Request| {
        let fault = json!({"kind": "skip_rows", "rows": 2});
        let posted = json!({"provider": "begateway", "probability": 0.6, "fault": fault});
        rule(server, &posted).await;
        let mut bodies = Vec::new();
        for _ in 0..8 {
            bodies.push(request.send(server).await.text());
        }
        bodies
    };
    let is_shop = |it: &&Request| it.provider == "begateway";
    let (server, requests) = served("default").await;
    let request = requests.iter().find(is_shop).unwrap();
    let first = transcript(&server, request).await;
    let distinct: std::collections::BTreeSet<&String> = first.iter().collect();
    assert!(distinct.len() > 2, "{}", distinct.len());
    server.did("POST", "/reset", "").await;
    assert_eq!(transcript(&server, request).await, first);
    let (other, requests) = served("default").await;
    let request = requests.iter().find(is_shop).unwrap();
    assert_eq!(transcript(&other, request).await, first);
}

#[tokio::test]
async fn the_journal_knows_which_rows_left_in_an_altered_answer() {
    let (server, requests) = served("default").await;
    let request = requests.iter().find(|it| it.provider == "begateway").unwrap();
    let runs = |server: &Server| server.last_entry().rows.as_ref().unwrap().carried();
    request.send(&server).await;
    let all = runs(&server);
    assert_eq!(all.count(), 20);
    for (fault, count) in [
        (json!({"kind": "short", "rows": 7}), 7),
        (json!({"kind": "skip_rows", "rows": 2}), 18),
        (json!({"kind": "repeat_rows", "rows": 2}), 22),
        (json!({"kind": "drift", "change": "add"}), 20),
        (json!({"kind": "gzip"}), 20),
        (json!({"kind": "broken_json"}), 20),
    ] {
        rule(&server, &json!({"provider": "begateway", "times": 1, "fault": fault})).await;
        request.send(&server).await;
        assert_eq!(runs(&server).count(), count, "{fault}");
    }
    rule(&server, &json!({"times": 1, "fault": {"kind": "skip_rows", "at": "edge"}})).await;
    request.send(&server).await;
    let last = all.runs().last().unwrap().last;
    assert!(all.contains(last) && !runs(&server).contains(last));
}

#[tokio::test]
async fn a_signed_envelope_is_signed_again() {
    let mut scenario = frozen("default", NOON);
    scenario.quirks.insert("payfort.download-envelope".to_owned());
    let server = Server::with(scenario).await;
    HOME.ask(&server, &HOME.generate("envelope")).await;
    server.did("POST", "/clock/advance", r#"{"by":"5s"}"#).await;
    let good = HOME.ask(&server, &HOME.download("envelope")).await.json();
    HOME.verify(&good);
    for fault in [
        json!({"kind": "short", "rows": 3, "counts": "honest"}),
        json!({"kind": "drift", "change": "add"}),
        json!({"kind": "drift", "change": "reorder"}),
    ] {
        rule(&server, &json!({"provider": "payfort", "times": 1, "fault": fault})).await;
        let altered = HOME.ask(&server, &HOME.download("envelope")).await.json();
        assert_ne!(altered["signature"], good["signature"], "{fault}");
        HOME.verify(&altered);
    }
}

/// How many transactions were added to the space.
async fn added(server: &Server) -> usize {
    let history = server.did("GET", "/history?limit=1000", "").await;
    let events = history["events"].as_array().unwrap();
    events.iter().filter(|it| it["kind"] == "transaction_added").count()
}

#[tokio::test]
async fn new_payments_come_in_before_the_answer_inside_the_asked_range() {
    let (server, requests) = served("default").await;
    let fault = json!({"kind": "insert_between", "rows": 3});
    for request in requests.iter().filter(|it| {
        matches!(
            (it.provider, it.operation.as_str()),
            ("flitt" | "begateway", _) | ("epicpay", "trxnactivity")
        )
    }) {
        let before = added(&server).await;
        let (good, more, note) = compared(&server, request, &fault).await;
        let wire = format!("{} {}", request.provider, request.operation);
        assert_eq!(note, "payments that came in before the answer: 3", "{wire}");
        match request.provider {
            // Its pages are full; the newest rows come first, and the number of rows grows.
            "flitt" => assert_eq!(more.count, good.count.map(|it| it + 3), "{wire}"),
            // A full page of a day shows those of them that happened to come in early.
            "begateway" if good.rows.len() == 20 => assert_eq!(more.rows.len(), 20, "{wire}"),
            _ => assert!(more.rows.iter().any(|row| !good.rows.contains(row)), "{wire}"),
        }
        // They are real: they stay, and the ledger has them.
        let again = request.read(&request.send(&server).await.text());
        assert_eq!(again, more, "{wire}");
        assert_eq!(added(&server).await, before + 3, "{wire}");
    }
    let prepared = json!({"provider": "wepay", "operation": "file", "fault": fault});
    let detail = server.refuses(400, "POST", "/faults", &prepared.to_string()).await;
    assert!(detail.contains("prepared first"), "{detail}");
    let list = json!({"provider": "wepay", "operation": "account/find", "fault": fault});
    let detail = server.refuses(400, "POST", "/faults", &list.to_string()).await;
    assert!(detail.contains("names no range of time"), "{detail}");
    let prepared = json!({"provider": "payfort", "fault": fault});
    server.refuses(400, "POST", "/faults", &prepared.to_string()).await;
}

#[tokio::test]
async fn a_refusal_has_no_rows_and_its_entry_says_so() {
    let server = Server::start().await;
    rule(&server, &json!({"provider": "epicpay", "fault": {"kind": "short", "rows": 0}})).await;
    let path = "/reporting/v1/GetReport/batches";
    let answer = server.send("POST", path, &[], "{}").await;
    assert_eq!(answer.status, 401);
    let note = server.last_entry().note.remark.clone().unwrap();
    assert_eq!(note, "nothing was altered: the answer is a refusal");
}

#[tokio::test]
async fn a_fault_of_rows_is_refused_where_there_are_none() {
    let server = Server::start().await;
    for (rule, expected) in [
        (
            json!({"provider": "begateway", "operation": "count", "fault": {"kind": "short"}}),
            "no rows at `count`; operations that have some: `reports`",
        ),
        (
            json!({"provider": "flitt", "operation": "token", "fault": {"kind": "shuffle_rows"}}),
            "operations that have some: `report`",
        ),
        (json!({"fault": {"kind": "short", "rows": 1, "share": 0.5}}), "not both"),
        (json!({"fault": {"kind": "short", "share": 1.5}}), "0 to 1"),
        (json!({"fault": {"kind": "short", "counts": "lying"}}), "\"honest\""),
        (json!({"fault": {"kind": "skip_rows", "rows": 0}}), "1 to 1000"),
        (json!({"fault": {"kind": "skip_rows", "at": "edg"}}), "did you mean `edge`?"),
        (json!({"fault": {"kind": "shuffle_rows", "rows": 1}}), "it takes nothing"),
        (json!({"fault": {"kind": "drift"}}), "known are add, remove"),
        (json!({"fault": {"kind": "drift", "change": "renam"}}), "did you mean `rename`?"),
        (json!({"fault": {"kind": "drift", "change": "add", "name": "a b"}}), "no name of a field"),
        (
            json!({"fault": {"kind": "drift", "change": "reorder", "name": "a"}}),
            "does not take `name`",
        ),
        (json!({"fault": {"kind": "drift", "change": "null", "to": "a"}}), "does not take `to`"),
    ] {
        let detail = server.refuses(400, "POST", "/faults", &rule.to_string()).await;
        assert!(detail.contains(expected), "{rule}: {detail}");
    }
}

/// The texts of the answers to all requests for rows, with the layouts of their operations.
fn texts(scenario: &str) -> Vec<(String, &'static [sandtill::wire::rows::Layout])> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (server, requests) = served(scenario).await;
        let mut texts = Vec::new();
        for request in &requests {
            let provider = providers::find(request.provider).unwrap();
            let listing = provider.find_operation(&request.operation).unwrap().listing.unwrap();
            texts.push((request.send(&server).await.text(), listing.layouts));
        }
        texts
    })
}

#[test]
fn what_is_not_altered_is_spelled_as_it_was() {
    let mut texts = texts("default");
    texts.extend(self::texts("unicode"));
    for (text, layouts) in &texts {
        let document = Document::of(text, layouts).unwrap();
        assert_eq!(document.respelled(), *text);
    }
    let config =
        ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let any_fault = prop_oneof![
        (0..30_u64, any::<bool>())
            .prop_map(|(rows, is_honest)| RowFault::Short { kept: Kept::Rows(rows), is_honest }),
        (1..9_u64).prop_map(|rows| RowFault::Repeat(rows, Place::Anywhere)),
        (1..9_u64).prop_map(|rows| RowFault::Skip(rows, Place::Anywhere)),
        Just(RowFault::Shuffle),
    ];
    let strategy = (0..texts.len(), any_fault, any::<u64>());
    let tested = runner.run(&strategy, |(index, fault, seed)| {
        let (text, layouts) = &texts[index];
        let before = Document::of(text, layouts).unwrap();
        let Ok(altered) = alter(text, layouts, &fault, seed) else { return Ok(()) };
        let after = Document::of(&altered.text, layouts).unwrap();
        // Every row that is there is one of those that were there, value by value, and the order says which.
        prop_assert_eq!(after.len(), altered.order.positions().len());
        for (at, position) in altered.order.positions().iter().enumerate() {
            prop_assert_eq!(after.cells(at), before.cells(*position));
        }
        // What it says of the rows adds up.
        let (dropped, repeated) = (altered.order.dropped().len(), altered.order.repeated().len());
        prop_assert_eq!(after.len() + dropped, before.len() + repeated);
        Ok(())
    });
    tested.unwrap();
}
