//! Tests that no request of a merchant can read another merchant's rows.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use sandtill::providers;
use sandtill::sandbox::facts::Named;
use serde_json::{Value, json};

use crate::drivers::{self, ReportQuery, ReportedRow, credential, flitt, wepay};
use crate::payfort::{EVERYWHERE, HOME, with};
use crate::support::{Answer, NOON, Server};

const FIRST: &str = "2026-03-09";
const LAST: &str = "2026-03-11";

fn query(merchant: &str) -> ReportQuery<'_> {
    let (first, last) = (FIRST.parse().unwrap(), LAST.parse().unwrap());
    ReportQuery { merchant, first, last, size: 1000 }
}

async fn reported_rows(server: &Server, slug: &str, merchant: &str) -> Vec<ReportedRow> {
    drivers::rows(server, slug, query(merchant), &mut async |_| {}).await
}

#[tokio::test]
async fn two_merchants_of_a_provider_have_no_row_in_common() {
    let server = Server::start().await;
    for provider in providers::ALL {
        let mut ids = Vec::new();
        for merchant in [provider.slug, "everywhere"] {
            let rows = reported_rows(&server, provider.slug, merchant).await;
            ids.push(rows.into_iter().map(|row| row.id).collect::<BTreeSet<_>>());
        }
        assert!(ids.iter().all(|ids| ids.len() > 100), "{}", provider.slug);
        assert_eq!(ids[0].intersection(&ids[1]).count(), 0, "{}", provider.slug);
    }
}

/// Asserts that the journal lists the last request as refused with this reason.
#[track_caller]
fn assert_refused_because(server: &Server, expected_reason: &str) {
    let entry = server.last_entry();
    assert_eq!(entry.outcome.name(), "refused");
    let reason = entry.note.reason.clone().unwrap_or_default();
    assert!(reason.contains(expected_reason), "{reason}");
}

#[tokio::test]
async fn payfort_keeps_identifiers_access_codes_and_references_apart() {
    let server = Server::start().await;
    let code = |answer: &Answer| answer.json()["response_code"].clone();
    // The identifier of another with the own access code, and the own with that of another: however
    // well it is signed.
    for (field, value) in
        [("merchant_identifier", HOME.identifier), ("access_code", HOME.access_code)]
    {
        let foreign = with(&EVERYWHERE.generate("foreign"), field, json!(value));
        assert_eq!(code(&EVERYWHERE.ask(&server, &foreign).await), "00010", "{field}");
        assert_refused_because(&server, "the access_code is not one of merchant_identifier");
    }
    // All of another but the phrase.
    let foreign = HOME.generate("foreign");
    let signed = EVERYWHERE.signed(&foreign);
    assert_eq!(code(&crate::payfort::send(&server, &signed).await), "00008");
    // Another merchant's report: this merchant has no report with this reference.
    assert_eq!(code(&HOME.ask(&server, &HOME.generate("mine")).await), "56000");
    crate::payfort::pass(&server, 2);
    assert_eq!(code(&EVERYWHERE.ask(&server, &EVERYWHERE.download("mine")).await), "57127");
    // A reference is one merchant's own: another can have the same, with rows of its own.
    let rows = EVERYWHERE.rows(&server, &EVERYWHERE.generate("mine")).await;
    let home = HOME.ask(&server, &HOME.download("mine")).await.json();
    let ids =
        |rows: &[Value]| rows.iter().map(|it| it["fort_id"].to_string()).collect::<BTreeSet<_>>();
    let (own, home) = (ids(&rows), ids(home[1].as_array().unwrap()));
    assert!(own.len() > 100 && home.len() > 100 && own.is_disjoint(&home));
    // Nor is a row of another found by its number.
    let mut filtered = EVERYWHERE.generate("filtered");
    let id: Value = serde_json::from_str(home.first().unwrap()).unwrap();
    filtered["filters"] = json!([{"key": "fort_id", "value": id}]);
    assert_eq!(EVERYWHERE.rows(&server, &filtered).await, Vec::<Value>::new());
}

#[tokio::test]
async fn flitt_knows_only_the_merchants_of_the_application() {
    let server = Server::start().await;
    let token = flitt::token(&server, "everywhere").await;
    let home = reported_rows(&server, "flitt", "flitt").await;
    let filters = json!([{"s": "payment_id", "m": "=", "v": home[0].id}]);
    let (own, foreign) = ("1549999", "1549902");
    let page = |merchant_id| flitt::Page {
        merchant_id,
        report: 745,
        filters: filters.clone(),
        number: 1,
        size: 10,
    };
    let answer = flitt::page(&server, &token, &page(foreign)).await.text();
    assert_eq!(answer, r#"{"error": "Merchant not found", "err_code": "Merchant not found"}"#);
    assert_refused_because(&server, "1549999");
    // A payment of another merchant is not found under the own one.
    let answer = flitt::page(&server, &token, &page(own)).await.json();
    assert_eq!((&answer["data"], &answer["rows_count"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn begateway_and_epicpay_go_by_who_asks_alone() {
    let server = Server::start().await;
    // Neither request can name a merchant: cursors of another's rows are only numbers.
    let home = reported_rows(&server, "begateway", "begateway").await;
    let mut params = drivers::begateway::params(query("everywhere"), "credit_card");
    let own = drivers::begateway::ask(&server, "everywhere", "/api/reports", &params).await.json();
    params["starting_after"] = json!(home[0].id);
    let page = drivers::begateway::ask(&server, "everywhere", "/api/reports", &params).await.json();
    let of = |page: &Value| {
        let rows = page["transactions"].as_array().unwrap().iter();
        rows.map(|row| (row["uid"].to_string(), row["shop"]["id"].clone())).collect::<Vec<_>>()
    };
    let (own, page) = (of(&own), of(&page));
    assert!(page.len() > 100 && page.iter().all(|row| own.contains(row)));
    assert!(page.iter().all(|row| row.1 == 2));
    // Key id of one and password of another.
    use base64::Engine;
    for (path, slug, user, password) in [
        ("/api/reports", "begateway", "shop_id", "secret_key"),
        ("/reporting/v1/GetReport/trxnactivity", "epicpay", "key_id", "password"),
    ] {
        let user = credential(&server, slug, "everywhere", user);
        let password = credential(&server, slug, slug, password);
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        let header = format!("Basic {basic}");
        let headers = [("Authorization", header.as_str()), ("Content-Type", "application/json")];
        let answer = server.send("POST", path, &headers, "{}").await;
        assert_eq!(answer.status, 401, "{path}");
        assert_refused_because(&server, "is another one");
    }
    // Both terminals of a merchant see the same, a terminal of another merchant does not.
    let rows = async |authorization| {
        crate::epicpay::rows(&server, authorization, "trxnactivity", FIRST, LAST).await
    };
    let (one, two) =
        (rows(crate::epicpay::TERMINAL_1).await, rows(crate::epicpay::TERMINAL_2).await);
    assert_eq!(one, two);
    let other = rows(crate::epicpay::EVERYWHERE).await;
    assert!(!other.is_empty() && other.iter().all(|row| !one.contains(row)));
    assert!(other.iter().all(|row| row["mid"] != one[0]["mid"]));
}

#[tokio::test]
async fn wepay_refuses_accounts_withdrawals_and_reports_of_another_user() {
    let server = Server::start().await;
    let [mine, theirs] = ["everywhere", "wepay"];
    let foreign = wepay::account(&server, theirs);
    let ask = async |call: &str, body: Value| wepay::call(&server, mine, call, &body).await;
    let span = (1_772_323_200, 1_773_100_000);
    let withdrawals = json!({"account_id": foreign, "limit": 1});
    let list = wepay::call(&server, theirs, "withdrawal/find", &withdrawals).await.json();
    let withdrawal = &list[0];
    let report = wepay::create(&server, theirs, &wepay::transactions(foreign, span)).await;
    for (call, body, code) in [
        ("account", json!({"account_id": foreign}), 3002),
        ("withdrawal/find", withdrawals, 3002),
        ("report/create", wepay::transactions(foreign, span), 3002),
        ("withdrawal", json!({"withdrawal_id": withdrawal["withdrawal_id"]}), 6002),
        ("report/create", wepay::reconciliation(withdrawal), 6002),
        ("report", json!({"report_id": report}), 1010),
    ] {
        let answer = ask(call, body).await;
        assert_eq!((answer.status, &answer.json()["error_code"]), (401, &json!(code)), "{call}");
        assert_eq!(answer.json()["error"], "access_denied");
        assert_refused_because(&server, "");
    }
    // The list contains only the merchant's own reports.
    let accounts = ask("account/find", json!({})).await.json();
    let ids: Vec<_> = accounts.as_array().unwrap().iter().map(|it| &it["account_id"]).collect();
    assert_eq!(ids, [&json!(wepay::account(&server, mine))]);
    assert_eq!(ask("user", json!({})).await.json()["user_id"], 242_360_000);
    // Once the report of the other is ready, its address still opens nothing else.
    server.jump(NOON);
    let space = server.space();
    crate::support::jump(&space, space.moment().now + SignedDuration::from_secs(3));
    assert_eq!(ask("report", json!({"report_id": report})).await.status, 401);
}
