//! What everything around providers uses of Flitt: ready commands, signing, words for faults.

use axum::response::Response;
use http_body_util::BodyExt;
use sandtill::providers::{self, InjectedError, Provider, SignOptions};
use sandtill::wire::body::TransportError;
use serde_json::{Value, json};

use super::{REPORT, SIGNATURE, TOKEN};
use crate::support::{NOON, Server, frozen};

fn flitt() -> &'static Provider {
    providers::find("flitt").unwrap()
}

/// What stands between `-d '` and the next quote, each time.
fn bodies(command: &str) -> Vec<&str> {
    command.split("-d '").skip(1).map(|rest| rest.split('\'').next().unwrap()).collect()
}

#[tokio::test]
async fn ready_commands_get_a_token_and_then_rows() {
    let server = Server::frozen("default", NOON).await;
    let examples = (flitt().examples)(&server.space().moment(), &server.url);
    let names: Vec<_> =
        examples.iter().map(|it| (it.merchant.as_str(), it.report.as_str())).collect();
    let reports = ["745", "403", "500", "528", "969"];
    let expected = ["flitt", "everywhere"].map(|merchant| reports.map(|report| (merchant, report)));
    assert_eq!(names, expected.concat());
    for example in examples {
        let [get, ask] = bodies(&example.command)[..] else { panic!("{}", example.command) };
        assert!(example.command.contains(&format!("{}{TOKEN} ", server.url)));
        assert!(example.command.contains(&format!("{}{REPORT} ", server.url)));
        let token = server.send("POST", TOKEN, &[], get.to_owned()).await.json();
        let header = format!("Token {}", token["token"].as_str().unwrap());
        let answer =
            server.send("POST", REPORT, &[("Authorization", &header)], ask.to_owned()).await;
        assert!(answer.json()["rows_count"].as_i64().unwrap() > 0, "{}", answer.text());
        let journal = server.last_entry();
        assert_eq!((journal.provider, journal.operation), ("flitt", "report"));
        assert_eq!(journal.note.merchant.as_deref(), Some(example.merchant.as_str()));
    }
}

#[test]
fn signing_prints_string_and_signature() {
    let scenario = frozen("default", NOON);
    let sign = flitt().sign.unwrap();
    let secret = |secret: &str| SignOptions { secret: Some(secret.to_owned()), hash: None };
    let request =
        br#"{"application_id": "1019", "date": "2026-04-06 11:15:27", "signature": "old"}"#;
    let signed = sign(&scenario, request, &SignOptions::default()).unwrap();
    assert_eq!(signed.string, "test|1019|2026-04-06 11:15:27");
    assert_eq!(signed.signature, SIGNATURE);
    // The vector of the vendor's page.
    let request = br#"{"application_id": 2, "date": 1586171872}"#;
    let signed = sign(&scenario, request, &secret("%your_company_private_key%")).unwrap();
    assert_eq!(
        signed.signature,
        "7eec02ed1088b47da639549a109c0e98a75e2d8c76dfa33db4ee18359b2ea677dda37516abc0e439b286261a48d49d3e2fd885d9f09c8ff5c7308afe4180688a"
    );
    for (request, options, problem) in [
        (&b"{"[..], SignOptions::default(), "the body is not a JSON object"),
        (b"{}", SignOptions::default(), "the request has no `application_id`"),
        (br#"{"application_id":"1019"}"#, SignOptions::default(), "the request has no `date`"),
        (request, SignOptions::default(), "the scenario has no application `2`"),
        (
            request,
            SignOptions { hash: Some("sha256".to_owned()), ..SignOptions::default() },
            "Flitt signs with sha512, not with `sha256`",
        ),
    ] {
        let message = sign(&scenario, request, &options).unwrap_err();
        assert!(message.starts_with(problem), "{message}");
    }
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn faults_speak_the_words_of_their_endpoint() {
    let server = Server::start().await;
    let moment = server.space().moment();
    let error_response = |operation, trouble| {
        (flitt().error_response)(&moment, operation, &axum::http::HeaderMap::new(), trouble)
    };
    for text in [
        "Authorization token required",
        "Invalid auth token",
        "Merchant not found",
        "you have no access to this report",
    ] {
        let (status, body) =
            read(error_response("report", InjectedError::Error(text)).unwrap()).await;
        assert_eq!((status, body), (200, json!({"error": text, "err_code": text})));
    }
    let (status, body) = read(error_response("report", InjectedError::ExpiredToken).unwrap()).await;
    assert_eq!((status, &body["error"]), (200, &json!("Invalid auth token")));
    let (status, body) = read(error_response("token", InjectedError::Error("403")).unwrap()).await;
    assert_eq!((status, &body["error_message"]), (403, &json!("Incorrect signature")));
    for (operation, key) in [("report", "err_code"), ("token", "error_message")] {
        assert!(error_response(operation, InjectedError::Error("E99")).is_none());
        let (status, body) =
            read(error_response(operation, InjectedError::Throttled).unwrap()).await;
        assert_eq!((status, &body[key]), (429, &json!("Too many requests")));
        for (refusal, code, text) in [
            (TransportError::TooLarge, 413, "Request is too large"),
            (TransportError::TimedOut, 408, "Request timeout"),
            (TransportError::Broken, 400, "Request is incomplete"),
            (TransportError::Internal, 500, "Internal error"),
        ] {
            let (status, body) = read((flitt().reject_early)(
                &moment,
                operation,
                &axum::http::HeaderMap::new(),
                refusal,
            ))
            .await;
            assert_eq!((status, &body[key]), (code, &json!(text)), "{operation}");
        }
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_in_the_envelope() {
    let server = Server::start().await;
    let answer = server.send("POST", REPORT, &[], vec![b' '; 2 * 1024 * 1024]).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["err_code"], "Request is too large");
}
