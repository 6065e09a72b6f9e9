//! The books as a client sees them: sums over what the reports say, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::{EVERYWHERE, TERMINAL_1, cents, rows};
use crate::books::cases_of;
use crate::support::{Server, scenario};

/// Seeds, moments and merchants that are chosen: at noon, right before money arrives, at midnight, on a weekend.
const CASES: [(&str, u64, &str, &str); 4] = [
    ("settlement", 42, "2026-03-14T12:00:00Z", TERMINAL_1),
    ("settlement", 7, "2026-03-02T07:59:59Z", EVERYWHERE),
    ("default", 1_000_003, "2026-03-03T08:00:00Z", TERMINAL_1),
    ("default", u64::MAX >> 1, "2026-12-31T00:00:00Z", EVERYWHERE),
];

/// Cases that nobody has chosen: any seed, any second of a year, either merchant.
fn drawn() -> Vec<(&'static str, u64, String, &'static str)> {
    let second = 1_767_225_600 + 45 * 86_400..1_767_225_600 + 364 * 86_400_i64;
    let case = (
        prop::sample::select(vec!["settlement", "default"]),
        0..u64::MAX >> 1,
        second.prop_map(|second| Timestamp::from_second(second).unwrap().to_string()),
        prop::sample::select(vec![TERMINAL_1, EVERYWHERE]),
    );
    let mut runner = TestRunner::new(cases_of(4));
    (0..4).map(|_| case.new_tree(&mut runner).unwrap().current()).collect()
}

/// All reports of a case, each fetched once.
struct Reports {
    case: String,
    batches: Vec<Value>,
    deposits: Vec<Value>,
    details: Vec<Value>,
    activity: Vec<Value>,
    rejects: Vec<Value>,
    chargebacks: Vec<Value>,
    paid: Vec<Value>,
    failed: Vec<Value>,
}

static TOLD: LazyLock<Vec<Reports>> = LazyLock::new(|| {
    let asking = std::thread::spawn(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut reports = Vec::new();
            let cases = CASES.map(|(name, seed, now, authorization)| {
                (name, seed, now.to_owned(), authorization)
            });
            for (name, seed, now, authorization) in cases.into_iter().chain(drawn()) {
                let server = server(name, seed, &now).await;
                let all = async |report| rows(&server, authorization, report, START, END).await;
                reports.push(Reports {
                    case: format!("{name} {seed} {now}"),
                    batches: all("batches").await,
                    deposits: all("deposits").await,
                    details: all("deposits-detail").await,
                    activity: all("trxnactivity").await,
                    rejects: all("achrejects").await,
                    chargebacks: all("chargebacks").await,
                    paid: all("successfulpayments").await,
                    failed: all("failedpayments").await,
                });
            }
            reports
        })
    });
    asking.join().unwrap()
});

pub(super) async fn server(name: &str, seed: u64, now: &str) -> Server {
    let built_in = sandtill::sandbox::scenario::BUILT_IN;
    let text = built_in.iter().find(|it| it.name == name).unwrap().text;
    let text = text.replacen("seed = 42", &format!("seed = {seed}"), 1);
    let text = text.replacen("days = 90", "days = 45", 1).replacen("days = 120", "days = 45", 1);
    Server::with(scenario(&format!("{text}\n[clock]\nmode = \"frozen\"\nnow = \"{now}\"\n"))).await
}

pub(super) fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

fn sum<'a>(rows: impl Iterator<Item = &'a Value>, key: &str) -> i64 {
    rows.map(|row| cents(&row[key])).sum()
}

pub(super) const START: &str = "2025-01-01";
pub(super) const END: &str = "2026-12-31";

#[test]
fn deposits_are_the_sums_of_their_details() {
    for reports in &*TOLD {
        let deposits = &reports.deposits;
        let details = &reports.details;
        assert!(deposits.len() > 40, "{}", deposits.len());
        assert_eq!(deposits.len(), details.len());
        let mut numbers = BTreeSet::new();
        for (deposit, detail) in deposits.iter().zip(details) {
            for (key, value) in deposit.as_object().unwrap() {
                assert_eq!(&detail[key], value);
            }
            let lines = detail["detail_data"].as_array().unwrap();
            assert_eq!(detail["detail_count"], lines.len());
            assert_eq!(cents(&deposit["amount"]), sum(lines.iter(), "amount"), "{deposit}");
            assert!(numbers.insert(text(deposit, "unique_id").to_owned()));
        }
        assert!(deposits.is_sorted_by_key(|row| text(row, "reported_date").to_owned()));
    }
}

#[test]
fn batches_are_the_sums_of_their_transactions() {
    for reports in &*TOLD {
        let batches = &reports.batches;
        let activity = &reports.activity;
        let mut by_batch: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for row in activity {
            by_batch.entry(text(row, "batch_id")).or_default().push(row);
        }
        let outside = by_batch.remove("").unwrap();
        for row in outside {
            assert!(text(row, "trxn_type").starts_with(['C', 'R']), "{row}");
            assert_ne!(text(row, "trxn_type"), "CREDIT");
        }
        assert_eq!(batches.len(), by_batch.len());
        for batch in batches {
            let rows = &by_batch[text(batch, "batch_id")];
            let (credits, sales): (Vec<&Value>, Vec<&Value>) =
                rows.iter().partition(|row| row["trxn_type"] == "CREDIT");
            assert_eq!(batch["sales_count"], sales.len());
            assert_eq!(batch["credits_count"], credits.len());
            for (key, rows, of) in [
                ("sales_amount", &sales, "amount"),
                ("sales_amount2", &sales, "secondary_amount"),
                ("credits_amount", &credits, "amount"),
                ("credits_amount2", &credits, "secondary_amount"),
            ] {
                assert_eq!(cents(&batch[key]), sum(rows.iter().copied(), of), "{key} of {batch}");
            }
            let kinds =
                if batch["payment_type"] == "ACH" { ["DEBIT", "ACH"] } else { ["SALE", "CARD"] };
            for row in sales {
                assert_eq!([text(row, "trxn_type"), text(row, "payment_type")], kinds);
                assert_eq!(row["reported_date"], batch["reported_date"]);
            }
        }
        let by_id: BTreeMap<&str, &Value> =
            batches.iter().map(|row| (text(row, "batch_id"), row)).collect();
        for deposit in &reports.details {
            for line in deposit["detail_data"].as_array().unwrap() {
                let sale = ["SALE", "DEBIT"].contains(&text(line, "trxn_type"));
                if let Some(batch) = text(line, "memo").strip_prefix("bat_").filter(|_| sale) {
                    assert_eq!(by_id[batch]["settled_date"], deposit["effective_date"]);
                }
            }
        }
        let secondary = sum(batches.iter(), "sales_amount2");
        assert!(secondary > 0);
    }
}

#[test]
fn everything_that_comes_back_names_a_transaction_that_is_there() {
    for reports in &*TOLD {
        let activity = &reports.activity;
        let by_id: BTreeMap<&str, &Value> =
            activity.iter().map(|row| (text(row, "transaction_id"), row)).collect();
        assert_eq!(by_id.len(), activity.len());
        for row in &reports.rejects {
            let debit = by_id[text(row, "trxn_id")];
            assert_eq!(debit["trxn_type"], "DEBIT");
            assert_eq!(debit["accountholder"], row["accountholder"]);
            assert_eq!(debit["account_number"], row["account_number"]);
            assert!(row["amount"] == debit["amount"] || row["amount"] == 0, "{row}");
        }
        let mut cases = BTreeSet::new();
        for row in &reports.chargebacks {
            let chargeback = by_id[text(row, "case_id")];
            assert_eq!(chargeback["trxn_type"], "Chargeback");
            assert_eq!(chargeback["amount"], row["chargeback_amount"]);
            assert_eq!(chargeback["reason_code"], row["reason_code"]);
            cases.insert(text(row, "case_id").to_owned());
        }
        let charged = activity.iter().filter(|row| row["trxn_type"] == "Chargeback").count();
        assert_eq!(cases.len(), charged);
        for deposit in &reports.details {
            for line in deposit["detail_data"].as_array().unwrap() {
                let Some(id) = text(line, "reference_id").strip_prefix("trxn_") else {
                    let own = ["Discount", "Reserve", "MEF", "Adjustment"];
                    assert!(own.contains(&text(line, "trxn_type")), "{line}");
                    continue;
                };
                let sale = by_id.get(id).unwrap_or_else(|| panic!("{line} {}", reports.case));
                assert!(["SALE", "DEBIT"].contains(&text(sale, "trxn_type")), "{line}");
                assert_eq!(sale["client_order_id"], line["client_order_id"]);
                assert!(cents(&line["amount"]).abs() <= cents(&sale["amount"]));
            }
        }
        for row in &reports.paid {
            assert_eq!(by_id[text(row, "transaction_id")]["amount"], row["amount"]);
        }
        for row in &reports.failed {
            assert!(!by_id.contains_key(text(row, "transaction_id")), "{row}");
        }
    }
}

#[test]
fn nothing_goes_back_twice() {
    for reports in &*TOLD {
        let mut orders: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for row in &reports.activity {
            let order = orders.entry(text(row, "client_order_id").to_owned()).or_default();
            match text(row, "trxn_type") {
                "SALE" | "DEBIT" => order.0 += cents(&row["amount"]),
                _ => order.1 += cents(&row["amount"]),
            }
        }
        assert!(orders.values().filter(|order| order.1 > 0).count() > 20);
        for (order, (taken, returned)) in orders {
            assert!(returned <= taken, "{order}: {returned} of {taken}");
        }
    }
}

#[tokio::test]
async fn a_month_is_the_union_of_its_days() {
    let server = server("settlement", 5, "2026-03-20T15:00:00Z").await;
    for report in super::REPORTS {
        if report == "activesubscriptions" || report == "wallettrouble" {
            continue;
        }
        let month = rows(&server, TERMINAL_1, report, "2026-03-01", "2026-03-31").await;
        let mut days = Vec::new();
        for day in 1..=31 {
            let date = format!("2026-03-{day:02}");
            days.extend(rows(&server, TERMINAL_1, report, &date, &date).await);
        }
        assert_eq!(days, month, "{report}");
    }
}

#[test]
fn settled_money_was_deposited() {
    for reports in &*TOLD {
        let activity = &reports.activity;
        let deposits = &reports.details;
        let first = text(&deposits[0], "reported_date").to_owned();
        let settled = activity.iter().filter(|row| text(row, "deposited_date") >= first.as_str());
        let net: i64 = settled
            .map(|row| match text(row, "trxn_type") {
                "SALE" | "DEBIT" => cents(&row["amount"]),
                _ => -cents(&row["amount"]),
            })
            .sum();
        let (mut deposited, mut own) = (0, 0);
        for deposit in deposits {
            deposited += cents(&deposit["amount"]);
            let lines = deposit["detail_data"].as_array().unwrap();
            own += sum(lines.iter().filter(|line| text(line, "reference_id").is_empty()), "amount");
        }
        assert_eq!(net, deposited - own, "{}", reports.case);
    }
}

#[tokio::test]
async fn transactions_have_the_same_amounts_at_begateway() {
    let server = server("default", 42, "2026-03-14T12:00:00Z").await;
    let activity = rows(&server, EVERYWHERE, "trxnactivity", "2026-03-09", "2026-03-13").await;
    // 2:everywhere-shop-secret
    let auth = ("Authorization", "Basic MjpldmVyeXdoZXJlLXNob3Atc2VjcmV0");
    let mut amounts = BTreeMap::new();
    for method in ["credit_card", "alternative"] {
        let body = format!(
            r#"{{"report_params":{{"date_type":"created_at","from":"2026-03-08 00:00:00","to":"2026-03-14 23:59:59","status":"successful","payment_method_type":"{method}","time_zone":"UTC"}}}}"#
        );
        let answer =
            server.send("POST", "/api/reports", &[auth, ("X-Api-Version", "3")], body).await;
        let page = answer.json();
        assert_eq!(page["has_more"], false);
        for row in page["transactions"].as_array().unwrap() {
            amounts.insert(row["id"].to_string(), row["amount"].to_string());
        }
    }
    assert!(activity.len() > 300);
    for row in &activity {
        let amount = &amounts[text(row, "transaction_id")];
        assert_eq!(amount, &cents(&row["amount"]).to_string(), "{row}");
    }
}

#[tokio::test]
async fn answers_do_not_depend_on_the_window_or_on_how_the_clock_came_there() {
    let now = "2026-03-14T12:00:00Z";
    let short = server("settlement", 42, now).await;
    let long = Server::frozen("settlement", "2026-03-09T05:00:00Z").await;
    long.jump(now);
    for authorization in [TERMINAL_1, EVERYWHERE] {
        for report in super::REPORTS {
            let one = rows(&short, authorization, report, "2026-03-01", "2026-03-14").await;
            let other = rows(&long, authorization, report, "2026-03-01", "2026-03-14").await;
            assert!(one == other, "{report}");
        }
    }
}

#[tokio::test]
async fn what_is_added_by_hand_is_in_every_report_it_belongs_to() {
    let text = r#"
[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"
[[merchant]]
name = "shop"
display_name = "Shop"
[[merchant.credentials.epicpay]]
key_id = "sandtill-terminal-1"
password = "sandtill-password-1"
[merchant.trade]
volume = 0
[[transaction]]
merchant = "shop"
label = "sale"
amount = 12345
fee = 345
at = "2026-03-13T10:00:00Z"
settled_at = "2026-03-14T11:00:00Z"
[[transaction]]
merchant = "shop"
kind = "refund"
of = "sale"
amount = 12345
fee = 0
at = "2026-03-13T11:00:00Z"
settled_at = "2026-03-14T11:30:00Z"
[[transaction]]
merchant = "shop"
amount = 9999999999
fee = 1
at = "2026-03-14T11:00:00Z"
settled_at = "2026-03-17T08:00:00Z"
"#;
    let server = Server::with(scenario(text)).await;
    let deposits = rows(&server, TERMINAL_1, "deposits-detail", "2026-03-01", "2026-03-31").await;
    assert_eq!(deposits.len(), 1);
    // 123.45 - 123.45 - 3.45
    assert_eq!(deposits[0]["amount"].to_string(), "-3.45");
    let lines = deposits[0]["detail_data"].as_array().unwrap();
    let amounts: Vec<_> = lines.iter().map(|line| line["amount"].to_string()).collect();
    assert_eq!(amounts, ["123.45", "-123.45", "-3.45"]);
    let activity = rows(&server, TERMINAL_1, "trxnactivity", "2026-03-01", "2026-03-31").await;
    let dates: Vec<_> = activity.iter().map(|row| &row["deposited_date"]).collect();
    assert_eq!(dates, ["2026-03-14", "2026-03-14", ""]);
    server.jump("2026-03-17T08:00:00Z");
    let answer = super::ask(&server, TERMINAL_1, "deposits", "2026-03-17", "2026-03-17").await;
    assert!(answer.text().contains(r#""amount":99999999.98,"#), "{}", answer.text());
}
