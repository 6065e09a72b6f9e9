//! Checks days on which clocks change: bounds without an offset select what is printed between them, so the
//! hours of a day of 23 and of 25 hours add up to the day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::drivers::begateway::{Direction, walk};
use crate::drivers::flitt;
use crate::support::{Server, scenario};

const MERCHANT: &str = "busy";
const ZONE: &str = "America/New_York";

/// A busy merchant at both providers whose requests have wall-clock times.
async fn busy(now: &str) -> Server {
    Server::with(scenario(&format!(
        r#"
days = 4
[clock]
mode = "frozen"
now = "{now}"
[settings.begateway]
page_size = 10000
[settings.flitt]
timezone = "{ZONE}"
[[merchant]]
name = "{MERCHANT}"
[[merchant.credentials.flitt]]
application_id = "1"
key = "k"
merchant_id = "1"
[[merchant.credentials.begateway]]
shop_id = "1"
secret_key = "s"
[merchant.trade]
volume = 3000
"#
    )))
    .await
}

/// The ids of the rows between two wall-clock times, ascending.
async fn begateway_ids(server: &Server, axis: &str, [from, to]: [&str; 2]) -> Vec<i64> {
    let params = json!({
        "date_type": axis, "from": from, "to": to, "status": "all",
        "payment_method_type": "credit_card", "time_zone": ZONE,
    });
    let rows = walk(server, MERCHANT, (params, Direction::Forwards), &mut async |_| {}).await;
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

/// The ids and the times of the rows between two wall-clock times, ascending by id.
async fn flitt_rows(server: &Server, [from, to]: [&str; 2]) -> Vec<(i64, String)> {
    let filters = json!([
        {"s": "order_timestart", "m": "from", "v": from},
        {"s": "order_timestart", "m": "to", "v": to},
    ]);
    let rows = flitt::table(server, MERCHANT, 745, filters).await;
    let of = |row: &Value| {
        (row["payment_id"].as_i64().unwrap(), row["order_timestart"].as_str().unwrap().to_owned())
    };
    let mut rows: Vec<_> = rows.iter().map(of).collect();
    rows.sort();
    rows
}

/// The bounds of equal parts of a day, given the minutes of a part.
fn parts(day: Date, minutes: i64) -> Vec<[String; 2]> {
    let text = |minute: i64, second: i8| {
        format!("{day} {:02}:{:02}:{second:02}", minute / 60, minute % 60)
    };
    (0..1440 / minutes)
        .map(|part| [text(part * minutes, 0), text((part + 1) * minutes - 1, 59)])
        .collect()
}

async fn parts_add_up(day: Date, now: &str, hours: i64) {
    let zone = TimeZone::get(ZONE).unwrap();
    let start = |day: Date| day.to_zoned(zone.clone()).unwrap().timestamp().as_second();
    assert_eq!(start(day.tomorrow().unwrap()) - start(day), hours * 3600);
    let server = busy(now).await;
    let whole = [format!("{day} 00:00:00"), format!("{day} 23:59:59")];
    let whole = [whole[0].as_str(), whole[1].as_str()];
    for minutes in [60, 20] {
        for axis in ["created_at", "paid_at"] {
            let mut ids = Vec::new();
            for [from, to] in &parts(day, minutes) {
                ids.extend(begateway_ids(&server, axis, [from, to]).await);
            }
            ids.sort_unstable();
            let day = begateway_ids(&server, axis, whole).await;
            assert!(day.len() > 1000 && ids == day, "{axis}: {} of {}", ids.len(), day.len());
        }
        let mut rows = Vec::new();
        for [from, to] in &parts(day, minutes) {
            let part = flitt_rows(&server, [from, to]).await;
            // A row is in if its printed time is.
            assert!(part.iter().all(|row| *from <= row.1 && row.1 <= *to), "{from} {part:?}");
            rows.extend(part);
        }
        rows.sort();
        let day = flitt_rows(&server, whole).await;
        assert!(day.len() > 1000 && rows == day, "{} of {}", rows.len(), day.len());
    }
}

#[tokio::test]
async fn the_hours_of_a_day_of_23_hours_add_up_to_it() {
    parts_add_up(jiff::civil::date(2026, 3, 8), "2026-03-10T12:00:00Z", 23).await;
}

#[tokio::test]
async fn the_hours_of_a_day_of_25_hours_add_up_to_it() {
    parts_add_up(jiff::civil::date(2026, 11, 1), "2026-11-03T12:00:00Z", 25).await;
}
