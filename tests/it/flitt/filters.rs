//! Filters: the answer equals filtering the unfiltered report by an independent, naive reading of the
//! rules, which knows nothing but the printed cells.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{LIVELY, MERCHANT, REPORT, all_of, ask, objects, page, token};
use crate::support::{Server, scenario};

const REPORTS: [i64; 5] = [403, 500, 528, 745, 969];

/// The moment of [`LIVELY`], as it is printed.
const NOW: &str = "2026-03-14 12:00:00";

/// The vendor's type of a column, by its name.
fn kind(report: i64, column: &str) -> &'static str {
    match column {
        "payment_id" | "tran_id" | "parent_tran_id" | "transaction_id" | "batch_id"
        | "response_code" => "int",
        "rrn" if report == 969 => "int",
        "amount" | "actual_amount" | "fee" | "settlement_amount" | "reversal_amount"
        | "payout_amoun" | "fee_percent_value" | "fee_fix_value" => "float",
        "order_time"
        | "settlement_date"
        | "tran_time"
        | "chargeback_createtime"
        | "tran_timestart"
        | "tran_timeend"
        | "payout_date"
        | "order_timestart"
        | "order_timeend" => "date",
        _ => "text",
    }
}

/// The vendor's list of operands for a type, with the alias and `daterange`.
fn operands(kind: &str) -> &'static [&'static str] {
    match kind {
        "float" => &["=", ">", "<", "!=", "isnull", "notnull", "eq"],
        "int" => &["=", ">", "<", "!=", "any", "isnull", "notnull", "eq"],
        "date" => &["dateis", "from", "to", "isnull", "notnull", "notdate", "daterange"],
        _ => &["=", "!=", "like", "!like", "start", "empty", "any", "notnull", "eq"],
    }
}

/// Whether a printed cell satisfies a filter.
fn accepts(kind: &str, operand: &str, value: &str, cell: &Value) -> bool {
    match operand {
        "isnull" => return cell.is_null(),
        "empty" => return cell.is_null() || cell == "",
        "notnull" => return !cell.is_null(),
        _ if cell.is_null() => return false,
        _ => {}
    }
    match kind {
        "int" => {
            let it = cell.as_i64().unwrap();
            let mut values = value.split(',').map(|it| it.trim().parse::<i64>().unwrap());
            match operand {
                "=" | "eq" | "any" => values.any(|other| other == it),
                "!=" => it != values.next().unwrap(),
                ">" => it > values.next().unwrap(),
                "<" => it < values.next().unwrap(),
                other => panic!("{other}"),
            }
        }
        "float" => {
            // Both are padded to four digits after the point.
            let read = |text: &str| {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                format!("{whole}{fraction:0<4}").parse::<i64>().unwrap()
            };
            let (it, other) = (read(cell.as_str().unwrap()), read(value));
            match operand {
                "=" | "eq" => it == other,
                "!=" => it != other,
                ">" => it > other,
                "<" => it < other,
                other => panic!("{other}"),
            }
        }
        "date" => accepts_date(operand, value, cell.as_str().unwrap()),
        _ => {
            let it = cell.as_str().unwrap();
            match operand {
                "=" | "eq" => it == value,
                "!=" => it != value,
                "like" => it.contains(value),
                "!like" => !it.contains(value),
                "start" => it.starts_with(value),
                "any" => value.split(',').any(|other| other.trim() == it),
                other => panic!("{other}"),
            }
        }
    }
}

/// Printed instants of one zone compare as text.
fn accepts_date(operand: &str, value: &str, it: &str) -> bool {
    let next = |day: &str| (day.parse::<Date>().unwrap() + 1.day()).to_string();
    let relative = |text: &str| {
        let days: i64 = text.parse().unwrap();
        let at = NOW.parse::<DateTime>().unwrap() + (24 * days).hours();
        at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    };
    let from = |value: &str| match value.len() {
        10 => it >= format!("{value} 00:00:00").as_str(),
        19 => it >= value,
        _ => it >= relative(value).as_str(),
    };
    let to = |value: &str| match value.len() {
        10 => it < format!("{} 00:00:00", next(value)).as_str(),
        19 => it <= value,
        _ => it < relative(value).as_str(),
    };
    let day = |value: &str| match value.len() {
        10 | 19 => it.get(..10) == value.get(..10),
        _ => it.get(..10) == relative(value).get(..10),
    };
    match operand {
        "from" => from(value),
        "to" => to(value),
        "dateis" => day(value),
        "notdate" => !day(value),
        "daterange" => {
            let (first, last) = value.split_once(',').unwrap();
            from(first) && to(last)
        }
        other => panic!("{other}"),
    }
}

/// A whole report: its columns and its rows.
struct Table {
    report: i64,
    fields: Vec<String>,
    rows: Vec<Vec<Value>>,
}

impl Table {
    async fn of(server: &Server, report: i64) -> Self {
        let answer = page(server, report, &json!([all_of(report)]), 1_000_000, 1).await;
        let texts = |it: &Value| it.as_str().unwrap().to_owned();
        Self {
            report,
            fields: answer["fields"].as_array().unwrap().iter().map(texts).collect(),
            rows: serde_json::from_value(answer["data"].clone()).unwrap(),
        }
    }

    fn place(&self, column: &str) -> usize {
        self.fields.iter().position(|it| it == column).unwrap()
    }

    /// The rows that a naive reader would pick.
    fn pick(&self, filters: &[(String, String, String)]) -> Vec<Vec<Value>> {
        let mut rows = self.rows.clone();
        for (column, operand, value) in filters {
            let (base, operand) = match column {
                it if it.ends_with("_from") => (it.trim_end_matches("_from"), "from"),
                it if it.ends_with("_to") => (it.trim_end_matches("_to"), "to"),
                it => (it.as_str(), operand.as_str()),
            };
            let place = self.place(base);
            rows.retain(|row| accepts(kind(self.report, base), operand, value, &row[place]));
        }
        rows
    }

    /// A value to compare a column with: that of a row, bent a little one time or another.
    fn value(&self, column: &str, operand: &str, seeds: &[u64]) -> String {
        let place = self.place(column);
        let some: Vec<&Value> =
            self.rows.iter().map(|row| &row[place]).filter(|it| !it.is_null()).collect();
        let pick = |seed: u64| some.get(usize::try_from(seed).unwrap() % some.len().max(1));
        let text = |seed: u64| match pick(seed) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => match kind(self.report, column) {
                "date" => "2026-03-01 00:00:00".to_owned(),
                _ => "1".to_owned(),
            },
        };
        let (first, second, bend) = (text(seeds[0]), text(seeds[1]), seeds[2] % 4);
        let date = |text: &str, bend: u64| match bend {
            0 | 1 => text.split(' ').next().unwrap().to_owned(),
            2 => text.to_owned(),
            _ => format!("-{}", seeds[2] % 50),
        };
        match (kind(self.report, column), operand) {
            ("date", "daterange") => format!("{},{}", date(&first, bend), date(&second, bend ^ 1)),
            ("date", _) => date(&first, bend),
            ("int", "any" | "=") if bend > 1 => format!("{first}, {second},7"),
            ("text", "any") => format!("{first},{second},nothing"),
            ("text", "like" | "!like" | "start") => {
                let skip = if operand == "start" { 0 } else { bend };
                let skip = usize::try_from(skip).unwrap();
                first.chars().skip(skip).take(1 + usize::try_from(seeds[1] % 4).unwrap()).collect()
            }
            ("float", _) if bend == 1 => format!("{first}0"),
            ("float", _) if bend == 2 => {
                first.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            _ => first,
        }
    }
}

async fn lively() -> Server {
    Server::with(scenario(&format!("quirks = [\"flitt.wide-745\"]\n{LIVELY}"))).await
}

/// Asks the server, with a filter in front that satisfies what is mandatory.
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
    let server = lively().await;
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
        let server = lively().await;
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
    let server = lively().await;
    for report in [403, 745, 969] {
        let table = Table::of(&server, report).await;
        let row = &table.rows[table.rows.len() / 2];
        for column in ["payment_id", "order_id"] {
            let cell = &row[table.place(column)];
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
    let server = lively().await;
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
    let server = lively().await;
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
    let utc = lively().await;
    let settings = format!("{LIVELY}\n[settings.flitt]\ntimezone = \"Asia/Tbilisi\"\n");
    let own = LIVELY.replace(
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
    let server = lively().await;
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
