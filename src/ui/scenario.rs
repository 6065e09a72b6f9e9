//! The scenario in force, another one, and one to edit.

use axum::http::{Method, StatusCode};
use maud::{Markup, html};

use super::SCENARIO;
use super::form::{Call, Form, Next, unknown_action};
use super::page::{Page, Paths, Template, once};
use super::pieces::{Code, ticked};
use super::values::{Members, pretty, segment};
use crate::admin::Document;
use crate::wire::problem::Problem;

pub(super) const TEMPLATE: Template = Template { view: &SCENARIO, requests, title: None, content };

fn requests(_: &Page, answers: &[Document]) -> Paths {
    once(answers, &["/_admin/scenario", "/_admin/scenarios", "/_admin/health"])
}

fn content(page: &Page, answers: &[Document]) -> Markup {
    shown(page, answers, None)
}

/// The page; after a refusal with the text that was sent and what is wrong with it.
fn shown(page: &Page, answers: &[Document], refused: Option<(&str, &Problem)>) -> Markup {
    let [scenario, built_in, health] = answers else { return html! {} };
    let in_force = pretty(scenario);
    html! {
        p.lead { "In force: " strong { (health.text("scenario")) } ", seed " (health.whole("seed")) }
        section aria-labelledby="built-in" {
            h2 #built-in { "Built-in scenarios" }
            div.cards {
                @for scenario in built_in.list("scenarios") {
                    section.card aria-labelledby={ "scenario-" (scenario.text("name")) } {
                        h3 id={ "scenario-" (scenario.text("name")) } { (scenario.text("name")) }
                        p { (ticked(scenario.text("summary"))) }
                        form.inline method="post" action=(page.link("scenario")) {
                            input type="hidden" name="do" value="builtin";
                            input type="hidden" name="name" value=(scenario.text("name"));
                            button type="submit" { "Use " (scenario.text("name")) }
                        }
                    }
                }
            }
            form method="post" action=(page.link("scenario")) {
                input type="hidden" name="do" value="back";
                p { button type="submit" { "Back to the scenario of the server" } }
            }
        }
        (editor(page, refused, &in_force))
        details { summary { "The scenario in force as JSON" } (Code(format_args!("scenario"), &in_force)) }
    }
}

fn editor(page: &Page, refused: Option<(&str, &Problem)>, in_force: &str) -> Markup {
    html! {
        section.card aria-labelledby="edit" {
            h2 #edit { "Edit" }
            p.muted { "JSON as below, or TOML as in a file. It is checked before anything changes." }
            @if let Some((_, problem)) = refused { p.bad role="alert" { (problem) } }
            form method="post" action=(page.link("scenario")) {
                input type="hidden" name="do" value="write";
                div.field.long {
                    label for="f-text" { "The scenario" }
                    textarea.tall #f-text name="text" spellcheck="false" {
                        (refused.map_or(in_force, |it| it.0))
                    }
                }
                p { button.primary type="submit" { "Check and use" } }
            }
        }
    }
}

pub(super) const FORM: Form = Form { requests, calls, refused: Some(refused), leads_to };

fn calls(page: &Page, _: &[Document]) -> Result<Vec<Call>, Problem> {
    let form = &page.form;
    let path = "/_admin/scenario";
    let text = form.text("text");
    Ok(vec![match form.text("do") {
        "builtin" => {
            let path = format!("{path}?builtin={}", segment(form.text("name")));
            Call::new(Method::PUT, &path, "")
        }
        "back" => Call::new(Method::DELETE, path, ""),
        "write" if text.starts_with('{') => Call::new(Method::PUT, path, text),
        "write" => Call::toml(Method::PUT, path, text),
        _ => return Err(unknown_action(page)),
    }])
}

/// The page with the text that was refused.
fn refused(page: &Page, answers: &[Document], problem: &Problem) -> Option<Markup> {
    let is_wrong = problem.status() == StatusCode::BAD_REQUEST
        || problem.status() == StatusCode::UNPROCESSABLE_ENTITY;
    let text = page.form.text("text");
    (is_wrong && page.form.text("do") == "write")
        .then(|| shown(page, answers, Some((text, problem))))
}

fn leads_to(_: &Page, _: &[Document]) -> Next {
    Next::Page("scenario".to_owned())
}
