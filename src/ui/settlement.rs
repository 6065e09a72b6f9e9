//! Settlement: the deposits of a merchant by day and currency, each with its lines and their sum.

use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::Value;

use super::deposits;
use super::page::{Head, Page};
use super::pieces::{amount, chip, choice, hinted};
use super::plot::{self, Bars, Series};
use super::values::{Members, query};
use super::{SETTLEMENT, ledger};
use crate::admin;
use crate::wire::problem::Problem;

/// Days that the page shows unless it is asked for others.
const DAYS: i64 = 14;

/// Currencies with a plot of their own.
const MAX_PLOTS: usize = 4;

/// Deposits in the table.
const MAX_ROWS: usize = 180;

pub(super) async fn show(page: Page) -> Result<Response, Problem> {
    let subject = Subject::of(&page).await?;
    let content = match &subject.provider {
        None => html! {
            (filters(&page, &subject))
            p.lead { "No merchant of this scenario has credentials at a provider, so nobody is paid." }
        },
        Some(provider) => {
            let asked = query(
                [
                    ("provider", provider.as_str()),
                    ("merchant", &subject.merchant),
                    ("from", &subject.from),
                    ("to", &subject.to),
                    ("axis", "settled"),
                ]
                .into_iter(),
            );
            let truth = page.inside.get(&format!("/_admin/truth{asked}")).await?;
            let deposits = truth.list("deposits");
            let transfers = deposits::transfers(&page, &subject.merchant).await?;
            html! {
                (filters(&page, &subject))
                @if deposits.is_empty() {
                    p.lead { "No deposit in these days. Money arrives some days after it was paid." }
                } @else {
                    (tied(deposits))
                    @for currency in currencies(deposits).into_iter().take(MAX_PLOTS) {
                        (bars(deposits, currency))
                    }
                    (table(&page, &subject, deposits))
                }
                (transfers)
                p.links { a href={ (page.api("truth")) (asked) } { "JSON" } }
            }
        }
    };
    page.render(Head { view: &SETTLEMENT, title: "Settlement" }, content).await
}

/// Whose deposits, told by whom, of which days.
pub(super) struct Subject {
    pub(super) merchants: Vec<String>,
    pub(super) merchant: String,
    /// The providers of the merchant.
    pub(super) providers: Vec<String>,
    /// `None` for a merchant without any.
    pub(super) provider: Option<String>,
    pub(super) from: String,
    pub(super) to: String,
}

impl Subject {
    /// The subject of a query or form; what it does not say is chosen.
    pub(super) async fn of(page: &Page) -> Result<Self, Problem> {
        let said = |name: &str| page.form.get(name).or_else(|| page.query.get(name));
        let merchants = page.inside.merchants();
        let preferred =
            || merchants.iter().find(|it| *it == ledger::EVERYWHERE).or(merchants.first());
        let merchant = said("merchant").map(str::to_owned);
        let merchant = merchant.or_else(|| preferred().cloned()).unwrap_or_default();
        let credentials = page.inside.get("/_admin/credentials").await?;
        let is_known = |list: &Value| {
            list.as_array().into_iter().flatten().any(|it| it.text("merchant") == merchant)
        };
        let all = credentials.as_object().into_iter().flatten();
        let providers: Vec<String> =
            all.filter(|it| is_known(it.1)).map(|it| it.0.clone()).collect();
        let wanted = said("provider").filter(|it| providers.iter().any(|known| known == it));
        let provider = wanted.map(str::to_owned).or_else(|| providers.first().cloned());
        let clock = page.inside.get("/_admin/clock").await?;
        let today: Date =
            clock.text("now").get(..10).and_then(|it| it.parse().ok()).unwrap_or_default();
        let first = today.checked_sub((DAYS - 1).days()).unwrap_or(today);
        let day = |name: &str, or: Date| said(name).map_or_else(|| or.to_string(), str::to_owned);
        let (from, to) = (day("from", first), day("to", today));
        Ok(Self { merchants, merchant, providers, provider, from, to })
    }

    /// The fields that name the subject.
    pub(super) fn fields(&self) -> Markup {
        let names = |list: &'_ [String]| list.to_vec();
        html! {
            (choice(("merchant", "Merchant"), "", names(&self.merchants).iter().map(String::as_str), &self.merchant))
            (choice(("provider", "Provider"), "", names(&self.providers).iter().map(String::as_str), self.provider.as_deref().unwrap_or("")))
            (hinted("from", "From (UTC day)", &self.from, "2026-03-01"))
            (hinted("to", "To", &self.to, "2026-03-14"))
        }
    }
}

fn filters(page: &Page, subject: &Subject) -> Markup {
    html! {
        form.filters method="get" action=(page.link("settlement")) role="search" {
            (subject.fields())
            div.buttons { button.primary type="submit" { "Show" } }
        }
    }
}

fn currencies(deposits: &[Value]) -> Vec<&str> {
    let mut found: Vec<&str> = deposits.iter().map(|it| it.text("currency")).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The sum of the lines of a deposit.
fn sum(deposit: &Value) -> i64 {
    deposit.list("lines").iter().fold(0, |sum, line| sum.saturating_add(line.number("amount")))
}

fn tied(deposits: &[Value]) -> Markup {
    let open = deposits.iter().filter(|it| sum(it) != it.number("amount")).count();
    html! {
        p.done[open == 0] role="status" {
            @if open == 0 {
                "All " (deposits.len()) " deposits tie out: each is the signed sum of its lines."
            } @else {
                (open) " of " (deposits.len()) " deposits do not tie out."
            }
        }
    }
}

/// The deposits of a currency by day; negative ones have another colour.
fn bars(deposits: &[Value], currency: &str) -> Markup {
    let of = || deposits.iter().filter(|it| it.text("currency") == currency);
    let mut days: Vec<&str> = of().map(|it| it.text("day")).collect();
    days.sort_unstable();
    days.dedup();
    let total = |day: &str| {
        let of_day = of().filter(|it| it.text("day") == day);
        of_day.fold(0_i64, |sum, it| sum.saturating_add(it.number("amount")))
    };
    let values: Vec<i64> = days.iter().map(|day| total(day)).collect();
    let paid = values.iter().map(|it| (*it).max(0)).collect();
    let negative = values.iter().map(|it| (*it).min(0)).collect();
    plot::bars(&Bars {
        title: &format!("Deposits in {currency} by day"),
        axis: "Day",
        labels: days.iter().map(|it| (*it).to_owned()).collect(),
        series: vec![
            Series { name: "paid".to_owned(), tone: "accent", values: paid },
            Series { name: "below zero".to_owned(), tone: "bad", values: negative },
        ],
        format: &|value| admin::decimal(value, currency),
    })
}

fn table(page: &Page, subject: &Subject, deposits: &[Value]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Deposits" {
            table {
                thead {
                    tr {
                        th scope="col" { "Day" } th scope="col" { "Deposit" } th scope="col" { "Lines" }
                        th.right scope="col" { "Sum of lines" } th.right scope="col" { "Deposit" }
                        th scope="col" { "Ties out" }
                    }
                }
                tbody {
                    @for deposit in deposits.iter().rev().take(MAX_ROWS) {
                        @let currency = deposit.text("currency");
                        tr id={ "deposit-" (deposit.number("id")) } {
                            td.day { (deposit.text("day")) }
                            td { (deposit.number("id")) " " span.muted { (deposit.text("class")) } }
                            td {
                                @for line in deposit.list("lines") {
                                    div.line-of {
                                        span { (line.number("count")) " " (line.text("kind").replace('_', " ")) }
                                        (amount(line.number("amount"), currency))
                                    }
                                }
                            }
                            td.right { (amount(sum(deposit), currency)) }
                            td.right {
                                (amount(deposit.number("amount"), currency))
                                @if deposit.number("amount") < 0 { " " (chip("failed", "negative")) }
                            }
                            td {
                                @if sum(deposit) == deposit.number("amount") { (chip("settled", "✓ ties out")) }
                                @else { (chip("failed", "does not")) }
                            }
                        }
                    }
                }
            }
        }
        @if deposits.len() > MAX_ROWS { p.muted { "The newest " (MAX_ROWS) " of " (deposits.len()) "; ask for fewer days." } }
        p.links { a href={ (page.link("ledger")) (query([("merchant", subject.merchant.as_str())].into_iter())) } { "Payments of " (subject.merchant) } }
    }
}
