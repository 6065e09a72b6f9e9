//! The ledger: transactions newest first, with filters, and a form that adds a payment.

use axum::http;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::Value;
use strum::VariantNames;

use super::LEDGER;
use super::form::{Call, Form, Next, nothing, unknown_action};
use super::page::{Page, Paths, Template};
use super::pieces::{Amount, Chip, Choice, Field, Instant};
use super::plot::{self, Bars, Series};
use super::subject::{self, EVERYWHERE, Subject, days_before};
use super::values::{Members, date, nth, query, strs};
use crate::admin::{self, Document};
use crate::sandbox::facts::{Kind, Method, Status};
use crate::wire::problem::Problem;

/// Rows on a page.
const LIMIT: usize = 100;

const FILTERS: [&str; 6] = ["merchant", "kind", "status", "method", "currency", "day"];

/// What a payment can be when it is added.
const NEW: [&str; 3] = ["captured", "authorized", "declined"];

pub(super) const TEMPLATE: Template = Template { view: &LEDGER, requests, title: None, content };

/// First the rows, and for the plot of a merchant whose they are; then what a day has, and all days of the plot.
/// The plot takes a merchant, because one over all of them would walk the whole ledger for each view.
fn requests(page: &Page, answers: &[Document]) -> Paths {
    let Some((_, answers)) = answers.split_first() else {
        let mut paths = vec![format!("/_admin/transactions{}", api_query(page)?)];
        if page.query.get("merchant").is_some() {
            paths.extend(Subject::PATHS.map(str::to_owned));
        }
        return Ok(paths);
    };
    Ok(match answers {
        [_, clock] => of_days(&Subject::of(page, answers), clock, SAMPLE),
        [_, clock, sample] if days_of(sample) > SAMPLE => {
            of_days(&Subject::of(page, answers), clock, days_of(sample))
        }
        _ => Vec::new(),
    })
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [found, others @ ..] = answers else { return html! {} };
    let merchants = page.inside.merchants();
    let merchants = strs(&merchants);
    let rows: Vec<&Value> = found.list("transactions").iter().collect();
    html! {
        (add_form(page, &merchants))
        (filters(page, &merchants))
        (payments_a_day(page, others))
        @if rows.is_empty() {
            p.lead { "No transaction fits. The ledger ends where the clock stands." }
        } @else {
            (table(page, &rows))
        }
        (pages(page, found.optional("next")))
    }
}

/// The query of the API for the filters of the page; a day is a UTC day.
fn api_query(page: &Page) -> Result<String, Problem> {
    let (mut from, mut to) = (String::new(), String::new());
    if let Some(day) = page.query.get("day") {
        let first = date(day).ok_or_else(|| {
            Problem::bad_request(format!("`day` is `{day}`; write it like 2026-03-14"))
        })?;
        let next = first.tomorrow().unwrap_or(first);
        from = format!("{first}T00:00:00Z");
        to = format!("{next}T00:00:00Z");
    }
    let limit = LIMIT.to_string();
    let [merchant, kind, status, method, currency, after] =
        ["merchant", "kind", "status", "method", "currency", "after"]
            .map(|name| (name, page.query.text(name)));
    let (from, to, limit) = (("from", &*from), ("to", &*to), ("limit", &*limit));
    Ok(query(&[merchant, kind, status, method, currency, after, from, to, limit]))
}

/// Days of the plot.
const DAYS: i64 = 30;

/// Days from which the page learns how many rows a day has.
const SAMPLE: i64 = 2;

/// Rows that the plot counts, about: it has fewer days, two at least, where a day has many rows.
const MAX_COUNTED: i64 = 25_000;

/// The days that the plot has room for when these are the sums of the days of a sample.
fn days_of(sample: &Value) -> i64 {
    (MAX_COUNTED * SAMPLE / sample.number("count").max(1)).clamp(SAMPLE, DAYS)
}

/// The path of what a provider tells of the last days of a merchant; none for a merchant without a provider.
fn of_days(subject: &Subject, clock: &Value, days: i64) -> Vec<String> {
    let Some(provider) = &subject.provider else { return Vec::new() };
    let today = subject::today(clock);
    let (from, to) = (days_before(today, days - 1).to_string(), today.to_string());
    let pairs = [
        ("provider", provider.as_str()),
        ("merchant", &subject.merchant),
        ("from", &from),
        ("to", &to),
        ("axis", "created"),
    ];
    vec![format!("/_admin/truth{}", query(&pairs))]
}

/// The payments of the chosen merchant by day and status.
fn payments_a_day(page: &Page, answers: &[Document]) -> Markup {
    let subject = Subject::of(page, answers);
    let ([_, clock, sample, ..], Some(provider)) = (answers, &subject.provider) else {
        return html! {};
    };
    let days = days_of(sample);
    let sums = answers.last().unwrap_or(sample);
    bars(&subject.merchant, provider, (subject::today(clock), days), sums)
}

fn bars(merchant: &str, provider: &str, (today, count): (Date, i64), truth: &Value) -> Markup {
    let mut labels = Vec::new();
    for before in (0..count).rev() {
        labels.push(days_before(today, before).to_string());
    }
    let series = |tone: &'static str, statuses: &[&str]| {
        let mut values = vec![0; labels.len()];
        for total in truth.list("totals") {
            let is_of_series = ["payment", "authorization"].contains(&total.text("kind"))
                && statuses.contains(&total.text("status"));
            let day = labels.iter().position(|day| is_of_series && day == total.text("day"));
            if let Some(value) = day.and_then(|it| values.get_mut(it)) {
                *value += total.number("count");
            }
        }
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
        labels,
        format: &|value| value.to_string(),
    })
}

fn pages(page: &Page, older: Option<i64>) -> Markup {
    let kept = page.query.query(&FILTERS);
    let sign = if kept.is_empty() { "?" } else { "&" };
    html! {
        p.links {
            @if page.query.get("after").is_some() {
                (page.anchor("", format_args!("ledger{kept}"), format_args!("Newest")))
            }
            @if let Some(after) = older {
                (page.anchor("", format_args!("ledger{kept}{sign}after={after}"), format_args!("Older")))
            }
        }
    }
}

/// A table of transactions.
pub(super) fn table(page: &Page, rows: &[&Value]) -> Markup {
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
                        @let id = row.whole("id");
                        @let currency = row.text("currency");
                        tr id={ "row-" (id) } {
                            td { (Instant(row.text("created_at"))) }
                            td {
                                (page.anchor("row", format_args!("ledger/{id}"), format_args!("{} {id}", row.text("kind"))))
                                span.reason { (row.text("description")) }
                            }
                            td { (Chip(row.text("status"))) }
                            td.right { (Amount(row.number("amount"), currency)) }
                            td.right { (admin::decimal(row.number("fee"), currency)) }
                            td { (row.text("merchant")) }
                            td { (row.text("order")) }
                            td { (Instant(row.text("settles_at"))) }
                        }
                    }
                }
            }
        }
    }
}

fn filters(page: &Page, merchants: &[&str]) -> Markup {
    let query = &page.query;
    html! {
        form.filters method="get" action=(page.link("ledger")) role="search" {
            (Choice(("merchant", "Merchant"), "any", merchants, query.text("merchant")))
            (Choice(("kind", "Kind"), "any", Kind::VARIANTS, query.text("kind")))
            (Choice(("status", "Status"), "any", Status::VARIANTS, query.text("status")))
            (Choice(("method", "Method"), "any", Method::VARIANTS, query.text("method")))
            (Field("currency", "Currency", query.text("currency"), "USD"))
            (Field("day", "Day (UTC)", query.text("day"), "2026-03-14"))
            div.buttons {
                button.primary type="submit" { "Filter" }
                (page.anchor("button", format_args!("ledger"), format_args!("All")))
            }
        }
    }
}

fn add_form(page: &Page, merchants: &[&str]) -> Markup {
    html! {
        details.card #add open[page.query.get("add").is_some()] {
            summary { "Add a payment" }
            form method="post" action=(page.link("ledger")) {
                input type="hidden" name="do" value="add";
                div.grid {
                    div.field {
                        label for="add-merchant" { "Merchant" }
                        select #add-merchant name="merchant" {
                            @for name in merchants { option value=(name) selected[*name == EVERYWHERE] { (name) } }
                        }
                    }
                    (Field("amount", "Amount, as a decimal", "", "12.34"))
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
                            @for method in Method::VARIANTS { option value=(method) { (method) } }
                        }
                    }
                    (Field("at", "At (UTC)", "", "now"))
                    (Field("order", "Order", "", ""))
                    (Field("description", "Description", "", ""))
                    div.buttons { button.primary type="submit" { "Add" } }
                }
            }
        }
    }
}

pub(super) const FORM: Form = Form { requests: nothing, calls, refused: None, leads_to };

fn calls(page: &Page, _: &[Document]) -> Result<Vec<Call>, Problem> {
    let form = &page.form;
    if form.text("do") != "add" {
        return Err(unknown_action(page));
    }
    let currency = form.text("currency").to_ascii_uppercase();
    let names = ["merchant", "status", "method", "at", "order", "description"];
    let mut wanted = form.object(&names);
    wanted.insert("amount".to_owned(), admin::minor(form.text("amount"), &currency)?.into());
    wanted.insert("currency".to_owned(), currency.into());
    // In the ledger an authorization is a kind of its own.
    if form.text("status") == "authorized" {
        wanted.insert("kind".to_owned(), "authorization".into());
    }
    Ok(vec![Call::json(http::Method::POST, "/_admin/transactions", &Value::Object(wanted))])
}

fn leads_to(_: &Page, answers: &[Document]) -> Next {
    Next::Page(format!("ledger/{}", nth(answers, 0).number("id")))
}
