//! Reports that a provider prepares first: phase, when they are ready, and a forced phase.

use axum::http::Method;
use maud::{Markup, html};
use serde_json::Value;

use super::REPORTS;
use super::form::{Call, Form, Next, nothing, unknown_action};
use super::page::{Page, Paths, Template, once};
use super::pieces::{Chip, Choice, Code, Instant, Pairs};
use super::values::{Members, object, segment};
use crate::admin::{self, Document};
use crate::wire::problem::Problem;

/// Reports on a page.
const LIMIT: usize = 100;

pub(super) const TEMPLATE: Template = Template { view: &REPORTS, requests, title: None, content };

fn requests(page: &Page, answers: &[Document]) -> Paths {
    let query = page.query.query(&["provider", "phase", "after"]);
    let sign = if query.is_empty() { "?" } else { "&" };
    once(answers, &[&format!("/_admin/reports{query}{sign}limit={LIMIT}")])
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
                (page.anchor("button", format_args!("reports"), format_args!("All")))
            }
        }
        @if reports.is_empty() {
            p.lead { "No report is prepared. Some providers prepare a report when a client asks for it, and hand it out later." }
        }
        ul.list-plain { @for report in reports { (shown(page, report, &phases)) } }
        @if let Some(next) = found.optional("next") {
            p.links { (page.anchor("", format_args!("reports?after={next}"), format_args!("Later ones"))) }
        }
    }
}

fn shown(page: &Page, report: &Value, phases: &[&'static str]) -> Markup {
    let id = report.whole("id");
    let provider = report.text("provider");
    html! {
        li.card.spaced id={ "report-" (id) } {
            div.card-head {
                h2 { "Report " (id) " " (Chip(report.text("phase"))) }
                span.muted { (provider) ", " (report.text("merchant")) }
            }
            (Pairs(&[
                ("Reference", &html! { code { (report.text("reference")) } }),
                ("Requested", &Instant(report.text("requested_at"))),
                ("Ready", &Instant(report.text("done_at"))),
                ("Expires", &Instant(report.text("expires_at"))),
                ("Forced", &forced(report.member("forced"))),
            ]))
            details { summary { "What was asked" } (Code(format_args!("request of report {id}"), &report.text("request"))) }
            @if !report.text("curl").is_empty() {
                p.links {
                    @if !report.text("url").is_empty() {
                        a href=(report.text("url")) download={ "report-" (id) ".csv" } { "Download the file" }
                    }
                    a href={ (page.api("reports")) "/" (id) } { "JSON" }
                }
                details { summary { "Download it with curl" } (Code(format_args!("curl of report {id}"), &report.text("curl"))) }
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
            p.links { (page.anchor("", format_args!("journal?provider={provider}&contains={}", segment(report.text("reference"))), format_args!("Its requests"))) }
        }
    }
}

/// The phase that was forced, if one was.
fn forced(forced: &Value) -> Markup {
    html! {
        @if !forced.is_null() { (forced.text("phase")) " since " (Instant(forced.text("since"))) }
    }
}

pub(super) const FORM: Form = Form { requests: nothing, calls, refused: None, leads_to };

fn calls(page: &Page, _: &[Document]) -> Result<Vec<Call>, Problem> {
    if page.form.text("do") != "force" {
        return Err(unknown_action(page));
    }
    let path = format!("/_admin/reports/{}", segment(page.form.text("id")));
    Ok(vec![Call::json(Method::POST, &path, &object(&[("phase", page.form.text("phase"))]))])
}

fn leads_to(page: &Page, _: &[Document]) -> Next {
    Next::Page(format!("reports#report-{}", segment(page.form.text("id"))))
}
