//! The journal: requests newest first, with filters.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::Value;

use super::JOURNAL;
use super::form::{Call, Form, Next, nothing, unknown_action};
use super::page::{Page, Paths, Template, once};
use super::pieces::{Chip, Choice, Field, Instant, Whole, duration, words};
use super::values::{Members, texts};
use crate::admin::Document;
use crate::wire::problem::Problem;

/// Entries on a page.
const LIMIT: usize = 100;

/// The filters of the API that the page has fields for.
const FILTERS: [&str; 9] = [
    "provider",
    "operation",
    "outcome",
    "merchant",
    "status",
    "path",
    "contains",
    "since",
    "before",
];

/// The filters that are typed: name, label and hint.
const FIELDS: [(&str, &str, &str); 6] = [
    ("operation", "Operation", ""),
    ("merchant", "Merchant", ""),
    ("status", "Status", "401"),
    ("path", "Path", "a part of it"),
    ("contains", "Body contains", "a text"),
    ("since", "After entry", "17"),
];

/// The filters without the place in the list.
pub(super) const KEPT: [&str; 8] =
    ["provider", "operation", "outcome", "merchant", "status", "path", "contains", "since"];

pub(super) const TEMPLATE: Template = Template { view: &JOURNAL, requests, title: None, content };

fn requests(page: &Page, answers: &[Document]) -> Paths {
    once(answers, &[&list(page), "/_admin/providers"])
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [found, providers] = answers else { return html! {} };
    html! {
        (filters(page, providers))
        (entries(page, found, None))
    }
}

/// The path of the entries that the query asks for.
pub(super) fn list(page: &Page) -> String {
    let query = page.query.query(&FILTERS);
    let sign = if query.is_empty() { "?" } else { "&" };
    format!("/_admin/journal{query}{sign}limit={LIMIT}")
}

/// The list with the ways to newer and older entries; `open` is the entry beside it.
pub(super) fn entries(page: &Page, found: &Value, open: Option<i64>) -> Markup {
    let entries = found.list("entries");
    let is_filtered = !page.query.query(&FILTERS).is_empty();
    let older = found.optional("next");
    html! {
        @if found.is("truncated") {
            p.muted { "Some of the entries asked for made room for newer ones." }
        }
        @if entries.is_empty() {
            p.lead {
                @if is_filtered { "No request fits this filter." }
                @else { "Nothing has arrived yet. The start page has commands to paste." }
            }
        } @else {
            (table(page, entries, open))
        }
        p.links {
            @if page.query.get("before").is_some() {
                (page.anchor("", format_args!("journal{}", page.query.query(&KEPT)), format_args!("Newest")))
            }
            @if let Some(before) = older {
                @let query = page.query.query(&KEPT);
                @let sign = if query.is_empty() { "?" } else { "&" };
                (page.anchor("", format_args!("journal{query}{sign}before={before}"), format_args!("Older")))
            }
        }
    }
}

/// A table of entries.
pub(super) fn table(page: &Page, entries: &[Value], open: Option<i64>) -> Markup {
    let query = page.query.query(&FILTERS);
    html! {
        div.wide tabindex="0" role="region" aria-label="Requests" {
            table.rows {
                thead {
                    tr {
                        th scope="col" { "At" }
                        th scope="col" { "Request" }
                        th scope="col" { "Outcome" }
                        th scope="col" { "Merchant" }
                        th.right scope="col" { "Took" }
                    }
                }
                tbody {
                    @for entry in entries {
                        @let id = entry.number("id");
                        tr id={ "entry-" (Whole(id)) } aria-current=[(open == Some(id)).then_some("true")] {
                            td { (Instant(entry.text("at"))) }
                            td.request {
                                (page.anchor("row", format_args!("journal/{id}{query}"), format_args!("{}", request_name(entry))))
                                @let reason = entry.text("reason");
                                @let likely = entry.text("likely_mistake");
                                @if !reason.is_empty() { span.reason { (reason) } }
                                @if !likely.is_empty() && !reason.contains(likely) {
                                    span.reason { "Likely: " (likely) }
                                }
                            }
                            td.outcome { (Chip(entry.text("outcome"))) " " (status(entry)) }
                            td { (entry.text("merchant")) }
                            td.right { (duration(entry.number("duration_us"))) }
                        }
                    }
                }
            }
        }
    }
}

/// The status of an answer; 0 says that none was sent.
fn status(entry: &Value) -> Markup {
    match entry.number("status") {
        0 => html! { span.muted { "no answer" } },
        status => html! { (Whole(status)) },
    }
}

/// Provider and operation, or the target where no provider was met.
fn request_name(entry: &Value) -> String {
    match entry.text("provider") {
        "" => format!("{} {}", entry.text("method"), entry.text("target")),
        provider => format!("{provider} {}", words(entry.text("operation"))),
    }
}

/// The filters as a form; what is typed is asked of the server.
fn filters(page: &Page, providers: &Value) -> Markup {
    let slugs = texts(providers.list("providers"), "slug");
    let query = &page.query;
    let archive = page.query.query(&FILTERS);
    let sign = if archive.is_empty() { "?" } else { "&" };
    html! {
        form.filters method="get" action=(page.link("journal")) role="search" {
            (Choice(("provider", "Provider"), "any", &slugs, query.text("provider")))
            (Choice(("outcome", "Outcome"), "any", &["answered", "refused", "faulted"], query.text("outcome")))
            @for (name, label, hint) in FIELDS { (Field(name, label, query.text(name), hint)) }
            div.buttons {
                button.primary type="submit" { "Filter" }
                (page.anchor("button", format_args!("journal"), format_args!("All")))
                button.pause type="button" hidden aria-pressed="false" { "Pause" }
            }
        }
        div.tools {
            (page.anchor("", format_args!("journal?outcome=refused"), format_args!("Refused")))
            (page.anchor("", format_args!("journal?outcome=faulted"), format_args!("Faulted")))
            a href={ (page.api("journal")) (archive) (sign) "as=har" } download="sandtill.har" { "HAR" }
            form.inline method="post" action=(page.link("journal")) {
                input type="hidden" name="do" value="clear";
                button type="submit" { "Clear the journal" }
            }
        }
    }
}

pub(super) const FORM: Form = Form {
    requests: nothing,
    calls,
    refused: None,
    leads_to: |_, _| Next::Page("journal".to_owned()),
};

fn calls(page: &Page, _: &[Document]) -> Result<Vec<Call>, Problem> {
    if page.form.text("do") != "clear" {
        return Err(unknown_action(page));
    }
    Ok(vec![Call::new(Method::DELETE, "/_admin/journal", "")])
}
