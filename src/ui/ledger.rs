//! The ledger: transactions newest first, with filters, and a form that adds a payment.

use axum::response::Response;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use strum::VariantNames;

use super::LEDGER;
use super::page::{Head, Page, unknown_action};
use super::pieces::{amount, chip, choice, field, hinted, instant};
use super::plot::{self, Bars, Series};
use super::subject::{self, EVERYWHERE, Subject};
use super::values::{Members, query};
use crate::admin::{self, Document};
use crate::sandbox::facts::{Kind, Method, Status};
use crate::wire::problem::Problem;

/// Rows on a page.
const LIMIT: usize = 100;

const FILTERS: [&str; 6] = ["merchant", "kind", "status", "method", "currency", "day"];

/// What a payment can be when it is added.
const NEW: [&str; 3] = ["captured", "authorized", "declined"];

/// The names of an enumeration, as the API spells them.
fn variants<T: VariantNames>() -> impl Iterator<Item = &'static str> {
    T::VARIANTS.iter().copied()
}

pub(super) async fn show(page: Page) -> Result<Response, Problem> {
    let merchants = page.inside.merchants();
    let found = page.inside.get(&format!("/_admin/transactions{}", api_query(&page)?)).await?;
    let rows = found.list("transactions");
    let content = html! {
        (add_form(&page, &merchants))
        (filters(&page, &merchants))
        (payments_a_day(&page).await?)
        @if rows.is_empty() {
            p.lead { "No transaction fits. The ledger ends where the clock stands." }
        } @else {
            (table(&page, rows))
        }
        (pages(&page, found.get("next").and_then(Value::as_i64)))
    };
    page.render(Head { view: &LEDGER, title: "Ledger" }, content).await
}

/// The query of the API for the filters of the page; a day is a UTC day.
fn api_query(page: &Page) -> Result<String, Problem> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for name in FILTERS.into_iter().chain(["after"]).filter(|name| *name != "day") {
        pairs.extend(page.query.get(name).map(|value| (name, value.to_owned())));
    }
    if let Some(day) = page.query.get("day") {
        let first: Date = day.parse().map_err(|_| {
            Problem::bad_request(format!("`day` is `{day}`; write it like 2026-03-14"))
        })?;
        let next = first.tomorrow().unwrap_or(first);
        pairs.push(("from", format!("{first}T00:00:00Z")));
        pairs.push(("to", format!("{next}T00:00:00Z")));
    }
    pairs.push(("limit", LIMIT.to_string()));
    Ok(query(pairs.iter().map(|(name, value)| (*name, value.as_str()))))
}

/// Days of the plot.
const DAYS: i64 = 30;

/// Days from which the page learns how many rows a day has.
const SAMPLE: i64 = 2;

/// Rows that the plot counts, about: it has fewer days, two at least, where a day has many rows.
const MAX_COUNTED: i64 = 35_000;

/// What the reports of a provider tell of the last days of a merchant, and the first of these days.
async fn last_days(
    page: &Page,
    provider: &str,
    merchant: &str,
    days: i64,
) -> Result<(Date, Document), Problem> {
    let today = subject::today(page).await?;
    let first = today.checked_sub((days - 1).days()).unwrap_or(today);
    let (from, to) = (first.to_string(), today.to_string());
    let range = query(
        [
            ("provider", provider),
            ("merchant", merchant),
            ("from", &from),
            ("to", &to),
            ("axis", "created"),
        ]
        .into_iter(),
    );
    Ok((first, page.inside.get(&format!("/_admin/truth{range}")).await?))
}

/// The payments of the chosen merchant by day and status. It takes a merchant, because a plot over all of them
/// would walk the whole ledger for each view.
async fn payments_a_day(page: &Page) -> Result<Markup, Problem> {
    let Some(merchant) = page.query.get("merchant") else { return Ok(html! {}) };
    let Subject { provider: Some(provider), .. } = Subject::of(page).await? else {
        return Ok(html! {});
    };
    let (mut first, mut truth) = last_days(page, &provider, merchant, SAMPLE).await?;
    let days = (MAX_COUNTED * SAMPLE / truth.number("count").max(1)).clamp(SAMPLE, DAYS);
    if days > SAMPLE {
        (first, truth) = last_days(page, &provider, merchant, days).await?;
    }
    Ok(bars(merchant, &provider, (first, days), &truth))
}

fn bars(merchant: &str, provider: &str, (first, count): (Date, i64), truth: &Value) -> Markup {
    let is_payment = |it: &&Value| ["payment", "authorization"].contains(&it.text("kind"));
    let totals: Vec<&Value> = truth.list("totals").iter().filter(is_payment).collect();
    let count = usize::try_from(count).unwrap_or(0);
    let days: Vec<String> = first.series(1.day()).take(count).map(|day| day.to_string()).collect();
    let series = |tone: &'static str, statuses: &[&str]| {
        let of_day = |day: &String| {
            let all = totals.iter().filter(|it| it.text("day") == day);
            all.filter(|it| statuses.contains(&it.text("status")))
                .map(|it| it.number("count"))
                .sum()
        };
        let values = days.iter().map(of_day).collect();
        Series { name: statuses.join(", "), tone, values }
    };
    plot::bars(&Bars {
        title: &format!("Payments of {merchant} a day, as {provider} lists them"),
        axis: "Day",
        series: vec![
            series("good", &["captured"]),
            series("accent", &["authorized"]),
            series("warn", &["pending", "incomplete"]),
            series("bad", &["declined", "expired", "voided"]),
        ],
        labels: days.clone(),
        format: &|value| value.to_string(),
    })
}

fn pages(page: &Page, older: Option<i64>) -> Markup {
    let kept = page.query.query(&FILTERS);
    let sign = if kept.is_empty() { "?" } else { "&" };
    html! {
        p.links {
            @if page.query.get("after").is_some() {
                a href={ (page.link("ledger")) (&kept) } { "Newest" }
            }
            @if let Some(after) = older {
                a href={ (page.link("ledger")) (&kept) (sign) "after=" (after) } { "Older" }
            }
        }
    }
}

/// A table of transactions.
pub(super) fn table(page: &Page, rows: &[Value]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Transactions" {
            table.rows {
                thead {
                    tr {
                        th scope="col" { "Created" }
                        th scope="col" { "Transaction" }
                        th scope="col" { "Status" }
                        th.right scope="col" { "Amount" }
                        th.right scope="col" { "Fee" }
                        th scope="col" { "Merchant" }
                        th scope="col" { "Order" }
                        th scope="col" { "Settles" }
                    }
                }
                tbody {
                    @for row in rows {
                        @let id = row.number("id");
                        @let currency = row.text("currency");
                        tr id={ "row-" (id) } {
                            td { (instant(row.text("created_at"))) }
                            td {
                                a.row href=(page.link(&format!("ledger/{id}"))) {
                                    (row.text("kind")) " " (id)
                                }
                                span.reason { (row.text("description")) }
                            }
                            td { (chip(row.text("status"), row.text("status"))) }
                            td.right { (amount(row.number("amount"), currency)) }
                            td.right { (admin::decimal(row.number("fee"), currency)) }
                            td { (row.text("merchant")) }
                            td { (row.text("order")) }
                            td { (instant(row.text("settles_at"))) }
                        }
                    }
                }
            }
        }
    }
}

fn filters(page: &Page, merchants: &[String]) -> Markup {
    let query = &page.query;
    let names = merchants.iter().map(String::as_str);
    html! {
        form.filters method="get" action=(page.link("ledger")) role="search" {
            (choice(("merchant", "Merchant"), "any", names, query.text("merchant")))
            (choice(("kind", "Kind"), "any", variants::<Kind>(), query.text("kind")))
            (choice(("status", "Status"), "any", variants::<Status>(), query.text("status")))
            (choice(("method", "Method"), "any", variants::<Method>(), query.text("method")))
            (hinted("currency", "Currency", query.text("currency"), "USD"))
            (hinted("day", "Day (UTC)", query.text("day"), "2026-03-14"))
            div.buttons {
                button.primary type="submit" { "Filter" }
                a.button href=(page.link("ledger")) { "All" }
            }
        }
    }
}

fn add_form(page: &Page, merchants: &[String]) -> Markup {
    let names = || merchants.iter().map(String::as_str);
    let chosen = names().find(|it| *it == EVERYWHERE).unwrap_or("");
    html! {
        details.card #add open[page.query.get("add").is_some()] {
            summary { "Add a payment" }
            form method="post" action=(page.link("ledger")) {
                input type="hidden" name="do" value="add";
                div.grid {
                    div.field {
                        label for="add-merchant" { "Merchant" }
                        select #add-merchant name="merchant" {
                            @for name in names() { option value=(name) selected[name == chosen] { (name) } }
                        }
                    }
                    (hinted("amount", "Amount, as a decimal", "", "12.34"))
                    div.field {
                        label for="add-currency" { "Currency" }
                        input #add-currency name="currency" value="USD" list="currencies" autocomplete="off";
                        datalist #currencies { @for code in admin::currencies() { option value=(code) {} } }
                    }
                    div.field {
                        label for="add-status" { "Status" }
                        select #add-status name="status" {
                            @for status in NEW { option value=(status) { (status) } }
                        }
                    }
                    div.field {
                        label for="add-method" { "Method" }
                        select #add-method name="method" {
                            option value="" { "as the merchant sells" }
                            @for method in variants::<Method>() { option value=(method) { (method) } }
                        }
                    }
                    (hinted("at", "At (UTC)", "", "now"))
                    (field("order", "Order", ""))
                    (field("description", "Description", ""))
                    div.buttons { button.primary type="submit" { "Add" } }
                }
            }
        }
    }
}

pub(super) async fn write(page: Page) -> Result<Response, Problem> {
    let form = &page.form;
    if form.text("do") != "add" {
        return Err(unknown_action(&page));
    }
    let currency = form.text("currency").to_ascii_uppercase();
    let mut wanted = Map::new();
    wanted.insert("amount".to_owned(), json!(admin::minor(form.text("amount"), &currency)?));
    wanted.insert("currency".to_owned(), json!(currency));
    for name in ["merchant", "status", "method", "at", "order", "description"] {
        if let Some(value) = form.get(name) {
            wanted.insert(name.to_owned(), json!(value));
        }
    }
    // In the ledger an authorization is a kind of its own.
    if form.text("status") == "authorized" {
        wanted.insert("kind".to_owned(), json!("authorization"));
    }
    let added = page.inside.post("/_admin/transactions", &Value::Object(wanted)).await?;
    Ok(page.go(&format!("ledger/{}", added.number("id"))))
}
