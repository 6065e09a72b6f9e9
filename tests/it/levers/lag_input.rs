//! Reporting lag as it is written: over HTTP and in scenario files, right and wrong.

use sandtill::providers;
use sandtill::sandbox::scenario::{Overrides, Scenario};
use serde_json::{Value, json};

use super::{lag, payment};
use crate::support::{NOON, Server, frozen, scenario};

const ALL: &str = r#"{"lag":"2h","jitter":"90m","daily":"06:00 Europe/London","missing":["2026-03-12"],"until":"2026-03-20T00:00:00Z"}"#;

#[tokio::test]
async fn what_was_put_is_read_and_can_be_put_again() {
    let server = Server::start().await;
    let none = server.did("GET", "/reporting/flitt", "").await;
    assert_eq!(
        none,
        json!({"provider":"flitt","lag":"0s","jitter":"0s","daily":null,"missing":[],"until":null})
    );
    let answer = server.did("PUT", "/reporting/flitt", ALL).await;
    let mut expected: Value = serde_json::from_str(ALL).unwrap();
    expected["provider"] = json!("flitt");
    assert_eq!(answer, expected);
    assert_eq!(server.did("GET", "/reporting/flitt", "").await, expected);
    assert_eq!(server.did("GET", "/reporting/wepay", "").await["lag"], "0s");
    assert_eq!(lag(&server, "flitt", &none).await, none);
    assert_eq!(lag(&server, "flitt", &answer).await, expected);
    // A reset and another space have the scenario's lag.
    let elsewhere = server.send("GET", "/@x/_admin/reporting/flitt", &[], "").await;
    assert_eq!(elsewhere.json(), none);
    server.did("POST", "/reset", "").await;
    assert_eq!(server.did("GET", "/reporting/flitt", "").await, none);
}

#[tokio::test]
async fn a_lag_that_cannot_be_is_refused_with_what_is_possible() {
    let server = Server::start().await;
    let before = server.did("GET", "/snapshot", "").await;
    for (body, parts) in [
        (r#"{"lag":"soon"}"#, ["`lag` is `soon`", "such as `2h`"]),
        (r#"{"lag":"-2h"}"#, ["`lag` is `-2h`", "such as `2h`"]),
        (r#"{"jitter":"4000d"}"#, ["`jitter` is `4000d`", "3660d"]),
        (r#"{"lag":7200}"#, ["7200", "string"]),
        (r#"{"daily":"06:00"}"#, ["`daily` is `06:00`", "06:00 Europe/London"]),
        (r#"{"daily":"6 UTC"}"#, ["`daily` is `6 UTC`", "06:00 Europe/London"]),
        (
            r#"{"daily":"06:00 Europe/Londn"}"#,
            ["no zone `Europe/Londn`", "did you mean `Europe/London`"],
        ),
        (r#"{"missing":["yesterday"]}"#, ["`yesterday`", "2026-03-14"]),
        (r#"{"missing":["2026-02-30"]}"#, ["`2026-02-30`", "2026-03-14"]),
        (r#"{"missing":"2026-03-12"}"#, ["2026-03-12", "expected a sequence"]),
        (r#"{"until":"2026-03-20T00:00:00Z"}"#, ["`until`", "none is missing"]),
        (
            r#"{"missing":["2026-03-12"],"until":"2000-01-01T00:00:00Z"}"#,
            ["`until` is 2000", "2010"],
        ),
        (r#"{"lags":"2h"}"#, ["unknown key `lags`", "did you mean `lag`"]),
        (r#"{"provider":"wepay"}"#, ["`provider` is \"wepay\"", "flitt"]),
        ("[]", ["must be a JSON object", ""]),
    ] {
        let detail = server.refuses(400, "PUT", "/reporting/flitt", body).await;
        assert!(parts.iter().all(|part| detail.contains(part)), "{body}: {detail}");
    }
    let detail = server.refuses(404, "PUT", "/reporting/flit", "{}").await;
    assert!(detail.contains("did you mean `flitt`"), "{detail}");
    for (visible_at, part) in [
        (json!("2026-03-14T11:59:59Z"), "before it is created"),
        (json!({"fliit": "2026-03-14T13:00:00Z"}), "did you mean `flitt`"),
        (json!("later"), "an instant"),
        (json!("2200-01-01T00:00:00Z"), "must be 2010"),
    ] {
        let body = payment(&json!({"visible_at": visible_at, "at": NOON}));
        let detail = server.refuses(400, "POST", "/transactions", &body).await;
        assert!(detail.contains(part), "{visible_at}: {detail}");
    }
    assert_eq!(server.did("GET", "/snapshot", "").await, before);
}

fn wrong(text: &str) -> String {
    let read = Scenario::parse("t.toml", text, &providers::vocabulary(), &Overrides::default());
    read.unwrap_err().to_string()
}

#[tokio::test]
async fn a_scenario_file_has_it_per_provider_and_is_refused_with_the_line() {
    let text = "[clock]\nmode = \"frozen\"\nnow = \"2026-03-14T12:00:00Z\"\n\n[reporting.begateway]\nlag = \"2h\"\n\
                missing = [\"2026-03-12\"]\n\n[reporting.epicpay]\ndaily = \"06:00 UTC\"\n";
    let server = Server::with(scenario(text)).await;
    let file = server.did("GET", "/scenario", "").await;
    assert_eq!(file["reporting"]["epicpay"], json!({"daily": "06:00 UTC"}));
    for _ in 0..2 {
        let set = server.did("GET", "/reporting/begateway", "").await;
        assert_eq!((&set["lag"], &set["missing"]), (&json!("2h"), &json!(["2026-03-12"])));
        assert_eq!(server.did("GET", "/reporting/epicpay", "").await["daily"], "06:00 UTC");
        // The scenario as JSON is the same one.
        let replaced = file.clone();
        server.did("PUT", "/scenario", &replaced.to_string()).await;
    }
    for (lines, line, part) in [
        (
            "[reporting.begateway]\nlag = \"2h\"\njitter = \"often\"\n",
            3,
            "reporting.begateway.jitter: is `often`",
        ),
        ("[reporting.begateway]\nlag = 7\n", 2, "reporting.begateway.lag: is the whole number 7"),
        ("[reporting.begateway]\n\nlagg = \"2h\"\n", 3, "did you mean `lag`"),
        ("seed = 7\n[reporting.begatway]\nlag = \"2h\"\n", 2, "did you mean `begateway`"),
        ("[reporting.wepay]\ndaily = \"06:00 Mars\"\n", 2, "no zone `Mars`"),
        ("[reporting.wepay]\nmissing = [\"2026-3-1\"]\n", 2, "2026-03-14"),
    ] {
        let problem = wrong(lines);
        assert!(problem.starts_with(&format!("t.toml:{line}:")), "{lines}: {problem}");
        assert!(problem.contains(part), "{lines}: {problem}");
    }
    let pinned = "[[merchant]]\nname = \"shop\"\n[[transaction]]\nmerchant = \"shop\"\namount = 1\n\
                  at = \"2026-03-14T12:00:00Z\"\nvisible_at = ";
    let problem = wrong(&format!("{pinned}\"2026-03-13T12:00:00Z\"\n"));
    assert!(problem.contains("transaction.visible_at: "), "{problem}");
    let problem = wrong(&format!("{pinned}{{ weepay = \"2026-03-15T12:00:00Z\" }}\n"));
    assert!(problem.contains("did you mean `wepay`"), "{problem}");
}

#[tokio::test]
async fn a_snapshot_holds_it() {
    let server = Server::start().await;
    server.did("PUT", "/reporting/flitt", ALL).await;
    let snapshot = server.did("GET", "/snapshot", "").await;
    let other = Server::with(frozen("default", NOON)).await;
    other.did("PUT", "/snapshot", &snapshot.to_string()).await;
    let expected = server.did("GET", "/reporting/flitt", "").await;
    assert_eq!(other.did("GET", "/reporting/flitt", "").await, expected);
}
