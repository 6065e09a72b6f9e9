//! Keys, their order, their types, and the words in them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::sample_rows::SAMPLES;
use super::{EVERYWHERE, TERMINAL_1, rows};
use crate::support::{NOON, Server};

/// Keys in order with the JSON type of each; arrays by their first element.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
        Value::Array(all) => format!("[{}]", all.first().map_or(String::new(), shape)),
        Value::Object(members) => {
            let all = members.iter().map(|(key, value)| format!("{key}:{}", shape(value)));
            format!("{{{}}}", all.collect::<Vec<_>>().join(","))
        }
    }
}

#[tokio::test]
async fn every_row_has_the_shape_of_the_sample() {
    let server = Server::frozen("settlement", NOON).await;
    for (report, sample) in SAMPLES {
        let expected = shape(&serde_json::from_str(sample).unwrap());
        for authorization in [TERMINAL_1, EVERYWHERE] {
            // Few subscriptions fail soon after their creation.
            let suspended = report == "suspendedsubscriptions";
            let start = if suspended { "2025-12-01" } else { "2026-02-25" };
            let rows = rows(&server, authorization, report, start, "2026-04-10").await;
            assert!(rows.len() >= 5, "{report} has {}", rows.len());
            for row in &rows {
                assert_eq!(shape(row), expected, "{report}");
            }
            for detail in rows.iter().filter_map(|row| row["detail_data"].as_array()).flatten() {
                let sample: Value = serde_json::from_str(sample).unwrap();
                assert_eq!(shape(detail), shape(&sample["detail_data"][0]));
            }
        }
    }
}

fn values(rows: &[Value], key: &str) -> BTreeSet<String> {
    rows.iter().map(|row| row[key].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn check(found: &BTreeSet<String>, expected: &[&str]) {
    assert_eq!(found, &expected.iter().map(|&it| it.to_owned()).collect());
}

#[tokio::test]
async fn words_are_those_of_the_vendor() {
    let server = Server::frozen("settlement", NOON).await;
    let all = async |report| rows(&server, TERMINAL_1, report, "2026-01-20", "2026-04-10").await;
    let activity = all("trxnactivity").await;
    let kinds = ["CREDIT", "Chargeback", "DEBIT", "Reject-CUS", "Reject-MER", "SALE"];
    check(&values(&activity, "trxn_type"), &kinds);
    check(&values(&activity, "payment_type"), &["ACH", "CARD"]);
    check(&values(&all("batches").await, "payment_type"), &["ACH", "eCom"]);
    let deposits = all("deposits-detail").await;
    check(&values(&deposits, "payment_type"), &["ACH", "eCom"]);
    let details: Vec<Value> =
        deposits.iter().flat_map(|row| row["detail_data"].as_array().unwrap().clone()).collect();
    let found = values(&details, "trxn_type");
    for kind in [
        "SALE",
        "DEBIT",
        "Credits",
        "Chargeback",
        "Reject-CUS",
        "Reject-MER",
        "Discount",
        "Reserve",
        "MEF",
    ] {
        assert!(found.contains(kind), "no {kind}");
    }
    let active = all("activesubscriptions").await;
    let frequencies = ["Every_n_Days", "Every_n_Months", "Every_n_Weeks", "Twice_Every_Month"];
    check(&values(&active, "frequency"), &frequencies);
    check(&values(&active, "status"), &["Active"]);
    check(&values(&all("newpayments").await, "status"), &["Scheduled"]);
    check(&values(&all("newpayments").await, "transaction_id"), &[""]);
    check(&values(&all("failedpayments").await, "transaction_status"), &["Declined"]);
    check(&values(&all("successfulpayments").await, "transaction_status"), &["Approved"]);
    let suspended = rows(&server, TERMINAL_1, "suspendedsubscriptions", "2025-01-01", "2026-04-10");
    let reason = "Maximum number of retries exceeded";
    check(&values(&suspended.await, "subscription_suspend_reason"), &[reason]);
    let reasons = ["Account closed", "Expired card", "Lost card", "Stolen card"];
    check(&values(&all("wallettrouble").await, "wallet_suspend_reason"), &reasons);
    let cycles = ["FIRST_CHARGEBACK", "PRE_ARBITRATION"];
    check(&values(&all("chargebacks").await, "cycle"), &cycles);
}

#[tokio::test]
async fn rejects_and_notices_have_valid_routing_numbers_and_corrections() {
    let server = Server::frozen("settlement", NOON).await;
    let rows = rows(&server, TERMINAL_1, "achrejects", "2025-11-01", "2026-05-30").await;
    let mut notices = 0;
    for row in &rows {
        let text = |key: &str| row[key].as_str().unwrap();
        let valid = |number: &str| {
            // The check of the American Bankers Association: 3, 7, 1 in turn.
            let digits = number.bytes().map(|it| u32::from(it - b'0'));
            let sum: u32 = digits.zip([3, 7, 1].into_iter().cycle()).map(|(d, w)| d * w).sum();
            number.len() == 9 && sum.is_multiple_of(10)
        };
        assert!(valid(text("routing_number")), "{row}");
        match text("reason_code") {
            "C02" => assert!(valid(text("addenda")) && text("addenda") != text("routing_number")),
            "C01" => assert!(text("addenda") != text("account_number"), "{row}"),
            "C03" => assert!(valid(text("addenda").split(' ').next().unwrap())),
            "C05" => assert!(["27", "37"].contains(&text("addenda")), "{row}"),
            code => {
                assert!(code.starts_with('R') && text("addenda").is_empty(), "{row}");
                assert!(super::cents(&row["amount"]) > 0);
            }
        }
        if text("reason_code").starts_with('C') {
            notices += 1;
            assert_eq!(row["amount"].to_string(), "0");
        }
    }
    assert!(notices > 20 && rows.len() > notices, "{notices} of {}", rows.len());
}

#[tokio::test]
async fn currencies_of_chargebacks_are_letters_where_the_scenario_says_so() {
    let built_in = sandtill::sandbox::scenario::BUILT_IN;
    let text = built_in.iter().find(|it| it.name == "settlement").unwrap().text;
    let more = "[settings.epicpay]\nchargeback_currency = \"letters\"";
    let text = format!("{text}\n{more}\n[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n");
    let letters = Server::with(crate::support::scenario(&text)).await;
    let numbers = Server::frozen("settlement", NOON).await;
    let span = ("2026-03-01", "2026-03-14");
    let plain = super::ask(&numbers, TERMINAL_1, "chargebacks", span.0, span.1).await.text();
    let spelled = super::ask(&letters, TERMINAL_1, "chargebacks", span.0, span.1).await.text();
    assert!(plain.contains("_currency\":1,"));
    assert_eq!(spelled, plain.replace("_currency\":1,", "_currency\":\"USD\","));
}

/// Nacha Operating Rules, Appendix Four: return reason codes. `Reject-MER` is for wrong data of the merchant.
const NACHA: [(&str, &str, &str); 10] = [
    ("R01", "Insufficient Funds", "Reject-CUS"),
    ("R02", "Account Closed", "Reject-CUS"),
    ("R03", "No Account/Unable to Locate Account", "Reject-MER"),
    ("R04", "Invalid Account Number", "Reject-MER"),
    ("R07", "Authorization Revoked by Customer", "Reject-CUS"),
    ("R08", "Payment Stopped", "Reject-CUS"),
    ("R09", "Uncollected Funds", "Reject-CUS"),
    ("R10", "Customer Advises Not Authorized", "Reject-CUS"),
    ("R16", "Account Frozen", "Reject-CUS"),
    ("R20", "Non-Transaction Account", "Reject-MER"),
];

#[tokio::test]
async fn banks_reject_for_every_reason_and_say_who_caused_it() {
    let server = Server::frozen("settlement", NOON).await;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let span = ("2025-11-01", "2026-05-30");
    let rejects = rows(&server, TERMINAL_1, "achrejects", span.0, span.1).await;
    let reasons = rejects.iter().map(|it| (text(it, "reason_code"), text(it, "reason_text")));
    let found: BTreeSet<_> = reasons.filter(|it| it.0.starts_with('R')).collect();
    let known = NACHA.map(|(code, words, _)| (code.to_owned(), words.to_owned()));
    assert_eq!(found, BTreeSet::from(known));
    let activity = rows(&server, TERMINAL_1, "trxnactivity", span.0, span.1).await;
    let types = activity.iter().map(|it| (text(it, "reason_text"), text(it, "trxn_type")));
    let found: BTreeSet<_> = types.filter(|it| it.1.starts_with("Reject")).collect();
    let known = NACHA.map(|(_, words, party)| (words.to_owned(), party.to_owned()));
    assert_eq!(found, BTreeSet::from(known));
}

/// The fee of February is taken on the first business day of March, also from who sells without subscriptions.
#[tokio::test]
async fn a_month_end_fee_is_taken_from_whoever_trades() {
    for (trade, fees) in [
        ("volume = 20\nsubscriptions = 0", 1),
        ("volume = 0\nsubscriptions = 400", 1),
        ("volume = 0\nsubscriptions = 0", 0),
    ] {
        let default = include_str!("../../../scenarios/default.toml");
        let (_, merchant) = default.split_once("name = \"everywhere\"").unwrap();
        let (credentials, _) = merchant.split_once("[merchant.trade]").unwrap();
        let text = format!(
            "[clock]\nmode = \"frozen\"\nnow = \"{NOON}\"\n[[merchant]]\nname = \"everywhere\"{credentials}\n\
             [merchant.trade]\n{trade}\nmonth_end_fee = 1995\n"
        );
        let server = Server::with(crate::support::scenario(&text)).await;
        let deposits =
            rows(&server, EVERYWHERE, "deposits-detail", "2026-03-01", "2026-03-13").await;
        let lines = deposits.iter().flat_map(|it| it["detail_data"].as_array().unwrap());
        let lines: Vec<_> = lines.filter(|it| it["memo"] == "Month end fee").collect();
        assert_eq!(lines.len(), fees, "{trade}: {lines:?}");
        assert!(lines.iter().all(|it| it["amount"] == json!(-19.95)), "{lines:?}");
    }
}
