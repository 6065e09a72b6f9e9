//! Spaces, snapshots, reports, callbacks, figures, and who may use the admin API.

use std::sync::Arc;

use jiff::SignedDuration;
use sandtill::sandbox::callbacks::{Callbacks, Message, Policy, RetrySchedule};
use sandtill::sandbox::jobs::{Job, Timeline};
use sandtill::sandbox::spaces::Spaces;
use sandtill::sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use super::SHOP;
use crate::receiver::{Receiver, status};
use crate::support::{Answer, NOON, Server, frozen};

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
    for (status, method, path, body, said) in [
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
        assert!(detail.contains(said), "{detail}");
    }
    for hostile in ["/@%2e%2e/_admin/health", "/@/_admin/health", "/@a%00/_admin/health"] {
        assert_eq!(server.send("GET", hostile, &[], "").await.status, 404);
    }
    assert_eq!(names("").await.0, ["", "first.use", "own"]);
}

#[tokio::test]
async fn idle_spaces_are_dropped_and_the_default_one_stays() {
    let options = Options { space_idle: Some(SignedDuration::from_secs(-1)), ..Options::default() };
    let spaces = Spaces::new(Arc::new(frozen("empty", NOON)), options);
    spaces.space("one").unwrap();
    spaces.space("two").unwrap();
    spaces.sweep();
    assert_eq!(spaces.all().iter().map(|it| it.space.as_str()).collect::<Vec<_>>(), [""]);
}

/// A few things of every sort that a snapshot has to hold.
async fn live(server: &Server, prefix: &str) -> Vec<Value> {
    let send = async |method: &str, path: &str, body: String| {
        let answer = server.send(method, &format!("{prefix}/_admin{path}"), &[], body).await;
        assert!(answer.status < 300, "{}", answer.text());
        answer.json()
    };
    let mut made = Vec::new();
    let add = json!({"merchant": "begateway", "amount": 5000, "customer": {"first_name": "Zoë"}});
    for _ in 0..2 {
        made.push(send("POST", "/transactions", add.to_string()).await);
    }
    let id = made[0]["id"].clone();
    made.push(send("POST", &format!("/transactions/{id}/refund"), r#"{"amount":7}"#.into()).await);
    made.push(send("POST", &format!("/transactions/{id}/settle"), String::new()).await);
    made.push(send("POST", "/clock/advance", r#"{"by":"3h"}"#.into()).await);
    made
}

async fn look(server: &Server) -> Vec<Answer> {
    let body = r#"{"report_params":{"date_type":"created_at","from":"2026-03-13 00:00:00","to":"2026-03-20 23:59:59","status":"all","payment_method_type":"credit_card","time_zone":"UTC"}}"#;
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers
            .push(server.send("POST", "/api/reports", &[SHOP, ("X-Api-Version", "3")], body).await);
    }
    answers
}

#[tokio::test]
async fn a_restored_snapshot_goes_on_byte_by_byte() {
    let server = Server::start().await;
    let rule = r#"{"probability":0.5,"fault":{"kind":"status","status":500}}"#;
    server.did("POST", "/faults", rule).await;
    live(&server, "").await;
    let sandbox = server.sandbox();
    let job = Job {
        id: 0,
        provider: "wepay",
        merchant: sandbox.scenario.merchant("wepay").unwrap().id,
        reference: "r-1".into(),
        request: "{}".into(),
        requested_at: sandbox.clock.now(),
        timeline: Timeline {
            queued: SignedDuration::from_secs(1),
            running: SignedDuration::from_secs(2),
            kept: None,
            fails: false,
        },
        forced: None,
    };
    sandbox.jobs.open(job).unwrap();
    let later = SignedDuration::from_hours(1);
    let token = sandbox.tokens.issue("h", 32, sandbox.clock.now(), later);
    look(&server).await;
    let snapshot = server.admin("GET", "/snapshot", "").await.text();

    let fresh = Server::frozen("empty", NOON).await;
    fresh.did("PUT", "/snapshot", &snapshot).await;
    assert_eq!(fresh.admin("GET", "/snapshot", "").await.text(), snapshot);
    let same = |left: &[Answer], right: &[Answer]| {
        for (left, right) in left.iter().zip(right) {
            assert_eq!((left.status, left.text()), (right.status, right.text()));
            assert_eq!(left.header("sandtill-journal"), right.header("sandtill-journal"));
        }
    };
    same(&look(&server).await, &look(&fresh).await);
    assert_eq!(live(&server, "").await, live(&fresh, "").await);
    same(&look(&server).await, &look(&fresh).await);
    let issue = |sandbox: Sandbox| {
        assert!(sandbox.tokens.get(&token).is_some());
        sandbox.tokens.issue("h", 32, sandbox.clock.now(), later)
    };
    assert_eq!(issue(server.sandbox()), issue(fresh.sandbox()));
    assert_eq!(server.sandbox().jobs.all(), fresh.sandbox().jobs.all());
    let snapshots =
        [server.admin("GET", "/snapshot", "").await, fresh.admin("GET", "/snapshot", "").await];
    assert_eq!(snapshots[0].text(), snapshots[1].text());
}

#[tokio::test]
async fn a_snapshot_that_was_changed_is_refused_and_the_world_is_as_before() {
    let server = Server::frozen("empty", NOON).await;
    live(&server, "").await;
    let snapshot = server.admin("GET", "/snapshot", "").await.text();
    live(&server, "").await;
    let now = server.admin("GET", "/snapshot", "").await.text();
    // One byte changed, at places all over the document.
    for place in (0..snapshot.len()).step_by(snapshot.len() / 97) {
        let mut bytes = snapshot.clone().into_bytes();
        bytes[place] = if bytes[place] == b'7' { b'8' } else { b'7' };
        let answer = server.send("PUT", "/_admin/snapshot", &[], bytes).await;
        assert!(answer.status == 400 || answer.status == 409, "{place}: {}", answer.text());
    }
    for body in ["", "{}", "[]", "null", snapshot.get(..snapshot.len() / 2).unwrap()] {
        server.refuses(400, "PUT", "/snapshot", body).await;
    }
    let other = snapshot.replacen("\"sandtill_snapshot\":1", "\"sandtill_snapshot\":2", 1);
    let detail = server.refuses(409, "PUT", "/snapshot", &other).await;
    assert_eq!(detail, "the snapshot is of version 2, this server restores version 1");
    assert_eq!(server.admin("GET", "/snapshot", "").await.text(), now);
    server.did("PUT", "/snapshot", &snapshot).await;
    assert_eq!(server.admin("GET", "/snapshot", "").await.text(), snapshot);
}

#[tokio::test]
async fn a_report_is_listed_and_forced() {
    let server = Server::start().await;
    let sandbox = server.sandbox();
    let job = Job {
        id: 0,
        provider: "payfort",
        merchant: sandbox.scenario.merchant("payfort").unwrap().id,
        reference: "r-1".into(),
        request: "{}".into(),
        requested_at: sandbox.clock.now(),
        timeline: Timeline {
            queued: SignedDuration::from_secs(60),
            running: SignedDuration::from_secs(60),
            kept: None,
            fails: false,
        },
        forced: None,
    };
    sandbox.jobs.open(job).unwrap();
    let list = server.did("GET", "/reports?phase=queued", "").await;
    assert_eq!(
        list["reports"],
        json!([{
            "id": 1, "provider": "payfort", "merchant": "payfort", "reference": "r-1",
            "request": "{}", "phase": "queued", "requested_at": NOON,
            "done_at": "2026-03-14T12:02:00Z", "forced": null,
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
    forbidden_hosts: &[],
};

fn message(url: &str, event: &str) -> Message {
    Message {
        policy: &POLICY,
        merchant: "wepay".into(),
        job: 1,
        event: event.to_owned(),
        url: format!("{url}/hook"),
        body: b"report_id=1".to_vec(),
    }
}

#[tokio::test]
async fn advance_delivers_what_falls_due_and_callbacks_show_every_attempt() {
    let server = Server::start().await;
    let receiver = Receiver::new(|count, _| {
        Box::pin(async move { status(if count == 0 { 500 } else { 200 }) })
    })
    .await;
    let due = "2026-03-14T12:05:00Z".parse().unwrap();
    Callbacks::plan(&server.sandbox(), message(&receiver.url, "ready"), due).unwrap();
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
        let due = server.sandbox().clock.now() + SignedDuration::from_mins(minute);
        Callbacks::plan(&server.sandbox(), message("http://receiver.invalid", event), due).unwrap();
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
    // What is due and not asked for ends no wait: an empty list at the time-out.
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
    let server = Server::start().await;
    let receiver = Receiver::new(|_, _| Box::pin(async { status(200) })).await;
    for kind in ["duplicate", "drop", "late"] {
        let rule = json!({"provider": "wepay", "times": 1, "fault": {"kind": kind}});
        server.did("POST", "/faults", &rule.to_string()).await;
    }
    for (minute, event) in [(1, "one"), (2, "two"), (3, "three"), (4, "four")] {
        let due = server.sandbox().clock.now() + SignedDuration::from_mins(minute);
        Callbacks::plan(&server.sandbox(), message(&receiver.url, event), due).unwrap();
    }
    let advanced = server.did("POST", "/clock/advance", r#"{"by":"1h"}"#).await;
    let happened: Vec<String> = advanced["happened"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let what = it["what"].as_str().unwrap();
            let event = what.split(['(', ')']).nth(1).unwrap();
            format!("{} {event}", it["at"].as_str().unwrap().get(11..16).unwrap())
        })
        .collect();
    assert_eq!(happened, ["12:01 one", "12:01 one", "12:04 four", "12:13 three"]);
}

#[tokio::test]
async fn a_reordered_callback_leaves_behind_the_next_one() {
    let server = Server::start().await;
    let receiver = Receiver::new(|_, _| Box::pin(async { status(200) })).await;
    let advance = async || {
        let advanced = server.did("POST", "/clock/advance", r#"{"by":"1h"}"#).await;
        let at = |it: &Value| it["at"].as_str().unwrap().get(11..16).unwrap().to_owned();
        let happened = advanced["happened"].as_array().unwrap();
        happened.iter().map(at).collect::<Vec<_>>()
    };
    let plan = |minute: i64| {
        let due = server.sandbox().clock.now() + SignedDuration::from_mins(minute);
        let mut message = message(&receiver.url, "x");
        message.body = format!("planned={minute}").into_bytes();
        Callbacks::plan(&server.sandbox(), message, due).unwrap();
    };
    let rule = r#"{"provider":"wepay","times":1,"fault":{"kind":"reorder"}}"#;
    server.did("POST", "/faults", rule).await;
    (1..=3).for_each(plan);
    assert_eq!(advance().await, ["12:02", "12:02", "12:03"]);
    let bodies: Vec<String> = receiver.got().into_iter().map(|it| it.body).collect();
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
