//! Tests spaces, reports, callbacks, metrics and access control of the admin API.

use std::sync::Arc;

use jiff::SignedDuration;
use sandtill::sandbox::Options;
use sandtill::sandbox::clock::real_now;
use sandtill::sandbox::policy::{Policy, RetrySchedule};
use sandtill::sandbox::spaces::Spaces;
use sandtill::sandbox::state::jobs::{Job, Timeline};
use sandtill::sandbox::state::outbox::Message;
use serde_json::{Value, json};

use crate::receiver::{Receiver, status};
use crate::support::{NOON, Server, frozen, frozen_with, plan};

#[tokio::test]
async fn spaces_are_made_listed_and_deleted() {
    let server = Server::start().await;
    let made = server.did("POST", "/spaces", r#"{"name":"mine","scenario":"empty"}"#).await;
    assert_eq!((&made["name"], &made["scenario"]), (&json!("mine"), &json!("empty")));
    server.send("GET", "/@first.use/_admin/health", &[], "").await;
    let own = r#"{"name":"own","scenario":{"seed":9,"clock":{"mode":"frozen","now":"2026-01-31T12:00:00Z"}}}"#;
    assert_eq!(server.did("POST", "/spaces", own).await["now"], "2026-01-31T12:00:00Z");
    let names = async |query: &str| {
        let list = server.did("GET", &format!("/spaces{query}"), "").await;
        let names = list["spaces"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap());
        (names.map(str::to_owned).collect::<Vec<_>>(), list["next"].clone())
    };
    assert_eq!(names("").await.0, ["", "first.use", "mine", "own"]);
    assert_eq!(
        names("?limit=2").await,
        (vec![String::new(), "first.use".into()], json!("first.use"))
    );
    assert_eq!(names("?limit=2&after=first.use").await.0, ["mine", "own"]);
    server.did("DELETE", "/spaces/mine", "").await;
    assert_eq!(names("").await.0, ["", "first.use", "own"]);
    for (status, method, path, body, expected_detail) in [
        (409, "POST", "/spaces", r#"{"name":"own"}"#, "PUT /@own/_admin/scenario"),
        (400, "POST", "/spaces", r#"{"name":"../x"}"#, "letters, digits"),
        (400, "POST", "/spaces", r#"{"name":""}"#, "letters, digits"),
        (400, "POST", "/spaces", r#"{"name":"a b\u0000"}"#, "letters, digits"),
        (400, "POST", "/spaces", r#"{"name":"x","scenario":"emty"}"#, "did you mean `empty`?"),
        (400, "POST", "/spaces", r#"{"name":"x","scenario":7}"#, "a built-in scenario"),
        (400, "POST", "/spaces", r#"{"name":"x","scenario":{"sed":1}}"#, "did you mean `seed`?"),
        (404, "DELETE", "/spaces/mine", "", "there is no space `mine`"),
    ] {
        let detail = server.refuses(status, method, path, body).await;
        assert!(detail.contains(expected_detail), "{detail}");
    }
    assert_eq!(names("").await.0, ["", "first.use", "own"]);
}

#[tokio::test]
async fn idle_spaces_are_dropped_and_the_default_one_stays() {
    let options = Options { space_idle: Some(SignedDuration::from_mins(30)), ..Options::default() };
    let spaces = Spaces::new(Arc::new(frozen("empty", NOON)), options);
    let made = real_now();
    for name in ["one", "two"] {
        spaces.space(name).unwrap();
    }
    let names = || spaces.all().into_iter().map(|it| it.name().to_owned()).collect::<Vec<_>>();
    spaces.drop_idle(made + SignedDuration::from_mins(29));
    assert_eq!(names(), ["", "one", "two"]);
    spaces.drop_idle(made + SignedDuration::from_mins(31));
    assert_eq!(names(), [""]);
}

#[tokio::test]
async fn a_space_that_was_idle_too_long_is_a_new_one_when_it_is_used_again() {
    // Whatever was used before now was used too long ago.
    let options =
        Options { space_idle: Some(SignedDuration::from_hours(-1)), ..Options::default() };
    let spaces = Spaces::new(Arc::new(frozen("empty", NOON)), options);
    for name in ["", "one"] {
        let sandbox = spaces.space(name).unwrap().0;
        crate::support::jump(&sandbox, "2026-01-01T00:00:00Z".parse().unwrap());
    }
    assert_eq!(spaces.space("one").unwrap().0.moment().now.to_string(), NOON);
    assert_eq!(spaces.space("").unwrap().0.moment().now.to_string(), "2026-01-01T00:00:00Z");
}

#[tokio::test]
async fn hostile_names_are_no_spaces() {
    let server = Server::start().await;
    let long = "x".repeat(65);
    for name in ["..", ".", "...", "a/b", "", "ü", "a b", "a@b", "%2e", &long] {
        let body = json!({"name": name}).to_string();
        let detail = server.refuses(400, "POST", "/spaces", &body).await;
        assert!(detail.contains("and not dots alone"), "{name}: {detail}");
    }
    for name in ["..", ".", "%2e%2e", "a%2fb", "", "%F0%9F%92%A9", "a;b", "a%00", &long] {
        for path in ["/_admin/health", "/api/reports", ""] {
            let answer = server.send("GET", &format!("/@{name}{path}"), &[], "").await;
            assert_eq!(answer.status, 404, "{name}{path}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    }
    let fits = "x".repeat(64);
    assert_eq!(server.send("GET", &format!("/@{fits}/_admin/health"), &[], "").await.status, 200);
    let names = server.spaces.all().into_iter().map(|it| it.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names, [String::new(), fits]);
}

#[tokio::test]
async fn a_report_is_listed_and_forced() {
    let server = Server::start().await;
    let sandbox = server.space();
    let timeline = Timeline {
        queued: SignedDuration::from_secs(60),
        running: SignedDuration::from_secs(60),
        available_for: None,
        fails: false,
    };
    let requested = sandbox.change(|draft| {
        let merchant = draft.world().scenario.merchant("payfort").unwrap().id;
        let job = Job::new("payfort", merchant, "{}", (draft.now, timeline));
        let requested = draft.state().reports.create(Job { reference: "r-1".into(), ..job })?;
        draft.push(requested);
        Ok::<_, Arc<Job>>(())
    });
    requested.unwrap();
    let list = server.did("GET", "/reports?phase=queued", "").await;
    assert_eq!(
        list["reports"],
        json!([{
            "id": 1, "provider": "payfort", "merchant": "payfort", "reference": "r-1",
            "request": "{}", "phase": "queued", "requested_at": NOON,
            "done_at": "2026-03-14T12:02:00Z", "forced": null, "url": null, "curl": null,
        }])
    );
    let forced = server.did("POST", "/reports/1", r#"{"phase":"failed"}"#).await;
    assert_eq!(forced["phase"], "failed");
    assert_eq!(server.did("GET", "/reports?phase=queued", "").await["reports"], json!([]));
    server.refuses(404, "POST", "/reports/2", r#"{"phase":"failed"}"#).await;
    let detail = server.refuses(400, "POST", "/reports/1", r#"{"phase":"faild"}"#).await;
    assert!(detail.contains("did you mean `failed`?"), "{detail}");
}

const AGAIN: RetrySchedule = RetrySchedule(&[SignedDuration::from_mins(15)]);

static POLICY: Policy = Policy {
    provider: "wepay",
    content_type: "application/x-www-form-urlencoded",
    headers: &[],
    accepts: |status| status == 200,
    schedule: AGAIN,
    forbidden_hosts: Vec::new,
};

fn message(url: &str, event: &str) -> Message {
    Message {
        provider: POLICY.provider.into(),
        merchant: "wepay".into(),
        job: 1,
        event: event.to_owned(),
        url: format!("{url}/hook"),
        body: b"report_id=1".to_vec(),
    }
}

#[tokio::test]
async fn advance_delivers_what_falls_due_and_callbacks_show_every_attempt() {
    let server = Server::with(frozen_with("default", NOON, &POLICY)).await;
    let receiver = Receiver::new(|count, _| {
        Box::pin(async move { status(if count == 0 { 500 } else { 200 }) })
    })
    .await;
    let due = "2026-03-14T12:05:00Z".parse().unwrap();
    plan(&server.space(), message(&receiver.url, "ready"), due).unwrap();
    assert_eq!(server.did("GET", "/callbacks?state=waiting", "").await["callbacks"][0]["id"], 1);
    let advanced = server.did("POST", "/clock/advance", r#"{"by":"1h"}"#).await;
    assert_eq!(advanced["now"], "2026-03-14T13:00:00Z");
    let at: Vec<_> = advanced["happened"].as_array().unwrap().iter().map(|it| &it["at"]).collect();
    assert_eq!(at, ["2026-03-14T12:05:00Z", "2026-03-14T12:20:00Z"]);
    let callback = server.did("GET", "/callbacks/1", "").await;
    assert_eq!(callback["state"], "delivered");
    assert_eq!(callback["request"]["body"], "report_id=1");
    let statuses: Vec<_> =
        callback["attempts"].as_array().unwrap().iter().map(|it| &it["status"]).collect();
    assert_eq!(statuses, [500, 200]);
    let again = server.did("POST", "/callbacks/1/redeliver", "").await;
    assert_eq!(again["attempts"][2]["how"], "redelivered");
    server.refuses(404, "POST", "/callbacks/9/redeliver", "").await;
    server.refuses(409, "POST", "/callbacks/1/answer", r#"{"status":200}"#).await;
}

#[tokio::test]
async fn a_list_of_what_is_due_waits_until_something_is() {
    let server = Server::start().await;
    let plan = |minute, event| {
        let due = server.space().moment().now + SignedDuration::from_mins(minute);
        plan(&server.space(), message("http://receiver.invalid", event), due).unwrap();
    };
    plan(1, "ready");
    plan(9, "later");
    // Other calls come and go; only the move of the clock lets it end.
    let mut waiting =
        std::pin::pin!(server.did("GET", "/callbacks?provider=wepay&state=due&wait=1m", ""));
    for _ in 0..5 {
        tokio::select! {
            early = &mut waiting => panic!("it did not wait: {early}"),
            _ = server.did("GET", "/health", "") => {}
        }
    }
    let (due, _) = tokio::join!(waiting, server.did("POST", "/clock/advance", r#"{"by":"1m"}"#));
    assert_eq!(due["callbacks"].as_array().unwrap().len(), 1, "{due}");
    assert_eq!(due["callbacks"][0]["event"], "ready");
    assert_eq!(due["next"], json!(null));
    // A due callback that does not match the query does not end the wait: the list is empty at the
    // time-out.
    for query in ["provider=flitt&state=due&wait=20ms", "state=due&after=1&wait=20ms"] {
        let none = server.did("GET", &format!("/callbacks?{query}"), "").await;
        assert_eq!(none, json!({"callbacks": [], "next": null}), "{query}");
    }
    server.did("POST", "/callbacks/1/answer", r#"{"status":200}"#).await;
    let none = server.did("GET", "/callbacks?state=due&wait=0s", "").await;
    assert_eq!(none["callbacks"], json!([]));
    for query in ["wait=1s", "state=waiting&wait=1s", "state=due&wait=-1s", "state=due&wait=11m"] {
        server.refuses(400, "GET", &format!("/callbacks?{query}"), "").await;
    }
    assert_eq!(
        server.refuses(400, "GET", "/callbacks?state=due&wait=soon", "").await,
        "`wait` is `soon`; it must be a length of time such as 10s, at most 600s"
    );
}

#[tokio::test]
async fn faults_double_drop_and_delay_callbacks() {
    let server = Server::with(frozen_with("default", NOON, &POLICY)).await;
    let receiver = Receiver::new(|_, _| Box::pin(async { status(200) })).await;
    for kind in ["duplicate", "drop", "late"] {
        let rule = json!({"provider": "wepay", "times": 1, "fault": {"kind": kind}});
        server.did("POST", "/faults", &rule.to_string()).await;
    }
    for (minute, event) in [(1, "one"), (2, "two"), (3, "three"), (4, "four")] {
        let due = server.space().moment().now + SignedDuration::from_mins(minute);
        plan(&server.space(), message(&receiver.url, event), due).unwrap();
    }
    let advanced = server.did("POST", "/clock/advance", r#"{"by":"1h"}"#).await;
    let happened: Vec<String> = advanced["happened"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let sentence = it["what"].as_str().unwrap();
            let event = sentence.split(['(', ')']).nth(1).unwrap();
            format!("{} {event}", it["at"].as_str().unwrap().get(11..16).unwrap())
        })
        .collect();
    assert_eq!(happened, ["12:01 one", "12:01 one", "12:04 four", "12:13 three"]);
    // Each says which rule it was, in the list and alone, and the rules have counted it.
    let list = server.did("GET", "/callbacks", "").await;
    let named: Vec<_> = list["callbacks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["event"].clone(), it["copy_of"].clone(), it["fault"].clone()))
        .collect();
    let line = |event: &str, copy_of: Value, fault: Value| (json!(event), copy_of, fault);
    assert_eq!(
        named,
        [
            line("one", json!(null), json!("duplicate-1")),
            line("two", json!(null), json!("drop-2")),
            line("three", json!(null), json!("late-3")),
            line("four", json!(null), json!(null)),
            line("one", json!(1), json!("duplicate-1")),
        ]
    );
    assert_eq!(server.did("GET", "/callbacks/2", "").await["fault"], "drop-2");
    let faults = server.did("GET", "/faults", "").await;
    let hits: Vec<_> = faults["faults"].as_array().unwrap().iter().map(|it| &it["hits"]).collect();
    assert_eq!(hits, [1, 1, 1]);
}

#[tokio::test]
async fn a_reordered_callback_leaves_behind_the_next_one() {
    let server = Server::with(frozen_with("default", NOON, &POLICY)).await;
    let receiver = Receiver::new(|_, _| Box::pin(async { status(200) })).await;
    let advance = async || {
        let advanced = server.did("POST", "/clock/advance", r#"{"by":"1h"}"#).await;
        let at = |it: &Value| it["at"].as_str().unwrap().get(11..16).unwrap().to_owned();
        let happened = advanced["happened"].as_array().unwrap();
        happened.iter().map(at).collect::<Vec<_>>()
    };
    let plan = |minute: i64| {
        let due = server.space().moment().now + SignedDuration::from_mins(minute);
        let mut message = message(&receiver.url, "x");
        message.body = format!("planned={minute}").into_bytes();
        plan(&server.space(), message, due).unwrap();
    };
    let rule = r#"{"provider":"wepay","times":1,"fault":{"kind":"reorder"}}"#;
    server.did("POST", "/faults", rule).await;
    (1..=3).for_each(plan);
    assert_eq!(advance().await, ["12:02", "12:02", "12:03"]);
    assert_eq!(server.did("GET", "/callbacks/1", "").await["fault"], "reorder-1");
    let bodies: Vec<String> = receiver.received_all().into_iter().map(|it| it.body).collect();
    assert_eq!(bodies, ["planned=2", "planned=1", "planned=3"]);
    // Where nothing comes after it, it leaves as planned.
    server.did("POST", "/faults", rule).await;
    plan(5);
    assert_eq!(advance().await, ["13:05"]);
}

#[tokio::test]
async fn figures_are_counted() {
    let server = Server::start().await;
    server.count("", "2026-03-01", "2026-03-02").await;
    server.send("POST", "/api/reports", &[], "").await;
    let text = server.admin("GET", "/metrics", "").await.text();
    for line in [
        r#"sandtill_requests_total{provider="begateway",operation="count",outcome="answered"} 1"#,
        r#"sandtill_requests_total{provider="begateway",operation="reports",outcome="refused"} 1"#,
        r#"sandtill_request_duration_seconds_count{provider="begateway"} 2"#,
        r#"sandtill_callbacks{state="waiting"} 0"#,
        "sandtill_spaces 1",
        "sandtill_journal_entries 2",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in {text}");
    }
}

#[tokio::test]
async fn the_description_has_every_call_and_every_provider_operation() {
    let server = Server::start().await;
    let api = server.did("GET", "/openapi.json", "").await;
    assert_eq!(api["openapi"], "3.1.0");
    for call in server.did("GET", "", "").await["calls"].as_array().unwrap() {
        let (path, method) = (call["path"].as_str().unwrap(), call["method"].as_str().unwrap());
        let operation = &api["paths"][path][method.to_lowercase()];
        assert_eq!(operation["summary"], call["does"], "{method} {path}");
        let parameters = operation["parameters"].as_array().unwrap();
        assert_eq!(path.contains('{'), parameters.iter().any(|it| it["in"] == "path"), "{path}");
    }
    assert_eq!(api["paths"]["/api/reports"]["post"]["tags"], json!(["begateway"]));
    assert!(api["paths"]["/_admin/transactions"]["post"]["requestBody"].is_object());
}

#[tokio::test]
async fn a_foreign_page_is_shut_out_and_probes_are_open() {
    let server = Server::start().await;
    let evil = [("Host", "evil.example")];
    assert_eq!(server.send("GET", "/_admin/credentials", &evil, "").await.status, 403);
    assert_eq!(server.send("GET", "/healthz", &evil, "").await.status, 200);
    let page = [("Origin", "https://evil.example")];
    assert_eq!(server.send("POST", "/_admin/reset", &page, "").await.status, 403);
    assert_eq!(server.send("POST", "/@x/_admin/reset", &page, "").await.status, 403);
}
