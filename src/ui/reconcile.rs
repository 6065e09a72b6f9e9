//! Reconcile: a file of what a client has stored, compared with the truth.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::Value;

use super::RECONCILE;
use super::form::{Call, Form, Next};
use super::page::{Page, Paths, Template, once};
use super::pieces::{Coloured, Whole};
use super::subject::Subject;
use super::values::{Members, nth, plain, query};
use crate::admin::Document;
use crate::wire::problem::Problem;

/// Findings in the table.
const MAX_ROWS: usize = 180;

pub(super) const TEMPLATE: Template = Template { view: &RECONCILE, requests, title: None, content };

fn requests(_: &Page, answers: &[Document]) -> Paths {
    once(answers, &Subject::PATHS)
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
        @if let Some(problem) = refused { p.bad role="alert" { (problem) } }
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

pub(super) const FORM: Form = Form { requests, calls, refused: Some(refused), leads_to };

/// The format of the findings that the form asks for.
fn format(page: &Page) -> &'static str {
    if page.form.text("format") == "junit" { "junit" } else { "json" }
}

fn calls(page: &Page, answers: &[Document]) -> Result<Vec<Call>, Problem> {
    let subject = Subject::of(page, answers);
    let parameters = query(&[
        ("provider", subject.provider.as_deref().unwrap_or("")),
        ("merchant", &subject.merchant),
        ("from", &subject.from),
        ("to", &subject.to),
        ("format", format(page)),
    ]);
    let path = format!("/_admin/reconcile{parameters}");
    Ok(vec![Call::new(Method::POST, &path, page.form.text("rows"))])
}

fn refused(page: &Page, answers: &[Document], problem: &Problem) -> Option<Markup> {
    Some(form(page, &Subject::of(page, answers), Some(problem)))
}

fn leads_to(page: &Page, answers: &[Document]) -> Next {
    let found = nth(answers, 2);
    if format(page) == "junit" {
        return Next::File("application/xml", plain(found));
    }
    Next::Content(html! { (result(page, found)) (content(page, answers)) })
}

fn result(page: &Page, found: &Value) -> Markup {
    let findings = found.list("findings");
    let breaks = found.number("breaks");
    html! {
        section aria-labelledby="found" {
            h2 #found { "Findings" }
            p role="status" class=(if breaks == 0 { "done" } else { "lead" }) {
                (found.whole("rows")) " rows, " (found.whole("expected_rows")) " expected: "
                @if breaks == 0 { "all is right." } @else { (Whole(breaks)) " wrong." }
            }
            ul.counts {
                @for count in found.list("counts") {
                    @if count.number("count") > 0 {
                        li { (Coloured(tone(count.text("kind")), count.text("kind"))) " " (count.whole("count")) }
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
                        @let why = finding.member("why");
                        tr {
                            td { (Coloured(tone(finding.text("kind")), finding.text("kind"))) }
                            td { code { (finding.text("id")) } }
                            td { (finding.text("expected")) }
                            td { (finding.text("received")) }
                            td {
                                (why.text("text"))
                                @if let Some(entry) = why.optional("entry") {
                                    " " (page.anchor("", format_args!("journal/{entry}"), format_args!("entry {entry}")))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
