//! Transfers of deposits to the bank: those that are on their way, with a button for each thing that can happen.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::Value;

use super::form::{Call, Form, Next, nothing, unknown_action};
use super::page::Page;
use super::pieces::{Amount, Coloured, Instant};
use super::values::{Members, object, query, segment};
use crate::admin::Document;
use crate::wire::problem::Problem;

/// Transfers in the table, newest first.
const MAX_ROWS: usize = 40;

/// The statuses of the transfers that are shown: they are on their way or came back.
const STATUSES: [&str; 3] = ["on_the_way", "failed", "returned"];

/// The paths of the transfers of a merchant, one for each status.
pub(super) fn paths(merchant: &str) -> [String; 3] {
    let limit = MAX_ROWS.to_string();
    STATUSES.map(|status| {
        let pairs = [("merchant", merchant), ("status", status), ("limit", &limit)];
        format!("/_admin/deposits{}", query(&pairs))
    })
}

/// The transfers of a merchant, with the answers to [`paths`].
pub(super) fn transfers(page: &Page, merchant: &str, answers: &[Document]) -> Markup {
    let mut open: Vec<&Value> = Vec::new();
    for deposit in answers.iter().flat_map(|it| it.list("deposits")) {
        let newer = open.partition_point(|it| it.number("id") > deposit.number("id"));
        open.insert(newer, deposit);
    }
    open.truncate(MAX_ROWS);
    if open.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 id="transfers" { "Transfers to the bank" }
            div.wide tabindex="0" role="region" aria-labelledby="transfers" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Deposit" } th.right scope="col" { "Amount" }
                            th scope="col" { "Left" } th scope="col" { "At the bank" }
                            th scope="col" { "Status" } th scope="col" { "Make it" }
                        }
                    }
                    tbody { @for deposit in open { (row(page, merchant, deposit)) } }
                }
            }
        }
    }
}

fn row(page: &Page, merchant: &str, deposit: &Value) -> Markup {
    let status = deposit.text("status");
    let is_on_the_way = status == "on_the_way";
    html! {
        tr id={ "transfer-" (deposit.whole("id")) } {
            td { (deposit.whole("id")) " " span.muted { (deposit.text("class")) } }
            td.right { (Amount(deposit.number("amount"), deposit.text("currency"))) }
            td { (Instant(deposit.text("initiated_at"))) }
            td { @if is_on_the_way { (Instant(deposit.text("effective_at"))) } @else { "—" } }
            td { (Coloured(if is_on_the_way { "pending" } else { "failed" }, status)) }
            td {
                @if is_on_the_way {
                    (button(page, (merchant, deposit), "fail", "Fail"))
                    (button(page, (merchant, deposit), "return", "Come back"))
                    (button(page, (merchant, deposit), "delay", "2 days late"))
                }
            }
        }
    }
}

fn button(page: &Page, (merchant, deposit): (&str, &Value), does: &str, label: &str) -> Markup {
    html! {
        form.inline method="post" action=(page.link("settlement")) {
            input type="hidden" name="do" value=(does);
            input type="hidden" name="merchant" value=(merchant);
            input type="hidden" name="deposit" value=(deposit.whole("id"));
            button type="submit" aria-label={ (label) ": deposit " (deposit.whole("id")) } { (label) }
        }
    }
}

pub(super) const FORM: Form = Form { requests: nothing, calls, refused: None, leads_to };

fn calls(page: &Page, _: &[Document]) -> Result<Vec<Call>, Problem> {
    let does = page.form.text("do");
    if !["fail", "return", "delay"].contains(&does) {
        return Err(unknown_action(page));
    }
    let body = if does == "delay" { object(&[("by", "2d")]) } else { object(&[]) };
    let path = format!("/_admin/deposits/{}/{does}", segment(page.form.text("deposit")));
    Ok(vec![Call::json(Method::POST, &path, &body)])
}

fn leads_to(page: &Page, _: &[Document]) -> Next {
    Next::Page(format!("settlement{}", query(&[("merchant", page.form.text("merchant"))])))
}
