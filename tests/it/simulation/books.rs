//! The books at night, looked at in a copy of the space: importers, the ties of five wires, the model.

use std::sync::Arc;

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::deed::{LAGS, MERCHANTS, PROVIDERS};
use super::model::Shown;
use super::team::{Checked, Team, ensure, instant};
use crate::books::all_ties_out;
use crate::drivers::begateway::{self, Direction, METHODS, walk};
use crate::drivers::{ReportQuery, epicpay};
use crate::support::{Record, Server};
use crate::truth::importers::{import, reconcile};

/// Every row of a simulation was made between these days.
const ALWAYS: (Date, Date) = (date(2026, 2, 1), date(2027, 6, 30));

/// Seconds until everything that has been paid is settled and paid out: the longest chain of deposits that
/// failed included.
const DRAIN: i64 = 30 * 86_400;

/// A copy of a team's space.
struct Fork<'a> {
    team: &'a Team,
    name: String,
    server: Server,
    record: Arc<Record>,
}

impl<'a> Fork<'a> {
    async fn new(team: &'a Team, number: u32) -> Result<Self, String> {
        let name = format!("copy-{number}");
        let body = json!({"name": name, "fork": team.name});
        team.ask(("POST", "/spaces"), &body, &[201]).await?;
        let plain = team.record.plain.lock().unwrap().clone();
        let record = Record { plain: plain.into(), ..Record::default() };
        let record = Arc::new(record);
        let server = team.server.in_space(&name, Arc::clone(&record));
        Ok(Self { team, name, server, record })
    }

    /// Drops the copy; what was asked in it becomes a part of the transcript of its team.
    async fn drop(self) -> Checked {
        let path = format!("/spaces/{}", self.name);
        self.team.ask(("DELETE", &path), &Value::Null, &[204]).await?;
        // Not by the list of spaces: it shows what the other team does meanwhile.
        let is_there = self.server.spaces.find(&self.name).is_some();
        ensure(!is_there, || format!("{} is still there", self.name))?;
        let mut lines = self.record.lines.lock().unwrap();
        self.team.record.lines.lock().unwrap().append(&mut lines);
        Ok(())
    }

    async fn calls(&self, calls: &[(&str, &str)], body: &str) -> Checked {
        for (method, path) in calls {
            let answer = self.server.admin(method, path, body).await;
            ensure(answer.status < 300, || format!("{method} {path}: {}", answer.text()))?;
        }
        Ok(())
    }
}

/// What can be looked at in a space.
async fn shown(server: &Server) -> Result<Vec<String>, String> {
    let mut shown = Vec::new();
    for path in ["/clock", "/faults", "/callbacks?limit=1000", "/reports?limit=1000"] {
        shown.push(server.admin("GET", path, "").await.text());
    }
    for merchant in MERCHANTS {
        for list in ["transactions", "deposits"] {
            let path = format!("/{list}?merchant={merchant}&limit=1000");
            shown.push(server.admin("GET", &path, "").await.text());
        }
    }
    Ok(shown)
}

/// A copy begins as its origin is, and what is done in it is done there alone.
pub(super) async fn fork_is_apart(team: &Team, number: u32) -> Checked {
    let before = shown(&team.server).await?;
    let copy = Fork::new(team, number).await?;
    let plain = |text: String| text.replace(&format!("/@{}", copy.name), "");
    let here = |text: &String| text.replace(&format!("/@{}", team.name), "");
    let copied: Vec<String> = shown(&copy.server).await?.into_iter().map(plain).collect();
    ensure(copied == before.iter().map(here).collect::<Vec<_>>(), || {
        "a copy is not as its origin is".to_owned()
    })?;
    let body = json!({"merchant": MERCHANTS[0], "amount": 777, "currency": "USD"}).to_string();
    copy.calls(&[("POST", "/transactions")], &body).await?;
    let later = json!({"now": instant(team.model.now + 7200)}).to_string();
    copy.calls(&[("PUT", "/clock")], &later).await?;
    ensure(shown(&team.server).await? == before, || {
        "what was done in a copy was done to its origin".to_owned()
    })?;
    copy.drop().await
}

/// All that has to hold about the books of a team.
pub(super) async fn are_right(team: &Team, number: u32) -> Checked {
    let copy = Fork::new(team, number).await?;
    copy.calls(&[("DELETE", "/faults")], "").await?;
    let now = jiff::Timestamp::from_second(team.model.now).unwrap();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = (ALWAYS.0, today.yesterday().unwrap());
    // What does not show yet is no mistake; once nothing is late, there is none of any kind.
    lag_is_kept(&copy).await?;
    imports(&copy.server, days, Late::Maybe).await?;
    let reporting = PROVIDERS.map(|slug| format!("/reporting/{slug}"));
    for path in &reporting {
        copy.calls(&[("PUT", path)], "{}").await?;
    }
    imports(&copy.server, days, Late::Not).await?;
    let rows = rows(&copy.server).await;
    let known = team.model.rows();
    ensure(rows == known, || difference(&rows, &known))?;
    let first = super::first_day();
    all_ties_out(&copy.server, MERCHANTS[1], (first, false)).await;
    all_ties_out(&copy.server, MERCHANTS[0], (first, team.model.is_amended)).await;
    let later = json!({"now": instant(team.model.now + DRAIN)}).to_string();
    copy.calls(&[("PUT", "/clock")], &later).await?;
    let (paid, net) = (paid_out(&copy.server).await, team.model.net());
    ensure(paid == net, || format!("{paid} was paid out in the end instead of {net}"))?;
    copy.drop().await
}

/// beGateway shows as many rows as the lag of its reports says.
async fn lag_is_kept(copy: &Fork<'_>) -> Checked {
    let model = &copy.team.model;
    let lag = model.lags[2];
    let (least, most) = model.shown(lag, i64::MAX);
    let count = rows(&copy.server).await.len();
    ensure((least..=most).contains(&count), || {
        format!("lag {}: {count} rows are shown instead of {least} to {most}", LAGS[lag])
    })
}

/// Whether reports may be behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Late {
    Maybe,
    Not,
}

async fn imports(server: &Server, days: (Date, Date), late: Late) -> Checked {
    for merchant in MERCHANTS {
        for slug in PROVIDERS {
            let rows = import(server, slug, merchant, days).await;
            let found = reconcile(server, slug, merchant, (days, &rows)).await;
            let is_right = match late {
                Late::Maybe => found["ok"] == true && found["breaks"] == 0,
                Late::Not => found["findings"] == json!([]) && found["rows"] == rows.len(),
            };
            ensure(is_right, || format!("import of {slug}, {merchant}, {late:?}: {found}"))?;
        }
    }
    Ok(())
}

/// All rows of the merchant without trade as beGateway shows them, sorted.
async fn rows(server: &Server) -> Vec<Shown> {
    let (first, last) = ALWAYS;
    let query = ReportQuery { merchant: MERCHANTS[0], first, last, size: 500 };
    let mut rows = Vec::new();
    for method in METHODS {
        let request = (begateway::params(query, method), Direction::Forwards);
        for row in walk(server, query.merchant, request, &mut async |_| {}).await {
            assert_eq!(row["status"], "successful", "{row}");
            let kind = row["type"].as_str().unwrap().to_owned();
            let fee = row["transaction_fee"].to_string();
            let fee = fee.trim_end_matches(".0").parse().unwrap();
            rows.push((kind, row["amount"].as_i64().unwrap(), fee));
        }
    }
    rows.sort();
    rows
}

fn difference(rows: &[Shown], known: &[Shown]) -> String {
    let without = |all: &[Shown], others: &[Shown]| {
        let mut rest = others.to_vec();
        let mut only = all.to_vec();
        only.retain(|it| match rest.iter().position(|other| other == it) {
            Some(at) => {
                rest.swap_remove(at);
                false
            }
            None => true,
        });
        only
    };
    format!(
        "rows that nobody made: {:?}; rows that are not there: {:?}",
        without(rows, known),
        without(known, rows)
    )
}

/// Minor units of all deposits that have stayed at the bank.
async fn paid_out(server: &Server) -> i64 {
    let (first, last) = ALWAYS;
    let query = ReportQuery { merchant: MERCHANTS[0], first, last, size: 500 };
    let deposits = epicpay::rows(server, "deposits", query).await;
    let stayed = deposits.iter().filter(|it| it["effective_date"] != "");
    stayed.map(|it| crate::epicpay::cents(&it["amount"])).sum()
}
