//! How each provider tells a transaction: the values that matter side by side, and its whole row.

use maud::{Markup, html};
use serde_json::Value;

use super::pieces::{Amount, Chip, Instant};
use super::values::{Members, plain};
use crate::wire::rows::members_of;

/// What the reports of each provider tell of a transaction now, side by side.
pub(super) fn table(payment: &Value) -> Markup {
    let Some(providers) = payment.member("visible_at").as_object() else {
        return html! {};
    };
    let currency = payment.text("currency");
    let member = |of: &str, slug: &str| payment.member(of).member(slug);
    html! {
        section aria-labelledby="reported" {
            h2 #reported { "As each provider says it" }
            div.wide tabindex="0" role="region" aria-label="What each provider tells" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Provider" } th scope="col" { "Its id" } th scope="col" { "Its status" }
                            th.right scope="col" { "As it writes it" } th.right scope="col" { "Amount" }
                            th.right scope="col" { "Fee" } th scope="col" { "Settled" } th scope="col" { "Visible from" }
                        }
                    }
                    tbody {
                        @for (slug, visible_at) in providers {
                            @let reported = member("reported", slug);
                            @let row = member("rows", slug);
                            @let wire = row.member("wire");
                            tr {
                                th scope="row" { (slug) }
                                td { code { (row.text("id")) } }
                                @if reported.is_null() {
                                    td.muted colspan="5" { "Its reports do not show it now." }
                                } @else {
                                    td { (wire.text("status")) " " (Chip(reported.text("status"))) }
                                    td.right { code { (wire.text("amount")) } }
                                    td.right { (Amount(reported.number("amount"), currency)) }
                                    td.right { (Amount(reported.number("fee"), currency)) }
                                    td { (Instant(reported.text("settled_at"))) }
                                }
                                td { (Instant(&plain(visible_at))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The whole row of each provider's report. `text` is the transaction as the admin API writes it, because a
/// number that was read has lost its spelling.
pub(super) fn rows(payment: &Value, text: &str) -> Markup {
    let rows = payment.member("rows").as_object().into_iter().flatten();
    let rows: Vec<_> = rows.filter(|it| !it.1.is_null()).collect();
    html! {
        @if !rows.is_empty() {
            section aria-labelledby="rows" {
                h2 #rows { "Its row at each of them" }
                @for (slug, row) in rows {
                    @let cells = members_of(text, &format!("rows.{slug}.row"));
                    details #{ "row-" (slug) } {
                        summary {
                            strong { (slug) }
                            @if !row.text("report").is_empty() { ", report " (row.text("report")) }
                            ": " (cells.len()) " values"
                        }
                        dl.pairs.columns {
                            @for (name, value) in cells { dt { (name) } dd { code { (readable(value)) } } }
                        }
                    }
                }
            }
        }
    }
}

/// JSON as it is written, but for letters that are written as escapes.
fn readable(json: &str) -> String {
    match serde_json::from_str::<Value>(json) {
        Ok(Value::String(text)) => Value::String(text).to_string(),
        _ => json.to_owned(),
    }
}
