//! Reconcile: a file of what a client has stored, compared with the truth.

use axum::http::{Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use maud::{Markup, html};
use serde_json::Value;

use super::RECONCILE;
use super::page::{Head, Page, Paths, Template, once};
use super::pieces::Coloured;
use super::subject::Subject;
use super::values::{Members, plain, query};
use crate::admin::Document;
use crate::wire::call::response;
use crate::wire::problem::Problem;

/// Findings in the table.
const MAX_ROWS: usize = 180;

pub(super) const TEMPLATE: Template = Template { view: &RECONCILE, requests, title: None, content };

fn requests(_: &Page, answers: &[Document]) -> Paths {
    once(answers, Subject::paths())
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    form(page, &Subject::of(page, answers), None)
}

fn form(page: &Page, subject: &Subject, refused: Option<&Problem>) -> Markup {
    html! {
        p.lead {
            "Paste or choose what your client has stored, as CSV with a header or as JSON rows: "
            code { "id" } " and " code { "amount" } " at least, in the provider's own spelling. Each difference is \
             listed with its reason and the request that should have brought the row."
        }
        @if let Some(problem) = refused { p.bad role="alert" { (problem.to_string()) } }
        form.card method="post" action=(page.link("reconcile")) {
            div.grid { (subject.fields()) }
            div.field.long {
                label for="f-file" { "A file" }
                input #f-file type="file" accept=".csv,.json,text/csv,application/json" data-into="f-rows";
            }
            div.field.long {
                label for="f-rows" { "or its text" }
                textarea #f-rows name="rows" required spellcheck="false" { (page.form.text("rows")) }
            }
            div.buttons {
                button.primary type="submit" name="format" value="json" { "Compare" }
                button type="submit" name="format" value="junit" { "As JUnit" }
            }
        }
    }
}

pub(super) async fn write(page: Page) -> Result<Response, Problem> {
    let subject = Subject::of(&page, &page.answers(requests).await?);
    let format = if page.form.text("format") == "junit" { "junit" } else { "json" };
    let parameters = query(&[
        ("provider", subject.provider.as_deref().unwrap_or("")),
        ("merchant", &subject.merchant),
        ("from", &subject.from),
        ("to", &subject.to),
        ("format", format),
    ]);
    let body = Bytes::copy_from_slice(page.form.text("rows").as_bytes());
    let path = format!("/_admin/reconcile{parameters}");
    let found = match page.inside.call(Method::POST, &path, body).await {
        Ok(found) => found,
        Err(problem) => return refused(&page, &subject, &problem).await,
    };
    if format == "junit" {
        return Ok(response(StatusCode::OK, "application/xml", plain(&found)));
    }
    let content = html! { (result(&page, &found)) (form(&page, &subject, None)) };
    page.render(Head { view: &RECONCILE, title: "Reconcile" }, content).await
}

/// The form with what was typed and what is wrong with it.
async fn refused(page: &Page, subject: &Subject, problem: &Problem) -> Result<Response, Problem> {
    let head = Head { view: &RECONCILE, title: "Reconcile" };
    let mut response = page.render(head, form(page, subject, Some(problem))).await?;
    *response.status_mut() = problem.status();
    Ok(response)
}

fn result(page: &Page, found: &Value) -> Markup {
    let findings = found.list("findings");
    let breaks = found.number("breaks");
    html! {
        section aria-labelledby="found" {
            h2 #found { "Findings" }
            p role="status" class=(if breaks == 0 { "done" } else { "lead" }) {
                (found.number("rows")) " rows, " (found.number("expected_rows")) " expected: "
                @if breaks == 0 { "all is right." } @else { (breaks) " wrong." }
            }
            ul.counts {
                @for count in found.list("counts") {
                    @if count.number("count") > 0 {
                        li { (Coloured(tone(count.text("kind")), count.text("kind"))) " " (count.number("count")) }
                    }
                }
            }
            @for note in found.list("notes") { p.muted { (plain(note)) } }
            @if !findings.is_empty() { (table(page, findings)) }
            @if found.is("truncated") || findings.len() > MAX_ROWS {
                p.muted { "Only the first " (findings.len().min(MAX_ROWS)) " are listed." }
            }
        }
    }
}

/// What is merely late is no mistake.
fn tone(kind: &str) -> &str {
    if kind == "expected" { "pending" } else { "failed" }
}

fn table(page: &Page, findings: &[Value]) -> Markup {
    let nothing = Value::Null;
    html! {
        div.wide tabindex="0" role="region" aria-label="Findings" {
            table {
                thead {
                    tr {
                        th scope="col" { "Finding" } th scope="col" { "Id" } th scope="col" { "Expected" }
                        th scope="col" { "Received" } th scope="col" { "Why" }
                    }
                }
                tbody {
                    @for finding in findings.iter().take(MAX_ROWS) {
                        @let why = finding.get("why").unwrap_or(&nothing);
                        tr {
                            td { (Coloured(tone(finding.text("kind")), finding.text("kind"))) }
                            td { code { (finding.text("id")) } }
                            td { (finding.text("expected")) }
                            td { (finding.text("received")) }
                            td {
                                (why.text("text"))
                                @if let Some(entry) = why.get("entry").and_then(Value::as_i64) {
                                    " " a href={ (page.link("journal/")) (entry) } { "entry " (entry) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
