//! Eight ways to send a token wrongly, at WePay and at Flitt.

use serde_json::json;
use sha2::{Digest, Sha512};

use super::{Row, likely_mistake};
use crate::support::Server;

async fn token(server: &Server) -> String {
    let signature = hex::encode(Sha512::digest("test|1019|x"));
    let body = json!({"application_id": "1019", "date": "x", "signature": signature});
    let answer = server.send("POST", "/authorizer/token/application/get", &[], body.to_string());
    answer.await.json()["token"].as_str().unwrap().to_owned()
}

pub(super) async fn rows() -> Vec<Row> {
    let server = Server::start().await;
    let flitt = token(&server).await;
    let (user, report) = ("/v2/user", "/api/extend/company/report/");
    let mut rows = Vec::new();
    for (mistake, path, header, body, wanted) in [
        (
            "in the query",
            "/v2/user?access_token=STAGE_sandtill",
            None,
            "{}",
            "in the query, as `access_token`",
        ),
        (
            "in the body",
            user,
            None,
            r#"{"access_token":"STAGE_sandtill"}"#,
            "in the body, as `access_token`",
        ),
        ("no scheme", user, Some("STAGE_sandtill".to_owned()), "", "`Bearer` is missing in front"),
        ("another case", user, Some("Bearer stage_SANDTILL".to_owned()), "", "in another case"),
        (
            "the client secret",
            user,
            Some("Bearer sandtill-client-secret".to_owned()),
            "",
            "the client secret of merchant `wepay`",
        ),
        ("in angle brackets", user, Some("Bearer <STAGE_sandtill>".to_owned()), "", "brackets"),
        (
            "Bearer and not Token",
            report,
            Some(format!("Bearer {flitt}")),
            "{}",
            "`Bearer` and not `Token`",
        ),
        (
            "another provider's",
            report,
            Some("Token STAGE_everywhere".to_owned()),
            "{}",
            "the access token of merchant `everywhere` at wepay",
        ),
    ] {
        let headers: Vec<_> = header.iter().map(|it| ("Authorization", it.as_str())).collect();
        server.send("POST", path, &headers, body).await;
        rows.push(Row {
            scheme: "bearer",
            mistake,
            wanted,
            likely_mistake: likely_mistake(&server).await,
        });
    }
    rows
}

#[tokio::test]
async fn a_token_that_expired_is_said_to_be() {
    let server = Server::start().await;
    let flitt = token(&server).await;
    server.did("POST", "/clock/advance", r#"{"by":"2h"}"#).await;
    let header = format!("Token {flitt}");
    let headers = [("Authorization", header.as_str())];
    server.send("POST", "/api/extend/company/report/", &headers, "{}").await;
    assert_eq!(
        likely_mistake(&server).await,
        "the token expired at 2026-03-14T13:00:02Z, and it is 2026-03-14T14:00:00Z"
    );
}

#[tokio::test]
async fn the_scheme_of_a_good_token_is_said_to_be_wrong_as_it_is() {
    let server = Server::start().await;
    let flitt = token(&server).await;
    for (header, wanted) in [
        (format!("token {flitt}"), "the scheme is written `token` and not `Token`"),
        (format!("Token: {flitt}"), "there is `:` behind the word `Token`"),
        (format!("Token{flitt}"), "there is no blank behind the word `Token`"),
        (format!("Authorization: Token {flitt}"), "the scheme is `Authorization:` and not `Token`"),
    ] {
        let headers = [("Authorization", header.as_str())];
        server.send("POST", "/api/extend/company/report/", &headers, "{}").await;
        let mistake = likely_mistake(&server).await;
        assert!(mistake.starts_with(wanted), "{header}: {mistake}");
    }
}
