//! Health, credentials, clock, reset, scenario, journal: what everybody needs first.

use serde_json::json;

use crate::support::{NOON, Server};

#[tokio::test]
async fn health_says_what_is_running() {
    let server = Server::start().await;
    assert_eq!(
        server.did("GET", "/health", "").await,
        json!({
            "status": "ok", "version": env!("CARGO_PKG_VERSION"), "scenario": "default",
            "seed": 42, "now": "2026-03-14T12:00:00Z", "space": "",
        })
    );
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(server.send("GET", probe, &[], "").await.json(), json!({"status": "ok"}));
    }
}

#[tokio::test]
async fn credentials_are_those_of_the_scenario() {
    let server = Server::start().await;
    let all = server.did("GET", "/credentials", "").await;
    assert_eq!(
        all["begateway"],
        json!([
            {"merchant": "begateway", "shop_id": "1", "secret_key": "sandtill-shop-secret"},
            {"merchant": "everywhere", "shop_id": "2", "secret_key": "everywhere-shop-secret"},
        ])
    );
}

#[tokio::test]
async fn the_clock_freezes_jumps_and_advances() {
    let server = Server::start().await;
    let noon = json!({"mode": "frozen", "now": "2026-03-14T12:00:00Z"});
    assert_eq!(server.did("GET", "/clock", "").await, noon);
    assert_eq!(
        server.did("PUT", "/clock", r#"{"now":"2026-01-31T12:00:00Z"}"#).await,
        json!({"mode": "frozen", "now": "2026-01-31T12:00:00Z"})
    );
    assert_eq!(
        server.did("POST", "/clock/advance", r#"{"by":"36h"}"#).await,
        json!({"now": "2026-02-02T00:00:00Z", "happened": []})
    );
    assert_eq!(
        server.did("POST", "/clock/advance", r#"{"to":"2026-03-01T00:00:00Z"}"#).await,
        json!({"now": "2026-03-01T00:00:00Z", "happened": []})
    );
    let running = server.did("PUT", "/clock", r#"{"mode":"running"}"#).await;
    assert_eq!(running["mode"], "running");
}

#[tokio::test]
async fn a_clock_that_is_stopped_shows_whole_seconds() {
    let server = Server::start().await;
    server.did("PUT", "/clock", r#"{"mode":"running","now":"2026-01-31T12:00:00.25Z"}"#).await;
    let stopped = server.did("PUT", "/clock", r#"{"mode":"frozen"}"#).await;
    let now = stopped["now"].as_str().unwrap();
    assert!(now.len() == NOON.len() && now > "2026-01-31T12:00:00Z", "{now}");
    // A second freeze changes nothing, and fractions of a second are kept.
    assert_eq!(server.did("PUT", "/clock", r#"{"mode":"frozen"}"#).await, stopped);
    let expected_state = server.did("PUT", "/clock", r#"{"now":"2026-01-31T12:00:00.25Z"}"#).await;
    assert_eq!(expected_state["now"], "2026-01-31T12:00:00.25Z");
    assert_eq!(server.did("PUT", "/clock", r#"{"mode":"frozen"}"#).await, expected_state);
}

#[tokio::test]
async fn a_list_is_no_object_and_a_parameter_is_given_once() {
    let server = Server::start().await;
    for (method, path, body, expected_state) in [
        ("POST", "/faults", r#"[null,null,1,null,null,{"kind":"reset"}]"#, "must be a JSON object"),
        ("PUT", "/clock", " [\"frozen\",null]", "must be a JSON object"),
        ("PUT", "/clock", r#""frozen""#, "must be a JSON object"),
        ("GET", "/journal?limit=1&limit=2", "", "`limit` is there twice"),
        ("GET", "/journal?since=-1", "", "`since` is `-1`; it must be a whole number, at least 0"),
        ("GET", "/journal?provider=wepya", "", "did you mean `wepay`?"),
        ("GET", "/callbacks?provider=wepya", "", "did you mean `wepay`?"),
        ("GET", "/reports?provider=wepya", "", "did you mean `wepay`?"),
    ] {
        let detail = server.refuses(400, method, path, body).await;
        assert!(detail.contains(expected_state), "{method} {path} {body}: {detail}");
    }
    assert_eq!(server.did("GET", "/faults", "").await["faults"], json!([]));
}

#[tokio::test]
async fn every_seed_reads_back_as_it_was_put() {
    let server = Server::start().await;
    let seed = u64::MAX;
    let put = json!({"seed": seed, "merchant": [{"name": "m"}]}).to_string();
    assert_eq!(server.did("PUT", "/scenario", &put).await["seed"], seed);
    let scenario = server.did("GET", "/scenario", "").await;
    assert_eq!(scenario["seed"], seed);
    assert_eq!(server.did("PUT", "/scenario", &scenario.to_string()).await["seed"], seed);
}

#[tokio::test]
async fn a_wrong_clock_changes_nothing_and_says_why() {
    let server = Server::start().await;
    for (method, path, body, status, expected_state) in [
        ("PUT", "/clock", r#"{"nwo":"2026-01-31T12:00:00Z"}"#, 400, "did you mean `now`?"),
        ("PUT", "/clock", r#"{"mode":"froze"}"#, 400, "did you mean `frozen`?"),
        ("PUT", "/clock", r#"{"now":"yesterday"}"#, 400, "an instant such as"),
        ("PUT", "/clock", r#"{"now":"1999-01-01T00:00:00Z"}"#, 400, "2010-01-01T00:00:00Z"),
        ("PUT", "/clock", r#"{"mode":"running","now":7}"#, 400, "invalid type"),
        ("PUT", "/clock", "{}", 400, "say `mode`"),
        ("PUT", "/clock", "[", 400, "not JSON"),
        ("PUT", "/clock", "\u{0}", 400, "not JSON"),
        ("POST", "/clock/advance", "{}", 400, "either `by`"),
        ("POST", "/clock/advance", r#"{"by":"1h","to":"2027-01-01T00:00:00Z"}"#, 400, "either"),
        ("POST", "/clock/advance", r#"{"by":"-1h"}"#, 400, "a length of time"),
        ("POST", "/clock/advance", r#"{"by":"90000d"}"#, 409, "where clocks end"),
        ("POST", "/clock/advance", r#"{"to":"2026-03-14T11:00:00Z"}"#, 409, "jumps backwards"),
        ("PATCH", "/clock", "", 405, "it takes GET, PUT"),
        ("GET", "/clok", "", 404, "did you mean `/_admin/clock`?"),
    ] {
        let detail = server.refuses(status, method, path, body).await;
        assert!(detail.contains(expected_state), "{method} {path} {body}: {detail}");
    }
    assert_eq!(server.did("GET", "/clock", "").await["now"], "2026-03-14T12:00:00Z");
}

#[tokio::test]
async fn a_space_has_a_clock_of_its_own() {
    let server = Server::start().await;
    let path = "/@one/_admin/clock";
    server.send("PUT", path, &[], r#"{"now":"2026-01-31T12:00:00Z"}"#).await;
    assert_eq!(server.send("GET", path, &[], "").await.json()["now"], "2026-01-31T12:00:00Z");
    assert_eq!(server.did("GET", "/clock", "").await["now"], "2026-03-14T12:00:00Z");
}

#[tokio::test]
async fn reset_brings_clock_and_journal_back_but_not_the_numbers() {
    let server = Server::start().await;
    server.count("", "2026-03-01", "2026-03-02").await;
    server.did("PUT", "/clock", r#"{"mode":"running","now":"2026-01-31T12:00:00Z"}"#).await;
    assert_eq!(
        server.did("POST", "/reset", "").await,
        json!({"scenario": "default", "seed": 42, "now": "2026-03-14T12:00:00Z"})
    );
    assert_eq!(server.did("GET", "/clock", "").await["mode"], "frozen");
    assert_eq!(server.did("GET", "/journal", "").await["entries"], json!([]));
    server.count("", "2026-03-01", "2026-03-02").await;
    assert_eq!(server.last_entry().id, 2);
}

#[tokio::test]
async fn the_scenario_reads_back_as_it_was_put() {
    let server = Server::start().await;
    let before = server.count("", "2026-03-01", "2026-03-02").await.text();
    let scenario = server.did("GET", "/scenario", "").await;
    server.did("PUT", "/scenario?builtin=empty", "").await;
    let empty = server.count("", "2026-03-01", "2026-03-02").await.text();
    assert_ne!(before, empty);
    server.did("PUT", "/scenario", &scenario.to_string()).await;
    assert_eq!(server.did("GET", "/scenario", "").await, scenario);
    assert_eq!(server.count("", "2026-03-01", "2026-03-02").await.text(), before);
    server.did("PUT", "/scenario?builtin=empty", "").await;
    server.did("DELETE", "/scenario", "").await;
    assert_eq!(server.did("GET", "/health", "").await["scenario"], "default");
}

#[tokio::test]
async fn a_scenario_can_be_put_as_toml() {
    let server = Server::start().await;
    let toml = [("Content-Type", "application/toml")];
    let text = "seed = 7\n[[merchant]]\nname = \"m\"\n";
    let answer = server.send("PUT", "/_admin/scenario", &toml, text).await;
    assert_eq!(answer.json()["seed"], 7);
    let answer = server.send("PUT", "/_admin/scenario", &toml, "seeed = 7\n").await;
    assert_eq!(answer.status, 400);
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert_eq!(detail, "scenario:1:1: seeed: unknown key `seeed`; did you mean `seed`?");
    assert_eq!(server.did("GET", "/health", "").await["seed"], 7);
}

#[tokio::test]
async fn a_built_in_scenario_is_put_by_its_name() {
    let server = Server::start().await;
    for body in [r#""settlement""#, r#"{"name":"settlement"}"#] {
        assert_eq!(server.did("PUT", "/scenario", body).await["scenario"], "settlement");
        server.did("PUT", "/scenario?builtin=empty", "").await;
    }
    for body in [r#""setlement""#, r#"{"name":"setlement"}"#] {
        let detail = server.refuses(400, "PUT", "/scenario", body).await;
        assert!(detail.contains("did you mean `settlement`?"), "{detail}");
    }
    // Together with anything else it is a scenario, which has no such key.
    let detail = server.refuses(400, "PUT", "/scenario", r#"{"name":"empty","seed":1}"#).await;
    assert!(detail.starts_with("scenario:1:2: name: unknown key `name`"), "{detail}");
    let both = r#"{"dayz":1,"seed":"x"}"#;
    let detail = server.refuses(400, "PUT", "/scenario", both).await;
    assert_eq!(detail.lines().count(), 2, "{detail}");
    assert_eq!(server.did("GET", "/health", "").await["scenario"], "empty");
}

#[tokio::test]
async fn wrong_scenarios_are_refused_and_the_world_is_as_before() {
    let server = Server::start().await;
    for (body, expected_state) in [
        ("", "not JSON"),
        ("[]", "wanted is an object"),
        (r#"{"seed":"x"}"#, "wanted is a whole number"),
        (r#"{"merchants":[]}"#, "did you mean `merchant`?"),
        (r#"{"days":0}"#, "it must be 1 to 3660"),
    ] {
        let detail = server.refuses(400, "PUT", "/scenario", body).await;
        assert!(detail.contains(expected_state), "{body}: {detail}");
    }
    let detail = server.refuses(400, "PUT", "/scenario?builtin=defualt", "").await;
    assert!(detail.contains("did you mean `default`?"), "{detail}");
    assert_eq!(server.did("GET", "/health", "").await["scenario"], "default");
}

#[tokio::test]
async fn the_journal_lists_newest_first_and_shows_one_whole() {
    let server = Server::start().await;
    server.count("", "2026-03-01", "2026-03-02").await;
    let refused = server.send("POST", "/api/reports", &[], "{}").await;
    assert_eq!(refused.header("sandtill-journal"), "/_admin/journal/2");
    let list = server.did("GET", "/journal", "").await;
    let ids: Vec<_> = list["entries"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(ids, [&json!(2), &json!(1)]);
    assert_eq!(list["entries"][1]["merchant"], "begateway");
    assert_eq!(list["entries"][1]["operation"], "count");
    assert_eq!(list["entries"][0]["outcome"], "refused");
    assert_eq!(list["entries"][0]["reason"], "there is no Authorization header");
    let one = server.did("GET", "/journal/2", "").await;
    assert_eq!(one["request"]["body"], json!({"text": "{}", "length": 2, "cut": false}));
    assert_eq!(one["answer"]["body"]["text"], refused.text());
    server.refuses(404, "GET", "/journal/3", "").await;
    server.refuses(404, "GET", "/journal/x", "").await;
}

#[tokio::test]
async fn the_journal_is_filtered_and_paged() {
    let server = Server::start().await;
    for _ in 0..3 {
        server.count("", "2026-03-01", "2026-03-02").await;
        server.send("POST", "/api/reports", &[], "{}").await;
    }
    let ids = async |query: &str| {
        let list = server.did("GET", &format!("/journal?{query}"), "").await;
        let ids: Vec<u64> = list["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].as_u64().unwrap())
            .collect();
        (ids, list["next"].as_u64())
    };
    assert_eq!(ids("outcome=refused").await, (vec![6, 4, 2], None));
    assert_eq!(ids("operation=count&since=1").await, (vec![5, 3], None));
    assert_eq!(ids("merchant=begateway&limit=2").await, (vec![5, 3], Some(3)));
    assert_eq!(ids("merchant=begateway&limit=2&before=3").await, (vec![1], None));
    assert_eq!(ids("provider=wepay").await, (vec![], None));
    for (query, expected_state) in [
        ("outcom=refused", "did you mean `outcome`?"),
        ("outcome=refusd", "did you mean `refused`?"),
        ("limit=1001", "1 to 1000"),
        ("limit=x", "a whole number"),
    ] {
        let detail = server.refuses(400, "GET", &format!("/journal?{query}"), "").await;
        assert!(detail.contains(expected_state), "{detail}");
    }
    server.did("DELETE", "/journal", "").await;
    assert_eq!(ids("").await, (vec![], None));
}

#[tokio::test]
async fn providers_and_calls_are_listed() {
    let server = Server::start().await;
    let providers = server.did("GET", "/providers", "").await;
    let begateway =
        providers["providers"].as_array().unwrap().iter().find(|it| it["id"] == "begateway");
    let begateway = begateway.unwrap();
    assert_eq!(
        begateway["operations"],
        json!([
            {"name": "reports", "path": "/api/reports"},
            {"name": "day", "path": "/api/reports"},
            {"name": "count", "path": "/api/reports/count"},
            {"name": "channel_balances", "path": "/shop/channel_balances/"},
        ])
    );
    assert_eq!(begateway["quirks"][0]["name"], "begateway.local-time-z");
    assert_eq!(begateway["settings"][0]["value"], 1000);
    for call in server.did("GET", "", "").await["calls"].as_array().unwrap() {
        if call["method"] == "GET" {
            let path = call["path"].as_str().unwrap();
            let answer = server.send("GET", path, &[], "").await;
            // A server without a TLS port has no root certificate to give, and a truth is about a provider.
            let others = ["/_admin/tls/ca.pem", "/_admin/truth"];
            let is_there = !path.contains('{') && !others.contains(&path);
            assert_eq!(answer.status == 200, is_there, "{path}: {}", answer.text());
        }
    }
}
