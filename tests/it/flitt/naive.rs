//! An independent, naive reading of the rules for filters. It knows nothing but the printed cells.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

use super::{all_of, page};
use crate::support::Server;

/// The current time of [`BUSY`] as printed.
const NOW: &str = "2026-03-14 12:00:00";

/// The vendor's type of a column, by its name.
pub(super) fn kind(report: i64, column: &str) -> &'static str {
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
pub(super) fn operands(kind: &str) -> &'static [&'static str] {
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
pub(super) struct Table {
    pub(super) report: i64,
    pub(super) fields: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

impl Table {
    pub(super) async fn of(server: &Server, report: i64) -> Self {
        let answer = page(server, report, &json!([all_of(report)]), 1_000_000, 1).await;
        let texts = |it: &Value| it.as_str().unwrap().to_owned();
        Self {
            report,
            fields: answer["fields"].as_array().unwrap().iter().map(texts).collect(),
            rows: serde_json::from_value(answer["data"].clone()).unwrap(),
        }
    }

    pub(super) fn position(&self, column: &str) -> usize {
        self.fields.iter().position(|it| it == column).unwrap()
    }

    /// The rows that a naive reader would pick.
    pub(super) fn pick(&self, filters: &[(String, String, String)]) -> Vec<Vec<Value>> {
        let mut rows = self.rows.clone();
        for (column, operand, value) in filters {
            let (base, operand) = match column {
                it if it.ends_with("_from") => (it.trim_end_matches("_from"), "from"),
                it if it.ends_with("_to") => (it.trim_end_matches("_to"), "to"),
                it => (it.as_str(), operand.as_str()),
            };
            let position = self.position(base);
            rows.retain(|row| accepts(kind(self.report, base), operand, value, &row[position]));
        }
        rows
    }

    /// A value to compare a column with: that of a row, bent a little one time or another.
    pub(super) fn value(&self, column: &str, operand: &str, seeds: &[u64]) -> String {
        let position = self.position(column);
        let some: Vec<&Value> =
            self.rows.iter().map(|row| &row[position]).filter(|it| !it.is_null()).collect();
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
