//! Tokens: how they are got, what they are good for, and when they die.

use serde_json::json;

use super::{BUSY, REPORT, SIGNATURE, TOKEN, token};
use crate::support::{NOON, Server, scenario};

#[tokio::test]
async fn a_signature_is_worth_a_token_of_32_letters() {
    let server = Server::start().await;
    let body = format!(
        r#"{{"signature": "{SIGNATURE}", "application_id": 1019, "date": "2026-04-06 11:15:27"}}"#
    );
    for path in [TOKEN, "/authorizer/token/application/get/"] {
        let answer = server.send("POST", path, &[], body.clone()).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let text = answer.text();
        let value = answer.json();
        let letters = |name: &str| {
            let text = value[name].as_str().unwrap().to_owned();
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{text}");
            text
        };
        let (request, token) = (letters("request_id"), letters("token"));
        assert_eq!((request.len(), token.len()), (16, 32));
        let expected =
            format!(r#"{{"request_id": "{request}", "token": "{token}", "expires_in": 3602}}"#);
        assert_eq!(text, expected);
    }
}

#[tokio::test]
async fn a_date_may_be_a_number() {
    let server = Server::start().await;
    // printf 'test|1019|1586171872' | sha512sum
    let signature = "74022e6b1e7cc0958a5b54b68abbc48db1d1712bb95a1600d4c85c6eb55eef3afa6e13b11dbcb3ec3becd5c8f687c07f865a7419c1a8ca895c9583448c5a7d99";
    for date in [json!(1_586_171_872), json!("1586171872")] {
        let body = json!({"signature": signature, "application_id": 1019, "date": date});
        let answer = server.send("POST", TOKEN, &[], body.to_string()).await;
        assert_eq!(answer.status, 200, "{date}");
    }
}

#[tokio::test]
async fn a_wrong_signature_is_explained_in_the_journal_without_the_key() {
    let server = Server::start().await;
    let body = r#"{"signature": "abc", "application_id": "1019", "date": "2026-04-06 11:15:27"}"#;
    let answer = server.send("POST", TOKEN, &[], body).await;
    assert_eq!(answer.status, 403);
    let id = answer.json()["request_id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 16);
    assert_eq!(
        answer.text(),
        format!(
            r#"{{"error_code": 403, "error_message": "Incorrect signature", "request_id": "{id}"}}"#
        )
    );
    let note = server.last_entry().note.clone();
    assert_eq!(note.merchant.as_deref(), Some("flitt"));
    let explanation = note.explanation.unwrap();
    let text = |text: &Option<String>| text.clone().unwrap();
    assert_eq!(text(&explanation.string_to_sign), "‹key›|1019|2026-04-06 11:15:27");
    assert_eq!(text(&explanation.expected), SIGNATURE);
    assert_eq!(text(&explanation.received), "abc");
    assert_eq!(
        text(&explanation.likely_mistake),
        "the signature has 3 hex digits; sha512 makes 128"
    );
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_request_is_an_incorrect_signature() {
    let server = Server::start().await;
    let deep = "[".repeat(100_000);
    let bodies: [(&[u8], &str); 9] = [
        (b"", "not a JSON object"),
        (b"\xff\xfe", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (deep.as_bytes(), "not a JSON object"),
        (b"{}", "`application_id` is missing"),
        (br#"{"application_id":"1019","signature":"x"}"#, "`date` is missing"),
        (br#"{"application_id":"1019","date":"","signature":"x"}"#, "`date` is missing"),
        (br#"{"application_id":["1019"],"date":"d","signature":"x"}"#, "`application_id` is"),
        (br#"{"application_id":"9","date":"d","signature":"x"}"#, "there is no application `9`"),
    ];
    for (body, reason) in bodies {
        let answer = server.send("POST", TOKEN, &[], body.to_vec()).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(answer.status, 403, "{shown}");
        assert_eq!(answer.json()["error_message"], "Incorrect signature", "{shown}");
        let entry = server.last_entry();
        let message = entry.note.reason.clone().unwrap();
        assert!(message.contains(reason), "{shown}: {message}");
    }
    let answer = server.send("GET", TOKEN, &[], "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    assert_eq!(answer.json()["error_code"], 405);
}

#[tokio::test]
async fn a_refused_token_is_status_200_with_the_quirk() {
    let text = format!("quirks = [\"flitt.token-errors-200\"]\n{BUSY}");
    let server = Server::with(scenario(&text)).await;
    let answer = server.send("POST", TOKEN, &[], "{}").await;
    assert_eq!((answer.status, &answer.json()["error_code"]), (200, &json!(403)));
}

#[tokio::test]
async fn tokens_live_side_by_side_and_die_by_the_clock() {
    let server = Server::frozen("default", NOON).await;
    let (first, second) = (token(&server).await, token(&server).await);
    assert_ne!(first, second);
    let body = r#"{"filters":[{"s":"payment_id","m":"=","v":"1"}],"merchant_id":1549902,"report_id":745,"on_page":1,"page":1}"#;
    let error = async |token: &str| {
        let header = format!("Token {token}");
        let answer = server.send("POST", REPORT, &[("Authorization", &header)], body).await;
        assert_eq!(answer.status, 200);
        answer.json()["err_code"].clone()
    };
    // 3599 s and 3603 s after noon.
    server.jump("2026-03-14T12:59:59Z");
    assert_eq!(error(&first).await, json!(null));
    assert_eq!(error(&second).await, json!(null));
    server.jump("2026-03-14T13:00:03Z");
    assert_eq!(error(&first).await, json!("Invalid auth token"));
    let entry = server.last_entry();
    assert_eq!(
        entry.note.reason.as_deref(),
        Some("the token expired at 2026-03-14T13:00:02Z, and it is 2026-03-14T13:00:03Z")
    );
    assert_eq!(error("None").await, json!("Invalid auth token"));
    assert_eq!(error(&token(&server).await).await, json!(null));
}

#[tokio::test]
async fn the_life_of_a_token_is_a_setting() {
    let text = format!("{BUSY}\n[settings.flitt]\ntoken_life = \"60s\"\n");
    let server = Server::with(scenario(&text)).await;
    let body = json!({
        "application_id": "1019", "date": "2026-04-06 11:15:27", "signature": SIGNATURE,
    });
    let answer = server.send("POST", TOKEN, &[], body.to_string()).await;
    assert_eq!(answer.json()["expires_in"], 60);
}
