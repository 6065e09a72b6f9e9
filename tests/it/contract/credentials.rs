//! Tests requests with missing, wrong and expired credentials.

use jiff::SignedDuration;
use sandtill::providers;
use sandtill::sandbox::facts::Named;
use serde_json::{Value, json};

use super::{Step, examples, is_framework_text, run};
use crate::support::Server;

#[tokio::test]
async fn without_and_with_wrong_credentials_every_provider_refuses_in_its_own_envelope() {
    let server = Server::start().await;
    // Requests without credentials, and with an invalid proof of the identity.
    let nobody = |step: &mut Step| {
        step.headers.retain(|it| it.0 != "Authorization");
        strip_signature(step, None);
    };
    let wrong = |step: &mut Step| {
        for header in step.headers.iter_mut().filter(|it| it.0 == "Authorization") {
            let scheme = header.1.split(' ').next().unwrap();
            header.1 = format!("{scheme} bm9ib2R5Om5vYm9keQ==");
        }
        strip_signature(step, Some("0000000000000000000000000000000000000000"));
    };
    for provider in providers::ALL {
        let example = examples(provider, &server).remove(0);
        for tamper in [&nobody as &dyn Fn(&mut Step), &wrong] {
            let before = server.space().journal.next_id();
            let answers = run(&server, &example.command, tamper).await;
            for (number, (step, answer)) in answers.iter().enumerate() {
                let text = answer.text();
                assert!(answer.status < 500 && !text.is_empty(), "{step:?}: {text}");
                assert!(!is_framework_text(&text), "{text}");
                let id = before + u64::try_from(number).unwrap();
                let entry = server.space().journal.entry(id).unwrap();
                assert_eq!(entry.outcome.name(), "refused", "{step:?}: {text}");
                assert!(entry.note.reason.as_ref().is_some_and(|it| it.len() > 10));
            }
        }
    }
}

/// Removes the signature from a body or replaces it.
fn strip_signature(step: &mut Step, other: Option<&str>) {
    let Some(body) = &step.body else { return };
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return };
    let Some(object) = value.as_object_mut() else { return };
    if object.remove("signature").is_some() {
        if let Some(other) = other {
            object.insert("signature".to_owned(), json!(other));
        }
        step.body = Some(value.to_string());
    }
}

/// A refusal of expired credentials in the provider's own envelope: HTTP status, and what its page
/// prints. None but Flitt's token dies by the clock; the rest is what a fault makes of it.
fn expired(slug: &str) -> (u16, &'static str) {
    match slug {
        "payfort" => (200, r#""response_message":"Invalid access code","response_code":"00010""#),
        "flitt" => (200, r#"{"error": "Invalid auth token", "err_code": "Invalid auth token"}"#),
        "begateway" => (401, r#"{"message":"Invalid shop_id/secret_key.","errors""#),
        "epicpay" => (401, r#"{"status":{"response_code":"Error","reason_code":"E01""#),
        "wepay" => (
            401,
            r#"{"error":"access_denied","error_description":"this access_token has been revoked","error_code":1011}"#,
        ),
        other => panic!("say how {other} refuses expired credentials"),
    }
}

#[tokio::test]
async fn expired_credentials_are_refused_in_the_words_of_every_provider() {
    let server = Server::start().await;
    for provider in providers::ALL {
        let (status, expected_text) = expired(provider.slug);
        let example = examples(provider, &server).remove(0);
        // The last request of a command needs the results of the earlier ones.
        let good = run(&server, &example.command, |_| {}).await;
        let (last, answer) = good.last().unwrap();
        assert_eq!(answer.status, 200);
        let rule = json!({
            "provider": provider.slug, "times": 1, "fault": {"kind": "expired_token"},
        });
        let rule = server.did("POST", "/faults", &rule.to_string()).await;
        let answer = last.send(&server).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.text().contains(expected_text), "{}", answer.text());
        let entry = server.last_entry();
        assert_eq!(entry.outcome.name(), "faulted");
        let id = rule["id"].as_str().unwrap();
        assert_eq!(entry.note.reason, Some(format!("the fault `{id}` struck")));
        // Nothing else was wrong with it.
        assert_eq!(last.send(&server).await.status, 200);
        assert_eq!(server.last_entry().outcome.name(), "answered");
        server.did("DELETE", "/faults", "").await;
    }
}

#[tokio::test]
async fn a_token_of_flitt_dies_by_the_clock_and_no_other_credentials_do() {
    let server = Server::start().await;
    for provider in providers::ALL {
        let example = examples(provider, &server).remove(0);
        let issued = server.space().moment().now;
        let good = run(&server, &example.command, |_| {}).await;
        let (last, _) = good.last().unwrap();
        // `expires_in` is 3602.
        let almost = json!({"to": (issued + SignedDuration::from_secs(3601)).to_string()});
        server.did("POST", "/clock/advance", &almost.to_string()).await;
        let answer = last.send(&server).await;
        assert_eq!((answer.status, server.last_entry().outcome.name()), (200, "answered"));
        server.did("POST", "/clock/advance", r#"{"by":"1s"}"#).await;
        let answer = last.send(&server).await;
        let reason = server.last_entry().note.reason.clone();
        if provider.slug == "flitt" {
            let (status, expected_text) = expired(provider.slug);
            assert_eq!((answer.status, answer.text().as_str()), (status, expected_text));
            let dead = issued + SignedDuration::from_secs(3602);
            assert_eq!(reason, Some(format!("the token expired at {dead}, and it is {dead}")));
        } else {
            assert_eq!((answer.status, reason), (200, None), "{}", provider.slug);
            server.did("POST", "/clock/advance", r#"{"by":"2d"}"#).await;
            assert_eq!(last.send(&server).await.status, 200, "{}", provider.slug);
        }
    }
}
