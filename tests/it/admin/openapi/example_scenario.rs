//! The calls behind the examples of the OpenAPI document: each admin call once, and each provider.

use serde_json::{Value, json};

use super::example_recorder::{ExampleRecorder, providers};

pub(super) async fn run(example_recorder: &mut ExampleRecorder) {
    let made = transactions(example_recorder).await;
    for provider in providers() {
        for (name, steps) in example_recorder.commands(provider) {
            example_recorder.command(provider, &name, &steps).await;
        }
    }
    lookups(example_recorder).await;
    journal(example_recorder).await;
    truth(example_recorder).await;
    reports(example_recorder).await;
    callbacks(example_recorder).await;
    faults(example_recorder).await;
    reporting(example_recorder).await;
    deposits(example_recorder).await;
    worlds(example_recorder, &made).await;
}

/// The id in an answer, as paths have it.
fn id(answer: &Value) -> String {
    let id = answer.get("id").unwrap_or(&Value::Null);
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// The id of what a pointer leads to.
fn first(list: &Value, pointer: &str) -> String {
    list.pointer(pointer).map_or_else(String::new, id)
}

/// Payments and what happens to them; one that stays as it is.
async fn transactions(example_recorder: &mut ExampleRecorder) -> String {
    let all = "/_admin/transactions";
    let paid = |amount: u32, status: &str| {
        let status = json!(status);
        json!({"merchant": "everywhere", "amount": amount, "currency": "USD", "status": status})
    };
    let add = format!("POST {all}");
    let paid_one =
        id(&example_recorder.call("payment", &add, Some(paid(12_345, "captured"))).await);
    let reserved =
        id(&example_recorder.call("authorization", &add, Some(paid(5000, "authorized"))).await);
    let released =
        id(&example_recorder.call("released", &add, Some(paid(700, "authorized"))).await);
    let disputed = id(&example_recorder.call("disputed", &add, Some(paid(9900, "captured"))).await);
    for (name, of, act, body) in [
        ("part", &paid_one, "refund", json!({"amount": 2345})),
        ("whole", &reserved, "capture", json!({})),
        ("whole", &released, "void", json!({})),
        ("whole", &disputed, "chargeback", json!({})),
        ("won", &disputed, "dispute", json!({"outcome": "won"})),
        ("now", &paid_one, "settle", json!({})),
        ("fee", &paid_one, "amend", json!({"fee": 300})),
        ("two", &paid_one, "refund", json!([{"amount": 100}, {"amount": 200}])),
        ("too_late", &released, "capture", json!({})),
    ] {
        example_recorder.call(name, &format!("POST {all}/{of}/{act}"), Some(body)).await;
    }
    example_recorder.call("one", &format!("GET {all}/{paid_one}"), None).await;
    let whole = format!("GET {all}/{paid_one}?rows=true");
    example_recorder.call("as_each_provider_prints_it", &whole, None).await;
    example_recorder
        .call("of_a_merchant", &format!("GET {all}?merchant=everywhere&limit=2"), None)
        .await;
    example_recorder.call("unknown", &format!("GET {all}/1"), None).await;
    let to = "2026-03-17T12:00:00Z";
    example_recorder.call("three_days", &format!("GET /_admin/clock/due?to={to}"), None).await;
    let by = json!({"by": "36h"});
    example_recorder.call("a_day_and_a_half", "POST /_admin/clock/advance", Some(by)).await;
    paid_one
}

async fn deposits(example_recorder: &mut ExampleRecorder) {
    let all = "/_admin/deposits";
    let list = format!("GET {all}?merchant=everywhere&limit=3");
    let list = example_recorder.call("of_a_merchant", &list, None).await;
    let ids: Vec<String> = (0..3).map(|at| first(&list, &format!("/deposits/{at}"))).collect();
    for (name, at, does, body) in [
        ("two_days", 0, "delay", json!({"by": "2d"})),
        ("failed", 1, "fail", json!({})),
        ("returned", 2, "return", json!({})),
        ("twice", 1, "fail", json!({})),
    ] {
        example_recorder.call(name, &format!("POST {all}/{}/{does}", ids[at]), Some(body)).await;
    }
}

async fn lookups(example_recorder: &mut ExampleRecorder) {
    for path in [
        "/healthz",
        "/readyz",
        "/_admin",
        "/_admin/health",
        "/_admin/credentials",
        "/_admin/providers",
        "/_admin/tls/ca.pem",
        "/_admin/clock",
        "/_admin/scenario",
        "/_admin/scenarios",
        "/_admin/metrics",
        "/_admin/changes",
    ] {
        example_recorder.call("example", &format!("GET {path}"), None).await;
    }
    let tool = json!({"name": "get_journal", "arguments": {"outcome": "refused", "limit": 1}});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": tool});
    example_recorder.call("tool", "POST /_admin/mcp", Some(message)).await;
}

async fn journal(example_recorder: &mut ExampleRecorder) {
    let path = "/_admin/journal";
    let list = example_recorder.call("newest", &format!("GET {path}?limit=2"), None).await;
    let entry = first(&list, "/entries/0");
    example_recorder
        .call("har", &format!("GET {path}?provider=epicpay&limit=1&as=har"), None)
        .await;
    example_recorder.call("whole", &format!("GET {path}/{entry}"), None).await;
    example_recorder.call("curl", &format!("GET {path}/{entry}?as=curl"), None).await;
    let wrong = json!({"application_id": "1019", "date": "2026-01-31", "signature": "1a2b"});
    let own = json!({"provider": "flitt", "request": wrong, "string": "test;1019;2026-01-31"});
    example_recorder.call("own_string", "POST /_admin/diagnose", Some(own)).await;
    let expected = json!({"provider": "flitt", "operation": "report", "at_least": 1});
    example_recorder.call("found", &format!("POST {path}/wait"), Some(expected)).await;
    let expected = json!({"provider": "flitt", "status": 418, "timeout_ms": 0});
    example_recorder.call("missed", &format!("POST {path}/wait"), Some(expected)).await;
}

async fn truth(example_recorder: &mut ExampleRecorder) {
    let of = "provider=begateway&merchant=everywhere&from=2026-03-14&to=2026-03-14";
    example_recorder.call("sums", &format!("GET /_admin/truth?{of}"), None).await;
    let import = json!({
        "provider": "begateway", "merchant": "everywhere", "from": "2026-03-14", "to": "2026-03-14",
        "rows": [{"id": "17", "amount": 1250, "currency": "USD", "status": "successful"}],
    });
    let path = "POST /_admin/reconcile";
    example_recorder.call("one_row", path, Some(import.clone())).await;
    example_recorder.call("table", &format!("{path}?format=table"), Some(import)).await;
    example_recorder.call("all", "GET /_admin/coverage", None).await;
    let wrong = json!([{"id": "17", "amount": "12,50"}]);
    example_recorder.call("decimal_comma", &format!("{path}?{of}"), Some(wrong)).await;
}

async fn reports(example_recorder: &mut ExampleRecorder) {
    let list = example_recorder.call("two", "GET /_admin/reports?limit=2", None).await;
    let report = first(&list, "/reports/0");
    example_recorder.call("one", &format!("GET /_admin/reports/{report}"), None).await;
    let force = json!({"phase": "failed"});
    example_recorder.call("failed", &format!("POST /_admin/reports/{report}"), Some(force)).await;
    let next = json!({"provider": "wepay", "after": "20m"});
    example_recorder.call("slow", "POST /_admin/reports/next", Some(next)).await;
}

async fn callbacks(example_recorder: &mut ExampleRecorder) {
    let path = "/_admin/callbacks";
    let list = example_recorder
        .call("due", &format!("GET {path}?state=due&limit=1&wait=10ms"), None)
        .await;
    let callback = first(&list, "/callbacks/0");
    example_recorder
        .call("at_once", &format!("POST {path}/wait"), Some(json!({"timeout_ms": 10})))
        .await;
    example_recorder.call("one", &format!("GET {path}/{callback}"), None).await;
    let yes = json!({"status": 200});
    example_recorder.call("yes", &format!("POST {path}/{callback}/answer"), Some(yes)).await;
    example_recorder.call("once_more", &format!("POST {path}/{callback}/redeliver"), None).await;
}

async fn faults(example_recorder: &mut ExampleRecorder) {
    let path = "/_admin/faults";
    let delay = json!({
        "provider": "flitt", "operation": "report", "times": 2,
        "fault": {"kind": "delay", "ms": 500},
    });
    let fault = id(&example_recorder.call("delay", &format!("POST {path}"), Some(delay)).await);
    let late = json!({"every": 3, "fault": {"kind": "status", "status": 503}});
    example_recorder.call("status", &format!("POST {path}"), Some(late)).await;
    example_recorder.call("all", &format!("GET {path}"), None).await;
    example_recorder.call("one", &format!("DELETE {path}/{fault}"), None).await;
    example_recorder.call("all", &format!("DELETE {path}"), None).await;
}

async fn reporting(example_recorder: &mut ExampleRecorder) {
    let path = "/_admin/reporting/begateway";
    example_recorder.call("none", &format!("GET {path}"), None).await;
    let rules = json!({"lag": "2h", "jitter": "6h", "missing": ["2026-03-12"]});
    example_recorder.call("late", &format!("PUT {path}"), Some(rules)).await;
}

async fn worlds(example_recorder: &mut ExampleRecorder, transaction: &str) {
    let space = json!({"name": "test-17", "scenario": "empty"});
    example_recorder.call("empty", "POST /_admin/spaces", Some(space)).await;
    example_recorder.call("all", "GET /_admin/spaces", None).await;
    let history = example_recorder.call("two", "GET /_admin/history?limit=2", None).await;
    let back = json!({"to": history["last"]});
    example_recorder.call("back", "POST /_admin/history/rewind", Some(back)).await;
    let copy = json!({"name": "test-18", "fork": "test-17", "at": 1});
    example_recorder.call("copy", "POST /_admin/spaces", Some(copy)).await;
    example_recorder.call("one", "DELETE /_admin/spaces/test-17", None).await;
    let snapshot = example_recorder.call("world", "GET /_admin/snapshot", None).await;
    example_recorder.call("world", "PUT /_admin/snapshot", Some(snapshot)).await;
    example_recorder.call("after", &format!("GET /_admin/transactions/{transaction}"), None).await;
    example_recorder.call("all", "DELETE /_admin/journal", None).await;
    let frozen = json!({"mode": "frozen", "now": "2026-01-31T12:00:00Z"});
    example_recorder.call("frozen", "PUT /_admin/clock", Some(frozen)).await;
    example_recorder.call("example", "POST /_admin/reset", Some(json!({}))).await;
    example_recorder.call("built_in", "PUT /_admin/scenario?builtin=docs-samples", None).await;
    let small = json!({
        "clock": {"mode": "frozen", "now": "2026-01-31T12:00:00Z"},
        "merchant": [{"name": "shop", "trade": {"volume": 5}, "credentials": {"epicpay": [
            {"key_id": "key", "password": "secret"},
        ]}}],
    });
    example_recorder.call("small", "PUT /_admin/scenario", Some(small)).await;
    example_recorder.call("example", "DELETE /_admin/scenario", None).await;
}
