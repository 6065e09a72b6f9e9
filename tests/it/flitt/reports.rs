//! Reports: columns, types, pages, and what the vendor's page shows.

use serde_json::{Value, json};

use super::{BUSY, all_of, ask, objects, page, rows, thousandths};
use crate::support::{NOON, Server, frozen, scenario};

/// The answer of the vendor's page, without its white space.
const SAMPLE: &str = r#"{"data":[[1234567890,"2025-01-23 10:58:38","approved","630.00","GEL","11.97","test-25697841-1","618.03","EUR","2025-01-24 08:00:00","completed","2426012568","2025-01-23 10:58:38","purchase","Visa/MC","test@test.com","Test order 1","[]","Test payment 1",10000000001],[1234567891,"2025-01-23 10:56:51","approved","572.86","GEL","10.88","test-94341241-1","561.98","EUR","2025-01-24 08:00:00","completed","2426012568","2025-01-23 10:56:51","purchase","Visa/MC","test2@test.com","Test order 2","[]","Test payment 2",10000000002]],"rows_count":2,"fields":["payment_id","order_time","order_status","actual_amount","currency","fee","order_id","settlement_amount","settlement_currency","settlement_date","settlement_status","odb_ref","tran_time","settlement_type","payment_system","sender_email","order_desc","merchant_data","settlement_desc","transaction_id"],"rows_page":1,"rows_on_page":10}"#;

/// The request of the vendor's page with dates that select its rows.
fn documented(filters: &str) -> String {
    format!(
        r#"{{"on_page": 10, "page": 1, "filters": [{filters}], "merchant_id": 1398432, "report_id": "403"}}"#
    )
}

const DATES: &str = r#"{"s": "settlement_date", "m": "from", "v": "2025-01-24"}, {"s": "settlement_date", "m": "to", "v": "2025-01-27"}"#;

#[tokio::test]
async fn the_documented_request_gets_the_documented_answer() {
    let server = Server::with(frozen("docs-samples", NOON)).await;
    let answer = ask(&server, documented(DATES)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    // Whitespace apart, byte by byte: keys, order, types.
    let strip = |text: &str| text.replace(": ", ":").replace(", ", ",");
    assert_eq!(strip(&answer.text()), strip(SAMPLE));
}

#[tokio::test]
async fn filters_see_the_values_of_the_documented_rows() {
    let server = Server::with(frozen("docs-samples", NOON)).await;
    for (filter, ids) in [
        (r#"{"s": "actual_amount", "m": "=", "v": "630.00"}"#, json!([1_234_567_890])),
        (r#"{"s": "actual_amount", "m": "=", "v": 630}"#, json!([1_234_567_890])),
        (r#"{"s": "payment_id", "m": "=", "v": "1234567891"}"#, json!([1_234_567_891])),
        (r#"{"s": "transaction_id", "m": ">", "v": 10000000001}"#, json!([1_234_567_891])),
        (r#"{"s": "settlement_currency", "m": "=", "v": "GEL"}"#, json!([])),
        (
            r#"{"s": "settlement_currency", "m": "=", "v": "EUR"}"#,
            json!([1_234_567_890, 1_234_567_891]),
        ),
        (r#"{"s": "settlement_desc", "m": "like", "v": "ment 2"}"#, json!([1_234_567_891])),
    ] {
        let answer = ask(&server, documented(&format!("{DATES}, {filter}"))).await.json();
        let found: Vec<Value> =
            objects(&answer).iter().map(|it| it["payment_id"].clone()).collect();
        assert_eq!(Value::Array(found), ids, "{filter}");
        assert_eq!(answer["rows_count"], ids.as_array().unwrap().len(), "{filter}");
    }
    // The other merchant of the page has no trade.
    let body = documented(DATES).replace("1398432", "1396424");
    assert_eq!(ask(&server, body).await.json()["rows_count"], 0);
}

#[tokio::test]
async fn the_filter_examples_of_the_page_are_understood_as_they_stand() {
    let server = Server::with(frozen("docs-samples", NOON)).await;
    for (report, first, last) in [
        ("500", "chargeback_createtime", "chargeback_createtime"),
        ("528", "tran_timestart", "tran_timeend"),
        ("745", "order_timestart", "order_timestart"),
    ] {
        // In an array of one, as the page shows them.
        let body = format!(
            r#"[ {{ "on_page": 5, "page": 1, "filters": [ {{ "s": "{first}", "m": "from", "v": "2019-12-11" }}, {{ "s": "{last}", "m": "to", "v": "2019-12-13" }} ], "merchant_id": 1396424, "report_id": "{report}" }} ]"#
        );
        let answer = ask(&server, body).await.json();
        assert_eq!(answer["data"], json!([]), "{answer}");
        assert_eq!((&answer["rows_count"], &answer["rows_on_page"]), (&json!(0), &json!(5)));
        assert!(answer["fields"].as_array().unwrap().len() > 11);
    }
}

#[tokio::test]
async fn reports_have_the_documented_columns_in_order() {
    const SETTLEMENTS: &str = "payment_id order_time order_status actual_amount currency fee order_id settlement_amount settlement_currency settlement_date settlement_status odb_ref tran_time settlement_type payment_system sender_email order_desc merchant_data settlement_desc transaction_id";
    const CHARGEBACKS: &str = "chargeback_createtime tran_id sender_email status tran_timestart tran_timeend tran_type protocol currency amount payout_date payout_amoun";
    const SUCCESSES: &str = "tran_id parent_tran_id sender_email status tran_timestart tran_timeend tran_type currency actual_amount payout_date payout_amoun order_desc checkout_url";
    const ORDERS: &str = "payment_id order_timestart order_timeend order_status amount actual_amount currency actual_currency order_type approval_code card_bin eci fee masked_card order_id payment_system response_code response_description reversal_amount rrn sender_email settlement_amount settlement_currency settlement_date merchant_data order_desc";
    const WIDE: &str = "payment_id order_timestart order_timeend order_status amount actual_amount transaction_id currency actual_currency order_type approval_code card_bin eci fee masked_card order_id payment_system response_code response_description reversal_amount rrn sender_email settlement_amount settlement_currency settlement_date merchant_data order_desc payer_country bank_name bank_country card_expire_date card_brand fee_name fee_type fee_percent_value fee_fix_value";
    const REIMBURSEMENTS: &str = "payment_id tran_id order_id tran_timeend actual_amount settlement_currency fee settlement_amount settlement_date batch_id order_type order_status card_brand payment_system masked_card rrn approval_code order_desc merchant_data payer_country bank_name card_expire_date card_brand fee_name fee_type fee_percent_value fee_fix_value";
    for (quirks, wide) in [("", ORDERS), ("quirks = [\"flitt.wide-745\"]", WIDE)] {
        let server = Server::with(scenario(&format!("{quirks}\n{BUSY}"))).await;
        for (report, columns) in [
            (403, SETTLEMENTS),
            (500, CHARGEBACKS),
            (528, SUCCESSES),
            (745, wide),
            (969, REIMBURSEMENTS),
        ] {
            // Also past the end, where there is no row.
            let answer = page(&server, report, &json!([all_of(report)]), 7, 100_000).await;
            let fields: Vec<&str> = answer["fields"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap())
                .collect();
            assert_eq!(fields.join(" "), columns);
            assert_eq!(answer["data"], json!([]));
            assert!(answer["rows_count"].as_i64().unwrap() > 0, "{report}");
            assert_eq!(
                (&answer["rows_page"], &answer["rows_on_page"]),
                (&json!(100_000), &json!(7))
            );
        }
    }
}

#[tokio::test]
async fn cells_have_the_documented_types() {
    let server = Server::with(scenario(BUSY)).await;
    for report in [403, 500, 528, 745, 969] {
        let rows = rows(&server, report).await;
        assert!(rows.len() > 3, "{report} has {}", rows.len());
        for row in &rows {
            for (name, cell) in row.as_object().unwrap() {
                if cell.is_null() {
                    continue;
                }
                let text = cell.as_str().unwrap_or("");
                let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
                let good = match name.as_str() {
                    "payment_id" | "tran_id" | "parent_tran_id" | "transaction_id" | "batch_id"
                    | "response_code" => cell.is_i64(),
                    "rrn" if report == 969 => cell.is_i64(),
                    "rrn" => text.len() == 12 && digits(text),
                    "card_bin" | "approval_code" => text.len() == 6 && digits(text),
                    "masked_card" => text.len() == 16 && text.get(6..12) == Some("******"),
                    "card_expire_date" => text.len() == 7 && text.get(2..3) == Some("/"),
                    "currency" | "settlement_currency" | "actual_currency" => text.len() == 3,
                    "eci" => text.len() == 2,
                    name if name.ends_with("amount") || name == "fee" || name == "payout_amoun" => {
                        let (whole, fraction) = text.split_once('.').unwrap();
                        digits(whole.trim_start_matches('-')) && matches!(fraction.len(), 2 | 3)
                    }
                    name if name.ends_with("_value") => text.split_once('.').unwrap().1.len() == 3,
                    name if name.ends_with("time")
                        || name.ends_with("_date")
                        || name.ends_with("timestart")
                        || name.ends_with("timeend") =>
                    {
                        text.len() == 19 && text.parse::<jiff::civil::DateTime>().is_ok()
                    }
                    _ => cell.is_string() && !text.is_empty(),
                };
                assert!(good, "{report} {name}: {cell}");
            }
        }
    }
}

#[tokio::test]
async fn walking_all_pages_visits_every_row_once_in_the_same_order() {
    let server = Server::with(scenario(BUSY)).await;
    for report in [500, 745] {
        let all = rows(&server, report).await;
        let column = if report == 500 { "tran_timestart" } else { "order_timestart" };
        let times: Vec<&str> = all.iter().map(|it| it[column].as_str().unwrap()).collect();
        assert!(times.is_sorted_by(|a, b| a >= b), "{report} is not newest first");
        for size in [1, 7, 500] {
            let mut walked = Vec::new();
            for number in 1.. {
                let answer = page(&server, report, &json!([all_of(report)]), size, number).await;
                assert_eq!(answer["rows_count"], all.len());
                assert_eq!(
                    (&answer["rows_page"], &answer["rows_on_page"]),
                    (&json!(number), &json!(size))
                );
                walked.extend(objects(&answer));
                if size * number >= i64::try_from(all.len()).unwrap() {
                    break;
                }
            }
            assert_eq!(walked, all, "{report} by {size}");
        }
    }
}

#[tokio::test]
async fn a_long_page_is_the_short_ones_joined() {
    // More rows than one piece of a streamed answer has.
    let server = Server::frozen("default", NOON).await;
    let filters = json!([{"s": "order_timestart", "m": "from", "v": "-20"}]);
    let long = page(&server, 745, &filters, 1_000_000_000, 1).await;
    let count = long["rows_count"].as_i64().unwrap();
    assert!(count > 1500, "{count}");
    let mut joined = Vec::new();
    for number in 1..=count / 500 + 1 {
        let short = page(&server, 745, &filters, 500, number).await;
        joined.extend(short["data"].as_array().unwrap().clone());
    }
    assert_eq!(long["data"], Value::Array(joined));
}

#[tokio::test]
async fn settlement_columns_are_filled_by_the_clock() {
    let server = Server::frozen("default", NOON).await;
    // Paid on a Saturday morning, settled a business day later: on Monday, at eight.
    let filters = json!([
        {"s": "order_timestart", "m": "dateis", "v": "2026-03-14"},
        {"s": "order_status", "m": "=", "v": "approved"},
        {"s": "actual_amount", "m": ">", "v": "0"},
    ]);
    let columns = ["fee", "settlement_amount", "settlement_currency", "settlement_date"];
    let before = objects(&page(&server, 745, &filters, 500, 1).await);
    assert!(before.len() > 5);
    for row in &before {
        assert!(columns.iter().all(|it| row[*it].is_null()), "{row}");
    }
    server.jump("2026-03-17T12:00:00Z");
    let after = objects(&page(&server, 745, &filters, 500, 1).await);
    let mut settled = 0;
    for row in &before {
        let Some(now) = after.iter().find(|it| it["payment_id"] == row["payment_id"]) else {
            continue;
        };
        if now["settlement_date"].is_null() {
            continue;
        }
        settled += 1;
        assert_eq!(now["settlement_currency"], now["currency"]);
        assert_eq!(
            thousandths(&now["settlement_amount"]),
            thousandths(&now["actual_amount"]) - thousandths(&now["fee"])
        );
    }
    assert!(settled > 5, "{settled}");
}

#[tokio::test]
async fn the_next_page_sees_what_was_added_in_between() {
    // The memory of the last selection must not outlive the ledger it was made of.
    let server = Server::with(scenario(BUSY)).await;
    let filters = json!([all_of(745)]);
    let before = page(&server, 745, &filters, 1, 1).await["rows_count"].as_i64().unwrap();
    let sandbox = server.space();
    let file: sandtill::sandbox::scenario::TransactionFile =
        serde_json::from_value(json!({"merchant": "flitt", "amount": 4711, "order": "mine"}))
            .unwrap();
    let merchant = sandbox.world().scenario.merchant("flitt").unwrap().clone();
    let added = file.to_row(&merchant, sandbox.moment().now).unwrap();
    crate::support::add(&sandbox, merchant.id, added);
    let after = page(&server, 745, &filters, 1, 1).await;
    assert_eq!(after["rows_count"], before + 1);
    let newest = objects(&after).remove(0);
    assert_eq!((&newest["order_id"], &newest["amount"]), (&json!("mine"), &json!("47.11")));
    let found = page(&server, 745, &json!([{"s": "order_id", "m": "=", "v": "mine"}]), 5, 1).await;
    assert_eq!(objects(&found), [newest]);
    // Another moment is another selection.
    server.jump("2026-03-10T12:00:00Z");
    let earlier = page(&server, 745, &filters, 1, 1).await["rows_count"].as_i64().unwrap();
    assert!(earlier < before, "{earlier} {before}");
}

#[tokio::test]
async fn a_selection_of_many_days_is_complete_and_in_order() {
    // Enough rows that several threads look through them.
    let (head, _) = BUSY.split_once("volume = 8").unwrap();
    let server =
        Server::with(scenario(&format!("{head}volume = 3000\nexact = true\ntest = 0\n"))).await;
    let filters = json!([
        {"s": "order_timestart", "m": "daterange", "v": "2026-02-02,2026-03-13"},
        {"s": "currency", "m": "=", "v": "USD"},
    ]);
    let answer = page(&server, 745, &filters, 3, 1).await;
    assert_eq!(answer["rows_count"], 40 * 3000);
    let ids = |answer: &Value| -> Vec<i64> {
        objects(answer).iter().map(|it| it["payment_id"].as_i64().unwrap()).collect()
    };
    // Around the middle, where one thread's rows end and another's begin.
    let middle = page(&server, 745, &filters, 4000, 15).await;
    let mut walked = ids(&middle);
    walked.extend(ids(&page(&server, 745, &filters, 4000, 16).await));
    assert_eq!(walked.len(), 8000);
    assert!(walked.is_sorted_by(|a, b| a > b));
}
