//! Filters: the answer equals filtering the unfiltered report by the naive reading of the rules.

use jiff::ToSpan;
use jiff::civil::DateTime;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::naive::{Table, kind, operands};
use super::{BUSY, MERCHANT, REPORT, all_of, ask, objects, page, token};
use crate::support::{Server, scenario};

const REPORTS: [i64; 5] = [403, 500, 528, 745, 969];

async fn busy() -> Server {
    // Fewer days than elsewhere: there are hundreds of requests.
    let text = BUSY.replace("days = 40", "days = 15");
    Server::with(scenario(&format!("quirks = [\"flitt.wide-745\"]\n{text}"))).await
}

/// Sends the filters to the server after a filter that satisfies the mandatory one.
async fn answer(
    server: &Server,
    token: &str,
    report: i64,
    filters: &[(String, String, String)],
) -> Value {
    let filters: Vec<Value> = std::iter::once(all_of(report))
        .chain(filters.iter().map(|(s, m, v)| json!({"s": s, "m": m, "v": v})))
        .collect();
    let body = json!({
        "filters": filters, "merchant_id": MERCHANT, "report_id": report,
        "on_page": 1_000_000, "page": 1,
    });
    let header = format!("Token {token}");
    server.send("POST", REPORT, &[("Authorization", &header)], body.to_string()).await.json()
}

async fn check(server: &Server, token: &str, table: &Table, filters: &[(String, String, String)]) {
    let answer = answer(server, token, table.report, filters).await;
    let expected = table.pick(filters);
    assert_eq!(answer["rows_count"], expected.len(), "{}: {filters:?}", table.report);
    assert_eq!(answer["data"], json!(expected), "{}: {filters:?}", table.report);
}

#[tokio::test]
async fn every_operand_on_every_column_of_every_report_is_what_the_rules_say() {
    let server = busy().await;
    let token = token(&server).await;
    let mut selective = 0;
    for report in REPORTS {
        let table = Table::of(&server, report).await;
        let mut columns = table.fields.clone();
        columns.dedup();
        for column in columns {
            for operand in operands(kind(report, &column)) {
                // Somewhere in the middle, whatever the report.
                let seeds = [u64::try_from(table.rows.len() / 2).unwrap(), 3, 2];
                let value = table.value(&column, operand, &seeds);
                let filters = [(column.clone(), (*operand).to_owned(), value)];
                check(&server, &token, &table, &filters).await;
                let count = table.pick(&filters).len();
                selective += usize::from(count > 0 && count < table.rows.len());
            }
        }
    }
    // Most of them let some rows through and keep some back; else this would show little.
    assert!(selective > 250, "{selective}");
}

#[test]
fn random_filters_together_are_what_the_rules_say() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = busy().await;
        let token = token(&server).await;
        let mut tables = Vec::new();
        for report in REPORTS {
            tables.push(Table::of(&server, report).await);
        }
        let seeds = prop::collection::vec(any::<[u64; 6]>(), 1..4);
        let mut runner = TestRunner::new_with_rng(Config::default(), deterministic());
        for round in 0..150 {
            let seeds = seeds.new_tree(&mut runner).unwrap().current();
            let table = &tables[round % tables.len()];
            let filters: Vec<_> = seeds.iter().map(|seeds| random(table, seeds)).collect();
            check(&server, &token, table, &filters).await;
        }
    });
}

fn deterministic() -> proptest::test_runner::TestRng {
    proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha)
}

fn random(table: &Table, seeds: &[u64; 6]) -> (String, String, String) {
    let pick = |seed: u64, from: usize| usize::try_from(seed).unwrap() % from;
    let column = &table.fields[pick(seeds[0], table.fields.len())];
    let kind = kind(table.report, column);
    let operand = operands(kind)[pick(seeds[1], operands(kind).len())];
    // One time in four a date column is named with its bound, and the operand says nothing.
    if kind == "date" && seeds[5].is_multiple_of(4) {
        let suffix = if seeds[5].is_multiple_of(8) { "_from" } else { "_to" };
        let value = table.value(column, "from", &seeds[2..5]);
        return (format!("{column}{suffix}"), operand.to_owned(), value);
    }
    (column.clone(), operand.to_owned(), table.value(column, operand, &seeds[2..5]))
}

#[tokio::test]
async fn an_id_or_an_order_number_finds_its_row() {
    let server = busy().await;
    for report in [403, 745, 969] {
        let table = Table::of(&server, report).await;
        let row = &table.rows[table.rows.len() / 2];
        for column in ["payment_id", "order_id"] {
            let cell = &row[table.position(column)];
            for value in
                [cell.clone(), json!(cell.as_str().map_or(cell.to_string(), str::to_owned))]
            {
                let filters = json!([{"s": column, "m": "=", "v": value}]);
                let answer = page(&server, report, &filters, 10, 1).await;
                assert_eq!(answer["data"], json!([row]), "{report} {column}");
            }
        }
        for (column, value) in [("payment_id", "17"), ("order_id", "ORD-17"), ("order_id", "x")] {
            let filters = json!([{"s": column, "m": "=", "v": value}]);
            assert_eq!(page(&server, report, &filters, 10, 1).await["data"], json!([]));
        }
    }
}

#[tokio::test]
async fn the_suffix_is_the_bound_whatever_the_operand() {
    let server = busy().await;
    let count =
        async |filters: Value| page(&server, 745, &filters, 1, 1).await["rows_count"].clone();
    let plain = count(json!([
        {"s": "order_timestart", "m": "from", "v": "2026-03-01"},
        {"s": "order_timestart", "m": "to", "v": "2026-03-05"},
    ]))
    .await;
    assert!(plain.as_i64().unwrap() > 20);
    for operand in ["dateis", "from", "to", "="] {
        let suffixed = json!([
            {"s": "order_timestart_from", "m": operand, "v": "2026-03-01"},
            {"s": "order_timestart_to", "m": operand, "v": "2026-03-05"},
        ]);
        assert_eq!(count(suffixed).await, plain, "{operand}");
    }
    let range =
        json!([{"s": "order_timestart", "m": "daterange", "v": ["2026-03-01", "2026-03-05"]}]);
    assert_eq!(count(range).await, plain);
}

#[tokio::test]
async fn the_misspelt_column_can_be_filtered_by_its_right_name_too() {
    let server = busy().await;
    for report in [500, 528] {
        let count = async |field: &str| {
            let filters = json!([all_of(report), {"s": field, "m": "<", "v": "0"}]);
            page(&server, report, &filters, 1, 1).await["rows_count"].as_i64().unwrap()
        };
        assert!(count("payout_amoun").await > 0);
        assert_eq!(count("payout_amoun").await, count("payout_amount").await);
    }
}

#[tokio::test]
async fn dates_are_read_and_written_in_the_zone_of_the_merchant() {
    let utc = busy().await;
    let settings = format!("{BUSY}\n[settings.flitt]\ntimezone = \"Asia/Tbilisi\"\n");
    let own = BUSY.replace(
        "merchant_id = \"1549902\"",
        "merchant_id = \"1549902\"\ntimezone = \"Asia/Tbilisi\"",
    );
    // Tbilisi is four hours ahead of UTC, all year.
    let filters = |from: &str, to: &str| {
        json!([
            {"s": "order_timestart", "m": "from", "v": from},
            {"s": "order_timestart", "m": "to", "v": to},
        ])
    };
    let expected =
        page(&utc, 745, &filters("2026-03-09 20:00:00", "2026-03-10 19:59:59"), 99, 1).await;
    let expected = objects(&expected);
    assert!(expected.len() > 3);
    for text in [settings, own] {
        let server = Server::with(scenario(&text)).await;
        let found = objects(&page(&server, 745, &filters("2026-03-10", "2026-03-10"), 99, 1).await);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found["payment_id"], expected["payment_id"]);
            let shifted =
                expected["order_timestart"].as_str().unwrap().parse::<DateTime>().unwrap();
            let shifted = (shifted + 4.hours()).strftime("%Y-%m-%d %H:%M:%S").to_string();
            assert_eq!(found["order_timestart"], shifted);
        }
        let day = json!([{"s": "order_timestart", "m": "dateis", "v": "2026-03-10"}]);
        assert_eq!(objects(&page(&server, 745, &day, 99, 1).await), found);
    }
}

#[tokio::test]
async fn relative_days_are_counted_from_the_second() {
    let server = busy().await;
    let filters = |value: &str| json!([{"s": "order_timestart", "m": "from", "v": value}]);
    let relative = page(&server, 745, &filters("-2"), 99, 1).await;
    assert_eq!(
        relative["data"],
        page(&server, 745, &filters("2026-03-12 12:00:00"), 99, 1).await["data"]
    );
    assert_ne!(relative["data"], page(&server, 745, &filters("2026-03-12"), 99, 1).await["data"]);
    let number = ask(
        &server,
        r#"{"filters":[{"s":"order_timestart","m":"from","v":-2}],"merchant_id":1549902,"report_id":745,"on_page":99}"#,
    );
    assert_eq!(number.await.json()["data"], relative["data"]);
}

#[tokio::test]
async fn a_day_is_its_first_second_to_its_last() {
    let (head, _) = BUSY.split_once("volume = 8").unwrap();
    let mut text = format!("{head}volume = 0\n");
    for at in
        ["2026-03-09T23:59:59", "2026-03-10T00:00:00", "2026-03-10T23:59:59", "2026-03-11T00:00:00"]
    {
        text += &format!(
            "[[transaction]]\nmerchant = \"flitt\"\namount = 100\nat = \"{at}Z\"\norder = \"{at}\"\n"
        );
    }
    let server = Server::with(scenario(&text)).await;
    for (operand, value, expected) in [
        ("dateis", "2026-03-10", "10T23:59:59 10T00:00:00"),
        ("dateis", "2026-03-10 11:00:00", "10T23:59:59 10T00:00:00"),
        ("notdate", "2026-03-10", "11T00:00:00 09T23:59:59"),
        ("from", "2026-03-10", "11T00:00:00 10T23:59:59 10T00:00:00"),
        ("from", "2026-03-10 23:59:59", "11T00:00:00 10T23:59:59"),
        ("to", "2026-03-10", "10T23:59:59 10T00:00:00 09T23:59:59"),
        ("to", "2026-03-10 00:00:00", "10T00:00:00 09T23:59:59"),
        ("daterange", "2026-03-10,2026-03-10", "10T23:59:59 10T00:00:00"),
        ("daterange", "2026-03-11,2026-03-10", ""),
        // Days from now are counted back from noon of the 14th.
        ("to", "-3", "11T00:00:00 10T23:59:59 10T00:00:00 09T23:59:59"),
        ("to", "-4", "10T00:00:00 09T23:59:59"),
    ] {
        let filters = json!([{"s": "order_timestart", "m": operand, "v": value}]);
        let found = objects(&page(&server, 745, &filters, 10, 1).await);
        let orders: Vec<_> = found
            .iter()
            .map(|it| it["order_id"].as_str().unwrap().replace("2026-03-", ""))
            .collect();
        assert_eq!(orders.join(" "), expected, "{operand} {value}");
    }
}
