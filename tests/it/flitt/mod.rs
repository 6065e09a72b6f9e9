//! Flitt from outside.

mod at_once;
mod books;
mod filters;
mod input;
mod naive;
mod provider;
mod reports;
mod token;

use serde_json::{Value, json};

use crate::drivers::flitt::objects;
use crate::support::{Answer, Server};

const TOKEN: &str = "/authorizer/token/application/get";
const REPORT: &str = "/api/extend/company/report/";

/// The merchant of application 1019 in every scenario.
const MERCHANT: i64 = 1_549_902;

/// `printf 'test|1019|2026-04-06 11:15:27' | sha512sum`
pub(crate) const SIGNATURE: &str = "a717d2f56bf30915091a3e84693969d16a8c34ac6f8251f4d208a0d774f27f8df668d329bd38d1fbdd6a143fa912d794a7f0f64a3726781a8143c5c89afd122b";

/// Trade with everything that can happen, in small.
const BUSY: &str = r#"
seed = 7
days = 40

[clock]
mode = "frozen"
now = "2026-03-14T12:00:00Z"

[[merchant]]
name = "flitt"

[[merchant.credentials.flitt]]
application_id = "1019"
key = "test"
merchant_id = "1549902"

[merchant.trade]
volume = 8
names = "unicode"
currencies = { GEL = 60, EUR = 20, JPY = 10, KWD = 10 }
alternative = 150
bank = 150
authorized_first = 250
refunded = 250
charged_back = 150
rejected = 150
test = 50
fee_fixed = 30
"#;

async fn token(server: &Server) -> String {
    let body = json!({
        "application_id": "1019", "date": "2026-04-06 11:15:27", "signature": SIGNATURE,
    });
    let answer = server.send("POST", TOKEN, &[], body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Sends a body to the report endpoint with a fresh token.
pub(crate) async fn ask(server: &Server, body: impl Into<reqwest::Body>) -> Answer {
    let authorization = format!("Token {}", token(server).await);
    server.send("POST", REPORT, &[("Authorization", &authorization)], body).await
}

/// A page of a report of the home merchant.
async fn page(server: &Server, report: i64, filters: &Value, on_page: i64, page: i64) -> Value {
    let body = json!({
        "filters": filters, "merchant_id": MERCHANT, "report_id": report,
        "on_page": on_page, "page": page,
    });
    ask(server, body.to_string()).await.json()
}

/// A filter that satisfies what is mandatory and lets every row through.
fn all_of(report: i64) -> Value {
    let field = match report {
        500 | 528 => "tran_id",
        _ => "payment_id",
    };
    json!({"s": field, "m": "notnull", "v": ""})
}

/// Every row of a report as an object by column name.
async fn rows(server: &Server, report: i64) -> Vec<Value> {
    let answer = page(server, report, &json!([all_of(report)]), 1_000_000, 1).await;
    objects(&answer)
}

/// `-12.34` in thousandths, whatever the number of digits after the point.
fn thousandths(cell: &Value) -> i64 {
    let text = cell.as_str().unwrap_or_else(|| panic!("{cell} is not decimal text"));
    let (whole, fraction) = text.split_once('.').unwrap();
    format!("{whole}{fraction:0<3}").parse().unwrap()
}
