//! Tests access rights, parameter formats and errors of the calls.

use proptest::prelude::*;

use super::{JSON, OTHER, TOKEN, call};
use crate::support::{NOON, Server, scenario};

/// Sends and compares status and whole body.
pub(super) async fn check(
    server: &Server,
    headers: &[(&str, &str)],
    to: &str,
    body: &str,
    expected: (u16, &str),
) {
    let (method, path) = to.split_once(' ').unwrap();
    let answer = server.send(method, path, headers, body.to_owned()).await;
    assert_eq!((answer.status, answer.text().as_str()), expected, "{to} {headers:?} {body}");
    assert_eq!(answer.header("content-type"), "application/json");
    if expected.0 != 200 {
        assert!(server.last_entry().note.reason.is_some(), "{to} {body}");
    }
}

pub(super) fn refusal(code: u32, text: &str) -> String {
    format!(r#"{{"error":"invalid_request","error_description":"{text}","error_code":{code}}}"#)
}

const UNKNOWN: (u16, &str) = (
    501,
    r#"{"error":"invalid_request","error_description":"that is not a recognized WePay API call","error_code":1001}"#,
);
const NO_HEADER: (u16, &str) = (
    401,
    r#"{"error":"access_denied","error_description":"could not parse authorization header, a valid access_token is required","error_code":1002}"#,
);
const BAD_TOKEN: (u16, &str) = (
    401,
    r#"{"error":"access_denied","error_description":"a valid access_token is required","error_code":1006}"#,
);

#[tokio::test]
async fn unknown_calls_are_501_before_anybody_asks_for_a_token() {
    let server = Server::start().await;
    for to in [
        "POST /v2/reports",
        "POST /v2/report/find",
        "POST /v2/report/delete",
        "GET /v2/",
        "GET /v2",
        "POST /v2/report//",
        "DELETE /v2/report",
        "PUT /v2/report/create",
    ] {
        check(&server, &[], to, "", UNKNOWN).await;
    }
}

#[tokio::test]
async fn errors_have_the_members_of_the_requested_version_however_early_they_are_decided() {
    let server = Server::start().await;
    let docs = "https://developer.wepay.com/api/";
    for (to, authorization, code, page) in [
        ("POST /v2/reports", "Bearer STAGE_sandtill", 1001, "general/errors"),
        ("DELETE /v2/report", "Bearer STAGE_sandtill", 1001, "api-calls/reports#report"),
        ("POST /v2/user", "Basic eDp5", 1002, "api-calls/user#lookup"),
        ("POST /v2/user", "Bearer nobody", 1006, "api-calls/user#lookup"),
        ("POST /v2/oauth2/token", "", 1004, "api-calls/oauth2#token"),
    ] {
        let (method, path) = to.split_once(' ').unwrap();
        let send = async |version: &str| {
            let headers = [("Authorization", authorization), ("Api-Version", version)];
            server.send(method, path, &headers, "").await.json()
        };
        let new = send("2019-04-03").await;
        assert_eq!(new["error_code"], code, "{to}");
        assert_eq!(new["documentation_url"], format!("{docs}{page}"), "{to}");
        assert!(new["details"].is_array(), "{to}");
        // Older versions have three members, and so has the application's, with which a version that does not
        // exist is answered.
        for version in ["2017-05-31", ""] {
            let old = send(version).await;
            assert_eq!((&old["error_code"], old.as_object().unwrap().len()), (&code.into(), 3));
        }
        assert_eq!(send("2020-01-01").await.as_object().unwrap().len(), 3, "{to}");
    }
}

#[tokio::test]
async fn the_scheme_is_bearer_in_any_spelling() {
    let server = Server::start().await;
    let user = r#"{"user_id":242359999,"first_name":"Sandtill","last_name":"Crafts","user_name":"Sandtill Crafts","email":"wepay@example.com","state":"registered","callback_uri":null}"#;
    for header in [
        "Bearer STAGE_sandtill",
        "bearer: STAGE_sandtill",
        "BEARER   STAGE_sandtill",
        "Bearer:STAGE_sandtill",
    ] {
        check(&server, &[("Authorization", header)], "GET /v2/user", "", (200, user)).await;
    }
    for header in [
        "STAGE_sandtill",
        "Bearer",
        "Bearer ",
        "Bearer:",
        "BearerSTAGE_sandtill",
        "Basic YTpi",
        "\u{e9}",
    ] {
        check(&server, &[("Authorization", header)], "GET /v2/user", "", NO_HEADER).await;
    }
    check(&server, &[], "GET /v2/user", "", NO_HEADER).await;
    check(&server, &[("Authorization", "Bearer None")], "GET /v2/user", "", BAD_TOKEN).await;
    let production = r#"{"error":"access_denied","error_description":"You are trying to use an access_token from production on stage","error_code":1006}"#;
    let header = ("Authorization", "Bearer PRODUCTION_x");
    check(&server, &[header], "GET /v2/user", "", (401, production)).await;
    let entry = server.last_entry();
    let kept = entry.head.request();
    assert!(kept.iter().all(|it| !it.1.contains("PRODUCTION_x")), "{kept:?}");
}

#[tokio::test]
async fn parameters_come_as_json_form_or_query_with_numbers_as_strings() {
    let server = Server::start().await;
    let expected = call(&server, "account", r#"{"account_id":216083312}"#).await.text();
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let utf8 = ("Content-Type", "application/json; charset=UTF-8");
    for (to, content_type, body) in [
        ("POST /v2/account/", JSON, r#"{"account_id":"216083312"}"#),
        ("POST /v2/account", utf8, r#" {"account_id":216083312,"unknown":[1]} "#),
        ("POST /v2/account", form, "account_id=216083312"),
        ("POST /v2/account", form, r#"{"account_id":216083312}"#),
        ("GET /v2/account?account_id=216083312", JSON, ""),
        ("GET /v2/account?account_id=216083312", JSON, "{}"),
        ("GET /v2/account", JSON, r#"{"account_id":216083312}"#),
    ] {
        check(&server, &[TOKEN, content_type], to, body, (200, &expected)).await;
    }
    // Chunked, as the Node SDK sends.
    let pieces = [r#"{"account"#, r#"_id":216083312}"#].map(Ok::<_, std::io::Error>);
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let answer = server.send("POST", "/v2/account", &[TOKEN, JSON], body).await;
    assert_eq!(answer.text(), expected);
    // PHP's brackets.
    let form_body = "type=merchant_transactions&resource[object_type]=account&resource%5Bobject_id%5D=216083312&callback_uri=http%3A%2F%2Freceiver.invalid%2F";
    let answer = server.send("POST", "/v2/report/create", &[TOKEN, form], form_body).await;
    assert_eq!((answer.status, &answer.json()["state"]), (200, &"new".into()), "{}", answer.text());
}

#[tokio::test]
async fn an_account_tells_what_is_on_its_way() {
    let server = Server::start().await;
    let answer = call(&server, "account/find", "").await;
    let list = answer.json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    let one = call(&server, "account", r#"{"account_id":216083312}"#).await.json();
    assert_eq!(list[0], one);
    let keys: Vec<_> = one.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys.join(" "),
        "account_id name state description owner_user_id reference_id type create_time country \
         currencies balances statuses action_reasons disabled_reasons"
    );
    let balance = &one["balances"][0];
    assert_eq!(balance["currency"], "USD");
    assert_eq!(balance["balance"], 0);
    // 2026-03-14 is a Saturday.
    assert_eq!(balance["withdrawal_next_time"], 1_773_648_000);
    assert_eq!(call(&server, "account/find", r#"{"name":"nobody"}"#).await.text(), "[]");
    assert_eq!(call(&server, "account/find", r#"{"reference_id":"x"}"#).await.text(), "[]");
}

#[tokio::test]
async fn an_unknown_report_is_invalid() {
    let server = Server::start().await;
    for (body, code, text) in [
        ("", 1004, "report_id parameter is required"),
        (r#"{"report_id":{}}"#, 1003, "Parameter 'report_id' expected integer"),
        (r#"{"report_id":"12a"}"#, 1003, "Parameter 'report_id' expected integer"),
        (r#"{"report_id":12345}"#, 1003, "report_id is invalid"),
        (r#"{"report_id":-9223372036854775808}"#, 1003, "report_id is invalid"),
        (r#"{"report_id":9223372036854775807}"#, 1003, "report_id is invalid"),
    ] {
        let expected = refusal(code, text);
        check(&server, &[TOKEN, JSON], "POST /v2/report", body, (400, &expected)).await;
    }
}

#[tokio::test]
async fn what_belongs_to_others_is_denied() {
    let server = Server::start().await;
    let account = r#"{"error":"access_denied","error_description":"invalid account_id, account does not exist or does not belong to user","error_code":3002}"#;
    for id in [216_083_313, 1, 0] {
        let body = format!(r#"{{"account_id":{id}}}"#);
        check(&server, &[TOKEN, JSON], "POST /v2/account", &body, (401, account)).await;
        check(&server, &[TOKEN, JSON], "POST /v2/withdrawal/find", &body, (401, account)).await;
    }
    let list = r#"{"account_id":216083313,"limit":1}"#;
    let theirs = server.send("POST", "/v2/withdrawal/find", &[OTHER, JSON], list).await.json();
    let body = format!(r#"{{"withdrawal_id":{}}}"#, theirs[0]["withdrawal_id"]);
    let foreign = r#"{"error":"access_denied","error_description":"invalid withdrawal_id, withdrawal does not belong to user","error_code":6002}"#;
    check(&server, &[TOKEN, JSON], "POST /v2/withdrawal", &body, (401, foreign)).await;
    let none = refusal(6001, "invalid withdrawal_id, withdrawal does not exist");
    check(&server, &[TOKEN, JSON], "POST /v2/withdrawal", r#"{"withdrawal_id":7}"#, (400, &none))
        .await;
    let report = super::create(&server, "http://receiver.invalid/", "").await;
    let body = format!(r#"{{"report_id":{}}}"#, report["report_id"]);
    let foreign = r#"{"error":"access_denied","error_description":"this report does not belong to the user of the access_token","error_code":1010}"#;
    check(&server, &[OTHER, JSON], "POST /v2/report", &body, (401, foreign)).await;
}

#[tokio::test]
async fn versions_decide_how_much_a_refusal_says() {
    let server = Server::start().await;
    let with = |version: &'static str| [TOKEN, JSON, ("Api-Version", version)];
    let short = refusal(1004, "report_id parameter is required");
    check(&server, &with(""), "POST /v2/report", "{}", (400, &short)).await;
    check(&server, &with("2017-05-31"), "POST /v2/report", "{}", (400, &short)).await;
    let long = r#"{"error":"invalid_request","error_description":"report_id parameter is required","error_code":1004,"details":[{"target":["report_id"],"target_type":"HTTP_REQUEST_BODY","reason_code":"PARAMETER_MISSING","message":"report_id parameter is required"}],"documentation_url":"https:\/\/developer.wepay.com\/api\/api-calls\/reports#report"}"#;
    check(&server, &with("2018-08-29"), "POST /v2/report", "{}", (400, long)).await;
    check(&server, &with("2019-04-03"), "POST /v2/report", "{}", (400, long)).await;
    let unknown = refusal(1015, "the API version is invalid or has expired");
    for version in ["2018-08-30", "latest", "3.0"] {
        check(&server, &with(version), "POST /v2/report", "{}", (400, &unknown)).await;
    }
    let others = refusal(1016, "the Api-Version header is not valid for this app");
    check(&server, &with("2011-01-15"), "POST /v2/report", "{}", (400, &others)).await;
    let newer = scenario(&format!(
        "{}\n[settings.wepay]\napi_version = \"2019-04-03\"\n",
        include_str!("../../../scenarios/default.toml")
    ));
    let server = Server::with(newer).await;
    check(&server, &[TOKEN, JSON], "POST /v2/report", "{}", (400, long)).await;
}

#[tokio::test]
async fn a_code_buys_the_token_of_the_user() {
    let server = Server::start().await;
    let answer = r#"{"user_id":242359999,"access_token":"STAGE_sandtill","token_type":"BEARER"}"#;
    let body = r#"{"client_id":1000,"client_secret":"sandtill-client-secret","redirect_uri":"https://example.com/","code":"abc","state":""}"#;
    check(
        &server,
        &[JSON, ("Authorization", "Bearer None")],
        "POST /v2/oauth2/token",
        body,
        (200, answer),
    )
    .await;
    let query = "GET /v2/oauth2/token?client_id=1000&client_secret=sandtill-client-secret&redirect_uri=https://example.com/&code=1";
    check(&server, &[], query, "", (200, answer)).await;
    let missing = |name: &str| refusal(1004, &format!("{name} parameter is required"));
    check(&server, &[JSON], "POST /v2/oauth2/token", "", (400, &missing("client_id"))).await;
    let no_code = body.replace("\"abc\"", "\"\"");
    check(&server, &[JSON], "POST /v2/oauth2/token", &no_code, (400, &missing("code"))).await;
    let relative = body.replace("https://example.com", "");
    let text = refusal(1003, r"redirect_uri must be a full uri (ex https:\/\/www.wepay.com )");
    check(&server, &[JSON], "POST /v2/oauth2/token", &relative, (400, &text)).await;
    let wrong = body.replace("sandtill-client", "another-client");
    let client = r#"{"error":"invalid_client","error_description":"invalid client_id or client_secret","error_code":1006}"#;
    check(&server, &[JSON], "POST /v2/oauth2/token", &wrong, (401, client)).await;
    let entry = server.last_entry();
    let reason = entry.note.reason.clone().unwrap();
    assert!(!reason.contains("secret\""), "{reason}");
}

#[tokio::test]
async fn the_throttle_counts_in_sandbox_time_and_by_application() {
    let text = format!(
        "quirks = [\"wepay.throttle\"]\n{}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n",
        include_str!("../../../scenarios/default.toml")
    );
    let server = Server::with(scenario(&text)).await;
    for _ in 0..30 {
        assert_eq!(call(&server, "user", "").await.status, 200);
    }
    let refused = r#"{"error":"throttle_exceeded","error_description":"too many requests, please try again later","error_code":1007}"#;
    check(&server, &[TOKEN], "POST /v2/user", "", (429, refused)).await;
    assert_eq!(server.send("POST", "/v2/user", &[OTHER], "").await.status, 200);
    server.jump("2026-03-14T12:00:10Z");
    assert_eq!(call(&server, "user", "").await.status, 200);
}

#[tokio::test]
async fn faults_speak_the_vendors_words() {
    use sandtill::providers::InjectedError;
    use sandtill::wire::body::TransportError;
    let server = Server::start().await;
    let (moment, wepay) = (server.space().moment(), &sandtill::providers::wepay::PROVIDER);
    let status_of = |trouble| {
        (wepay.error_response)(&moment, "report", &axum::http::HeaderMap::new(), trouble)
            .map(|it| it.status().as_u16())
    };
    for (code, status) in [
        ("1001", 501),
        ("1003", 400),
        ("1006", 401),
        ("1007", 429),
        ("1008", 500),
        ("3002", 401),
        ("6001", 400),
    ] {
        assert_eq!(status_of(InjectedError::Error(code)), Some(status), "{code}");
    }
    assert_eq!(status_of(InjectedError::Error("E99")), None);
    assert_eq!(status_of(InjectedError::Throttled), Some(429));
    let revoked = (wepay.error_response)(
        &moment,
        "report",
        &axum::http::HeaderMap::new(),
        InjectedError::ExpiredToken,
    )
    .unwrap();
    let body = axum::body::to_bytes(revoked.into_body(), 1000).await.unwrap();
    let expected = r#"{"error":"access_denied","error_description":"this access_token has been revoked","error_code":1011}"#;
    assert_eq!(body, expected);
    let mut newest = axum::http::HeaderMap::new();
    newest.insert("api-version", axum::http::HeaderValue::from_static("2019-04-03"));
    let revoked = (wepay.error_response)(&moment, "report", &newest, InjectedError::ExpiredToken);
    let body = axum::body::to_bytes(revoked.unwrap().into_body(), 1000).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert!(body["details"].is_array() && body["documentation_url"].is_string(), "{body}");
    let broken = (wepay.reject_early)(
        &moment,
        "report",
        &axum::http::HeaderMap::new(),
        TransportError::Broken,
    );
    assert_eq!(broken.status(), 400);
    let large = call(&server, "report", &" ".repeat(1024 * 1024 + 1)).await;
    assert_eq!((large.status, &large.json()["error_code"]), (413, &1005.into()));
}

#[test]
fn garbage_is_always_refused_in_the_vendors_shape() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start());
    let calls = ["report", "report/create", "account", "withdrawal/find", "oauth2/token"];
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() };
    proptest!(config, |(
        index in 0..calls.len(),
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            r#"\{"(report_id|type|account_id|client_id)":[\[\]{}0-9a-z".,:-]{0,40}\}"#.prop_map(String::into_bytes),
        ],
        form in any::<bool>(),
    )| {
        let content_type = if form { "application/x-www-form-urlencoded" } else { "application/json" };
        let headers = [TOKEN, ("Content-Type", content_type)];
        let path = format!("/v2/{}", calls[index]);
        let answer = runtime.block_on(server.send("POST", &path, &headers, body));
        prop_assert!(matches!(answer.status, 400 | 401), "{}", answer.status);
        prop_assert!(answer.json()["error_code"].is_i64());
    });
}
