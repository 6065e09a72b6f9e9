//! Clients that read a provider as it is: what is broken or refused is asked for again.

use serde_json::{Value, json};

use super::team::{Checked, Team, ensure};
use crate::drivers::begateway::{self, METHODS};
use crate::drivers::flitt::{self, Page};
use crate::drivers::{ReportQuery, credential, payfort, wepay};
use crate::epicpay;
use crate::support::Answer;

/// How often a client tries.
const TRIES: usize = 5;

/// More pages than there are rows: a cursor that leads nowhere.
const MAX_PAGES: usize = 60;

/// A client reads the rows of the last days. Without faults it succeeds at once.
pub(super) async fn visit(team: &mut Team, slug: &str, merchant: &str) -> Checked {
    let today = jiff::Timestamp::from_second(team.model.now).unwrap();
    let today = today.to_zoned(jiff::tz::TimeZone::UTC).date();
    let first = today.saturating_sub(jiff::Span::new().days(5));
    let query = ReportQuery { merchant, first, last: today.yesterday().unwrap(), size: 4 };
    let reference = format!("visit-{}", team.server.space().world().state.reports.len());
    for _ in 0..TRIES {
        let read = match slug {
            "payfort" => of_payfort(team, query, &reference).await,
            "flitt" => of_flitt(team, query).await,
            "begateway" => of_begateway(team, query).await,
            "epicpay" => of_epicpay(team, query).await,
            _ => of_wepay(team, query).await,
        };
        match read {
            Ok(()) => return Ok(()),
            Err(why) => ensure(team.model.has_faults, || format!("{slug} of {merchant}: {why}"))?,
        }
    }
    Ok(())
}

/// The JSON of an answer that says that all is well.
fn good(answer: &Answer) -> Result<Value, String> {
    let text = String::from_utf8_lossy(&answer.body);
    ensure(answer.status == 200, || format!("{} {text}", answer.status))?;
    serde_json::from_str(&text).map_err(|err| format!("{err} in {text}"))
}

fn list<'a>(value: &'a Value, shown: &Value) -> Result<&'a Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("no rows in {shown}"))
}

/// A report whose request was lost on the way back is there all the same.
async fn of_payfort(team: &mut Team, query: ReportQuery<'_>, reference: &str) -> Checked {
    let client = payfort::client(query.merchant);
    let request = payfort::request(query, reference, &["fort_id", "amount"]);
    let answer = good(&client.ask(&team.server, &request).await)?;
    let is_there =
        ["56000", "57066"].contains(&answer["response_code"].as_str().unwrap_or_default());
    ensure(is_there, || answer.to_string())?;
    team.advance(2).await?;
    let report = good(&client.ask(&team.server, &client.download(reference)).await)?;
    list(&report[1], &report).map(drop)
}

async fn of_flitt(team: &Team, query: ReportQuery<'_>) -> Checked {
    let server = &team.server;
    let answer = good(&flitt::ask_token(server, query.merchant).await)?;
    let token = answer["token"].as_str().ok_or("no token")?;
    let merchant_id = credential(server, "flitt", query.merchant, "merchant_id");
    let filters = json!([
        {"s": "order_timestart", "m": "from", "v": query.first.to_string()},
        {"s": "order_timestart", "m": "to", "v": query.last.to_string()},
    ]);
    let mut read = 0;
    for number in 1.. {
        let (merchant_id, filters) = (merchant_id.as_str(), filters.clone());
        let page = Page { merchant_id, report: 745, filters, number, size: query.size };
        let page = good(&flitt::page(server, token, &page).await)?;
        read += list(&page["data"], &page)?.len();
        let count = page["rows_count"].as_i64().ok_or_else(|| page.to_string())?;
        if number * query.size >= count {
            let is_whole = i64::try_from(read).ok() == Some(count);
            return ensure(is_whole, || format!("{read} rows on all pages of {count}"));
        }
    }
    Ok(())
}

async fn of_begateway(team: &Team, query: ReportQuery<'_>) -> Checked {
    for method in METHODS {
        let mut params = begateway::params(query, method);
        for pages in 0.. {
            ensure(pages < MAX_PAGES, || "the pages do not end".to_owned())?;
            let answer = begateway::ask(&team.server, query.merchant, "/api/reports", &params);
            let page = good(&answer.await)?;
            list(&page["transactions"], &page)?;
            if page["has_more"] != true {
                break;
            }
            params["starting_after"] = page["last_object_id"].clone();
        }
    }
    Ok(())
}

async fn of_epicpay(team: &Team, query: ReportQuery<'_>) -> Checked {
    let authorization =
        crate::drivers::basic(&team.server, "epicpay", query.merchant, ["key_id", "password"]);
    let (first, last) = (query.first.to_string(), query.last.to_string());
    for report in ["trxnactivity", "deposits-detail"] {
        let answer = epicpay::ask(&team.server, &authorization, report, &first, &last).await;
        let answer = good(&answer)?;
        list(&answer["result"]["data"], &answer)?;
    }
    Ok(())
}

async fn of_wepay(team: &mut Team, query: ReportQuery<'_>) -> Checked {
    let start = |day: jiff::civil::Date| {
        day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second()
    };
    let account = wepay::account(&team.server, query.merchant);
    let request = wepay::transactions(account, (start(query.first), start(query.last)));
    let answer = wepay::call(&team.server, query.merchant, "report/create", &request).await;
    let report = json!({"report_id": good(&answer)?["report_id"]});
    team.advance(3).await?;
    let answer = wepay::call(&team.server, query.merchant, "report", &report).await;
    let answer = good(&answer)?;
    ensure(answer["state"] == "complete", || answer.to_string())?;
    let uri = answer["report_uri"].as_str().ok_or("no address")?;
    let path = uri.strip_prefix(team.server.url.as_str()).ok_or("another address")?;
    let file = team.server.send("GET", path, &[], "").await;
    ensure(file.status == 200 && !file.body.is_empty(), || format!("file: {}", file.status))
}
