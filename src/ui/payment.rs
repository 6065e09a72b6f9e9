//! One transaction: its life on a line, what can happen to it, and what followed.

use axum::http::Method;
use jiff::Timestamp;
use maud::{Markup, Render, html};
use serde_json::{Value, json};

use super::form::{Call, Form, Next, unknown_action};
use super::page::{Page, Paths, Template, once};
use super::pieces::{Amount, Chip, Instant, Pairs, words};
use super::plot::{self, Point};
use super::values::{Members, instant, nth, object, plain, segment};
use super::{LEDGER, ledger, wire_rows};
use crate::admin::{self, Document};
use crate::wire::problem::Problem;

/// Follow-up transactions that the page shows at most.
const MAX_CHILDREN: usize = 50;

pub(super) const TEMPLATE: Template =
    Template { view: &LEDGER, requests, title: Some(title), content };

fn requests(page: &Page, answers: &[Document]) -> Paths {
    Ok(match answers {
        [] => vec![format!("{}?rows=true", path(page)), "/_admin/clock".to_owned()],
        [payment, _] => {
            let children = payment.list("children").iter().take(MAX_CHILDREN);
            children.map(|child| format!("/_admin/transactions/{}", plain(child))).collect()
        }
        _ => Vec::new(),
    })
}

fn title(answers: &[Document]) -> String {
    let payment = nth(answers, 0);
    format!("{} {}", capitalized(payment.text("kind")), payment.number("id"))
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [payment, clock, children @ ..] = answers else { return html! {} };
    let children: Vec<&Value> = children.iter().map(|it| &**it).collect();
    let now = instant(clock.text("now")).unwrap_or_default();
    let currency = payment.text("currency");
    html! {
        p.links { (page.anchor("back", format_args!("ledger"), format_args!("Back to the ledger"))) }
        p.big {
            (Amount(payment.number("amount"), currency)) " "
            (Chip(payment.text("status")))
        }
        (life(payment, &children, now))
        (actions(page, payment))
        (facts(page, payment))
        @if !children.is_empty() {
            h2 { "What followed" }
            (ledger::table(page, &children))
        }
        (wire_rows::table(payment))
        (wire_rows::rows(payment, &payment.written()))
        (seen(page, payment))
        p.links { a href={ (page.api("transactions/")) (payment.whole("id")) } { "JSON" } }
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The instants of a payment and of what followed, in order.
fn life(payment: &Value, children: &[&Value], now: Timestamp) -> Markup {
    let mut points: Vec<Point> = Vec::new();
    let mut add = |row: &Value, member: &str, name: &str, tone| {
        if let Some(at) = instant(row.text(member)) {
            let earlier = points.partition_point(|it| it.at <= at);
            let point = Point { at, name: name.to_owned(), tone, is_future: at > now };
            points.insert(earlier, point);
        }
    };
    add(payment, "created_at", "created", "accent");
    if payment.text("paid_at") != payment.text("created_at") {
        add(payment, "paid_at", "paid", "accent");
    }
    add(payment, "settles_at", "settled", "good");
    for child in children {
        let kind = child.text("kind");
        let tone = if ["capture", "void"].contains(&kind) { "accent" } else { "bad" };
        add(child, "created_at", kind, tone);
        if child.text("settles_at") != payment.text("settles_at") {
            add(child, "settles_at", &format!("{kind} settled"), "good");
        }
    }
    html! {
        section aria-labelledby="life" {
            h2 #life { "Its life" }
            (plot::life(&points))
            details {
                summary { "Table" }
                dl.pairs {
                    @for point in &points {
                        dt { (point.name) @if point.is_future { " (to come)" } }
                        dd { (Instant(&point.at.to_string())) }
                    }
                }
            }
        }
    }
}

/// A form for each thing that can happen to the transaction.
fn actions(page: &Page, payment: &Value) -> Markup {
    let kind = payment.text("kind");
    if !["payment", "authorization"].contains(&kind) {
        let parent = payment.whole("parent");
        return html! {
            p { "It follows " (page.anchor("", format_args!("ledger/{parent}"), format_args!("transaction {parent}"))) "." }
        };
    }
    let path = format!("ledger/{}", payment.number("id"));
    let action = page.link(&path);
    let plain_button = |does: &str, label: &str| {
        html! {
            form.inline method="post" action=(action) {
                input type="hidden" name="do" value=(does);
                button type="submit" { (label) }
            }
        }
    };
    let is_to_settle =
        payment.text("settled_at").is_empty() && !payment.text("settles_at").is_empty();
    let part = |does: &str, label: &str| {
        html! {
            form.inline method="post" action=(action) {
                input type="hidden" name="do" value=(does);
                input.part name="amount" placeholder="the rest" aria-label={ "Amount to " (does) } autocomplete="off";
                button type="submit" { (label) }
            }
        }
    };
    html! {
        section aria-labelledby="actions" {
            h2 #actions { "Make something happen" }
            div.tools {
                @if kind == "authorization" { (part("capture", "Capture")) (plain_button("void", "Void")) }
                (part("refund", "Refund"))
                (plain_button("chargeback", "Chargeback"))
                (plain_button("settle", "Settle now"))
                @if is_to_settle {
                    form.inline method="post" action=(page.link("clock")) {
                        input type="hidden" name="do" value="advance";
                        button type="submit" name="to" value=(payment.text("settles_at")) {
                            "Advance to its settlement"
                        }
                    }
                }
            }
        }
    }
}

fn facts(page: &Page, payment: &Value) -> Markup {
    let currency = payment.text("currency");
    let money = |name: &str| {
        payment.optional(name).map_or_else(Markup::default, |it| Amount(it, currency).render())
    };
    let merchant = payment.text("merchant");
    html! {
        section aria-labelledby="facts" {
            h2 #facts { "Facts" }
            (Pairs(&[
                ("Merchant", &page.anchor("", format_args!("ledger?merchant={}", segment(merchant)), format_args!("{merchant}"))),
                ("Method", &payment.text("method")),
                ("Fee", &money("fee")),
                ("Captured", &money("captured")),
                ("Refunded", &money("refunded")),
                ("Declined", &words(payment.text("decline"))),
                ("Order", &payment.text("order")),
                ("Description", &payment.text("description")),
                ("Customer", &customer(payment.member("customer"))),
                ("Card", &card(payment.member("card"))),
            ]))
        }
    }
}

fn customer(customer: &Value) -> String {
    let [first, last, email] = ["first_name", "last_name", "email"].map(|it| customer.text(it));
    format!("{first} {last}, {email}")
}

fn card(card: &Value) -> Markup {
    html! { @if !card.is_null() { code { (card.text("bin")) "…" (card.text("last4")) } } }
}

/// The journal entries whose answers carried the row.
fn seen(page: &Page, payment: &Value) -> Markup {
    let entries = payment.list("seen");
    if entries.is_empty() {
        return html! {};
    }
    html! {
        p {
            "Clients have seen it in "
            @for (index, entry) in entries.iter().enumerate() {
                @if index > 0 { ", " }
                (page.anchor("", format_args!("journal/{entry}"), format_args!("entry {entry}")))
            }
        }
    }
}

pub(super) const FORM: Form = Form { requests: first_requests, calls, refused: None, leads_to };

/// The path of the transaction of the page.
fn path(page: &Page) -> String {
    format!("/_admin/transactions/{}", segment(&page.segment(1)))
}

/// An amount is in the currency of the transaction.
fn first_requests(page: &Page, answers: &[Document]) -> Paths {
    if page.form.get("amount").is_some() { once(answers, &[&path(page)]) } else { Ok(Vec::new()) }
}

fn calls(page: &Page, answers: &[Document]) -> Result<Vec<Call>, Problem> {
    let does = page.form.text("do");
    if !["capture", "refund", "void", "chargeback", "settle"].contains(&does) {
        return Err(unknown_action(page));
    }
    let mut body = object(&[]);
    if let Some(payment) = answers.first() {
        let minor = admin::minor(page.form.text("amount"), payment.text("currency"))?;
        body = json!({"amount": minor});
    }
    Ok(vec![Call::json(Method::POST, &format!("{}/{does}", path(page)), &body)])
}

fn leads_to(page: &Page, _: &[Document]) -> Next {
    Next::Page(format!("ledger/{}", segment(&page.segment(1))))
}
