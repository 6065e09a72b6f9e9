//! A merchant with two credentials at a provider: both open the same books, each with its own secret.

use base64::Engine;
use serde_json::json;

use crate::payfort;
use crate::support::{Answer, NOON, Server, scenario};
use sandtill::sandbox::facts::Named;

/// A merchant with two credentials at each provider.
const TWICE: &str = r#"
days = 10
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[[merchant]]
name = "twice"
[[merchant.credentials.payfort]]
merchant_identifier = "FirstId"
access_code = "firstAccess01"
hash = "sha256"
request_phrase = "first-request"
response_phrase = "first-response"
[[merchant.credentials.payfort]]
merchant_identifier = "SecondId"
access_code = "secondAccess02"
hash = "sha512"
request_phrase = "second-request"
response_phrase = "second-response"
[[merchant.credentials.flitt]]
application_id = "101"
key = "first-key"
merchant_id = "1001"
[[merchant.credentials.flitt]]
application_id = "102"
key = "second-key"
merchant_id = "1002"
[[merchant.credentials.begateway]]
shop_id = "11"
secret_key = "first-secret"
[[merchant.credentials.begateway]]
shop_id = "12"
secret_key = "second-secret"
[[merchant.credentials.epicpay]]
key_id = "first-terminal"
password = "first-password"
[[merchant.credentials.epicpay]]
key_id = "second-terminal"
password = "second-password"
[[merchant.credentials.wepay]]
access_token = "STAGE_first"
user_id = "201"
account_id = "301"
client_id = "401"
client_secret = "first-client"
[[merchant.credentials.wepay]]
access_token = "STAGE_second"
user_id = "202"
account_id = "302"
client_id = "402"
client_secret = "second-client"
"#;

fn basic(user: &str, password: &str) -> String {
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {encoded}")
}

/// A request that names itself by the identity of one credential (0 or 1) and proves it by the secret of
/// another; whether it was let in.
async fn is_let_in(
    server: &Server,
    provider: &str,
    identity: usize,
    secret: usize,
) -> (bool, Answer) {
    let pick = |two: [&'static str; 2], which: usize| two[which];
    let json = ("Content-Type", "application/json");
    match provider {
        "payfort" => {
            let client = payfort::Client {
                identifier: pick(["FirstId", "SecondId"], identity),
                access_code: pick(["firstAccess01", "secondAccess02"], identity),
                hash: pick(["sha256", "sha512"], secret),
                request_phrase: pick(["first-request", "second-request"], secret),
                response_phrase: pick(["first-response", "second-response"], identity),
            };
            let request = client.generate(&format!("twice-{identity}{secret}"));
            let answer = client.ask(server, &request).await;
            if identity == secret {
                client.verify(&answer.json());
            }
            (answer.json()["response_code"] == "56000", answer)
        }
        "flitt" => {
            use sha2::{Digest, Sha512};
            let application = pick(["101", "102"], identity);
            let key = pick(["first-key", "second-key"], secret);
            let signature = hex::encode(Sha512::digest(format!("{key}|{application}|x")));
            let body = json!({"application_id": application, "date": "x", "signature": signature});
            let path = "/authorizer/token/application/get";
            let answer = server.send("POST", path, &[json], body.to_string()).await;
            (answer.json()["token"].is_string(), answer)
        }
        "begateway" => {
            let identity = pick(["11", "12"], identity);
            let header = basic(identity, pick(["first-secret", "second-secret"], secret));
            let path = "/shop/channel_balances/?gateway_id=312";
            let answer = server.send("GET", path, &[("Authorization", &header)], "").await;
            (answer.status == 200, answer)
        }
        "epicpay" => {
            let identity = pick(["first-terminal", "second-terminal"], identity);
            let header = basic(identity, pick(["first-password", "second-password"], secret));
            let answer =
                crate::epicpay::ask(server, &header, "deposits", "2026-03-10", "2026-03-13").await;
            (answer.status == 200, answer)
        }
        "wepay" => {
            let body = json!({
                "client_id": pick(["401", "402"], identity),
                "client_secret": pick(["first-client", "second-client"], secret),
                "redirect_uri": "https://example.com/", "code": "abc",
            });
            let answer = server.send("POST", "/v2/oauth2/token", &[json], body.to_string()).await;
            (answer.status == 200, answer)
        }
        other => panic!("say how two credentials are used at {other}"),
    }
}

#[tokio::test]
async fn both_credentials_work_and_each_is_checked_with_its_own_secret() {
    let server = Server::with(scenario(TWICE)).await;
    for slug in sandtill::providers::ALL.iter().map(|it| it.slug) {
        for (identity, secret) in [(0, 0), (1, 1), (0, 1), (1, 0)] {
            let (let_in, answer) = is_let_in(&server, slug, identity, secret).await;
            assert_eq!(let_in, identity == secret, "{slug} {identity} {secret}: {}", answer.text());
            let entry = server.last_entry();
            let outcome = if identity == secret { "answered" } else { "refused" };
            assert_eq!(entry.outcome.name(), outcome, "{slug} {identity} {secret}");
        }
    }
}

#[tokio::test]
async fn one_secret_for_another_is_refused_where_only_one_of_several_is_a_secret() {
    let server = Server::with(scenario(TWICE)).await;
    // PayFort: the access code of the other credential, signed as that one signs.
    let mixed = payfort::Client {
        identifier: "FirstId",
        access_code: "secondAccess02",
        hash: "sha512",
        request_phrase: "second-request",
        response_phrase: "second-response",
    };
    let answer = mixed.ask(&server, &mixed.generate("mixed")).await;
    assert_ne!(answer.json()["response_code"], "56000", "{}", answer.text());
    // WePay: a token stands for the user it came with, and for nobody else's account.
    for (token, user, own, other) in
        [("STAGE_first", 201, 301, 302), ("STAGE_second", 202, 302, 301)]
    {
        let token = format!("Bearer {token}");
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        let answer = server.send("POST", "/v2/user", &headers, "").await;
        assert_eq!(answer.json()["user_id"], user, "{}", answer.text());
        for (account, status) in [(own, 200), (other, 400)] {
            let body = json!({"account_id": account}).to_string();
            let answer = server.send("POST", "/v2/account", &headers, body).await;
            let is_there = answer.status == 200;
            assert_eq!(is_there, status == 200, "{account}: {}", answer.text());
        }
    }
    assert_eq!(server.space().moment().now.to_string(), NOON);
}

#[tokio::test]
async fn both_credentials_open_the_same_books() {
    let server = Server::with(scenario(TWICE)).await;
    for slug in ["begateway", "epicpay"] {
        let (first, second) =
            (is_let_in(&server, slug, 0, 0).await.1, is_let_in(&server, slug, 1, 1).await.1);
        assert_eq!(first.text(), second.text(), "{slug}");
        assert!(first.body.len() > 40, "{}", first.text());
    }
}
