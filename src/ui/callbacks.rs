//! Callbacks: what is due, delivered or failed, every attempt, and ways to send one again or to answer it.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::CALLBACKS;
use super::form::{Call, Form, Next, nothing, unknown_action};
use super::page::{Page, Paths, Template, once};
use super::pieces::{Button, Chip, Choice, Code, Coloured, Instant, Pairs, Whole, duration};
use super::values::{Members, object, plain, segment};
use crate::admin::{self, Document};
use crate::wire::problem::Problem;

/// Callbacks on a page.
const LIMIT: usize = 50;

pub(super) const TEMPLATE: Template = Template { view: &CALLBACKS, requests, title: None, content };

fn requests(page: &Page, answers: &[Document]) -> Paths {
    let query = page.query.query(&["provider", "state", "after"]);
    let sign = if query.is_empty() { "?" } else { "&" };
    once(answers, &[&format!("/_admin/callbacks{query}{sign}limit={LIMIT}")])
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [found] = answers else { return html! {} };
    let callbacks = found.list("callbacks");
    html! {
        (filters(page))
        @if callbacks.is_empty() {
            p.lead { "No callback. One is planned when a client asks for a report and says where to call back." }
        }
        ul.list-plain {
            @for callback in callbacks { (shown(page, callback)) }
        }
        @if let Some(next) = found.optional("next") {
            p.links { (page.anchor("", format_args!("callbacks?after={next}"), format_args!("Later ones"))) }
        }
    }
}

fn filters(page: &Page) -> Markup {
    html! {
        form.filters method="get" action=(page.link("callbacks")) role="search" {
            (Choice(("state", "State"), "any", &admin::callback_states(), page.query.text("state")))
            div.buttons {
                button.primary type="submit" { "Filter" }
                (page.anchor("button", format_args!("callbacks"), format_args!("All")))
            }
        }
    }
}

fn shown(page: &Page, callback: &Value) -> Markup {
    let id = callback.whole("id");
    let request = callback.member("request");
    let attempts = callback.list("attempts");
    let action = page.link("callbacks");
    let held = if callback.is("held") { "it waits until it is answered by hand" } else { "" };
    html! {
        li.card.spaced id={ "callback-" (id) } {
            div.card-head {
                h2 { "Callback " (id) " " (Chip(callback.text("state"))) }
                span.muted { (callback.text("provider")) ", " (callback.text("event")) ", report " (callback.whole("report")) }
            }
            p { code { "POST " (request.text("url")) } }
            (Pairs(&[
                ("Due", &Instant(callback.text("due"))),
                ("Next attempt", &Instant(callback.text("next"))),
                ("Fault", &callback.text("fault")),
                ("Held", &held),
            ]))
            @if !attempts.is_empty() { (tried(id, attempts)) }
            details {
                summary { "Request" }
                @for (name, value) in request.member("headers").as_object().into_iter().flatten() {
                    p { code { (name) ": " (plain(value)) } }
                }
                (Code(format_args!("body of callback {id}"), &request.text("body")))
            }
            div.tools {
                (Button(action, "redeliver", &id.to_string(), format_args!("Send again")))
                @if callback.text("state") == "due" { form.inline method="post" action=(action) {
                    input type="hidden" name="do" value="answer";
                    input type="hidden" name="id" value=(id);
                    input.part name="status" value="200" inputmode="numeric" aria-label={ "Status to answer callback " (id) " with" };
                    button type="submit" { "Answer by hand" }
                } }
            }
        }
    }
}

/// The attempts of a callback.
fn tried(id: Whole, attempts: &[Value]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label={ "Attempts of callback " (id) } {
            table {
                thead {
                    tr {
                        th scope="col" { "At" } th scope="col" { "How" } th scope="col" { "Answer" }
                        th.right scope="col" { "Took" }
                    }
                }
                tbody {
                    @for attempt in attempts {
                        tr {
                            td { (Instant(attempt.text("at"))) }
                            td { (attempt.text("how")) }
                            td.problem {
                                @if let Some(status) = attempt.optional("status") {
                                    (Coloured(if (200..300).contains(&status) { "delivered" } else { "failed" }, &status.to_string()))
                                } @else {
                                    span.bad { (attempt.text("problem")) }
                                }
                                @if !attempt.text("body").is_empty() { span.reason { (attempt.text("body")) } }
                            }
                            td.right { (duration(attempt.number("duration_us"))) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) const FORM: Form = Form { requests: nothing, calls, refused: None, leads_to };

fn calls(page: &Page, _: &[Document]) -> Result<Vec<Call>, Problem> {
    let id = segment(page.form.text("id"));
    let (does, body) = match page.form.text("do") {
        "redeliver" => ("redeliver", object(&[])),
        "answer" => {
            let text = page.form.text("status");
            let status: u16 = text.parse().map_err(|_| {
                Problem::bad_request(format!(
                    "the status is `{text}`; it must be a number such as 200"
                ))
            })?;
            ("answer", json!({"status": status}))
        }
        _ => return Err(unknown_action(page)),
    };
    Ok(vec![Call::json(Method::POST, &format!("/_admin/callbacks/{id}/{does}"), &body)])
}

fn leads_to(page: &Page, _: &[Document]) -> Next {
    Next::Page(format!("callbacks#callback-{}", segment(page.form.text("id"))))
}
