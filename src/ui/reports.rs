//! Reports that a provider prepares first: phase, when they are ready, and a forced phase.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::REPORTS;
use super::page::{Call, Form, Page, Paths, Template, call, nothing, once, unknown_action};
use super::pieces::{Chip, Choice, Code, Instant};
use super::values::{Members, plain, segment};
use crate::admin::{self, Document};
use crate::wire::problem::Problem;

/// Reports on a page.
const LIMIT: usize = 100;

pub(super) const TEMPLATE: Template = Template { view: &REPORTS, requests, title: None, content };

fn requests(page: &Page, answers: &[Document]) -> Paths {
    let query = page.query.query(&["provider", "phase", "after"]);
    let sign = if query.is_empty() { "?" } else { "&" };
    once(answers, vec![format!("/_admin/reports{query}{sign}limit={LIMIT}")])
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    let [found] = answers else { return html! {} };
    let reports = found.list("reports");
    let phases = admin::report_phases();
    html! {
        form.filters method="get" action=(page.link("reports")) role="search" {
            (Choice(("phase", "Phase"), "any", &phases, page.query.text("phase")))
            div.buttons {
                button.primary type="submit" { "Filter" }
                a.button href=(page.link("reports")) { "All" }
            }
        }
        @if reports.is_empty() {
            p.lead { "No report is prepared. Some providers prepare a report when a client asks for it, and hand it out later." }
        }
        ul.list-plain { @for report in reports { (shown(page, report, &phases)) } }
        @if let Some(next) = found.get("next").and_then(Value::as_i64) {
            p.links { a href={ (page.link("reports")) "?after=" (next) } { "Later ones" } }
        }
    }
}

fn shown(page: &Page, report: &Value, phases: &[&'static str]) -> Markup {
    let id = report.number("id");
    let provider = report.text("provider");
    html! {
        li.card.spaced id={ "report-" (id) } {
            div.card-head {
                h2 { "Report " (id) " " (Chip(report.text("phase"))) }
                span.muted { (provider) ", " (report.text("merchant")) }
            }
            dl.pairs {
                dt { "Reference" } dd { code { (report.text("reference")) } }
                dt { "Requested" } dd { (Instant(report.text("requested_at"))) }
                dt { "Ready" } dd { (Instant(report.text("done_at"))) }
                @if !report.text("expires_at").is_empty() { dt { "Expires" } dd { (Instant(report.text("expires_at"))) } }
                @if let Some(forced) = report.get("forced").filter(|it| !it.is_null()) {
                    dt { "Forced" } dd { (plain(forced.get("phase").unwrap_or(&Value::Null))) " since " (Instant(forced.text("since"))) }
                }
            }
            details { summary { "What was asked" } (Code(format_args!("request of report {id}"), report.text("request"))) }
            @if !report.text("curl").is_empty() {
                p.links {
                    @if !report.text("url").is_empty() {
                        a href=(report.text("url")) download={ "report-" (id) ".csv" } { "Download the file" }
                    }
                    a href={ (page.api("reports")) "/" (id) } { "JSON" }
                }
                details { summary { "Download it with curl" } (Code(format_args!("curl of report {id}"), report.text("curl"))) }
            }
            form.line method="post" action=(page.link("reports")) {
                input type="hidden" name="do" value="force";
                input type="hidden" name="id" value=(id);
                div.field {
                    label for={ "phase-" (id) } { "Force a phase of report " (id) }
                    select id={ "phase-" (id) } name="phase" {
                        @for phase in phases { option value=(phase) { (phase) } }
                    }
                }
                button type="submit" { "Force" }
            }
            p.links { a href={ (page.link("journal")) "?provider=" (provider) "&contains=" (segment(report.text("reference"))) } { "Its requests" } }
        }
    }
}

pub(super) const FORM: Form = Form { requests: nothing, calls, leads_to };

fn calls(page: &Page, _: &[Document]) -> Result<Vec<Call>, Problem> {
    if page.form.text("do") != "force" {
        return Err(unknown_action(page));
    }
    let path = format!("/_admin/reports/{}", segment(page.form.text("id")));
    Ok(vec![call(Method::POST, path, &json!({"phase": page.form.text("phase")}))])
}

fn leads_to(page: &Page, _: &[Document]) -> String {
    format!("reports#report-{}", segment(page.form.text("id")))
}
