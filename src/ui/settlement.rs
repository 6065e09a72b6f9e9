//! Settlement: the deposits of a merchant by day and currency, each with its lines and their sum.

use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::Value;

use super::page::{Page, Paths, Template};
use super::pieces::{Amount, Choice, Coloured, words};
use super::plot::{self, Bars, Series};
use super::values::{Members, date, query, strs};
use super::{SETTLEMENT, deposits, subject};
use crate::admin::{self, Document};

/// What a request chooses the days with.
const CHOICES: [&str; 3] = ["from", "to", "after"];

/// Days that the page shows unless it is asked for others.
const DAYS: usize = 14;

/// Lines of deposits after which the page shows no earlier day unless it is asked for it: its first view costs
/// about the same in a ledger of any size.
const MAX_LINES: i64 = 20_000;

/// Currencies with a plot of their own.
const MAX_PLOTS: usize = 4;

/// Deposits in the table. The tables of the plots have as many rows at most, and a page has 200.
const MAX_ROWS: usize = 75;

/// Deposits, the newest first, and the days that they are of.
struct Listed<'a> {
    deposits: Vec<&'a Value>,
    from: String,
    to: String,
    /// The number of the last one if there are earlier ones in these days, or behind them.
    older: Option<i64>,
}

pub(super) const TEMPLATE: Template =
    Template { view: &SETTLEMENT, requests, title: None, content };

/// The clock and the transfers, then the deposits of the days that the request names; without any, those of one day
/// after the other, back from today, until there are enough.
fn requests(page: &Page, answers: &[Document]) -> Paths {
    let merchant = subject::merchant(page, &page.inside.merchants());
    let [clock, _, _, _, days @ ..] = answers else {
        let mut paths = vec!["/_admin/clock".to_owned()];
        paths.extend(deposits::paths(&merchant));
        return Ok(paths);
    };
    let [from, to, after] = CHOICES.map(|name| page.query.text(name));
    if is_chosen(page) {
        return Ok(if days.is_empty() {
            vec![path(&merchant, from, to, after)]
        } else {
            Vec::new()
        });
    }
    if days.len() >= DAYS || is_full(days) {
        return Ok(Vec::new());
    }
    let next = last_of(clock, days.len() + 1).to_string();
    Ok(vec![path(&merchant, &next, &next, "")])
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let Some(([clock, transfers @ ..], days)) = answers.split_first_chunk::<4>() else {
        return html! {};
    };
    let merchants = page.inside.merchants();
    let merchant = subject::merchant(page, &merchants);
    let listed = if is_chosen(page) { chosen(page, days) } else { newest(clock, days) };
    let deposits = &listed.deposits;
    html! {
        form.filters method="get" action=(page.link("settlement")) role="search" {
            (Choice(("merchant", "Merchant"), "", &strs(&merchants), &merchant))
            (subject::days(&listed.from, &listed.to))
            div.buttons { button.primary type="submit" { "Show" } }
        }
        @if deposits.is_empty() {
            p.lead { "No deposit in these days. Money arrives some days after it was paid." }
        } @else {
            (tied(deposits))
            @for currency in currencies(deposits).into_iter().take(MAX_PLOTS) {
                (bars(deposits, currency))
            }
            (table(deposits))
        }
        p.links {
            @if let Some(older) = listed.older {
                (page.anchor("", format_args!("settlement{}", older_query(page, &merchant, older)), format_args!("Older")))
            }
            (page.anchor("", format_args!("ledger{}", query(&[("merchant", &merchant)])), format_args!("Payments of {merchant}")))
        }
        (deposits::transfers(page, &merchant, transfers))
        p.links { a href={ (page.inside.prefix()) (path(&merchant, &listed.from, &listed.to, "")) } { "JSON" } }
    }
}

/// Whether the request names the days.
fn is_chosen(page: &Page) -> bool {
    CHOICES.iter().any(|name| page.query.get(name).is_some())
}

/// The path of the deposits of a merchant in a range of days or instants.
fn path(merchant: &str, from: &str, to: &str, after: &str) -> String {
    let start = |day: Date| format!("{day}T00:00:00Z");
    let from = date(from).map_or_else(|| from.to_owned(), start);
    // The day is in the range as a whole.
    let end = |day: Date| start(day.tomorrow().unwrap_or(day));
    let to = date(to).map_or_else(|| to.to_owned(), end);
    let limit = MAX_ROWS.to_string();
    let pairs =
        [("merchant", merchant), ("from", &from), ("to", &to), ("after", after), ("limit", &limit)];
    format!("/_admin/deposits{}", query(&pairs))
}

/// The query of the page for the deposits before one.
fn older_query(page: &Page, merchant: &str, older: i64) -> String {
    let older = older.to_string();
    let [from, to] = ["from", "to"].map(|name| page.query.text(name));
    query(&[("merchant", merchant), ("from", from), ("to", to), ("after", &older)])
}

/// The deposits of answers, in their order.
fn deposits_of(answers: &[Document]) -> Vec<&Value> {
    let mut deposits = Vec::new();
    for answer in answers {
        deposits.extend(answer.list("deposits"));
    }
    deposits
}

/// The deposits of the days that the request names.
fn chosen<'a>(page: &Page, days: &'a [Document]) -> Listed<'a> {
    Listed {
        deposits: deposits_of(days),
        from: page.query.text("from").to_owned(),
        to: page.query.text("to").to_owned(),
        older: days.first().and_then(|it| it.optional("next")),
    }
}

/// Whether the page has no room for one more day.
fn is_full(days: &[Document]) -> bool {
    let deposits = deposits_of(days);
    let lines = deposits.iter().flat_map(|it| it.list("lines"));
    lines.map(|line| line.number("count")).sum::<i64>() > MAX_LINES || deposits.len() >= MAX_ROWS
}

/// The last one of so many days, back from today.
fn last_of(clock: &Value, days: usize) -> Date {
    let before = i64::try_from(days.saturating_sub(1)).unwrap_or(0);
    subject::days_before(subject::today(clock), before)
}

/// The deposits of the last days, as many as the page has room for.
fn newest<'a>(clock: &Value, days: &'a [Document]) -> Listed<'a> {
    let today = subject::today(clock);
    let first = last_of(clock, days.len());
    let mut deposits = deposits_of(days);
    deposits.truncate(MAX_ROWS);
    let older = deposits.last().filter(|_| is_full(days)).map(|it| it.number("id"));
    Listed { deposits, from: first.to_string(), to: today.to_string(), older }
}

fn currencies<'a>(deposits: &[&'a Value]) -> Vec<&'a str> {
    let mut found: Vec<&str> = deposits.iter().map(|it| it.text("currency")).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The sum of the lines of a deposit.
fn sum(deposit: &Value) -> i64 {
    deposit.list("lines").iter().fold(0, |sum, line| sum.saturating_add(line.number("amount")))
}

fn tied(deposits: &[&Value]) -> Markup {
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
fn bars(deposits: &[&Value], currency: &str) -> Markup {
    let of = || deposits.iter().filter(|it| it.text("currency") == currency);
    let mut days: Vec<&str> = of().map(|it| it.text("day")).collect();
    days.sort_unstable();
    days.dedup();
    let total = |day: &str| {
        let of_day = of().filter(|it| it.text("day") == day);
        of_day.fold(0_i64, |sum, it| sum.saturating_add(it.number("amount")))
    };
    let (mut labels, mut paid, mut negative) = (Vec::new(), Vec::new(), Vec::new());
    for day in days {
        labels.push(day.to_owned());
        let total = total(day);
        paid.push(total.max(0));
        negative.push(total.min(0));
    }
    plot::bars(&Bars {
        title: &format!("Deposits in {currency} by day"),
        axis: "Day",
        labels,
        series: vec![
            Series { name: "paid".to_owned(), tone: "accent", values: paid },
            Series { name: "below zero".to_owned(), tone: "bad", values: negative },
        ],
        format: &|value| admin::decimal(value, currency),
    })
}

fn table(deposits: &[&Value]) -> Markup {
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
                    @for deposit in deposits {
                        @let currency = deposit.text("currency");
                        tr id={ "deposit-" (deposit.whole("id")) } {
                            td.day { (deposit.text("day")) }
                            td { (deposit.whole("id")) " " span.muted { (deposit.text("class")) } }
                            td {
                                @for line in deposit.list("lines") {
                                    div.line-of {
                                        span { (line.whole("count")) " " (words(line.text("kind"))) }
                                        (Amount(line.number("amount"), currency))
                                    }
                                }
                            }
                            td.right { (Amount(sum(deposit), currency)) }
                            td.right {
                                (Amount(deposit.number("amount"), currency))
                                @if deposit.number("amount") < 0 { " " (Coloured("failed", "negative")) }
                            }
                            td {
                                @if sum(deposit) == deposit.number("amount") { (Coloured("settled", "✓ ties out")) }
                                @else { (Coloured("failed", "does not")) }
                            }
                        }
                    }
                }
            }
        }
    }
}
