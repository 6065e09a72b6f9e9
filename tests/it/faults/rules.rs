//! Which requests a rule strikes: conditions combine, and the same requests meet the same faults again.

use sandtill::providers;
use sandtill::sandbox::scenario::{Overrides, Scenario};
use serde_json::{Value, json};

use super::rule;
use crate::drivers::{self, begateway, credential, flitt, wepay};
use crate::support::{NOON, Server};

/// The statuses of so many count requests one after another.
async fn statuses(server: &Server, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(server.count("", "2026-03-01", "2026-03-02").await.status);
    }
    statuses
}

/// The numbers of the requests, from 1, that got this status.
fn struck(statuses: &[u16], status: u16) -> Vec<usize> {
    (1..).zip(statuses).filter(|it| *it.1 == status).map(|it| it.0).collect()
}

#[tokio::test]
async fn after_times_every_and_probability_combine() {
    let server = Server::start().await;
    for (frequency, expected) in [
        (json!({"after": 2, "times": 1}), vec![3]),
        (json!({"after": 2, "every": 3}), vec![5, 8]),
        (json!({"after": 1, "every": 2, "times": 2}), vec![3, 5]),
        (json!({"after": 8}), vec![9, 10]),
    ] {
        let mut body = json!({"provider": "begateway", "fault": {"kind": "status", "status": 503}});
        body.as_object_mut().unwrap().extend(frequency.as_object().unwrap().clone());
        rule(&server, &body).await;
        assert_eq!(struck(&statuses(&server, 10).await, 503), expected, "{frequency}");
        server.did("DELETE", "/faults", "").await;
    }
    // With a probability, `times` counts strikes: the rule goes on until it has struck so often.
    let body = json!({"probability": 0.2, "times": 2, "fault": {"kind": "status", "status": 500}});
    rule(&server, &body).await;
    let all = statuses(&server, 60).await;
    let rule = &server.did("GET", "/faults", "").await["faults"][0];
    assert_eq!((&rule["hits"], &rule["over"]), (&json!(2), &json!(true)));
    assert_eq!(struck(&all, 500).len(), 2);
}

#[tokio::test]
async fn when_narrows_by_merchant_piece_and_time() {
    let server = Server::start().await;
    let ask = async |merchant: &str, day: &str| {
        let query = drivers::ReportQuery {
            merchant,
            first: day.parse().unwrap(),
            last: day.parse().unwrap(),
            size: 10,
        };
        let params = begateway::params(query, "credit_card");
        begateway::ask(&server, merchant, "/api/reports/count", &params).await.status
    };
    let fault = json!({"kind": "status", "status": 503});
    for (when, expected) in [
        (json!({"merchant": "everywhere"}), [200, 503, 503]),
        (json!({"contains": "2026-03-02"}), [200, 200, 503]),
        (json!({"merchant": "begateway", "contains": "2026-03-01"}), [503, 200, 200]),
        (json!({"between": [NOON, NOON]}), [503, 503, 503]),
        (json!({"between": ["2026-03-14T12:00:01Z", "2026-03-15T00:00:00Z"]}), [200, 200, 200]),
        (json!({"between": ["2026-03-01T00:00:00Z", "2026-03-14T11:59:59Z"]}), [200, 200, 200]),
    ] {
        rule(&server, &json!({"provider": "begateway", "when": when, "fault": fault})).await;
        let statuses = [
            ask("begateway", "2026-03-01").await,
            ask("everywhere", "2026-03-01").await,
            ask("everywhere", "2026-03-02").await,
        ];
        assert_eq!(statuses, expected, "{when}");
        // A request that does not match is not counted.
        let seen = server.did("GET", "/faults", "").await["faults"][0]["seen"].clone();
        assert_eq!(seen, expected.iter().filter(|it| **it == 503).count(), "{when}");
        server.did("DELETE", "/faults", "").await;
    }
}

#[tokio::test]
async fn a_rule_knows_the_merchant_at_every_provider() {
    let server = Server::start().await;
    for provider in providers::ALL {
        let when = json!({"merchant": "everywhere"});
        let fault = json!({"kind": "status", "status": 503});
        rule(&server, &json!({"provider": provider.slug, "when": when, "fault": fault})).await;
        let examples = (provider.examples)(&server.space().moment(), &server.url);
        for merchant in [provider.slug, "everywhere"] {
            let example = examples.iter().find(|it| it.merchant == merchant).unwrap();
            let step = &example.steps[0];
            let headers: Vec<_> = step.headers.iter().map(|it| (it.0, it.1.as_str())).collect();
            let body = step.body.clone().unwrap_or_default();
            let answer = server.send(step.method, &step.path, &headers, body).await;
            let expected = if merchant == "everywhere" { 503 } else { 200 };
            assert_eq!(answer.status, expected, "{} {merchant}", provider.slug);
        }
        server.did("DELETE", "/faults", "").await;
    }
}

#[tokio::test]
async fn when_page_is_the_page_that_the_client_asks_for() {
    let mut scenario = crate::support::frozen("paging", NOON);
    scenario.settings.insert(
        "begateway.page_size".to_owned(),
        sandtill::sandbox::scenario::SettingValue::Number(30),
    );
    let server = Server::with(scenario).await;
    let on_page = async |slug: &str, page: u64| {
        let fault = json!({"kind": "status", "status": 503});
        rule(&server, &json!({"provider": slug, "when": {"page": page}, "fault": fault})).await
    };

    on_page("flitt", 2).await;
    let token = flitt::token(&server, "flitt").await;
    let merchant_id = credential(&server, "flitt", "flitt", "merchant_id");
    let filters = json!([{"s": "order_timestart", "m": "from", "v": "2026-02-01"}]);
    let mut seen = Vec::new();
    for number in 1..=3 {
        let (merchant_id, filters) = (merchant_id.as_str(), filters.clone());
        let page = flitt::Page { merchant_id, report: 745, filters, number, size: 10 };
        seen.push(flitt::page(&server, &token, &page).await.status);
    }
    assert_eq!(seen, [200, 503, 200]);

    on_page("begateway", 3).await;
    let query = drivers::ReportQuery {
        merchant: "begateway",
        first: "2026-02-01".parse().unwrap(),
        last: "2026-02-28".parse().unwrap(),
        size: 30,
    };
    let mut params = begateway::params(query, "credit_card");
    for page in 1..=3 {
        let answer = begateway::ask(&server, "begateway", "/api/reports", &params).await;
        assert_eq!(answer.status, if page == 3 { 503 } else { 200 }, "{page}");
        if page < 3 {
            params["starting_after"] = answer.json()["last_object_id"].clone();
        }
    }

    on_page("wepay", 2).await;
    let account = wepay::account(&server, "wepay");
    for (start, expected) in [(0, 200), (5, 503), (10, 200)] {
        let body = json!({"account_id": account, "limit": 5, "start": start});
        let answer = wepay::call(&server, "wepay", "withdrawal/find", &body).await;
        assert_eq!(answer.status, expected, "{start}");
    }
}

/// What a server answers to the same requests: the statuses, and which rule struck.
async fn transcript(server: &Server) -> Vec<(u16, Option<String>)> {
    let mut lines = Vec::new();
    for _ in 0..60 {
        let status = server.count("", "2026-03-01", "2026-03-02").await.status;
        lines.push((status, server.last_entry().fault.clone()));
    }
    lines
}

#[tokio::test]
async fn the_same_requests_meet_the_same_faults_after_a_reset_and_on_another_server() {
    let text = r#"
seed = 7
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[[merchant]]
name = "begateway"
[[merchant.credentials.begateway]]
shop_id = "1"
secret_key = "sandtill-shop-secret"
[[fault]]
provider = "begateway"
after = 5
every = 2
probability = 0.4
times = 6
fault = { kind = "status", status = 503 }
[[fault]]
provider = "begateway"
operation = "count"
probability = 0.3
when = { contains = "2026-03-01" }
fault = { kind = "throttle" }
"#;
    let start = async |seed: u64| {
        let overrides = Overrides { seed: Some(seed), ..Overrides::default() };
        let vocabulary = providers::vocabulary();
        Server::with(Scenario::parse("t", text, &vocabulary, &overrides).unwrap()).await
    };
    let server = start(7).await;
    let first = transcript(&server).await;
    let rules: Vec<_> = first.iter().filter_map(|it| it.1.as_deref()).collect();
    assert_eq!(rules.iter().filter(|it| **it == "status-1").count(), 6);
    assert!(rules.contains(&"throttle-2"), "{rules:?}");
    server.did("POST", "/reset", "").await;
    assert_eq!(transcript(&server).await, first);
    assert_eq!(transcript(&start(7).await).await, first);
    assert_ne!(transcript(&start(8).await).await, first);
}

#[tokio::test]
async fn a_rule_that_nobody_can_meet_is_refused_in_a_file_as_over_http() {
    let server = Server::start().await;
    let status = json!({"kind": "status", "status": 503});
    for (rule, expected) in [
        (json!({"when": {"merchant": "everywher"}, "fault": status}), "did you mean `everywhere`?"),
        (json!({"when": {}, "fault": status}), "`when` is empty"),
        (json!({"when": {"page": 0}, "fault": status}), "counted from 1"),
        (json!({"when": {"contains": ""}, "fault": status}), "must have 1 to 1024"),
        (
            json!({"when": {"between": ["2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"]}, "fault": status}),
            "before it begins",
        ),
        (
            json!({"provider": "epicpay", "operation": "batches", "when": {"page": 1}, "fault": status}),
            "no operation of epicpay has any",
        ),
        (
            json!({"provider": "begateway", "operation": "count", "when": {"page": 1}, "fault": status}),
            "operations that have some: `reports`",
        ),
        (json!({"provider": "payfort", "when": {"page": 1}, "fault": status}), "`when.page`"),
        (
            json!({"provider": "wepay", "when": {"page": 1}, "fault": {"kind": "drop"}}),
            "have no `page`",
        ),
        (json!({"provider": "flit", "fault": status}), "did you mean `flitt`?"),
        (
            json!({"provider": "flitt", "operation": "reprt", "fault": status}),
            "did you mean `report`?",
        ),
        (json!({"provider": "flitt", "fault": {"kind": "drop"}}), "flitt sends none"),
        (json!({"fault": {"kind": "trotle"}}), "did you mean `throttle`?"),
    ] {
        let detail = server.refuses(400, "POST", "/faults", &rule.to_string()).await;
        assert!(detail.contains(expected), "{rule}: {detail}");
        let mut scenario: Value = json!({"days": 1, "merchant": [{"name": "everywhere"}]});
        scenario["fault"] = json!([rule]);
        let file = server.refuses(400, "PUT", "/scenario", &scenario.to_string()).await;
        assert!(file.contains(expected), "{rule}: {file}");
    }
    assert_eq!(server.did("GET", "/faults", "").await["faults"], json!([]));
}
